/** Predictions over the bridge: those of the model itself, for rows that are sent, and for samples of the run. */
import { arrayOf, fromIterable } from 'gradstream'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Predictions, PredictQuery } from '../../../client.ts'
import { Tensor } from '../../../core/index.ts'
import { pack, unpack } from '../../../runtime/bridge/packed.ts'
import { bytesOf, rejectionOf, rows, samples } from '../support.ts'
import { type Bridged, bridged } from './support.ts'

let run: Bridged

beforeEach(async () => {
  run = await bridged({ validation: samples(6, 2) })
})
afterEach(() => run.close())

async function predicted(query: PredictQuery, own = run): Promise<Predictions> {
  const predictions = own.connect({ token: own.bridge.tokens.viewer }).predict(query)
  predictions.catch(() => undefined)
  await own.clock.pass(20)
  return predictions
}

const ofModel = (x: number[][]) => run.trainer.model.predict({ x }).prediction?.toJSON()

test('rows give what the model gives, as it is now', async () => {
  const { x } = rows(5, 7)
  for (const _ of [1, 2]) {
    const { outputs } = await predicted({ inputs: { x } })
    expect(outputs.prediction).toEqual(ofModel(x))
    expect(Object.keys(outputs)).toEqual(['prediction'])
    await Promise.all([run.trainer.step(5), run.clock.pass(100)])
  }
})

test('values that are assigned between two steps count at once', async () => {
  const { x } = rows(5, 7)
  const before = await predicted({ inputs: { x } })
  const { bias } = run.trainer.model.node('dense2').parameters
  bias?.assign([3])
  const { outputs } = await predicted({ inputs: { x } })
  expect(outputs).not.toEqual(before.outputs)
  expect(outputs.prediction).toEqual(ofModel(x))
})

test('samples come from the data or from the validation, with their columns only where they are wanted', async () => {
  const sources = { data: rows(10), validation: rows(6, 2) }
  for (const of of ['data', 'validation'] as const) {
    const { outputs, columns } = await predicted({ of, count: 4 })
    const { x, target } = sources[of]
    expect(outputs.prediction?.shape).toEqual([4, 1])
    expect(columns?.x?.shape).toEqual([4, 2])
    expect(columns?.target?.data).toEqual(target.slice(0, 4).flat())
    expect(outputs.prediction).toEqual(ofModel(x.slice(0, 4)))
    expect(await predicted({ of, count: 4, columns: false })).toEqual({ outputs })
  }
})

test('samples of a table have the rows that were written, if they are asked for', async () => {
  const rows = Array.from({ length: 8 }, (_, i) => ({ city: i % 2 ? 'Rome' : 'Paris', y: i }))
  const data = arrayOf(rows, { target: 'y', categorical: ['city'] }).standardize()
  const own = await bridged({ data, validation: undefined } as never)
  onTestFinished(() => own.close())
  const { cells, columns } = await predicted({ of: 'data', rows: [3, 0], cells: true, columns: false }, own)
  expect(columns).toBeUndefined()
  expect(cells).toEqual({
    x: { names: ['city'], rows: [['Rome'], ['Paris']] },
    target: { names: ['y'], rows: [[3], [0]] },
  })
  const { cells: first } = await predicted({ of: 'data', count: 3, cells: true }, own)
  expect(first?.target?.rows).toEqual([[0], [1], [2]])
  expect((await predicted({ of: 'data', count: 3 }, own)).cells).toBeUndefined()
})

test('more samples than there are give all of them', async () => {
  const { outputs } = await predicted({ of: 'data', count: 4000 })
  expect(outputs.prediction?.shape).toEqual([10, 1])
})

test('chosen samples come in the order in which they are asked for, as often as they are', async () => {
  const { x, target } = rows(6, 2)
  for (const places of [[5], [3, 0, 3], [0, 1, 2, 3, 4, 5]]) {
    const chosen = places.map(place => x[place] as number[])
    const { outputs, columns } = await predicted({ of: 'validation', rows: places })
    expect(outputs.prediction).toEqual(ofModel(chosen))
    expect(columns?.x).toEqual({ shape: [places.length, 2], data: chosen.flat() })
    expect(columns?.target?.data).toEqual(places.flatMap(place => target[place] as number[]))
  }
  // Those that come first are remembered, and still the first.
  expect((await predicted({ of: 'validation', count: 2 })).columns?.x?.data).toEqual(x.slice(0, 2).flat())
})

test('a grid over a plane gives what its points give, from the top', async () => {
  const [side, from, to] = [5, [-1, 0.5], [1, 3]] as const
  const points = Array.from({ length: side * side }, (_, i) => {
    const [u, v] = [(i % side) / (side - 1), 1 - Math.floor(i / side) / (side - 1)]
    return [from[0] + u * (to[0] - from[0]), from[1] + v * (to[1] - from[1])]
  })
  const plane = { input: 'x', x: [from[0], to[0]], y: [from[1], to[1]], side } as const
  for (const _ of [1, 2]) {
    expect(await predicted({ plane })).toEqual(await predicted({ inputs: { x: points } }))
    await Promise.all([run.trainer.step(5), run.clock.pass(100)])
  }
})

