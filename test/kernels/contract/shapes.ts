/** The shapes that the contract tries: sizes around those of vector registers, odd ones, each rank, empty batches. */
import { countOf } from '../../support/counts.ts'

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

/** Sizes below, at and above those of tiles and vectors. */
export const SMALL_SIZES = countOf({ usual: [1, 3, 4, 7, 13], full: [1, 2, 3, 4, 5, 7, 8, 9, 13, 17] })

const from1To = (most: number) => Array.from({ length: most }, (_, i) => i + 1)

/** 1, 3, 5 and so on. */
export const ODD_SIZES = countOf({
  usual: [1, 3, 5, 7, 9, 15, 17, 33, 65, 71],
  full: Array.from({ length: 65 }, (_, i) => 2 * i + 1),
})

/** 1 to 130: every number of vectors, and every remainder. Usually, after the first ones those around whole turns. */
export const LENGTHS = countOf({
  few: from1To(20),
  usual: [...from1To(9), 16, 17, 18, 31, 32, 35, 49, 63, 66, 70],
  full: from1To(130),
})

/** Products whose blocks of 128 rows, 512 columns and 256 deep are just full, nearly full, or begin another. */
export const BLOCK_EDGES: readonly Product[] = [
  ...[product(127, 511, 9), product(128, 512, 16), product(129, 513, 17), product(9, 513, 257)],
  ...[product(8, 512, 256), product(7, 511, 255), product(129, 9, 257), product(128, 8, 256)],
  ...[product(127, 7, 255), product(129, 65, 513), product(257, 129, 33), product(1, 513, 257)],
  ...[product(257, 1, 513), product(255, 513, 2), product(5, 6, 1025), product(2, 1025, 3)],
]

/** A shape of each row length: of one row without another axis, or of up to three. */
export const ROWS_OF_ALL_LENGTHS = LENGTHS.map(length => (length % 4 ? [length % 4, length] : [length]))
