/** `checkNode` finds what is wrong with a node: one broken node for each law. */
import { defineNode, type Kernels, RandomKey, type Range, type Shape, type Tensor } from 'gradstream'
import { checkNode } from 'gradstream/testing'
import { describe, expect, test } from 'vitest'
import { errorOf } from '../../core/support.ts'

type Port = Record<'x' | 'y' | 'mean' | 'mask', Tensor>
interface Context {
  kernels: Kernels
  mode: 'train' | 'infer'
  random: RandomKey
}
interface Parts {
  nonDifferentiable?: string[]
  parameters?: () => Record<string, { shape: Shape; initializer?: 'zeros' }>
  state?: () => Record<string, { shape: Shape; initializer: 'zeros' }>
  inputs?: string[]
  outputs?: string[]
  saved?: string[]
  config?: (options?: { factor?: number }) => object
  shapes?: (shapes: { x: readonly (number | null)[] }) => object
  ranges?: (ranges: { x: Range | undefined }) => object
  expects?: () => object
  rearranges?: boolean
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
let left: Tensor | undefined
let seen: Tensor | undefined
let last: RandomKey | undefined
let own = RandomKey.of(1)

const state = () => ({ mean: { shape: [1, 4], initializer: 'zeros' as const } })
/** y = 2 x, and the mean of the rows so far is remembered as a node ought to do it. */
const next = ({ x, mean }: Port, k: Kernels) => k.add(k.scale(mean, 0.9), k.scale(k.sumTo(x, [1, 4]), 0.1))

const broken: [law: string, parts: Parts][] = [
  ['config', { config: () => ({ factor: 2, draw: ++calls }) }],
  ['announced shape', { shapes: () => ({ y: [7] }) }],
  // It declares a row for each row, and makes one of all.
  [
    'announced shape',
    {
      forward: ({ x }, { factor }, { kernels: k }) => ({ y: k.scale(k.sumTo(x, [1, 4]), factor) }),
      backward: ({ y: dy }, { x }, { factor }, { kernels: k }) => ({
        x: k.add(k.scale(x, 0), k.scale(dy, factor)),
      }),
    },
  ],
  ['same bytes twice', { forward: ({ x }, _, { kernels: k }) => ({ y: k.scale(x, ++calls) }) }],
  [
    'arguments to stay unchanged',
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
    'the next state "mean" to have the shape [1, 4]',
    { state, forward: ({ x }, _, { kernels: k }) => ({ y: k.scale(x, 2), mean: x }) },
  ],
  [
    'the next state "mean" to be finite',
    {
      state,
      forward: ({ x, mean }, _, { kernels: k }) => ({ y: k.scale(x, 2), mean: k.div(mean, mean) }),
    },
  ],
  [
    'the state "mean" to stay unchanged in inference',
    {
      state,
      forward: ({ x, ...rest }, _, { kernels: k }) => ({ y: k.scale(x, 2), mean: next({ x, ...rest }, k) }),
    },
  ],
  [
    'same bytes twice',
    {
      state,
      forward: ({ x, mean }, _, { kernels: k }) => ({ y: k.scale(x, 2), mean: k.addScalar(mean, ++calls) }),
    },
  ],
  [
    'arguments to stay unchanged',
    {
      state,
      forward({ x, mean }, _, { kernels: k, mode }) {
        if (mode === 'infer') mean.data[0] = 1
        return { y: k.scale(x, 2) }
      },
    },
  ],
  ['same bytes twice', { forward: ({ x }, _, { kernels: k }) => ({ y: k.scale(x, Math.random()) }) }],
  [
    'with the same key',
    {
      // A new mask when the key changes, from a key of its own.
      saved: ['mask'],
      forward({ x }, _, { kernels: k, random }) {
        if (random !== last) own = own.child(0)
        last = random
        const mask = k.bernoulli(x.shape, 0.5, own)
        return { y: k.mul(x, mask), mask }
      },
      backward: ({ y: dy }, { mask }, _, { kernels: k }) => ({ x: k.mul(dy, mask) }),
    },
  ],
  [
    'backward to use the forward pass with the same key',
    {
      // What backward needs is kept outside, where another node of the type overwrites it.
      forward({ x }, _, { kernels: k, random }) {
        left = k.bernoulli(x.shape, 0.5, random).clone()
        return { y: k.mul(x, left) }
      },
      backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.mul(dy, left as Tensor) }),
    },
  ],
  [
    'forward to return only outputs, saved values and state',
    { forward: ({ x }, _, { kernels: k }) => ({ y: k.scale(x, 2), z: x }) },
  ],
  ['backward to return only gradients of parameters and differentiable inputs', { nonDifferentiable: ['x'] }],
  ['"y" to be numbers from 0 to 1', { ranges: () => ({ y: [0, 1] }) }],
  ['"y" to be probabilities that sum to 1', { ranges: () => ({ y: 'distribution' }) }],
  ['"y" to be numbers from', { ranges: ({ x }) => ({ y: x }) }],
  ["an interval or 'distribution'", { ranges: () => ({ y: 'unit' }) }],
  ['"y" to have nothing but entries of "x", as rearranges says', { rearranges: true }],
  ['ranges to name outputs', { ranges: () => ({ z: [0, 1] }) }],
  ['expects to name inputs', { expects: () => ({ z: 'numbers' }) }],
  ['expects to return a valid expectation for "x"', { expects: () => ({ x: 'probability' }) }],
  ['a parameter to have a unique name', { parameters: () => ({ x: { shape: [4] } }) }],
  ['a piece of state to have a name', { state: () => ({ '7': { shape: [4], initializer: 'zeros' } }) }],
  [
    'the same state for the same inputs',
    { state: () => ({ mean: { shape: [++calls], initializer: 'zeros' } }) },
  ],
  [
    'forward to use the numbers of a tensor',
    {
      forward({ x }, _, { kernels: k }) {
        if (x !== seen) left = k.scale(x, 2).clone()
        seen = x
        return { y: k.copy(left as Tensor) }
      },
    },
  ],
]

