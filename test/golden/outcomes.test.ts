/** The page counts and scores predictions as scikit-learn does; `outcomes.py` writes its figures. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { alignedWith, principal } from '../../dashboard/outcome/principal.ts'
import {
  calibrationOf,
  confusionOf,
  curvesOf,
  errorsOf,
  macroOf,
  type Scores,
  scoresOf,
} from '../../dashboard/scores.ts'

type Pair = readonly [number, number]

interface Known {
  readonly binary: readonly {
    readonly probabilities: readonly number[]
    readonly isYes: readonly boolean[]
    readonly roc: readonly Pair[]
    readonly area: number
    readonly precisionRecall: readonly Pair[]
    readonly averagePrecision: number
  }[]
  readonly classes: readonly {
    readonly actual: readonly number[]
    readonly predicted: readonly number[]
    readonly classes: number
    readonly counts: readonly number[][]
    readonly scores: readonly number[][]
    readonly macro: readonly number[]
  }[]
  readonly numbers: readonly {
    readonly pairs: readonly Pair[]
    readonly r2: number
    readonly meanAbsoluteError: number
  }[]
  readonly calibration: readonly {
    readonly probabilities: readonly number[]
    readonly cameTrue: readonly boolean[]
    readonly counts: readonly number[]
    readonly curve: readonly Pair[]
    readonly error: number
  }[]
  readonly projections: readonly {
    readonly rows: readonly (readonly number[])[]
    readonly points: readonly Pair[]
    readonly shares: Pair
  }[]
}

const known = JSON.parse(readFileSync(new URL('outcomes.json', import.meta.url), 'utf8')) as Known

function expectClose(found: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): void {
  expect(found).toHaveLength(wanted.length)
  found.forEach((row, i) => {
    row.forEach((value, j) => {
      expect(value).toBeCloseTo(wanted[i]?.[j] as number, 10)
    })
  })
}

describe('a yes-or-no question', () => {
  test.each(known.binary)('of $probabilities.length samples has the same curves and areas', sample => {
    const { roc, precisionRecall } = curvesOf(sample.probabilities, sample.isYes) ?? {}
    expectClose(roc?.points ?? [], sample.roc)
    expect(roc?.area).toBeCloseTo(sample.area, 10)
    // scikit-learn ends where all that is yes has been found.
    const { length } = sample.precisionRecall
    expectClose(precisionRecall?.points.slice(0, length) ?? [], sample.precisionRecall)
    expect(precisionRecall?.area).toBeCloseTo(sample.averagePrecision, 10)
  })

  test('is decided where the confusion matrix decides', () => {
    for (const { probabilities, isYes } of known.binary) {
      const predicted = probabilities.map(probability => (probability > 0.5 ? 1 : 0))
      const [, yes] = scoresOf(confusionOf(isYes.map(Number), predicted, 2)) as [Scores, Scores]
      const { roc, precisionRecall } = curvesOf(probabilities, isYes) ?? {}
      expect(roc?.decision[1]).toBeCloseTo(yes.recall, 10)
      expectClose([precisionRecall?.decision ?? []], [[yes.recall, yes.precision]])
    }
  })

  test('whose samples are all alike has no curves', () => {
    expect(curvesOf([0.1, 0.9], [true, true])).toBeUndefined()
    expect(curvesOf([0.1, 0.9], [false, false])).toBeUndefined()
    expect(curvesOf([], [])).toBeUndefined()
  })
})

describe('classes', () => {
  test.each(known.classes)('$classes of them have the same matrix and scores', sample => {
    const counts = confusionOf(sample.actual, sample.predicted, sample.classes)
    expect(counts).toEqual(sample.counts)
    const row = ({ precision, recall, f1 }: Scores) => [precision, recall, f1]
    const scores = scoresOf(counts)
    expectClose(scores.map(row), sample.scores)
    expectClose([row(macroOf(scores))], [sample.macro])
  })

  test('that are none are not counted', () => {
    expect(confusionOf([0, 1, -1, 0], [0, -1, 1, 1], 2)).toEqual([
      [1, 1],
      [0, 0],
    ])
  })
})

test.each(known.numbers)('$pairs.length numbers have the same errors', ({ pairs, r2, meanAbsoluteError }) => {
  const errors = errorsOf(pairs)
  expect(errors.r2).toBeCloseTo(r2, 10)
  expect(errors.meanAbsoluteError).toBeCloseTo(meanAbsoluteError, 10)
})

test('targets that are all alike have no r²', () => {
  expect(
    errorsOf([
      [2, 1],
      [2, 3],
    ]),
  ).toEqual({ r2: Number.NaN, meanAbsoluteError: 1 })
})

describe('probabilities', () => {
  test.each(known.calibration)('of $probabilities.length samples are calibrated alike', sample => {
    const { bins, error } = calibrationOf(sample.probabilities, sample.cameTrue)
    expect(bins.map(({ count }) => count)).toEqual(sample.counts)
    const filled = bins.filter(({ count }) => count > 0)
    const points = filled.map(({ confidence, share }) => [confidence, share])
    expectClose(points, sample.curve)
    expect(error).toBeCloseTo(sample.error, 10)
  })

  test('that are always right have no error, and those of 0 and 1 are in the outer bins', () => {
    const { bins, error } = calibrationOf([0, 1, 1, 0], [false, true, true, false])
    expect(bins.map(({ count }) => count)).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0, 2])
    expect(error).toBe(0)
  })
})

describe('principal components', () => {
  test.each(known.projections)(
    'of $rows.length rows are the same, but for signs',
    ({ rows, points, shares }) => {
      const width = rows[0]?.length ?? 0
      const wanted = Float64Array.from(points.flat())
      const found = principal(Float64Array.from(rows.flat()), rows.length, width)
      for (const [i, value] of alignedWith(found.points, wanted).entries())
        expect(value).toBeCloseTo(wanted[i] as number, 5)
      found.shares.forEach((share, axis) => {
        expect(share).toBeCloseTo(shares[axis] as number, 8)
      })
    },
  )

  test('of rows that are all alike, or on a line, are 0 where nothing varies', () => {
    const alike = principal(new Float64Array(12).fill(3), 4, 3)
    expect([...alike.points, ...alike.shares].every(value => value === 0)).toBe(true)
    const line = principal(Float64Array.of(0, 0, 3, 4, 6, 8), 3, 2)
    expect([0, 2, 4].map(i => Math.abs(line.points[i] as number)).map(Math.round)).toEqual([5, 0, 5])
    expect(Math.abs(line.points[1] as number)).toBeLessThan(1e-9)
    expect(line.shares[0]).toBeCloseTo(1, 10)
  })
})
