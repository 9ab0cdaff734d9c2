/** The loss of what is read from a sequence, against two other ways to compute it: all paths one by one, and probabilities that are scaled. */
import { compile, createTrainer, ctc, dense, fromArrays, graph, input, type Port, sgd } from 'gradstream'
import { evaluateNode } from 'gradstream/testing'
import { describe, expect, test } from 'vitest'
import { Dice } from '../support/dice.ts'

type Rows = readonly (readonly number[])[]

const BLANK = 1

function probabilities(row: readonly number[]): number[] {
  const most = Math.max(...row)
  const e = row.map(z => Math.exp(z - most))
  const sum = e.reduce((a, b) => a + b, 0)
  return e.map(each => each / sum)
}

/** Repetitions are left out, and then blanks. */
const read = (path: readonly number[]) => path.filter((label, t) => label !== path[t - 1] && label !== BLANK)

/** Of each path that there is. */
function byPaths(logits: Rows, target: readonly number[]): number {
  const classes = (logits[0] as readonly number[]).length
  const p = logits.map(probabilities)
  const paths = logits.reduce<readonly number[][]>(
    (all, _) => all.flatMap(path => Array.from({ length: classes }, (_, label) => [...path, label])),
    [[]],
  )
  const sum = paths
    .filter(path => String(read(path)) === String(target))
    .reduce((total, path) => total + path.reduce((of, label, t) => of * (p[t]?.[label] as number), 1), 0)
  return -Math.log(sum)
}

/** Probabilities of where a reader is, scaled to 1 at each time. */
function byScaling(logits: Rows, target: readonly number[]): number {
  const states = [BLANK, ...target.flatMap(label => [label, BLANK])]
  let alpha: number[] = states.map(() => 0)
  let loss = 0
  for (const [t, row] of logits.entries()) {
    // In logarithms of the classes alone, so that none is lost.
    const most = Math.max(...row)
    const sum = row.reduce((total, z) => total + Math.exp(z - most), 0)
    const reached = states.map((label, s) => {
      if (t === 0) return s < 2 ? 1 : 0
      const jump = label !== BLANK && label !== states[s - 2] ? (alpha[s - 2] ?? 0) : 0
      return (alpha[s] as number) + (alpha[s - 1] ?? 0) + jump
    })
    const logs = reached.map((a, s) => Math.log(a) + (row[states[s] as number] as number) - most)
    const top = Math.max(...logs)
    alpha = logs.map(log => Math.exp(log - top))
    loss -= top - Math.log(sum)
  }
  return loss - Math.log((alpha.at(-1) as number) + (alpha.at(-2) ?? 0))
}

const lossOf = (logits: Rows, target: readonly number[], kernels: 'reference' | 'wasm' = 'reference') =>
  evaluateNode(
    { type: 'ctc', config: { blank: BLANK } },
    {
      inputs: {
        prediction: {
          shape: [1, logits.length, (logits[0] as readonly number[]).length],
          data: logits.flat(),
        },
        target: { shape: [1, target.length], data: [...target] },
      },
      outputGradient: { shape: [], data: [1] },
    },
    { kernels, precision: kernels === 'wasm' ? 'float32' : 'float64' },
  )

function logitsOf(seed: number, times: number, classes: number, scale: number): number[][] {
  const dice = new Dice(seed)
  return Array.from({ length: times }, () =>
    Array.from({ length: classes }, () => Math.fround(scale * (2 * dice.next() - 1))),
  )
}

describe('ctc', () => {
  test.each([[[0]], [[0, 2]], [[2, 2]], [[0, 2, 0]]])('reads %j as all paths together do', target => {
    const logits = logitsOf(3, 5, 3, 2)
    const filled = [...target, ...new Array<number>(4 - target.length).fill(BLANK)]
    expect(lossOf(logits, filled).output.data[0]).toBeCloseTo(byPaths(logits, target), 10)
  })

  test('is exact over many times, whose paths nobody could count', () => {
    const logits = logitsOf(7, 24, 4, 3)
    const target = Array.from({ length: 7 }, (_, i) => [0, 2, 2, 3][i % 4] as number)
    const expected = byScaling(logits, target)
    expect(lossOf(logits, target).output.data[0]).toBeCloseTo(expected, 8)
    expect((lossOf(logits, target, 'wasm').output.data[0] as number) / expected).toBeCloseTo(1, 5)
  })

  test('knows no probability that is too small: a target as long as the sequence has one path', () => {
    const logits = logitsOf(9, 16, 4, 40_000)
    const target = logits.map((_, t) => [0, 2, 3][t % 3] as number)
    const expected = logits.reduce(
      (sum, row, t) => sum + Math.max(...row) - (row[target[t] as number] as number),
      0,
    )
    expect(expected).toBeGreaterThan(2e5)
    for (const kernels of ['reference', 'wasm'] as const)
      expect((lossOf(logits, target, kernels).output.data[0] as number) / expected).toBeCloseTo(1, 5)
  })

  test.each([
    ['too few times for its repetitions', [2, 2, 2]],
    ['a blank before a label', [0, BLANK, 2]],
  ])('of a target with %s is infinite, and has no gradient', (_, target) => {
    for (const kernels of ['reference', 'wasm'] as const) {
      const { output, inputGradients } = lossOf(logitsOf(1, 4, 3, 1), target, kernels)
      expect(output.data).toEqual([Number.POSITIVE_INFINITY])
      expect(inputGradients.prediction?.data.every(value => value === 0)).toBe(true)
    }
  })

  test('a step with such a target fails, and changes nothing', async () => {
    const x = input({ name: 'x', shape: [4, 2] })
    const loss = ctc({ blank: BLANK })(dense({ units: 3 })(x), input({ name: 'target', shape: [3] }))
    const model = compile(graph({ loss, update: sgd()(loss as Port<'loss'>) }), { kernels: 'wasm' })
    const before = Array.from(model.parameters()['dense1.kernel']?.data ?? [])
    const data = fromArrays({ x: [logitsOf(1, 4, 2, 1)], target: [[2, 2, 2]] })
    const trainer = createTrainer(model, { data, epochs: 1 })
    await expect(trainer.run()).rejects.toMatchObject({ place: expect.stringContaining('ctc1') })
    expect(Array.from(model.parameters()['dense1.kernel']?.data ?? [])).toEqual(before)
    model.dispose()
  })
})
