/** What people write wrong in nodes of their own is answered with what to write. */
import { describe, expect, test } from 'vitest'
import {
  compile,
  createTrainer,
  defineLink,
  defineLoss,
  defineMetric,
  defineNode,
  defineOptimizer,
  defineRecurrent,
  defineWeightLink,
  dense,
  fromArrays,
  GradstreamError,
  graph,
  input,
  meanSquaredError,
  sgd,
} from '../../../index.ts'

const data = fromArrays({
  x: [
    [1, 2],
    [3, 4],
  ],
  target: [1, 2],
})

/** What comes of training a node that is written so. */
async function outcomeOf(written: object): Promise<GradstreamError> {
  const spec = {
    type: 'mine',
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }: { x: readonly (number | null)[] }) => ({ y: x }),
    forward: (
      { x }: never,
      _: never,
      { kernels: k }: { kernels: { scale(x: never, by: number): never } },
    ) => ({ y: k.scale(x, 2) }),
    ...written,
  }
  try {
    const mine = defineNode(spec as never) as unknown as ReturnType<typeof dense> & { definition: never }
    const x = input({ name: 'x', shape: [2] })
    const y = x.pipe((mine as never as typeof sgd)() as never, dense({ units: 1 }))
    const loss = meanSquaredError()(y, input({ name: 'target', shape: [1] }))
    const model = compile(graph({ loss, update: loss.pipe(sgd()) }), { kernels: 'reference', nodes: [mine] })
    await createTrainer(model, { data, epochs: 1 }).run()
  } catch (error) {
    return error as GradstreamError
  }
  throw new Error('it was taken')
}

// biome-ignore lint/suspicious/noExplicitAny: what people write in JavaScript has no types
type Loose = any
const kernels = (f: (k: Loose, x: Loose) => unknown) => ({
  forward: ({ x }: Loose, _: Loose, { kernels: k }: Loose) => f(k, x),
})

describe('a node is refused that', () => {
  test.each<[string, object, code: string, ...said: string[]]>([
    [
      'gives back a tensor',
      kernels((k, x) => k.scale(x, 2)),
      'MISSING_OUTPUT',
      'got a tensor of shape [2,2]',
      '({ y: ',
    ],
    ['gives back nothing', kernels(() => undefined), 'MISSING_OUTPUT', 'got undefined', '({ y: '],
    ['gives back a promise', { forward: async () => ({}) }, 'MISSING_OUTPUT', 'without async'],
    [
      'asks for a kernel by another name',
      kernels((k, x) => ({ y: k.multiply(x, x) })),
      'NODE_FAILED',
      'Did you mean "mul"?',
    ],
    [
      'misspells a kernel',
      kernels((k, x) => ({ y: k.sigmiod(x) })),
      'NODE_FAILED',
      'Did you mean "sigmoid"?',
    ],
    [
      'asks something else for kernels',
      { forward: ({ x }: Loose, k: Loose) => ({ y: k.scale(x, 2) }) },
      'NODE_FAILED',
      'in the last argument',
    ],
    [
      'reads what is not there',
      {
        config: () => ({ factor: 2 }),
        forward: ({ x }: Loose, { beta }: Loose, { kernels: k }: Loose) => ({ y: k.mul(x, beta) }),
      },
      'NODE_FAILED',
      'is given "x"',
      'its config has "factor"',
    ],
    [
      'has an entry that is misspelled',
      { foward: () => ({}) },
      'INVALID_CONFIG',
      'got "foward"',
      'Did you mean "forward"?',
    ],
    [
      'has an entry of another framework',
      { call: () => ({}), forward: undefined },
      'INVALID_CONFIG',
      'You wrote "call"',
      '"forward"',
    ],
    [
      'gives one shape for all',
      { shapes: ({ x }: Loose) => x },
      'INVALID_CONFIG',
      'its output "y"',
      'shapes: ({ x }) => ({ y: x })',
    ],
    [
      'gives the shape of another output',
      { shapes: ({ x }: Loose) => ({ z: x }) },
      'INVALID_CONFIG',
      'its output "y"',
    ],
    [
      'gives a parameter no shape',
      { parameters: () => ({ w: [1] }) },
      'INVALID_CONFIG',
      '"w" to be { shape }',
      'got [1]',
    ],
    [
      'gives a parameter the batch axis',
      { parameters: ({ x }: Loose) => ({ w: { shape: x } }) },
      'INVALID_CONFIG',
      'the batch axis of x is null',
    ],
    [
      'gives a state a shape that is none',
      { state: () => ({ s: { shape: ['a'] } }) },
      'INVALID_CONFIG',
      '"s" to be { shape }',
    ],
    [
      'misspells an initializer',
      { parameters: () => ({ w: { shape: [1], initializer: 'zeroes' } }) },
      'UNKNOWN_NAME',
      'Did you mean "zeros"?',
    ],
  ])('%s', async (_, written, code, ...said) => {
    const error = await outcomeOf(written)
    expect(error).toBeInstanceOf(GradstreamError)
    expect(error.code).toBe(code)
    for (const part of said) expect(error.message).toContain(part)
  })
})

test.each(
  Object.entries({
    defineLink,
    defineLoss,
    defineMetric,
    defineNode,
    defineOptimizer,
    defineRecurrent,
    defineWeightLink,
  }),
)('%s refuses an entry that means nothing', (name, define) => {
  const functions = [
    'config',
    'shapes',
    'forward',
    'update',
    'gradients',
    'tally',
    'result',
    'stateShapes',
    'step',
  ]
  const needs: Record<string, readonly string[]> = {
    defineLink: ['config', 'gradients'],
    defineLoss: ['shapes', 'forward'],
    defineMetric: ['tally', 'result'],
    defineNode: ['shapes', 'forward'],
    defineOptimizer: ['config', 'update'],
    defineRecurrent: ['config', 'stateShapes', 'step'],
    defineWeightLink: ['config', 'update'],
  }
  const lists = {
    defineLoss: { inputs: ['x'] },
    defineNode: { inputs: ['x'], outputs: ['y'] },
    defineRecurrent: { states: ['h'] },
  }
  const own = Object.fromEntries(
    functions.filter(key => needs[name]?.includes(key)).map(key => [key, () => ({})]),
  )
  const written = { type: 'mine', ...own, ...(lists as Record<string, object>)[name], colour: 'red' }
  expect(() => (define as (spec: object) => unknown)(written)).toThrow(
    expect.objectContaining({ code: 'INVALID_CONFIG', got: '"colour"' }),
  )
})
