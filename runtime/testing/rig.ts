/** One node on its own, without a graph, for tests. */
import {
  attempt,
  CheckFailed,
  type Config,
  check,
  checkedAt,
  checkedConfig,
  type Definition,
  entryOf,
  type Gradients,
  GradstreamError,
  isUpdating,
  type Kernels,
  listOf,
  type Mode,
  type NodeContext,
  type NodeDef,
  type NodeDefinition,
  type OptimizerDefinition,
  type ParameterSpec,
  type PortShape,
  type Precision,
  RandomKey,
  recordOf,
  registryOf,
  show,
  type TensorJson,
  type Tensors,
  tensor,
} from '../../core/index.ts'
import { createKernels, type KernelsName } from '../../kernels/index.ts'
import { catalogue } from '../../nodes/index.ts'

/** A node by type and config, as in a graph. */
export interface NodeUnderTest {
  readonly type: string
  readonly config?: Readonly<Record<string, unknown>>
}

export interface TestingOptions {
  /** By default `'float64'` on the reference kernels, `'float32'` on others. */
  readonly precision?: Precision
  /** `'reference'` by default. */
  readonly kernels?: KernelsName
  /** Definitions of custom nodes; none by default. */
  readonly nodes?: readonly NodeDef[]
}

export type TensorsJson = Readonly<Record<string, TensorJson>>

/** Reports what a node under test throws as its failure. */
export function guarded<T>(place: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof GradstreamError) throw cause
    throw new GradstreamError('NODE_FAILED', {
      place,
      expected: 'a result',
      got: `"${show(cause)}"`,
      hint: 'See the cause.',
      cause,
    })
  }
}

/** Throws if a value is not a tensor as JSON. */
export function demandTensorJson(place: string, given: TensorJson): void {
  if (attempt(() => Array.isArray(given.shape) && Array.isArray(given.data)) !== true) {
    throw new GradstreamError('INVALID_OPTION', {
      place,
      expected: 'a tensor as { shape, data }',
      got: show(given),
      hint: 'Write { shape: [1, 2], data: [3, 4] }.',
    })
  }
  tensor(given, 'float64', place)
}

/** Reads the type and config of a node once. */
export function namedNode(node: NodeUnderTest): Required<NodeUnderTest> {
  return checkedAt('testing', 'INVALID_OPTION', () => {
    const factory = (attempt(() => node) as { definition?: Definition } | undefined)?.definition
    if (typeof node === 'function' && factory !== undefined)
      throw new CheckFailed('a node by its type and config', show(node), {
        hint: `Write { type: '${factory.type}' }, and pass the definition under { nodes }.`,
      })
    const { type, config = {} } = check.options(node, ['type', 'config'])
    check.text({ type })
    return { type, config: check.options(config) }
  })
}

const testingOptions = (options: TestingOptions): TestingOptions =>
  checkedAt('testing', 'INVALID_OPTION', () => {
    const own = check.options(options, ['precision', 'kernels', 'nodes'])
    if (own.precision !== undefined) check.oneOf({ precision: own.precision }, ['float32', 'float64'])
    return own
  })

function definitionOf(type: string, nodes: readonly NodeDef[]): Definition {
  const registry = registryOf(catalogue, nodes)
  const definition = registry.get(type)
  if (definition) return definition
  throw new GradstreamError('UNKNOWN_TYPE', {
    place: 'testing',
    expected: `one of the types ${listOf(registry.keys())}`,
    got: `"${type}"`,
    hint: 'Pass its definition under { nodes }.',
  })
}

function kernelsFor({ kernels = 'reference', precision }: TestingOptions): Kernels {
  const usual = kernels === 'reference' ? 'float64' : 'float32'
  return createKernels({ kernels, precision: precision ?? usual })
}

/** The definition and full config of an optimizer, and kernels for it. */
export function optimizerRig(node: NodeUnderTest, given: TestingOptions) {
  const { type, config } = namedNode(node)
  const options = testingOptions(given)
  const { nodes = [] } = options
  const definition = definitionOf(type, nodes)
  if (definition.role !== 'optimizer') throw wrongRole(type, 'an optimizer', definition.role)
  return {
    definition: definition as OptimizerDefinition,
    config: checkedConfig(definition, config, type),
    kernels: kernelsFor(options),
  }
}

