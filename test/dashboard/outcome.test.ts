/** What the page makes of what a network has learned. */
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  compile,
  createTrainer,
  dense,
  embedding,
  flatten,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  type Predictions,
  type PredictQuery,
  sgd,
} from 'gradstream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { GradstreamError } from '../../core/index.ts'
import { FINEST, gridOf, interpolated, SIDES } from '../../dashboard/grid.ts'
import { Look, type Looked } from '../../dashboard/look.ts'
import { colourNameOf, markOf } from '../../dashboard/marks.ts'
import { classNames, classOf, logitsOf, meaningOf, type Task, tasksOf } from '../../dashboard/task.ts'

const LOSSES = {
  binary: binaryCrossentropy({ fromLogits: true }),
  classes: categoricalCrossentropy({ fromLogits: true }),
  regression: meanSquaredError(),
}

/** The task of a run with so many inputs and outputs, whose prediction the graph may call something. */
function taskFor(
  kind: keyof typeof LOSSES,
  features: number,
  units: number,
  names: 'first' | 'second' | 'none' = 'first',
) {
  const target = input({ name: 'target', shape: [units] })
  const hidden = input({ name: 'x', shape: [features] }).pipe(dense({ units: 3 }))
  const prediction = hidden.pipe(dense({ units }))
  const loss = LOSSES[kind](prediction, target)
  const update = loss.pipe(sgd({ learningRate: 0.1 }))
  const outputs = {
    first: { guess: prediction },
    second: { prediction: hidden, guess: prediction },
    none: {},
  }
  const model = compile(graph({ ...outputs[names], loss, update }), { seed: 1 })
  const data = fromArrays({ x: [new Array(features).fill(1)], target: [new Array(units).fill(1 / units)] })
  const trainer = createTrainer(model, { data, epochs: 1 })
  onTestFinished(() => trainer.dispose())
  return tasksOf(trainer.state)[0]
}

describe('a task', () => {
  test('is no picture where its two inputs are looked up, since there is nothing between them', () => {
    const vectors = input({ name: 'x', shape: [2] }).pipe(embedding({ inputDim: 9, outputDim: 3 }), flatten())
    const guess = vectors.pipe(dense({ units: 1 }))
    const loss = meanSquaredError()(guess, input({ name: 'target', shape: [1] }))
    const model = compile(graph({ guess, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) }), { seed: 1 })
    const trainer = createTrainer(model, { data: fromArrays({ x: [[1, 8]], target: [[1]] }), epochs: 1 })
    onTestFinished(() => trainer.dispose())
    expect(tasksOf(trainer.state)[0]).toMatchObject({ kind: 'regression', isPlane: false })
  })

  test('is of the kind of its loss, and a picture where there are two inputs', () => {
    const common = {
      name: 'guess',
      inputs: ['x'],
      input: 'x',
      target: 'target',
      isSparse: false,
      output: 'guess',
      isPlane: true,
      sampleSize: 2,
    }
    expect(taskFor('binary', 2, 1)).toEqual({ ...common, kind: 'binary', fromLogits: true, width: 1 })
    expect(taskFor('classes', 2, 3)).toEqual({ ...common, kind: 'classes', fromLogits: true, width: 3 })
    expect(taskFor('regression', 2, 1)).toEqual({
      ...common,
      kind: 'regression',
      fromLogits: false,
      width: 1,
    })
    expect(taskFor('classes', 5, 3)).toMatchObject({ kind: 'classes', isPlane: false })
    expect(taskFor('regression', 3, 1)).toMatchObject({ kind: 'regression', isPlane: false })
  })

  test('is none where there is nothing to be drawn', () => {
    expect(taskFor('regression', 2, 2)).toBeUndefined()
    expect(taskFor('binary', 2, 4)).toBeUndefined()
  })

  test('looks at what the loss looks at, whatever else is called prediction', () => {
    expect(taskFor('binary', 2, 1, 'second')?.output).toBe('guess')
    expect(taskFor('binary', 2, 1, 'none')?.output).toBeUndefined()
  })
})

