/** First values: their distributions, and what each promises. */
import {
  compile,
  dense,
  graph,
  graphFromJson,
  graphToJson,
  type InitializerOption,
  initializer,
  input,
  lstm,
  RandomKey,
  type Shape,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { initializerNames, initializerOf } from '../../nodes/initializers/index.ts'
import { errorOf } from '../core/support.ts'

const made = (name: InitializerOption, shape: Shape, seed = 1) =>
  Array.from(initializerOf(name, 'test')(shape, RandomKey.of(seed)))
const deviation = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length)

test.each([
  ['glorotNormal', Math.sqrt(2 / 140)],
  ['glorotUniform', Math.sqrt(2 / 140)],
  ['heNormal', Math.sqrt(2 / 60)],
  ['heUniform', Math.sqrt(2 / 60)],
  ['lecunNormal', Math.sqrt(1 / 60)],
  ['lecunUniform', Math.sqrt(1 / 60)],
  ['randomNormal', 0.05],
  ['truncatedNormal', 0.05 * 0.8796],
  ['randomUniform', 0.05 / Math.sqrt(3)],
] as const)('%s has its deviation, and the same numbers for the same key', (name, expected) => {
  const values = made(name, [60, 80])
  expect(deviation(values) / expected).toBeGreaterThan(0.97)
  expect(deviation(values) / expected).toBeLessThan(1.03)
  expect(made(name, [60, 80])).toEqual(values)
  expect(made(name, [60, 80], 2)).not.toEqual(values)
})

test('a kernel of a convolution counts its field', () => {
  const values = made('heNormal', [3, 3, 20, 40])
  expect(deviation(values) / Math.sqrt(2 / 180)).toBeCloseTo(1, 1)
})

test('truncatedNormal is cut at two deviations', () => {
  expect(Math.max(...made('truncatedNormal', [100, 100]).map(Math.abs))).toBeLessThanOrEqual(0.1)
})

test.each([[[5, 5]], [[4, 16]], [[16, 4]], [[1, 7]], [[3, 2, 4, 8]], [[150_000, 2]]] as [number[]][])(
  'orthogonal %j: the shorter of rows and columns are orthogonal, and of length 1',
  shape => {
    const values = made('orthogonal', shape)
    const columns = shape.at(-1) as number
    const rows = values.length / columns
    const at = (i: number, j: number) =>
      rows < columns
        ? values
            .slice(i * columns, (i + 1) * columns)
            .reduce((sum, x, c) => sum + x * (values[j * columns + c] as number), 0)
        : Array.from(
            { length: rows },
            (_, r) => (values[r * columns + i] as number) * (values[r * columns + j] as number),
          ).reduce((a, b) => a + b)
    const count = Math.min(rows, columns)
    for (let i = 0; i < count; i++)
      for (let j = 0; j < count; j++) expect(at(i, j)).toBeCloseTo(Number(i === j), 10)
  },
)

test('identity has ones on the diagonal', () => {
  expect(made('identity', [2, 3])).toEqual([1, 0, 0, 0, 1, 0])
})

