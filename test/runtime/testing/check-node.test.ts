/** `checkNode` finds what is wrong with a node: one broken node for each law. */
import { type Activation, defineNode, type Kernels, type Tensor } from 'gradstream'
import { checkNode } from 'gradstream/testing'
import { describe, expect, test } from 'vitest'
import { errorOf } from '../../core/support.ts'

type Port = Record<'x' | 'y', Tensor>
interface Context {
  kernels: Kernels
  activation?: Activation
}
interface Parts {
  activation?: string
  appliesActivation?: boolean
  inputs?: string[]
  outputs?: string[]
  saved?: string[]
  config?: (options?: { factor?: number }) => object
  shapes?: (shapes: { x: readonly (number | null)[] }) => object
  forward?: (inputs: Port, config: { factor: number }, context: Context) => object
  backward?: (gradients: Port, values: Port, config: { factor: number }, context: Context) => object
}

/** y = 2 x, as a node ought to be. */
const sound: Parts & { type: string } = {
  type: 'double',
  config: ({ factor = 2 } = {}) => ({ factor }),
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward: ({ x }, { factor }, { kernels: k }) => ({ y: k.scale(x, factor) }),
  backward: ({ y: dy }, _, { factor }, { kernels: k }) => ({ x: k.scale(dy, factor) }),
}

const check = (parts: Parts) => {
  const node = defineNode({ ...sound, ...parts } as never) as never
  checkNode({ type: 'double' }, { inputs: { x: [3, 4] }, seed: 5, nodes: [node] })
}

let calls = 0

const broken: [law: string, parts: Parts][] = [
  ['config', { config: () => ({ factor: 2, draw: ++calls }) }],
  ['announced shape', { shapes: () => ({ y: [7] }) }],
  ['same bytes twice', { forward: ({ x }, _, { kernels: k }) => ({ y: k.scale(x, ++calls) }) }],
  [
    'arguments that stay',
    {
      forward({ x }, _, { kernels: k }) {
        const y = k.scale(x, 2)
        x.data[0] = 9
        return { y }
      },
    },
  ],
  [
    'derivative',
    {
      backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.scale(dy, 2.01) }),
    },
  ],
  [
    'to be relu',
    {
      activation: 'relu',
      config: () => ({ factor: 2 }),
    },
  ],
  [
    'backward to do without "x"',
    {
      activation: 'tanh',
      forward: ({ x }, _, { kernels: k }) => ({ y: k.tanh(x) }),
      backward: ({ y: dy }, { x }, _, { kernels: k }) => ({
        x: k.tanhGradient(dy, k.tanh(x)),
      }),
    },
  ],
  ['forward to apply', { appliesActivation: true }],
]

describe('checkNode', () => {
  test('lets a sound node pass', () => {
    expect(() => check({})).not.toThrow()
  })

  test('lets an activation and a layer that applies one pass', () => {
    check({
      activation: 'tanh',
      forward: ({ x }, _, { kernels: k }) => ({ y: k.tanh(x) }),
      backward: ({ y: dy }, { y }, _, { kernels: k }) => ({
        x: k.tanhGradient(dy, y),
      }),
    })
    check({
      appliesActivation: true,
      forward({ x }, { factor }, { kernels: k, activation }) {
        const y = k.scale(x, factor)
        return { y: activation ? k[activation](y) : y }
      },
    })
  })

  test.each(broken)('finds a node that breaks the law: %s', (law, parts) => {
    const error = errorOf(() => check(parts))
    expect(error.code).toBe('NODE_LAW_BROKEN')
    expect(error.message).toContain(law)
  })
})

describe('defineNode refuses', () => {
  test.each([
    ['an activation that there is not', { activation: 'gelu' }, { got: '"gelu"' }],
    ['an activation of two inputs', { activation: 'relu', inputs: ['x', 'z'] }, { expected: /one input/ }],
    [
      'an activation that saves something',
      { activation: 'relu', saved: ['gate'] },
      { expected: /nothing saved/ },
    ],
    ['two outputs of a layer that applies one', { appliesActivation: true, outputs: ['y', 'z'] }, {}],
  ])('%s', (_, parts, expected) => {
    const error = errorOf(() => defineNode({ ...sound, ...parts } as never))
    expect(error.code).toBe('INVALID_CONFIG')
    for (const [part, wanted] of Object.entries(expected)) {
      expect(error[part as 'got']).toMatch(wanted)
    }
    expect(error.place).toBe('defineNode: double')
  })
})