describe('numbers', () => {
  const task = (kind: Task['kind'], fromLogits: boolean) => ({ kind, fromLogits }) as Task

  test('of logits mean probabilities, also of large ones', () => {
    expect(meaningOf([0], task('binary', true))).toEqual([0.5])
    expect(meaningOf([1000, 1000, -1000], task('classes', true))).toEqual([0.5, 0.5, 0])
    expect(meaningOf([0.2, 0.8], task('classes', false))).toEqual([0.2, 0.8])
    expect(meaningOf([-7], task('regression', false))).toEqual([-7])
  })

  test('as logits mean the same', () => {
    for (const [kind, raw] of [
      ['binary', [0.3]],
      ['classes', [0.1, 0.2, 0.7]],
    ] as const) {
      const back = meaningOf(logitsOf(raw, task(kind, false)), task(kind, true))
      for (const [i, p] of raw.entries()) expect(back[i]).toBeCloseTo(p, 10)
    }
    expect(logitsOf([1], task('binary', false))[0]).toBeLessThan(30)
  })

  test('are a class', () => {
    expect([classOf([0.4]), classOf([0.6]), classOf([0.1, 0.7, 0.2])]).toEqual([0, 1, 1])
  })
})

test('classes are called as the data say, where they do', () => {
  const [binary, classes] = [{ kind: 'binary', width: 1 } as Task, { kind: 'classes', width: 3 } as Task]
  expect(classNames(binary, ['benign'])).toEqual(['not benign', 'benign'])
  expect(classNames(binary, ['no', 'yes'])).toEqual(['no', 'yes'])
  expect(classNames(binary, undefined)).toEqual(['0', '1'])
  expect(classNames(classes, ['a', 'b', 'c'])).toEqual(['a', 'b', 'c'])
  expect(classNames(classes, ['a'])).toEqual(['0', '1', '2'])
})

test('36 classes have marks of their own', () => {
  const marks = Array.from({ length: 36 }, (_, i) => `${colourNameOf(i)} ${markOf(i, [0, 0], 1)}`)
  expect(new Set(marks).size).toBe(36)
  // The first six differ by their shapes alone.
  expect(new Set(Array.from({ length: 6 }, (_, i) => String(markOf(i, [0, 0], 1)))).size).toBe(6)
})

test.each([2, ...SIDES, FINEST])(
  'a plane is interpolated exactly between the places of a grid of %d',
  across => {
    const grid = gridOf({ shape: [3, 2], data: [0, 0, 10, 5, 5, Number.NaN] })
    expect([grid.x, grid.y]).toEqual([
      [-1, 11],
      [-0.5, 5.5],
    ])
    // Where the bridge computes them: in rows, from the top.
    const values = Array.from({ length: across * across }, (_, i) => {
      const [u, v] = [(i % across) / (across - 1), Math.floor(i / across) / (across - 1)]
      return [2 * (-1 + 12 * u) - (5.5 - 6 * v), 7]
    }).flat()
    for (const side of [2, 36, 71]) {
      const pixels: number[] = []
      let largest = 0
      interpolated(Float64Array.from(values), 2, side, ([value = 0, constant = 0], i) => {
        const [u, v] = [(i % side) / (side - 1), Math.floor(i / side) / (side - 1)]
        const wanted = 2 * (-1 + 12 * u) - (5.5 - 6 * v)
        largest = Math.max(largest, Math.abs(value - wanted), Math.abs(constant - 7))
        pixels.push(i)
      })
      expect(largest).toBeLessThan(1e-9)
      expect(pixels).toEqual(Array.from({ length: side * side }, (_, i) => i))
    }
  },
)

/** A run that refuses some questions, and notes all of them. */
function asked(refuse: (query: PredictQuery) => string | undefined = () => undefined) {
  const queries: PredictQuery[] = []
  let present = 0
  return {
    queries,
    async predict(query: PredictQuery): Promise<Predictions> {
      expect(++present).toBe(1)
      queries.push(query)
      await Promise.resolve()
      present--
      const code = refuse(query)
      if (code) throw new GradstreamError(code as 'FORBIDDEN', { place: 'predict', expected: 'x', got: 'y' })
      const outputs = { guess: { shape: [1, 1], data: [0.5] } }
      const x = 'of' in query && query.of === 'data' ? [1, 2] : [3, 4]
      if (!('of' in query) || query.columns === false) return { outputs }
      return {
        outputs,
        names: {},
        columns: { x: { shape: [1, 2], data: x }, target: { shape: [1, 1], data: [1] } },
      }
    },
  }
}

