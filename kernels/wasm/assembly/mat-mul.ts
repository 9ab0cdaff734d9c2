/**
 * The matrix product c [m, n] = a · b, after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication"
 * (2008): tiles of c stay in registers while a panel of b stays in the nearest cache, and a block of a in the next.
 *
 * Each entry of c is summed in one order that depends on m, n and k alone. So any part of the rows and columns may be
 * computed apart, by any thread, and comes out as the same bytes.
 */
import { all, firstLanes, mulAdd, NUMBER, storeFirst, upper, VECTOR } from './vector'

/**
 * Rows and columns of a tile. With the fused instruction twelve sums fit into the sixteen registers beside what is read,
 * and keep both units of a processor busy that has four steps to an instruction; without it a product takes a register
 * of its own, and a thirteenth would have to be kept elsewhere.
 */
const TILE_ROWS = ASC_FEATURE_RELAXED_SIMD ? 6 : 4
const TILE_COLUMNS = 8
/** How much of the inner axis, of the rows and of the columns is done at a time. */
const INNER_BLOCK = 256
const ROW_BLOCK = 128
const COLUMN_BLOCK = 512
/** Fewer rows than this do not repay that an operand is copied into panels, nor does one that is near at hand anyway. */
const ROWS_WORTH_PACKING = 24
const SIZE_WORTH_PACKING = 4096

/** Inner axes of up to this length are not worth a tile of several rows. */
const SHORT = 4

/** Bytes that a product needs beside its operands: a block of a and one of b, packed. */
export function matMulScratch(): usize {
  return ((ROW_BLOCK + COLUMN_BLOCK) * INNER_BLOCK) << 2
}

/**
 * c = a · b for the rows `rowStart` to `rowEnd` and the columns `columnStart` to `columnEnd` of c.
 *
 * @param transposition 0: a [m, k], b [k, n]. 1: b [n, k] is read transposed. 2: a [k, m] is read transposed.
 * @param aWidth How far apart the rows of a are as they lie in memory, in numbers; bWidth likewise.
 */
export function matMul(
  c: usize, a: usize, b: usize, m: i32, n: i32, k: i32, transposition: i32, aWidth: i32, bWidth: i32, scratch: usize,
  rowStart: i32, rowEnd: i32, columnStart: i32, columnEnd: i32,
): void {
  if (n == 1) {
    if (transposition == 2) sumOfScaledRows(c, a, b, k, aWidth, rowStart, rowEnd)
    else dotProducts(c, a, b, k, aWidth, rowStart, rowEnd)
    return
  }
  if (k <= SHORT && (transposition == 0 || (transposition == 1 && k == 1))) {
    shortProducts(c, a, b, n, k, aWidth, bWidth, rowStart, rowEnd, columnStart, columnEnd)
    return
  }
  const aRow: usize = transposition == 2 ? 4 : (<usize>aWidth) << 2
  const aStep: usize = transposition == 2 ? (<usize>aWidth) << 2 : 4
  const bRow: usize = (<usize>bWidth) << 2
  const cRow: usize = (<usize>n) << 2
  const packsA = transposition == 2 && columnEnd - columnStart >= ROWS_WORTH_PACKING && k * m > SIZE_WORTH_PACKING
  const packsB = transposition == 1 || (rowEnd - rowStart >= ROWS_WORTH_PACKING && k * n > SIZE_WORTH_PACKING)
  const packedA = scratch
  const packedB = scratch + ((ROW_BLOCK * INNER_BLOCK) << 2)

  for (let j0 = columnStart; j0 < columnEnd; j0 += COLUMN_BLOCK) {
    const columns = min(columnEnd - j0, COLUMN_BLOCK)
    for (let p0 = 0; p0 < k || p0 == 0; p0 += INNER_BLOCK) {
      const inner = min(k - p0, INNER_BLOCK)
      const panelBytes = <usize>(inner * TILE_COLUMNS) << 2
      if (transposition == 1) packTransposed(packedB, b + <usize>j0 * bRow + ((<usize>p0) << 2), bRow, inner, columns)
      else if (packsB) pack(packedB, b + <usize>p0 * bRow + ((<usize>j0) << 2), bRow, inner, columns, false)

      for (let i0 = rowStart; i0 < rowEnd; i0 += ROW_BLOCK) {
        const rows = min(rowEnd - i0, ROW_BLOCK)
        const block = a + <usize>i0 * aRow + <usize>p0 * aStep
        if (packsA) pack(packedA, block, aStep, inner, rows, true)

        for (let j = 0; j < columns; j += TILE_COLUMNS) {
          const panel = packsB ? packedB + <usize>(j >> 3) * panelBytes : b + <usize>p0 * bRow + ((<usize>(j0 + j)) << 2)
          const bStep = packsB ? <usize>TILE_COLUMNS << 2 : bRow
          for (let i = 0, height = 0; i < rows; i += height) {
            height = heightOf(rows - i)
            const tileA = packsA ? packedA + ((<usize>(i * inner)) << 2) : block + <usize>i * aRow
            tile(
              c + <usize>(i0 + i) * cRow + ((<usize>(j0 + j)) << 2), cRow,
              tileA, packsA ? NUMBER : aRow, packsA ? (<usize>height) << 2 : aStep,
              panel, bStep, inner, min(rows - i, height), columns - j, p0 > 0,
            )
          }
        }
      }
    }
  }
}

