/** The interpreter of programs, against results that were worked out by hand. */
import { expect, test } from 'vitest'
import { type EntryOperation, ProgramWriter, RandomKey, type Value } from '../../core/index.ts'
import { erf } from '../../kernels/reference/erf.ts'
import { interpret } from '../../kernels/reference/interpret.ts'
import { plainBernoulli, plainUniform } from './contract/plain.ts'

type Write = (writer: ProgramWriter, x: Value) => Value

function applied(write: Write, shape: readonly number[], values: readonly number[]): number[] {
  const writer = new ProgramWriter()
  const x = writer.input(shape)
  return [...(interpret(writer.program([write(writer, x)]), [values])[0] as Float64Array)]
}

const six = [1, 2, 3, 4, 5, 6]

test.each<[operation: EntryOperation, operands: number[], wanted: number]>([
  ['add', [2, 3], 5],
  ['sub', [2, 3], -1],
  ['mul', [2, 3], 6],
  ['div', [2, 4], 0.5],
  ['max', [2, 3], 3],
  ['min', [2, 3], 2],
  ['less', [2, 3], 1],
  ['less', [3, 3], 0],
  ['equal', [3, 3], 1],
  ['equal', [2, 3], 0],
  ['where', [1, 2, 3], 2],
  ['where', [-1, 2, 3], 2],
  ['where', [0, 2, 3], 3],
  ['neg', [2], -2],
  ['abs', [-2], 2],
  ['floor', [-1.5], -2],
  ['sqrt', [9], 3],
  ['exp', [0], 1],
  ['expm1', [0], 0],
  ['log', [1], 0],
  ['log1p', [0], 0],
  ['sin', [0], 0],
  ['cos', [0], 1],
  ['tanh', [0], 0],
  ['sigmoid', [0], 0.5],
  ['sigmoid', [Number.NEGATIVE_INFINITY], 0],
  ['sigmoid', [Number.POSITIVE_INFINITY], 1],
  ['pow', [2, 10], 1024],
  ['pow', [-2, 3], -8],
  ['pow', [4, -0.5], 0.5],
  ['pow', [-2, 0.5], Number.NaN],
  ['pow', [0, 0], 1],
  ['pow', [1, Number.NaN], 1],
  ['pow', [-1, Number.NEGATIVE_INFINITY], 1],
])('%s of %j is %d', (operation, operands, wanted) => {
  expect(applied(writer => writer.entry(operation, ...operands), [1], [0])).toEqual([wanted])
})

test.each<[what: string, write: Write, wanted: number[]]>([
  ['reshape', (w, x) => w.apply('reshape', [x], { shape: [3, 2] }), six],
  ['permute', (w, x) => w.apply('permute', [x], { axes: [1, 0] }), [1, 4, 2, 5, 3, 6]],
  [
    'expand',
    (w, x) => w.apply('expand', [w.apply('reduce', [x], { fold: 'sum', axes: [0] })], { shape: [2, 3] }),
    [5, 7, 9, 5, 7, 9],
  ],
  [
    'a sum with less axes, one of them repeated',
    (w, x) => {
      const row = w.apply('slice', [x], { starts: [0, 0], lengths: [1, 3] })
      return w.entry('add', w.apply('expand', [x], { shape: [2, 2, 3] }), row)
    },
    [2, 4, 6, 5, 7, 9, 2, 4, 6, 5, 7, 9],
  ],
  ['slice', (w, x) => w.apply('slice', [x], { starts: [1, 0], lengths: [1, 2] }), [4, 5]],
  ['flip', (w, x) => w.apply('flip', [x], { axes: [1] }), [3, 2, 1, 6, 5, 4]],
  [
    'pad',
    (w, x) => w.apply('pad', [x], { before: [0, 1], after: [1, 0] }),
    [0, 1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0],
  ],
  ['the largest', (w, x) => w.apply('reduce', [w.entry('neg', x)], { fold: 'max', axes: [1] }), [-1, -4]],
  ['the smallest', (w, x) => w.apply('reduce', [x], { fold: 'min', axes: [1] }), [1, 4]],
  ['the sum', (w, x) => w.apply('reduce', [x], { fold: 'sum', axes: [0, 1] }), [21]],
  ['a product', (w, x) => w.apply('contract', [x, x], { batch: [], sum: [[1, 1]] }), [14, 32, 32, 77]],
  [
    'a batch of products',
    (w, x) => w.apply('contract', [x, x], { batch: [[0, 0]], sum: [[1, 1]] }),
    [14, 77],
  ],
  [
    'windows of two columns',
    (w, x) => w.apply('windows', [x], { axes: [1], sizes: [2], strides: [1], dilations: [1] }),
    [1, 2, 2, 3, 4, 5, 5, 6],
  ],
  [
    'windows that are further apart',
    (w, x) => w.apply('windows', [x], { axes: [1, 0], sizes: [2, 2], strides: [2, 1], dilations: [2, 1] }),
    [1, 4, 3, 6],
  ],
  [
    'overlapping windows, added up',
    (w, x) =>
      w.apply('overlapAdd', [x], { axes: [0], sizes: [3], strides: [1], dilations: [1], lengths: [4] }),
    [1, 6, 8, 6],
  ],
  [
    'the largest of each window',
    (w, x) =>
      w.apply('reduceWindows', [x], { fold: 'max', axes: [1], sizes: [2], strides: [1], dilations: [1] }),
    [2, 3, 5, 6],
  ],
  [
    'one behind the other',
    (w, x) => w.apply('concatenate', [x, x], { axis: 1 }),
    [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6],
  ],
  ['sums down the columns', (w, x) => w.apply('cumulativeSum', [x], { axis: 0 }), [1, 2, 3, 5, 7, 9]],
  ['sums along the rows', (w, x) => w.apply('cumulativeSum', [x], { axis: 1 }), [1, 3, 6, 4, 9, 15]],
  [
    'the order from the smallest on',
    (w, x) => w.apply('argSort', [w.entry('neg', x)], {}),
    [2, 1, 0, 2, 1, 0],
  ],
  [
    'the order of all in one row',
    (w, x) => w.apply('argSort', [w.apply('reshape', [w.entry('neg', x)], { shape: [6] })], {}),
    [5, 4, 3, 2, 1, 0],
  ],
  [
    'equal ones in their order',
    (w, x) => w.apply('argSort', [w.entry('less', x, 2)], {}),
    [1, 2, 0, 0, 1, 2],
  ],
  [
    'rows that are looked up',
    (w, x) =>
      w.apply('gather', [x, w.entry('sub', 1, w.apply('iota', [], { length: 2 }))], { axis: 0, batch: 0 }),
    [4, 5, 6, 1, 2, 3],
  ],
  [
    'entries of each row that are looked up',
    (w, x) => w.apply('gather', [x, w.entry('less', x, 5)], { axis: 1, batch: 1 }),
    [2, 2, 2, 5, 4, 4],
  ],
  [
    'what is added where it is looked up',
    (w, x) => w.apply('scatterAdd', [x, w.entry('less', x, 5)], { axis: 1, batch: 1, length: 4 }),
    [0, 6, 0, 0, 11, 4, 0, 0],
  ],
])('%s', (_, write, wanted) => {
  expect(applied(write, [2, 3], six)).toEqual(wanted)
})