const binary: Looked = { input: 'x', isPlane: true, width: 1 }

describe('a look', () => {
  test('asks one thing at a time, and what does not change once', async () => {
    const run = asked()
    let time = 0
    const look = new Look(run, binary, () => time)
    const first = await look.next()
    const { queries } = run
    expect(queries.splice(0)).toMatchObject([
      { of: 'validation', count: 512, columns: true },
      { of: 'data', count: 512, columns: true },
      { plane: { input: 'x', side: 36 } },
    ])
    const second = await look.next()
    expect(queries.splice(0)).toMatchObject([{ plane: { input: 'x', side: 36 } }])
    // Samples are asked for again when they are a second old.
    time += 1000
    await look.next()
    expect(queries.splice(0)).toMatchObject([{ of: 'validation', columns: false }, { plane: {} }])
    // And at once where they are the last ones, with a fine plane.
    await look.next(true)
    expect(queries).toMatchObject([{ of: 'validation', columns: false }, { plane: { side: FINEST } }])
    expect(second.plane?.grid).toBe(first.plane?.grid)
    expect(second.samples?.columns).toBe(first.samples?.columns)
    expect(second.plane?.points.columns.x?.data).toEqual([1, 2])
  })

  test('makes a plane coarser until it comes fast enough, and finer again when the run has time', async () => {
    let time = 0
    let costOfPoint = 0
    const run = {
      async predict(query: PredictQuery): Promise<Predictions> {
        if (!('plane' in query)) return asked().predict(query)
        time += costOfPoint * query.plane.side ** 2
        return { outputs: {} }
      },
    }
    const look = new Look(run, binary, () => time)
    const sides: number[] = []
    const watched = {
      predict: (query: PredictQuery) => {
        if ('plane' in query) sides.push(query.plane.side)
        return run.predict(query)
      },
    }
    Object.assign(look, { client: watched })
    const lookTimes = async (count: number) => {
      sides.length = 0
      for (let i = 0; i < count; i++) await look.next()
      return sides
    }
    expect(new Set(await lookTimes(50))).toEqual(new Set([36]))
    // 36 × 36 points take 130 ms, 28 × 28 take 78.
    costOfPoint = 0.1
    expect((await lookTimes(100)).slice(2)).toEqual(new Array(98).fill(28))
    // However long they take, no coarser than 20.
    costOfPoint = 10
    expect((await lookTimes(50)).at(-1)).toBe(20)
    costOfPoint = 0.01
    expect((await lookTimes(100)).at(-1)).toBe(36)
    // A single late answer changes nothing.
    costOfPoint = 10
    await look.next()
    costOfPoint = 0.01
    expect(new Set(await lookTimes(50))).toEqual(new Set([36]))
  })

  test('of a run without validation counts what it learns from, against its own targets', async () => {
    const run = asked(query => ('of' in query && query.of === 'validation' ? 'NOT_AVAILABLE' : undefined))
    const look = new Look(run, binary)
    await look.next()
    const { samples } = await look.next()
    expect(samples).toMatchObject({ source: 'data', columns: { x: { data: [1, 2] } } })
    const ofValidation = run.queries.filter(query => 'of' in query && query.of === 'validation')
    expect(ofValidation).toHaveLength(1)
  })

  test.each(['FORBIDDEN', 'DISCONNECTED', 'BUSY'])('stays with the validation after %s', async code => {
    let isRefused = true
    // What it learns from could be had.
    const run = asked(query => (isRefused && 'of' in query && query.of === 'validation' ? code : undefined))
    let time = 0
    const look = new Look(run, binary, () => {
      time += 1000
      return time
    })
    await expect(look.next()).rejects.toMatchObject({ code })
    isRefused = false
    expect((await look.next()).samples?.source).toBe('validation')
    isRefused = true
    await expect(look.next()).rejects.toMatchObject({ code })
    isRefused = false
    expect((await look.next()).samples?.source).toBe('validation')
  })

  test('asks for no more samples than one answer has room for', async () => {
    const run = asked()
    await new Look(run, { ...binary, width: 1000, isPlane: false }).next()
    expect(run.queries).toMatchObject([{ count: 65 }])
  })
})