/** How many rows the next tile has where so many are left: 8 are two of four rather than six and two. */
// @ts-ignore: decorator
@inline
function heightOf(left: i32): i32 {
  return left <= 4 || left == 7 || left == 8 ? 4 : TILE_ROWS
}

/**
 * Adds up a tile of c over `inner` products. Where c ends before the tile does, the rows that are missing are the last
 * one again, what is read beyond the columns is read in vain, and neither is stored.
 */
// @ts-ignore: decorator
@inline
function tile(
  c: usize, cRow: usize, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize,
  inner: i32, rows: i32, columns: i32, adds: bool,
): void {
  const a1 = rows > 1 ? a + aRow : a
  const a2 = rows > 2 ? a1 + aRow : a1
  const a3 = rows > 3 ? a2 + aRow : a2
  if (TILE_ROWS > 4 && rows > 4) {
    const a4 = a3 + aRow
    const a5 = rows > 5 ? a4 + aRow : a4
    if (columns > 4) wideTile6(c, cRow, a, a1, a2, a3, a4, a5, aStep, b, bStep, inner, rows, columns, adds)
    else narrowTile6(c, cRow, a, a1, a2, a3, a4, a5, aStep, b, bStep, inner, rows, columns, adds)
  } else if (columns > 4) wideTile4(c, cRow, a, a1, a2, a3, aStep, b, bStep, inner, rows, columns, adds)
  else narrowTile4(c, cRow, a, a1, a2, a3, aStep, b, bStep, inner, rows, columns, adds)
}