/** A node with its own kernels. Forward and backward each reuse one lease. */
export class NodeRig {
  readonly type: string
  readonly definition: NodeDefinition
  readonly config: Config
  readonly kernels: Kernels
  private readonly leases

  constructor(node: NodeUnderTest, given: TestingOptions = {}) {
    const { type, config } = namedNode(node)
    const options = testingOptions(given)
    const { nodes = [] } = options
    const definition = definitionOf(type, nodes)
    if (isUpdating(definition) || definition.role === 'input') {
      throw wrongRole(type, 'a node with forward and backward', definition.role)
    }
    if (definition.reads) {
      throw new GradstreamError('INVALID_OPTION', {
        place: `testing: ${type}`,
        expected: 'a node that can stand alone',
        got: 'one that reads a parameter of another node',
        hint: 'Try it in a graph.',
      })
    }
    this.type = type
    this.definition = definition
    this.config = checkedConfig(definition, config, type)
    this.kernels = kernelsFor(options)
    this.leases = { forward: this.kernels.lease(), backward: this.kernels.lease() }
  }

  /** Port shapes of inputs as in a graph: with an open batch axis. */
  ports(inputs: Readonly<Record<string, { readonly shape: readonly number[] }>>): Record<string, PortShape> {
    const missing = this.definition.inputs.find(name => !Object.hasOwn(inputs, name))
    if (missing !== undefined) {
      throw new GradstreamError('MISSING_INPUT', {
        place: `testing: ${this.type}`,
        expected: `a value for each of its inputs ${listOf(this.definition.inputs)}`,
        got: listOf(Object.keys(inputs)),
        hint: `Pass ${missing} under inputs.`,
      })
    }
    return Object.fromEntries(
      Object.entries(inputs).map(([name, { shape }]) => [
        name,
        shape.length > 0 ? shape.with(0, null as never) : shape,
      ]),
    )
  }

  /** The shapes that the node declares. @throws GradstreamError `SHAPE_MISMATCH` */
  shapes(ports: Record<string, PortShape>): Record<string, PortShape> {
    return checkedAt(this.type, 'SHAPE_MISMATCH', () => this.definition.shapes(ports, this.config))
  }

  parameters(ports: Record<string, PortShape>): Record<string, ParameterSpec> {
    const specs = Object.entries(
      checkedAt(this.type, 'SHAPE_MISMATCH', () => this.definition.parameters(ports, this.config)),
    )
    return Object.fromEntries(specs.filter(([, spec]) => spec !== undefined))
  }

  /** Owned tensors with these numbers. */
  tensors(json: TensorsJson): Tensors {
    return Object.fromEntries(
      Object.entries(json).map(([name, { shape, data }]) => [name, this.kernels.tensor(shape, data)]),
    )
  }

  /** Runs forward. `given` holds inputs, parameters and state; the result adds outputs and saved values. */
  forward(given: Tensors, mode: Mode, key = RandomKey.of(0)): { made: Tensors; values: Tensors } {
    this.kernels.lend(this.leases.forward)
    const context = this.context(mode, key, given, {})
    const made = this.definition.forward({ ...given }, this.config, context)
    const added = [...this.definition.outputs, ...this.definition.saved].map(name => [name, made[name]])
    return { made, values: { ...given, ...Object.fromEntries(added) } }
  }

  backward(
    gradients: Tensors,
    values: Tensors,
    mode: Mode,
    needs: Record<string, boolean> = {},
    key = RandomKey.of(0),
  ): Gradients {
    this.kernels.lend(this.leases.backward)
    return this.definition.backward(gradients, values, this.config, this.context(mode, key, values, needs))
  }

  private context(mode: Mode, key: RandomKey, values: Tensors, needs: Record<string, boolean>): NodeContext {
    return {
      kernels: this.kernels,
      mode,
      step: 1,
      iteration: this.kernels.tensor([], [1]),
      random: key,
      needs: recordOf(Object.keys(values).map(name => [name, entryOf(needs, name) ?? true] as const)),
    }
  }
}

function wrongRole(type: string, expected: string, got: string): GradstreamError {
  return new GradstreamError('INVALID_OPTION', {
    place: `testing: ${type}`,
    expected,
    got: `the role "${got}"`,
  })
}