test('with a node, its values come instead, however many rows there are', async () => {
  const { x } = rows(1500, 7)
  const { outputs } = await predicted({ inputs: { x }, node: 'tanh1' })
  const { kernel, bias } = run.trainer.model.node('dense1').parameters
  expect(Object.keys(outputs)).toEqual(['tanh1'])
  expect(outputs.tanh1?.shape).toEqual([1500, 4])
  for (const row of [0, 1023, 1024, 1499]) {
    const [a = 0, b = 0] = x[row] as number[]
    const by = (i: number) =>
      Math.tanh(
        a * (kernel.value.data[i] as number) +
          b * (kernel.value.data[4 + i] as number) +
          (bias.value.data[i] as number),
      )
    for (const i of [0, 1, 2, 3]) expect(outputs.tanh1?.data[4 * row + i]).toBeCloseTo(by(i), 5)
  }
  const some = await predicted({ of: 'validation', rows: [3], node: 'tanh1', columns: false })
  expect(some).toEqual(await predicted({ inputs: { x: [rows(6, 2).x[3] as number[]] }, node: 'tanh1' }))
})

test.each(['float32', 'float64'] as const)('%s numbers arrive as they are, packed or not', precision => {
  const special = [
    0,
    -0,
    1 / 3,
    -1e-30,
    3.4e38,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]
  const data = precision === 'float32' ? Float32Array.from(special) : Float64Array.from(special)
  // In the middle of a buffer, as outputs may be.
  const tensor = new Tensor([2, 3], data.subarray(1, 7))
  expect(unpack(JSON.parse(JSON.stringify(pack(tensor))))).toEqual(tensor.toJSON())
  expect(unpack(pack(new Tensor([0, 4], data.subarray(0, 0))))).toEqual({ shape: [0, 4], data: [] })
})

test('they change nothing: not the weights, and not the course of the run', async () => {
  const other = await bridged()
  for (const asked of [false, true]) {
    const own = asked ? other : run
    for (let i = 0; i < 5; i++) {
      if (asked) await predicted({ of: 'data' }, other)
      await Promise.all([own.trainer.step(2), own.clock.pass(100)])
    }
  }
  expect(bytesOf(other.trainer.model)).toEqual(bytesOf(run.trainer.model))
  await other.close()
})

describe('what cannot be answered is refused with a reason', () => {
  test.each([
    [{ inputs: { x: [[1]] } }, 'SHAPE_MISMATCH'],
    [{ inputs: { z: [[1, 2]] } }, 'UNKNOWN_NAME'],
    [{ inputs: { x: 'all' } }, 'FORBIDDEN'],
    [{ inputs: { x: [['a', 'b']] } }, 'DATA_NOT_FINITE'],
    [{ inputs: { x: new Array(4097).fill([1, 2]) } }, 'FORBIDDEN'],
    [{ of: 'data', count: 4097 }, 'FORBIDDEN'],
    [{ of: 'nothing' }, 'INVALID_MESSAGE'],
    [{ plane: {} }, 'INVALID_MESSAGE'],
    [{ plane: { input: 'x', x: [0, 1], y: [0, 1], side: 65 } }, 'INVALID_MESSAGE'],
    [{ plane: { input: 'x', x: [0, 1], y: [0, 1], side: 1 } }, 'INVALID_MESSAGE'],
    [{ plane: { input: 'x', x: [0], y: [0, 1], side: 4 } }, 'INVALID_MESSAGE'],
    [{ plane: { input: 'x', x: [0, '1'], y: [0, 1], side: 4 } }, 'INVALID_MESSAGE'],
    [{ plane: { input: 'x', x: [0, 1], y: [0, 1], side: 4, z: 1 } }, 'INVALID_MESSAGE'],
    [{ plane: { input: 'z', x: [0, 1], y: [0, 1], side: 4 } }, 'UNKNOWN_NAME'],
    [{ of: 'validation', node: 'nothing' }, 'UNKNOWN_NAME'],
    [{ of: 'validation', node: 'sgd1' }, 'NOT_AVAILABLE'],
    [{ of: 'validation', node: 'target' }, 'NOT_AVAILABLE'],
    [{ of: 'validation', rows: [6] }, 'INVALID_MESSAGE'],
    [{ of: 'validation', rows: [] }, 'INVALID_MESSAGE'],
    [{ of: 'validation', rows: [-1] }, 'INVALID_MESSAGE'],
    [{ of: 'validation', rows: [0.5] }, 'INVALID_MESSAGE'],
    [{ of: 'validation', rows: ['0'] }, 'INVALID_MESSAGE'],
    [{ of: 'validation', rows: [0], count: 1 }, 'INVALID_MESSAGE'],
    [{ of: 'validation', rows: new Array(4097).fill(0) }, 'FORBIDDEN'],
    [{}, 'INVALID_MESSAGE'],
  ])('number %#', async (query, code) => {
    expect((await rejectionOf(predicted(query as PredictQuery))).code).toBe(code)
  })

  test('a run without a validation, and one that streams its data', async () => {
    const streaming = await bridged({
      data: fromIterable(() => [{ x: [0.1, 0.2], target: [1] }], { size: 1 }),
    } as never)
    for (const of of ['data', 'validation'] as const) {
      expect(await rejectionOf(predicted({ of }, streaming))).toMatchObject({ code: 'NOT_AVAILABLE' })
    }
    await streaming.close()
  })
})
