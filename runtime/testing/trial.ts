/** A node under test, with random arguments. */
import {
  entryOf,
  type Gradients,
  GradstreamError,
  isWholeNumbers,
  type Mode,
  type PortShape,
  RandomKey,
  recordOf,
  type Shape,
  sizeOf,
  Tensor,
  type TensorJson,
  type Tensors,
} from '../../core/index.ts'
import { initializerOf } from '../../nodes/index.ts'
import { NodeRig, type NodeUnderTest, type TensorsJson, type TestingOptions } from './rig.ts'

/** A node with arguments, the same numbers in both precisions. */
export class Trial {
  readonly rig: NodeRig
  readonly given: Tensors
  /** The same as drawn, where the node cannot change them. */
  readonly drawn: Tensors
  readonly outputGradients: Tensors
  /** The names of everything that gets a gradient. */
  readonly differentiable: readonly string[]
  /** Its inputs as port shapes of a graph. */
  readonly ports: Record<string, PortShape>
  readonly parameters: readonly string[]
  readonly state: readonly string[]
  /** The key for the node's random numbers. */
  readonly key: RandomKey

  constructor(
    node: NodeUnderTest,
    inputs: Readonly<Record<string, Shape | TensorJson>>,
    seed: number,
    options: TestingOptions,
  ) {
    const rig = new NodeRig(node, options)
    const { definition, config } = rig
    const key = RandomKey.of(seed)
    const drawn: TensorsJson = Object.fromEntries(
      Object.entries(inputs).map(([name, shape]) => {
        if ('data' in shape) return [name, shape]
        return [name, json(shape, numbersFor(rig, name, inputs, key.child(`input ${name}`)))]
      }),
    )
    const ports = rig.ports(drawn)
    const parameters = Object.entries(rig.parameters(ports)).map(
      ([name, { shape }]): [string, TensorJson] => {
        return [name, json(shape, key.child(`parameter ${name}`).uniform(sizeOf(shape), -1, 1))]
      },
    )
    const state = Object.entries(definition.state(ports, config)).map(
      ([name, spec]): [string, TensorJson] => {
        const initializer = initializerOf(spec.initializer ?? 'glorotUniform', name)
        return [name, json(spec.shape, initializer(spec.shape, key.child(`state ${name}`)))]
      },
    )
    this.rig = rig
    this.key = RandomKey.of(seed)
    this.ports = ports
    this.parameters = parameters.map(([name]) => name)
    this.state = state.map(([name]) => name)
    const all = { ...drawn, ...Object.fromEntries(parameters), ...Object.fromEntries(state) }
    this.given = rig.tensors(all)
    this.drawn = rig.tensors(all)
    this.differentiable = [
      ...Object.keys(drawn).filter(name => !definition.nonDifferentiable.includes(name)),
      ...this.parameters,
    ]
    const { values } = this.forward()
    const gradients = definition.outputs.map((name): [string, TensorJson] => {
      const { shape, size } = this.made(values, name)
      return [name, json(shape, key.child(`gradient ${name}`).normal(size))]
    })
    this.outputGradients = rig.tensors(Object.fromEntries(gradients))
  }

  forward(given = this.given, mode: Mode = 'train'): { made: Tensors; values: Tensors } {
    return this.rig.forward(given, mode, this.key)
  }

  /** Forward and backward; the results are copies. */
  backward(outputGradients = this.outputGradients, needs: Record<string, boolean> = {}): Gradients {
    const { values } = this.forward()
    const made = this.rig.backward(outputGradients, values, 'train', needs, this.key)
    return Object.fromEntries(
      Object.entries(made).map(([name, tensor]) => [
        name,
        tensor instanceof Tensor ? tensor.clone() : tensor,
      ]),
    )
  }

  made(values: Tensors, name: string): Tensor {
    const tensor = values[name]
    demand(tensor instanceof Tensor, this.rig, `forward to return a tensor under "${name}"`, String(tensor))
    return tensor as Tensor
  }

  /** Σ dy · y over all outputs: the number whose derivatives backward returns. */
  objective(given: Tensors): number {
    const { values } = this.forward(given)
    let sum = 0
    for (const name of this.rig.definition.outputs) {
      const y = values[name] as Tensor
      const dy = this.outputGradients[name] as Tensor
      for (let i = 0; i < y.size; i++) sum += (y.data[i] as number) * (dy.data[i] as number)
    }
    return sum
  }
}

/** Random numbers that an input takes: whole ones where the node asks for those, of its domain where it names one. */
function numbersFor(
  { definition, config }: NodeRig,
  name: string,
  inputs: Readonly<Record<string, Shape | TensorJson>>,
  key: RandomKey,
): ArrayLike<number> {
  const shapes = recordOf(
    Object.entries(inputs).map(([name, given]) => [name, 'data' in given ? given.shape : given]),
  )
  const count = sizeOf(shapes[name] as Shape)
  const expectation = entryOf(definition.expects?.(config, shapes) ?? {}, name)
  const [minimum, maximum] = entryOf(definition.domain, name) ?? []
  if (isWholeNumbers(expectation)) {
    const [least, most] = expectation.whole
    const [from, to] = [Math.max(least, minimum ?? least), Math.min(most, maximum ?? most, LARGEST)]
    return key.uniform(count, from, to + 1).map(Math.floor)
  }
  return minimum === undefined ? key.normal(count) : key.uniform(count, minimum, maximum)
}

/** The largest whole number that is drawn where there is no other limit. */
const LARGEST = 9

export const json = (shape: Shape, data: ArrayLike<number>): TensorJson => ({
  shape: [...shape],
  data: Array.from(data),
})

/** Throws unless the law holds. */
export function demand(holds: boolean, { type }: NodeRig, expected: string, got: string): void {
  if (!holds) throw broken(type, expected, got)
}

export function broken(type: string, expected: string, got: string): GradstreamError {
  return new GradstreamError('NODE_LAW_BROKEN', { place: `checkNode: ${type}`, expected, got })
}
