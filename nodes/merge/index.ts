/** What makes one value of several. */
export * from './add.ts'
export * from './concatenate.ts'
export * from './multiply.ts'
export * from './subtract.ts'
