/** The backward pass of a node that is written without one: derived from what its forward pass computes. */
import { type Arithmetic, Tracing } from './arithmetic.ts'
import type { Config, Gradients, NodeContext, NodeDefinition, Tensors } from './definition.ts'
import { gradients } from './derivatives.ts'
import { GradstreamError } from './errors.ts'
import { Functions } from './functions.ts'
import type { Kernels } from './kernels.ts'
import type { EntryOperation, Options } from './primitives.ts'
import type { RandomKey } from './random.ts'
import { recordOf } from './record.ts'
import type { Shape } from './shape.ts'
import { type Numbers, Tensor } from './tensor.ts'

/** A tensor whose derivative is asked for, so its numbers must not be looked at: what is computed from them is not traced. */
class Traced extends Tensor {
  readonly tensor: Tensor

  constructor(tensor: Tensor) {
    super(tensor.shape, NOTHING)
    this.tensor = tensor
  }

  override get data(): Numbers {
    throw notDerivable('reads the numbers of a tensor')
  }

  override get size(): number {
    return this.tensor.size
  }
}

const NOTHING = new Float32Array(0)

const notDerivable = (does: string) =>
  new GradstreamError('MISSING_GRADIENT', {
    place: 'backward',
    expected: 'a node with a backward function, or one whose forward function only calls kernels',
    got: `a forward function that ${does}`,
    hint: 'Write backward in the definition of the node.',
  })

const traced = (x: Tensor): Traced => (x instanceof Traced ? x : new Traced(x))
const plain = (x: Tensor): Tensor => (x instanceof Traced ? x.tensor : x)

/** Asks another arithmetic. */
class Passing implements Arithmetic<Tensor> {
  private readonly to: Arithmetic<Tensor>

  constructor(to: Arithmetic<Tensor>) {
    this.to = to
  }

  entry(operation: EntryOperation, ...operands: readonly (Tensor | number)[]): Tensor {
    return traced(this.to.entry(operation, ...operands.map(x => (typeof x === 'number' ? x : plain(x)))))
  }

  apply<Name extends keyof Options>(
    operation: Name,
    operands: readonly Tensor[],
    options: Options[Name],
  ): Tensor {
    return traced(this.to.apply(operation, operands.map(plain), options))
  }
}

/** Kernels that write down what they are asked for. */
class TracingKernels extends Functions<Tensor> {
  readonly arithmetic: Tracing<Tensor>
  readonly precision: Kernels['precision']
  private readonly kernels: Kernels

  constructor(kernels: Kernels) {
    super()
    this.kernels = kernels
    this.precision = kernels.precision
    this.arithmetic = new Tracing(new Passing(kernels.arithmetic))
  }

  protected keyNumbers(): Tensor {
    throw new Error('random numbers are drawn by the kernels themselves')
  }

  override uniform(shape: Shape, key: RandomKey): Tensor {
    return traced(this.kernels.uniform(shape, key))
  }

  override bernoulli(shape: Shape, probability: number, key: RandomKey): Tensor {
    return traced(this.kernels.bernoulli(shape, probability, key))
  }

  empty(): Tensor {
    throw notDerivable('fills a tensor by itself')
  }
}

/** @param definition The node but for its backward function. */
export function derivedBackward(
  definition: Pick<NodeDefinition, 'outputs' | 'saved' | 'nonDifferentiable' | 'state' | 'forward'>,
): NodeDefinition['backward'] {
  const { outputs, saved, nonDifferentiable } = definition
  return (arrived: Tensors, values: Tensors, config: Config, context: NodeContext): Gradients => {
    const kernels = new TracingKernels(context.kernels)
    const given = recordOf(
      Object.entries(values)
        .filter(([name]) => !outputs.includes(name) && !saved.includes(name))
        .map(([name, tensor]) => [name, traced(tensor)] as const),
    )
    // What the context tells may be computed when it is asked for.
    const own = Object.create(context, { kernels: { value: kernels } }) as NodeContext
    const made = definition.forward({ ...given }, config, own)
    const seeds = new Map(
      outputs.map(name => [made[name] as Tensor, traced(arrived[name] as Tensor)] as const),
    )
    const shapes = recordOf(Object.entries(given).map(([name, { shape }]) => [name, shape] as const))
    const fixed = [...nonDifferentiable, ...Object.keys(definition.state(shapes, config))]
    const wanted = Object.keys(given).filter(name => context.needs[name] && !fixed.includes(name))
    const derived = gradients(
      kernels,
      kernels.arithmetic.steps,
      seeds,
      wanted.map(name => given[name] as Tensor),
    )
    return recordOf(
      wanted.map((name, i) => {
        const tensor = given[name] as Tensor
        return [name, plain(derived[i] ?? kernels.fill(tensor.shape, 0))] as const
      }),
    )
  }
}