describe('with options', () => {
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length
  const centred = (values: readonly number[]) => values.map(x => x - mean(values))
  // What each promises, by the formulas of its distribution.
  test.each<[InitializerOption, number, number, number]>([
    [initializer.randomNormal({ mean: 2, deviation: 0.3 }), 2, 0.3, Infinity],
    [initializer.truncatedNormal({ mean: -1, deviation: 0.5 }), -1, 0.5 * 0.8796, 1],
    [initializer.randomUniform({ minimum: 1, maximum: 4 }), 2.5, 3 / Math.sqrt(12), 1.5],
    [initializer.varianceScaling({ scale: 3 }), 0, Math.sqrt(3 / 60), 2.28 * Math.sqrt(3 / 60)],
    [
      initializer.varianceScaling({ scale: 2, mode: 'fanOut', distribution: 'normal' }),
      0,
      Math.sqrt(2 / 80),
      Infinity,
    ],
    [
      initializer.varianceScaling({ mode: 'fanAverage', distribution: 'uniform' }),
      0,
      Math.sqrt(1 / 70),
      Math.sqrt(3 / 70),
    ],
  ])('%j', (option, middle, spread, most) => {
    const values = made(option, [60, 80])
    expect(Math.abs(mean(values) - middle)).toBeLessThan(0.05 * spread)
    expect(deviation(centred(values)) / spread).toBeGreaterThan(0.97)
    expect(deviation(centred(values)) / spread).toBeLessThan(1.03)
    expect(Math.max(...values.map(x => Math.abs(x - middle)))).toBeLessThanOrEqual(most)
  })

  test('constant, identity and orthogonal', () => {
    expect(made(initializer.constant({ value: 3 }), [2, 2])).toEqual([3, 3, 3, 3])
    expect(made(initializer.identity({ gain: 2 }), [2, 3])).toEqual([2, 0, 0, 0, 2, 0])
    const plain = made('orthogonal', [4, 6])
    expect(made(initializer.orthogonal({ gain: 2 }), [4, 6])).toEqual(plain.map(x => 2 * x))
  })

  // An option that is left out has the default of the name alone.
  test.each([
    'randomNormal',
    'truncatedNormal',
    'randomUniform',
    'varianceScaling',
    'identity',
    'orthogonal',
  ] as const)('%s without any is what its name says', name => {
    expect(made(initializer[name]({}), [5, 7])).toEqual(made(name, [5, 7]))
  })

  test.each([
    ['heNormal', { scale: 2 }],
    ['heUniform', { scale: 2, distribution: 'uniform' }],
    ['glorotNormal', { mode: 'fanAverage' }],
    ['glorotUniform', { mode: 'fanAverage', distribution: 'uniform' }],
    ['lecunNormal', {}],
    ['lecunUniform', { distribution: 'uniform' }],
  ] as const)('%s is varianceScaling with %j', (name, options) => {
    expect(made(name, [3, 5, 7])).toEqual(made(initializer.varianceScaling(options), [3, 5, 7]))
  })

  test('they are data of a graph, for layers and for the bias of an lstm', () => {
    const x = input({ name: 'x', shape: [3, 2] })
    const biasInitializer = initializer.constant({ value: 0.5 })
    const y = x.pipe(
      lstm({ units: 2, biasInitializer }),
      dense({ units: 2, kernelInitializer: initializer.identity({ gain: 3 }), biasInitializer }),
    )
    const model = compile(graphFromJson(graphToJson(graph({ y }))))
    const { parameters } = model.node('dense1')
    expect(parameters.kernel.value.toNested()).toEqual([
      [3, 0],
      [0, 3],
    ])
    expect(parameters.bias.value.toNested()).toEqual([0.5, 0.5])
    expect(model.node('lstm1').parameters.bias.value.toNested()).toEqual([0.5, 0.5, 1, 1, 0.5, 0.5, 0.5, 0.5])
    model.dispose()
  })

  test.each<[string, () => unknown, string, string]>([
    [
      'a negative deviation',
      () => initializer.randomNormal({ deviation: -1 }),
      'INVALID_OPTION',
      'deviation',
    ],
    [
      'an empty interval',
      () => initializer.randomUniform({ minimum: 1, maximum: 1 }),
      'INVALID_OPTION',
      'maximum to be above minimum, which is 1',
    ],
    ['another mode', () => initializer.varianceScaling({ mode: 'fan' as never }), 'INVALID_OPTION', 'fanIn'],
    [
      'an option that it has not',
      () => initializer.constant({ value: 1, mean: 2 } as never),
      'INVALID_OPTION',
      'mean',
    ],
    [
      'a name that there is not',
      () => dense({ units: 1, kernelInitializer: { initializer: 'randomNormall' } }),
      'INVALID_CONFIG',
      'randomNormal',
    ],
    [
      'a wrong option in a layer',
      () => dense({ units: 1, kernelInitializer: { initializer: 'constant', value: 'x' } }),
      'INVALID_CONFIG',
      'value to be a finite number',
    ],
    [
      'a number',
      () => dense({ units: 1, kernelInitializer: 1 as never }),
      'INVALID_CONFIG',
      'kernelInitializer',
    ],
  ])('refuses %s', (_, make, code, words) => {
    const error = errorOf(make)
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
  })
})

test('constant is 0 by its name alone', () => {
  expect(made('constant', [2])).toEqual([0, 0])
})

test('there is a test for each', () => {
  expect([...initializerNames].sort()).toEqual(
    'constant glorotNormal glorotUniform heNormal heUniform identity lecunNormal lecunUniform ones orthogonal randomNormal randomUniform truncatedNormal varianceScaling zeros'.split(
      ' ',
    ),
  )
})
