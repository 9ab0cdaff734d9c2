/** Where there is no Node, there is no BLAS library either. */
export const findBlas: typeof import('./library.ts').findBlas = () => ({
  reason: 'native libraries are called from Node alone',
})