describe('checkNode', () => {
  test('lets a sound node pass', () => {
    expect(() => check({})).not.toThrow()
  })

  test('lets a node with state, and one that draws numbers pass', () => {
    check({
      state,
      forward: ({ x, mean }, _, { kernels: k, mode }) => ({
        y: k.scale(x, 2),
        ...(mode === 'train' && { mean: next({ x, mean } as Port, k) }),
      }),
    })
    check({
      saved: ['mask'],
      forward({ x }, _, { kernels: k, random }) {
        const mask = k.bernoulli(x.shape, 0.5, random)
        return { y: k.mul(x, mask), mask }
      },
      backward: ({ y: dy }, { mask }, _, { kernels: k }) => ({ x: k.mul(dy, mask) }),
    })
  })

  test.each(broken)('finds a node that breaks the law: %s', (law, parts) => {
    const error = errorOf(() => check(parts))
    expect(error.code).toBe('NODE_LAW_BROKEN')
    expect(error.message).toContain(law)
  })

  test('finds a gradient that is wrong in one place, wherever it is among many', () => {
    const [rows, columns] = [7, 11]
    for (let place = 0; place < rows * columns; place++) {
      const parts: Parts = {
        backward({ y: dy }, _, { factor }, { kernels: k }) {
          const wrong = k.tensor([rows, columns])
          wrong.data[place] = 1e-2
          return { x: k.add(k.scale(dy, factor), wrong) }
        },
      }
      const node = defineNode({ ...sound, ...parts } as never) as never
      const error = errorOf(() =>
        checkNode({ type: 'double' }, { inputs: { x: [rows, columns] }, nodes: [node] }),
      )
      expect(error.message, `at ${place}`).toContain('the derivative')
    }
  })
})

describe('defineNode refuses', () => {
  test.each([
    ['a target that is no input', { nonDifferentiable: ['target'] }, { got: '"target"' }],
    ['a domain of what is no input', { domain: { z: [0, 1] } }, { got: '"z"' }],
  ])('%s', (_, parts, expected) => {
    const error = errorOf(() => defineNode({ ...sound, ...parts } as never))
    expect(error.code).toBe('INVALID_CONFIG')
    for (const [part, wanted] of Object.entries(expected)) {
      expect(error[part as 'got']).toMatch(wanted)
    }
    expect(error.place).toBe('defineNode: double')
  })
})
