/** What training makes small: each ends in one number. */
export * from './binary-crossentropy.ts'
export * from './categorical-crossentropy.ts'
export * from './huber.ts'
export * from './mean-squared-error.ts'
