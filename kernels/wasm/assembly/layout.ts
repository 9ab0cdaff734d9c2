/** Where numbers lie, and moving them without changing them. */

/** Where the memory begins that the module has no constants in. */
export function memoryStart(): usize {
  return __heap_base
}

/** `count` runs of `bytes`, each copied from `x` on to `y` on with strides of their own. */
export function copyRuns(y: usize, x: usize, bytes: usize, count: i32, yStride: usize, xStride: usize): void {
  for (let i = 0; i < count; i++, y += yStride, x += xStride) memory.copy(y, x, bytes)
}

/** y [outer, length, inner] = x [outer, inner], repeated along a new middle axis. */
export function repeat(y: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  const bytes = (<usize>inner) << 2
  for (let i = 0; i < outer; i++, x += bytes) {
    if (inner == 1) {
      const value = load<f32>(x)
      for (let j = 0; j < length; j++, y += 4) store<f32>(y, value)
    } else for (let j = 0; j < length; j++, y += bytes) memory.copy(y, x, bytes)
  }
}
