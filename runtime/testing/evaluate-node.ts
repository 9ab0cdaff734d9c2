/** `evaluateNode`: what one node computes, forward and backward. */
import {
  check,
  checkedAt,
  type Gradients,
  GradstreamError,
  type Mode,
  RandomKey,
  sameShape,
  showShape,
  type Tensor,
  type TensorJson,
  type Tensors,
} from '../../core/index.ts'
import { initializerOf } from '../../nodes/index.ts'
import {
  demandTensorJson,
  guarded,
  NodeRig,
  type NodeUnderTest,
  type TensorsJson,
  type TestingOptions,
} from './rig.ts'

export interface NodeArguments {
  readonly inputs: TensorsJson
  /** Missing ones get their initial values. */
  readonly parameters?: TensorsJson
  /** Missing ones get their initial values. */
  readonly state?: TensorsJson
  /** The gradient of the loss at the first output; without it, backward does not run. */
  readonly outputGradient?: TensorJson
  /** `'train'` by default. */
  readonly mode?: Mode
}

export interface NodeResult {
  /** The first output. */
  readonly output: TensorJson
  readonly inputGradients: Record<string, TensorJson>
  readonly parameterGradients: Record<string, TensorJson>
  readonly stateAfter: Record<string, TensorJson>
}

/**
 * Runs one node on its own.
 *
 * @throws GradstreamError `UNKNOWN_TYPE`, `INVALID_CONFIG`, and what the node throws.
 * @example evaluateNode({ type: 'relu' }, { inputs: { x: { shape: [2], data: [-1, 1] } } }).output.data // [0, 1]
 */
export function evaluateNode(
  node: NodeUnderTest,
  args: NodeArguments,
  options: TestingOptions = {},
): NodeResult {
  return guarded('evaluateNode', () => evaluated(node, argumentsOf(args), options))
}

const ARGUMENTS = ['inputs', 'parameters', 'state', 'outputGradient', 'mode']

function argumentsOf(args: NodeArguments): NodeArguments {
  const own = checkedAt('evaluateNode', 'INVALID_OPTION', () => {
    const known = check.options(args, ARGUMENTS)
    check.byName({ inputs: known.inputs })
    if (known.mode !== undefined) check.oneOf({ mode: known.mode }, ['train', 'infer'])
    for (const part of ['parameters', 'state'] as const)
      if (known[part] !== undefined) check.byName({ [part]: known[part] })
    return known
  })
  const all = {
    ...own.inputs,
    ...own.parameters,
    ...own.state,
    ...(own.outputGradient && { outputGradient: own.outputGradient }),
  }
  for (const [name, values] of Object.entries(all)) demandTensorJson(`evaluateNode: ${name}`, values)
  return own
}

function evaluated(node: NodeUnderTest, args: NodeArguments, options: TestingOptions): NodeResult {
  const { inputs, mode = 'train', outputGradient } = args
  const rig = new NodeRig(node, options)
  const { definition, config } = rig
  const ports = rig.ports(inputs)
  const initial = (
    specs: Record<string, { shape: readonly number[]; initializer?: unknown }>,
    own: TensorsJson = {},
  ) =>
    Object.fromEntries(
      Object.entries(specs).map(([name, { shape, initializer = 'glorotUniform' }]) => {
        const make = () => initializerOf(initializer as never, name)(shape, RandomKey.of(0).child(name))
        return [name, own[name] ?? { shape: [...shape], data: Array.from(make()) }]
      }),
    )
  const parameters = initial(rig.parameters(ports), args.parameters)
  const state = initial(definition.state(ports, config), args.state)
  const { made, values } = rig.forward(rig.tensors({ ...inputs, ...parameters, ...state }), mode)
  const [first] = definition.outputs
  const output = values[first as string] as Tensor
  const gradients = outputGradient ? backward(rig, values, outputGradient, mode) : {}
  return {
    output: output.toJSON(),
    inputGradients: json(gradients, Object.keys(inputs)),
    parameterGradients: json(gradients, Object.keys(parameters)),
    stateAfter: json({ ...values, ...made }, Object.keys(state)),
  }
}

function backward(rig: NodeRig, values: Tensors, outputGradient: TensorJson, mode: Mode): Gradients {
  const { outputs } = rig.definition
  const [first] = outputs as [string]
  const { shape } = values[first] as Tensor
  if (!sameShape(shape, outputGradient.shape)) {
    throw new GradstreamError('SHAPE_MISMATCH', {
      place: `evaluateNode: ${rig.type}, outputGradient`,
      expected: `the shape ${showShape(shape)} of "${first}"`,
      got: showShape(outputGradient.shape),
      hint: 'Pass a gradient with the shape of the output.',
    })
  }
  const zeros = Object.fromEntries(
    outputs.map(name => {
      const { shape, size } = values[name] as Tensor
      return [name, { shape: [...shape], data: new Array<number>(size).fill(0) }]
    }),
  )
  return rig.backward(rig.tensors({ ...zeros, [first]: outputGradient }), values, mode)
}

function json(tensors: Gradients, names: readonly string[]): Record<string, TensorJson> {
  return Object.fromEntries(
    names.flatMap(name => {
      const tensor = tensors[name]
      return tensor ? [[name, tensor.toJSON()]] : []
    }),
  )
}
