/** What moves values, cuts them, or looks them up, and leaves the numbers as they are. */
export * from './flatten.ts'
export * from './gather.ts'
export * from './permute.ts'
export * from './repeat-vector.ts'
export * from './reshape.ts'
export * from './slice.ts'
export * from './stop-gradient.ts'
