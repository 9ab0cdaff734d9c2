/** What the page asks of a layer, and where it puts the points. */
import type { Predictions, PredictQuery, RunState } from 'gradstream'
import { expect, test } from 'vitest'
import { layersOf, layerValues, pointsOf } from '../../dashboard/outcome/layer-values.ts'
import { besides, nearestTo, placesIn } from '../../dashboard/outcome/scatter.ts'

test.each([
  [50, 3],
  [5000, 32],
  [5000, 131],
  [400, 1000],
  [10, 65_536],
])('%d samples of a layer of %d numbers come in requests that fit, each once', async (samples, width) => {
  const asked: number[] = []
  const client = {
    async predict(query: PredictQuery): Promise<Predictions> {
      const { rows = [], node } = query as { rows?: readonly number[]; node?: string }
      expect(node).toBe('dense1')
      expect(rows.length * width).toBeLessThanOrEqual(65_536)
      asked.push(...rows)
      const data = rows.flatMap(row => new Array<number>(width).fill(row))
      return { outputs: { dense1: { shape: [rows.length, width], data } } }
    },
  }
  const count = pointsOf(samples, width)
  expect(count).toBeLessThanOrEqual(Math.min(samples, 2000))
  const values = await layerValues(client, { of: 'validation', node: 'dense1', width, samples })
  expect(asked).toEqual(Array.from({ length: count }, (_, i) => i))
  expect(values.count).toBe(count)
  for (let i = 0; i < count; i++) expect(values.rows[i * width + width - 1]).toBe(i)
})

test('the layers are those behind a prediction, and what the last one with weights reads comes first', () => {
  const node = (inputs: string[], shape: (number | null)[], parameters = 0) => ({ inputs, shape, parameters })
  const nodes = {
    x: node([], [null, 4]),
    dense1: node(['x'], [null, 8], 40),
    relu1: node(['dense1'], [null, 8]),
    dense2: node(['relu1'], [null, 1], 9),
    sigmoid1: node(['dense2'], [null, 1]),
    other: node(['x'], [null, 3], 15),
    long: node(['x'], [null, null, 3]),
    loss: node(['sigmoid1'], []),
  }
  const { layers, first } = layersOf({ nodes } as unknown as RunState, 'sigmoid1')
  expect(layers.map(({ id }) => id)).toEqual(['x', 'dense1', 'relu1'])
  expect(layers[first]?.id).toBe('relu1')
})

test('points fill the canvas, the pointer finds the nearest, and keys reach all of them', () => {
  const points = Float64Array.of(0, 0, 10, 5, 5, -5, 2, 1)
  const places = placesIn(points, 200, 100)
  expect(Math.min(...places)).toBe(10)
  for (let i = 0; i < 4; i++) {
    const [x, y] = [places[2 * i] as number, places[2 * i + 1] as number]
    expect(nearestTo(places, x + 2, y - 2)).toBe(i)
    expect(x <= 190 && y <= 90).toBe(true)
  }
  expect(nearestTo(places, 100, 50)).toBeUndefined()
  const seen: number[] = []
  for (let at = besides(points, undefined, 1); seen.length < 4; at = besides(points, at, 1))
    seen.push(at as number)
  expect(seen).toEqual([0, 3, 2, 1])
  expect(besides(points, 1, 1)).toBe(0)
  expect(besides(points, 0, -1)).toBe(1)
})