test('over nothing, folds are where they begin', () => {
  const folded = (fold: 'sum' | 'max' | 'min') =>
    applied((w, x) => w.apply('reduce', [x], { fold, axes: [0] }), [0], [])
  expect([folded('sum'), folded('max'), folded('min')]).toEqual([
    [0],
    [Number.NEGATIVE_INFINITY],
    [Number.POSITIVE_INFINITY],
  ])
})

test.each([0.5, -1, 3, Number.NaN])('%d is no place among three: NaN', index => {
  const looked = applied(
    (w, x) => w.apply('gather', [x, w.entry('add', index, 0)], { axis: 0, batch: 0 }),
    [3],
    [1, 2, 3],
  )
  const added = applied(
    (w, x) =>
      w.apply('scatterAdd', [w.apply('reduce', [x], { fold: 'sum', axes: [0] }), w.entry('add', index, 0)], {
        axis: 0,
        batch: 0,
        length: 3,
      }),
    [3],
    [1, 2, 3],
  )
  expect([looked, added]).toEqual([[Number.NaN], [Number.NaN, Number.NaN, Number.NaN]])
})

test.each([
  [
    [3, Number.NaN, 1, Number.NaN, 5, 2],
    [2, 5, 0, 4, 1, 3],
  ],
  [
    [Number.NaN, Number.NaN, 1, 1, -1, Number.NaN],
    [4, 2, 3, 0, 1, 5],
  ],
])('%j is sorted with NaN last, and what is equal in its order', (values, places) => {
  expect(applied((writer, x) => writer.apply('argSort', [x], {}), [6], values)).toEqual(places)
})

test('random numbers are those of their key', () => {
  const key = RandomKey.of(2 ** 50 + 11).child('numbers')
  const drawn = (write: Write) => applied(write, [4], key.halves)
  expect(drawn((w, x) => w.apply('uniform', [x], { shape: [5, 9] }))).toEqual(plainUniform(key, 45))
  // In so many, half a word is just at the limit some times.
  const ones = drawn((w, x) => w.apply('bernoulli', [x, w.entry('add', 0.3, 0)], { shape: [1_000_000] }))
  const wanted = plainBernoulli(key, 0.3, 1_000_000)
  // To show how lists of this length differ would take minutes.
  expect(ones.findIndex((one, i) => one !== wanted[i])).toBe(-1)
})

/** Abramowitz and Stegun, table 7.1. */
test.each([
  [0, 0],
  [0.5, 0.5204998778],
  [1, 0.8427007929],
  [-2, -0.995322265],
  [3.5, 0.9999992569],
  [7, 1],
  [-7, -1],
])('erf %d is %d', (x, wanted) => {
  expect(erf(x)).toBeCloseTo(wanted, 10)
})

test('erf keeps zeros, and NaN', () => {
  expect([erf(-0), erf(Number.NaN)]).toEqual([-0, Number.NaN])
})
