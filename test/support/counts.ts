/**
 * How much the tests try: enough to see a fault soon, or with `npm run test:full` as much as is claimed. The mutation check
 * runs them hundreds of times, and asks for few.
 */

const { TEST_COUNTS } = process.env

interface Counts<T> {
  readonly few?: T
  readonly usual: T
  readonly full?: T
}

/**
 * Whether all is tried that is claimed. Tests that take longest, and that others stand for well enough, wait for it: so do most on BLAS,
 * which differs from WebAssembly by its products alone.
 */
export const isFull = TEST_COUNTS === 'full'

export function countOf<T>({ usual, few = usual, full = usual }: Counts<T>): T {
  if (TEST_COUNTS === 'few') return few
  return TEST_COUNTS === 'full' ? full : usual
}