/** Four rows by eight columns. */
// @ts-ignore: decorator
@inline
function wideTile4(
  c: usize, cRow: usize, a0: usize, a1: usize, a2: usize, a3: usize, aStep: usize, b: usize, bStep: usize,
  inner: i32, rows: i32, columns: i32, adds: bool,
): void {
  let c00 = all(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00
  for (let p = 0; p < inner; p++) {
    const left = v128.load(b)
    const right = v128.load(b, VECTOR)
    let x = v128.load32_splat(a0)
    c00 = mulAdd(x, left, c00)
    c01 = mulAdd(x, right, c01)
    x = v128.load32_splat(a1)
    c10 = mulAdd(x, left, c10)
    c11 = mulAdd(x, right, c11)
    x = v128.load32_splat(a2)
    c20 = mulAdd(x, left, c20)
    c21 = mulAdd(x, right, c21)
    x = v128.load32_splat(a3)
    c30 = mulAdd(x, left, c30)
    c31 = mulAdd(x, right, c31)
    a0 += aStep
    a1 += aStep
    a2 += aStep
    a3 += aStep
    b += bStep
  }
  finishRow(c, c00, c01, columns, adds)
  if (rows > 1) finishRow(c + cRow, c10, c11, columns, adds)
  if (rows > 2) finishRow(c + 2 * cRow, c20, c21, columns, adds)
  if (rows > 3) finishRow(c + 3 * cRow, c30, c31, columns, adds)
}

/** Six rows by eight columns. */
function wideTile6(
  c: usize, cRow: usize, a0: usize, a1: usize, a2: usize, a3: usize, a4: usize, a5: usize, aStep: usize, b: usize, bStep: usize,
  inner: i32, rows: i32, columns: i32, adds: bool,
): void {
  let c00 = all(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00
  for (let p = 0; p < inner; p++) {
    const left = v128.load(b)
    const right = v128.load(b, VECTOR)
    let x = v128.load32_splat(a0)
    c00 = mulAdd(x, left, c00)
    c01 = mulAdd(x, right, c01)
    x = v128.load32_splat(a1)
    c10 = mulAdd(x, left, c10)
    c11 = mulAdd(x, right, c11)
    x = v128.load32_splat(a2)
    c20 = mulAdd(x, left, c20)
    c21 = mulAdd(x, right, c21)
    x = v128.load32_splat(a3)
    c30 = mulAdd(x, left, c30)
    c31 = mulAdd(x, right, c31)
    x = v128.load32_splat(a4)
    c40 = mulAdd(x, left, c40)
    c41 = mulAdd(x, right, c41)
    x = v128.load32_splat(a5)
    c50 = mulAdd(x, left, c50)
    c51 = mulAdd(x, right, c51)
    a0 += aStep
    a1 += aStep
    a2 += aStep
    a3 += aStep
    a4 += aStep
    a5 += aStep
    b += bStep
  }
  finishRow(c, c00, c01, columns, adds)
  finishRow(c + cRow, c10, c11, columns, adds)
  finishRow(c + 2 * cRow, c20, c21, columns, adds)
  finishRow(c + 3 * cRow, c30, c31, columns, adds)
  finishRow(c + 4 * cRow, c40, c41, columns, adds)
  if (rows > 5) finishRow(c + 5 * cRow, c50, c51, columns, adds)
}

/** Four rows by up to four columns. */
function narrowTile4(
  c: usize, cRow: usize, a0: usize, a1: usize, a2: usize, a3: usize, aStep: usize, b: usize, bStep: usize,
  inner: i32, rows: i32, columns: i32, adds: bool,
): void {
  let c0 = all(0), c1 = c0, c2 = c0, c3 = c0
  for (let p = 0; p < inner; p++) {
    const left = v128.load(b)
    c0 = mulAdd(v128.load32_splat(a0), left, c0)
    c1 = mulAdd(v128.load32_splat(a1), left, c1)
    c2 = mulAdd(v128.load32_splat(a2), left, c2)
    c3 = mulAdd(v128.load32_splat(a3), left, c3)
    a0 += aStep
    a1 += aStep
    a2 += aStep
    a3 += aStep
    b += bStep
  }
  finishShortRow(c, c0, c0, columns, adds)
  if (rows > 1) finishShortRow(c + cRow, c1, c1, columns, adds)
  if (rows > 2) finishShortRow(c + 2 * cRow, c2, c2, columns, adds)
  if (rows > 3) finishShortRow(c + 3 * cRow, c3, c3, columns, adds)
}

/** Six rows by up to four columns. */
function narrowTile6(
  c: usize, cRow: usize, a0: usize, a1: usize, a2: usize, a3: usize, a4: usize, a5: usize, aStep: usize, b: usize, bStep: usize,
  inner: i32, rows: i32, columns: i32, adds: bool,
): void {
  let c0 = all(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0
  for (let p = 0; p < inner; p++) {
    const left = v128.load(b)
    c0 = mulAdd(v128.load32_splat(a0), left, c0)
    c1 = mulAdd(v128.load32_splat(a1), left, c1)
    c2 = mulAdd(v128.load32_splat(a2), left, c2)
    c3 = mulAdd(v128.load32_splat(a3), left, c3)
    c4 = mulAdd(v128.load32_splat(a4), left, c4)
    c5 = mulAdd(v128.load32_splat(a5), left, c5)
    a0 += aStep
    a1 += aStep
    a2 += aStep
    a3 += aStep
    a4 += aStep
    a5 += aStep
    b += bStep
  }
  finishShortRow(c, c0, c0, columns, adds)
  finishShortRow(c + cRow, c1, c1, columns, adds)
  finishShortRow(c + 2 * cRow, c2, c2, columns, adds)
  finishShortRow(c + 3 * cRow, c3, c3, columns, adds)
  finishShortRow(c + 4 * cRow, c4, c4, columns, adds)
  if (rows > 5) finishShortRow(c + 5 * cRow, c5, c5, columns, adds)
}

// @ts-ignore: decorator
@inline
function finishRow(c: usize, left: v128, right: v128, columns: i32, adds: bool): void {
  if (columns >= TILE_COLUMNS) {
    v128.store(c, adds ? f32x4.add(v128.load(c), left) : left)
    v128.store(c, adds ? f32x4.add(v128.load(c, VECTOR), right) : right, VECTOR)
  } else finishShortRow(c, left, right, columns, adds)
}

function finishShortRow(c: usize, left: v128, right: v128, columns: i32, adds: bool): void {
  storeFirst(c, adds ? f32x4.add(v128.load(c), left) : left, columns)
  if (columns > 4) storeFirst(c + VECTOR, adds ? f32x4.add(v128.load(c, VECTOR), right) : right, columns - 4)
}

/** Panels of columns, each with its rows one after the other: as wide as a tile is, or as it is tall. */
function pack(y: usize, x: usize, stride: usize, rows: i32, columns: i32, tall: bool): void {
  for (let j = 0, width = TILE_COLUMNS; j < columns; j += width) {
    if (tall) width = heightOf(columns - j)
    let from = x + ((<usize>j) << 2)
    for (let p = 0; p < rows; p++, from += stride) {
      v128.store(y, v128.load(from))
      if (width > 4) v128.store(y, v128.load(from, VECTOR), VECTOR)
      y += (<usize>width) << 2
    }
  }
}

/** The same from a matrix whose rows are to be the columns, four by four. */
function packTransposed(y: usize, x: usize, stride: usize, rows: i32, columns: i32): void {
  for (let j = 0; j < columns; j += TILE_COLUMNS) {
    for (let half = 0; half < 2; half++) {
      const first = j + 4 * half
      // Missing columns are the last one again.
      const x0 = x + <usize>min(first, columns - 1) * stride
      const x1 = x + <usize>min(first + 1, columns - 1) * stride
      const x2 = x + <usize>min(first + 2, columns - 1) * stride
      const x3 = x + <usize>min(first + 3, columns - 1) * stride
      let to = y + (half ? VECTOR : 0)
      let p: usize = 0
      const whole = (<usize>(rows & ~3)) << 2
      for (; p < whole; p += VECTOR) {
        const r0 = v128.load(x0 + p), r1 = v128.load(x1 + p), r2 = v128.load(x2 + p), r3 = v128.load(x3 + p)
        const low01 = i32x4.shuffle(r0, r1, 0, 4, 1, 5), high01 = i32x4.shuffle(r0, r1, 2, 6, 3, 7)
        const low23 = i32x4.shuffle(r2, r3, 0, 4, 1, 5), high23 = i32x4.shuffle(r2, r3, 2, 6, 3, 7)
        v128.store(to, i64x2.shuffle(low01, low23, 0, 2))
        v128.store(to, i64x2.shuffle(low01, low23, 1, 3), 32)
        v128.store(to, i64x2.shuffle(high01, high23, 0, 2), 64)
        v128.store(to, i64x2.shuffle(high01, high23, 1, 3), 96)
        to += 128
      }
      for (; p < (<usize>rows) << 2; p += 4, to += 32) {
        store<f32>(to, load<f32>(x0 + p))
        store<f32>(to, load<f32>(x1 + p), 4)
        store<f32>(to, load<f32>(x2 + p), 8)
        store<f32>(to, load<f32>(x3 + p), 12)
      }
    }
    y += (<usize>(rows * TILE_COLUMNS)) << 2
  }
}

// --- narrow and short products, to which tiles do not fit -----------------------------------------------------------

/** c [m] = a [m, k] · b [k]: each entry the product of two rows, summed in four lanes, of which each takes every fourth product. */
function dotProducts(c: usize, a: usize, b: usize, k: i32, aWidth: i32, rowStart: i32, rowEnd: i32): void {
  const width = (<usize>k) << 2
  const whole = width & ~15
  const rest = firstLanes(k & 3)
  for (let i = rowStart; i < rowEnd; i++) {
    const row = a + ((<usize>i * <usize>aWidth) << 2)
    let sum = all(0)
    for (let p: usize = 0; p < whole; p += VECTOR) sum = mulAdd(v128.load(row + p), v128.load(b + p), sum)
    if (whole < width) {
      sum = mulAdd(v128.and(v128.load(row + whole), rest), v128.and(v128.load(b + whole), rest), sum)
    }
    sum = f32x4.add(sum, upper(sum))
    store<f32>(c + ((<usize>i) << 2), f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1))
  }
}

/**
 * c [m] = aᵀ · b for a [k, m] and b [k]: the sum of the rows of a, each times its entry of b. Every fourth row is added to a sum of its own,
 * as in `dotProducts`, so that both give the same bytes.
 */
function sumOfScaledRows(c: usize, a: usize, b: usize, k: i32, aWidth: i32, rowStart: i32, rowEnd: i32): void {
  const stride = (<usize>aWidth) << 2
  for (let i = rowStart; i < rowEnd; i += 4) {
    let x = a + ((<usize>i) << 2)
    let y = b
    let sum0 = all(0), sum1 = sum0, sum2 = sum0, sum3 = sum0
    let left = k
    for (; left >= 4; left -= 4, x += 4 * stride, y += VECTOR) {
      sum0 = mulAdd(v128.load32_splat(y), v128.load(x), sum0)
      sum1 = mulAdd(v128.load32_splat(y, 4), v128.load(x + stride), sum1)
      sum2 = mulAdd(v128.load32_splat(y, 8), v128.load(x + 2 * stride), sum2)
      sum3 = mulAdd(v128.load32_splat(y, 12), v128.load(x + 3 * stride), sum3)
    }
    if (left > 0) sum0 = mulAdd(v128.load32_splat(y), v128.load(x), sum0)
    if (left > 1) sum1 = mulAdd(v128.load32_splat(y, 4), v128.load(x + stride), sum1)
    if (left > 2) sum2 = mulAdd(v128.load32_splat(y, 8), v128.load(x + 2 * stride), sum2)
    storeFirst(c + ((<usize>i) << 2), f32x4.add(f32x4.add(sum0, sum2), f32x4.add(sum1, sum3)), rowEnd - i)
  }
}

/** c [m, n] = a [m, k] · b [k, n] for few products an entry. */
function shortProducts(
  c: usize, a: usize, b: usize, n: i32, k: i32, aWidth: i32, bWidth: i32,
  rowStart: i32, rowEnd: i32, columnStart: i32, columnEnd: i32,
): void {
  const aRow = (<usize>aWidth) << 2
  const bRow = (<usize>bWidth) << 2
  const cRow = (<usize>n) << 2
  for (let i = rowStart; i < rowEnd; i++) {
    const row = a + <usize>i * aRow
    const to = c + <usize>i * cRow
    let j = columnStart
    for (; j + 16 <= columnEnd; j += 16) {
      const offset = (<usize>j) << 2
      let from = b + offset
      let sum0 = all(0), sum1 = sum0, sum2 = sum0, sum3 = sum0
      for (let p = 0; p < k; p++, from += bRow) {
        const x = v128.load32_splat(row + ((<usize>p) << 2))
        sum0 = mulAdd(x, v128.load(from), sum0)
        sum1 = mulAdd(x, v128.load(from, 16), sum1)
        sum2 = mulAdd(x, v128.load(from, 32), sum2)
        sum3 = mulAdd(x, v128.load(from, 48), sum3)
      }
      v128.store(to + offset, sum0)
      v128.store(to + offset, sum1, 16)
      v128.store(to + offset, sum2, 32)
      v128.store(to + offset, sum3, 48)
    }
    for (; j < columnEnd; j += 4) {
      const offset = (<usize>j) << 2
      let sum = all(0)
      for (let p = 0; p < k; p++) {
        sum = mulAdd(v128.load32_splat(row + ((<usize>p) << 2)), v128.load(b + <usize>p * bRow + offset), sum)
      }
      storeFirst(to + offset, sum, columnEnd - j)
    }
  }
}
