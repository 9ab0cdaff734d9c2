/** First values: their distributions, and what each promises. */
import { RandomKey, type Shape } from 'gradstream'
import { expect, test } from 'vitest'
import { initializerNames, initializerOf } from '../../nodes/initializers/index.ts'

const made = (name: (typeof initializerNames)[number], shape: Shape, seed = 1) =>
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

test.each([[[5, 5]], [[4, 16]], [[16, 4]], [[1, 7]], [[3, 2, 4, 8]]] as [number[]][])(
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

test('there is a test for each', () => {
  expect([...initializerNames].sort()).toEqual(
    'glorotNormal glorotUniform heNormal heUniform identity lecunNormal lecunUniform ones orthogonal randomNormal randomUniform truncatedNormal zeros'.split(
      ' ',
    ),
  )
})
