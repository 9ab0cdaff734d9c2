/** Functions over primitives are their formulas, also where a plain formula would overflow. */
import { describe, expect, test } from 'vitest'
import { type Functions, ProgramWriter, type Value } from '../../core/index.ts'
import { interpret } from '../../kernels/reference/interpret.ts'
import { plainLogSoftmax, plainSigmoid, plainSoftmax, plainSoftplus } from '../kernels/contract/plain.ts'
import { functionsOver } from '../support/functions-over.ts'

type Of = (k: Functions<Value>, x: Value) => Value

/** What a function of one tensor gives. */
function applied(of: Of, shape: readonly number[], values: readonly number[]) {
  const writer = new ProgramWriter()
  const x = writer.input(shape)
  const y = of(functionsOver(writer), x)
  const [result] = interpret(writer.program([y]), [values])
  return { shape: y.shape, values: [...(result as Float64Array)] }
}

const NUMBERS = [-1000, -745, -100, -20, -1, -1e-5, 0, 1e-5, 0.5, 1, 20, 40, 80, 100, 1000]
const near = (values: readonly number[]) =>
  values.map(value => expect.closeTo(value, 12) as unknown as number)

describe('entry by entry', () => {
  const formulas: Record<string, [of: Of, formula: (x: number) => number]> = {
    square: [(k, x) => k.square(x), x => x * x],
    oneMinus: [(k, x) => k.oneMinus(x), x => 1 - x],
    relu: [(k, x) => k.relu(x), x => Math.max(x, 0)],
    sigmoid: [(k, x) => k.sigmoid(x), plainSigmoid],
    softplus: [(k, x) => k.softplus(x), plainSoftplus],
  }

  test.each(Object.entries(formulas))('%s', (_, [of, formula]) => {
    expect(applied(of, [NUMBERS.length], NUMBERS).values).toEqual(near(NUMBERS.map(formula)))
  })
})

describe('along axes', () => {
  const rows = [
    [1, 2, 3],
    [-1000, 0, 1000],
  ]

  test('softmax and its logarithm are finite for all rows', () => {
    expect(applied((k, x) => k.softmax(x), [2, 3], rows.flat()).values).toEqual(
      near(rows.flatMap(plainSoftmax)),
    )
    expect(applied((k, x) => k.logSoftmax(x), [2, 3], rows.flat()).values).toEqual(
      near(rows.flatMap(plainLogSoftmax)),
    )
  })

  test('folds go along all axes, or along those that are named', () => {
    const values = [1, 2, 3, 4, 5, 6]
    expect(applied((k, x) => k.sum(x), [2, 3], values)).toEqual({ shape: [], values: [21] })
    expect(applied((k, x) => k.mean(x, [0]), [2, 3], values)).toEqual({ shape: [3], values: [2.5, 3.5, 4.5] })
    expect(applied((k, x) => k.max(x, [1]), [2, 3], values)).toEqual({ shape: [2], values: [3, 6] })
    expect(applied((k, x) => k.min(x, [1]), [2, 3], values)).toEqual({ shape: [2], values: [1, 4] })
  })

  test('sumTo reverses broadcasting', () => {
    const values = [1, 2, 3, 4, 5, 6]
    expect(applied((k, x) => k.sumTo(x, [3]), [2, 3], values)).toEqual({ shape: [3], values: [5, 7, 9] })
    expect(applied((k, x) => k.sumTo(x, [2, 1]), [2, 3], values)).toEqual({ shape: [2, 1], values: [6, 15] })
    expect(applied((k, x) => k.sumTo(x, [1, 1, 1]), [1, 2, 3], values)).toEqual({
      shape: [1, 1, 1],
      values: [21],
    })
    expect(applied((k, x) => k.sumTo(x, [2, 3]), [2, 3], values)).toEqual({ shape: [2, 3], values })
  })
})

test('a part of an axis', () => {
  expect(applied((k, x) => k.slice(x, 1, 1, 2), [2, 3], [1, 2, 3, 4, 5, 6])).toEqual({
    shape: [2, 2],
    values: [2, 3, 5, 6],
  })
})

test.each<[what: string, of: Of, code: string]>([
  ['shapes that do not fit', (k, x) => k.add(x, k.reshape(x, [3, 2])), 'SHAPE_MISMATCH'],
  ['another number of entries', (k, x) => k.reshape(x, [4]), 'SHAPE_MISMATCH'],
  ['a part that is not there', (k, x) => k.slice(x, 1, 2, 2), 'SHAPE_MISMATCH'],
  ['axes that are not there', (k, x) => k.sum(x, [2]), 'SHAPE_MISMATCH'],
  ['an axis twice', (k, x) => k.permute(x, [1, 1]), 'SHAPE_MISMATCH'],
  ['padding by less than nothing', (k, x) => k.pad(x, [0, -1], [0, 0]), 'SHAPE_MISMATCH'],
  ['a shape that is not a repetition', (k, x) => k.expand(x, [2, 6]), 'SHAPE_MISMATCH'],
])('refuses %s', (_, of, code) => {
  expect(() => applied(of, [2, 3], [1, 2, 3, 4, 5, 6])).toThrow(expect.objectContaining({ code }))
})
