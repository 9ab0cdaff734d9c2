/** Nodes that draw: what they keep on average, what they draw, and that they draw nothing in inference. */
import { RandomKey } from 'gradstream'
import { evaluateNode } from 'gradstream/testing'
import { describe, expect, test } from 'vitest'
import { NodeRig } from '../../runtime/testing/rig.ts'

const SHAPE = [64, 6, 50]
const SIZE = 64 * 6 * 50
const ones = { shape: SHAPE, data: new Array<number>(SIZE).fill(1) }

/** What a node makes of ones in training, with a key of its own. */
function drawn(
  type: string,
  config: object,
  seed: number,
  kernels: 'reference' | 'wasm' = 'reference',
): Float64Array {
  const rig = new NodeRig({ type, config: config as Record<string, unknown> }, { kernels })
  const { made } = rig.forward(rig.tensors({ x: ones }), 'train', RandomKey.of(seed))
  const data = Float64Array.from(made.y?.data ?? [])
  rig.kernels.dispose()
  return data
}

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
const deviation = (values: ArrayLike<number>) => {
  const middle = mean(values)
  return Math.sqrt(mean(Array.from(values, value => (value - middle) ** 2)))
}

const nodes = [
  ['dropout', { rate: 0.3 }],
  ['spatialDropout', { rate: 0.3 }],
  ['gaussianDropout', { rate: 0.3 }],
  ['gaussianNoise', { stddev: 0.5 }],
  ['alphaDropout', { rate: 0.3 }],
] as const

describe.each(nodes)('%s', (type, config) => {
  test('draws the same for the same key, and something else for another one', () => {
    expect(drawn(type, config, 1)).toEqual(drawn(type, config, 1))
    expect(drawn(type, config, 1)).not.toEqual(drawn(type, config, 2))
  })

  test('draws on WebAssembly what it draws on reference kernels', () => {
    const [one, other] = [drawn(type, config, 3), drawn(type, config, 3, 'wasm')]
    const worst = one.reduce((most, value, i) => Math.max(most, Math.abs(value - (other[i] as number))), 0)
    expect(worst).toBeLessThan(2e-5)
  })

  test('gives x in inference', () => {
    const { output } = evaluateNode({ type, config }, { inputs: { x: ones }, mode: 'infer' })
    expect(output.data.every(value => value === 1)).toBe(true)
  })
})

test('dropout, of entries and of channels, drops the share that is told, and keeps the mean', () => {
  for (const type of ['dropout', 'spatialDropout']) {
    const y = drawn(type, { rate: 0.3 }, 5)
    const dropped = mean(Array.from(y, value => Number(value === 0)))
    expect(dropped).toBeCloseTo(0.3, 1)
    expect(mean(y)).toBeCloseTo(1, 1)
    expect([...new Set(y)].sort()).toEqual([0, 1 / 0.7])
  }
})

test('dropout of channels drops a channel at all places of a sample, and others in other samples', () => {
  const y = drawn('spatialDropout', { rate: 0.5 }, 6)
  const [samples, places, channels] = SHAPE as [number, number, number]
  const patterns = new Set<string>()
  for (let sample = 0; sample < samples; sample++) {
    const rows = Array.from({ length: places }, (_, place) => {
      const start = (sample * places + place) * channels
      return y.slice(start, start + channels).join()
    })
    expect(new Set(rows).size).toBe(1)
    patterns.add(rows[0] as string)
  }
  expect(patterns.size).toBe(samples)
})

test('noise has mean 0 and the deviation that is told; that of gaussianDropout is the root of rate / (1 - rate)', () => {
  const noise = drawn('gaussianNoise', { stddev: 0.5 }, 7).map(value => value - 1)
  expect(mean(noise)).toBeCloseTo(0, 1)
  expect(deviation(noise)).toBeCloseTo(0.5, 1)
  const factors = drawn('gaussianDropout', { rate: 0.2 }, 8)
  expect(mean(factors)).toBeCloseTo(1, 1)
  expect(deviation(factors)).toBeCloseTo(0.5, 1)
})

test('alphaDropout keeps mean and variance of normal numbers', () => {
  const rig = new NodeRig({ type: 'alphaDropout', config: { rate: 0.4 } })
  const data = Array.from(RandomKey.of(1).normal(SIZE))
  const { made } = rig.forward(rig.tensors({ x: { shape: SHAPE, data } }), 'train', RandomKey.of(9))
  const y = made.y?.data as ArrayLike<number>
  expect(mean(y)).toBeCloseTo(0, 1)
  expect(deviation(y)).toBeCloseTo(1, 1)
  rig.kernels.dispose()
})
