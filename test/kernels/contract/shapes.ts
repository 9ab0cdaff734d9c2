/** The shapes that the contract tries: sizes around those of vector registers, odd ones, each rank, empty batches. */

type Shapes = readonly number[][]
type Pair = readonly [number[], number[]]

const pair = (a: number[], b: number[]): Pair => [a, b]

const SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 127, 128, 129, 130]
const EMPTY: Shapes = [[0], [0, 3], [2, 0, 3]]

export const SHAPES: Shapes = [
  ...[[], ...SIZES.map(size => [size])],
  ...[
    [1, 1],
    [5, 3],
    [3, 130],
    [129, 7],
    [2, 3, 5],
    [3, 2, 2, 3],
  ],
  ...EMPTY,
]

export const LARGER_SHAPES: Shapes = [[], [1], [7], [130], [33, 13], [129, 127], [2, 3, 5], [3, 2, 2, 3]]

export const ROWS: Shapes = [
  ...[[1], [9], [1, 1], [17, 1], [5, 2], [4, 3], [3, 8], [7, 33], [2, 130], [2, 3, 5], [3, 2, 2, 3]],
  ...[
    [0, 3],
    [2, 0, 3],
  ],
]

/** Every shape that repeats to [2, 3, 4]. */
export const REPEATED: Shapes = [0, 1, 2, 3].flatMap(rank =>
  Array.from({ length: 2 ** rank }, (_, ones) =>
    [2, 3, 4].slice(3 - rank).map((length, axis) => ((ones >> axis) & 1 ? 1 : length)),
  ),
)

export const ODD_PAIRS: readonly Pair[] = [
  ...[pair([33, 13], [13]), pair([13], [33, 13]), pair([33, 13], [33, 1]), pair([17, 1], [1, 29])],
  ...[pair([1, 130], [129, 1]), pair([7, 1, 5], [3, 1]), pair([2, 1, 2, 1], [3, 1, 5]), pair([130], [])],
  ...[pair([0, 3], [3]), pair([0, 3], []), pair([0, 3], [1, 1]), pair([1, 3], [0, 1])],
]

/** Shapes, each with one that repeats to it. */
export const SUMMED: readonly Pair[] = [
  ...REPEATED.map(small => pair([2, 3, 4], small)),
  ...[pair([33, 13], [13]), pair([129, 7], [129, 1]), pair([129, 7], [1, 7]), pair([130], [])],
  ...[pair([130], [1]), pair([5, 1, 7], [7]), pair([0, 3], [3]), pair([0, 3], [])],
  ...[pair([0, 3], [1, 3]), pair([0, 3], [0, 1])],
]

/** Shapes, each with an axis to cut along. */
export const CUT: readonly (readonly [number[], number])[] = [
  ...[[1], [7], [130], [5, 3], [33, 17], [3, 4, 5], [2, 3, 4, 5]],
  ...[
    [0, 4],
    [3, 0, 2],
  ],
].flatMap(shape => shape.map((_, axis) => [shape, axis] as const))

type Product = readonly [rows: number, columns: number, inner: number]
const product = (rows: number, columns: number, inner: number): Product => [rows, columns, inner]

/** Rows and columns of matrix products, and over how many products each entry is a sum. */
export const PRODUCTS: readonly Product[] = [
  ...[product(1, 1, 1), product(1, 1, 130), product(1, 130, 1), product(130, 1, 1), product(2, 3, 4)],
  ...[product(3, 5, 7), product(4, 4, 4), product(5, 1, 9), product(1, 7, 3), product(8, 8, 8)],
  ...[product(9, 17, 33), product(16, 15, 31), product(32, 30, 16), product(33, 13, 65)],
  ...[product(64, 64, 64), product(65, 63, 2), product(127, 3, 129), product(3, 127, 5)],
  ...[product(130, 129, 31), product(29, 2, 130)],
]
