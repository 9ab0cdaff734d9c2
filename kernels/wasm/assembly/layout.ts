/** Where numbers lie, and moving them without changing them. */

/** Where the memory begins that the module has no constants in. */
export function memoryStart(): usize {
  return __heap_base
}

/** `count` runs of `bytes`, each copied from `x` on to `y` on with strides of their own. */
export function copyRuns(y: usize, x: usize, bytes: usize, count: i32, yStride: usize, xStride: usize): void {
  for (let i = 0; i < count; i++, y += yStride, x += xStride) memory.copy(y, x, bytes)
}

