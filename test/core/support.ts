/** What the tests of core share. */
import {
  defineLoss,
  defineNode,
  GradstreamError,
  type GraphDef,
  type NodeDef,
  type NodeEntry,
  type PortRef,
  registryOf,
} from '../../core/index.ts'
import { catalogue } from '../../nodes/index.ts'

/** The error that `work` throws; anything but a `GradstreamError` is passed on. */
export function errorOf(work: () => unknown): GradstreamError {
  try {
    work()
  } catch (error) {
    if (error instanceof GradstreamError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

export const registry = (...nodes: NodeDef[]) => registryOf(catalogue, nodes)

/** A node that passes its input on, under any name and with any config. */
export const passing = (type: string, version = 1) =>
  defineNode({
    type,
    version,
    config: (options: Record<string, unknown> = {}) => ({ ...options }),
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }) => ({ y: x }),
    forward: ({ x }, _, { kernels: k }) => ({ y: k.copy(x) }),
    backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.copy(dy) }),
  })

/** A loss that takes one input. */
export const total = defineLoss({
  type: 'total',
  inputs: ['x'],
  shapes: () => ({ loss: [] }),
  forward: ({ x }, _, { kernels: k }) => ({ loss: k.sum(x) }),
  backward: ({ loss: dx }, { x }, _, { kernels: k }) => ({ x: k.mul(k.fill(x.shape, 1), dx) }),
})

type WrittenEntry = Partial<Omit<NodeEntry, 'inputs'>> & {
  /** `'a'` for the only output of node a, or `'a.output'`. */
  inputs?: Record<string, string>
}

const OUTPUT_NAMES: Record<string, string> = {
  input: 'value',
  sgd: 'update',
  meanSquaredError: 'loss',
  total: 'loss',
}

/** A graph written by hand, with whatever faults. */
export function written(nodes: Record<string, WrittenEntry>, ...outputs: string[]): GraphDef {
  const refOf = (text: string): PortRef => {
    const [node = '', output] = text.split('.')
    return { node, output: output ?? OUTPUT_NAMES[nodes[node]?.type ?? ''] ?? 'y' }
  }
  return {
    format: 'gradstream-graph',
    version: 1,
    nodes: Object.entries(nodes).map(([key, { type = '', inputs = {}, ...rest }]) => ({
      id: key,
      type,
      version: 1,
      config: {},
      ...rest,
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, text]) => [name, refOf(text)])),
    })),
    outputs: Object.fromEntries(outputs.map(text => [text, refOf(text)])),
  }
}
