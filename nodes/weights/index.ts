/**
 * Links behind an optimizer: they change weights after each update or keep averages of them, `loss.pipe(adam(), maxNorm(), exponentialMovingAverage())`.
 * Each takes all parameters that suit it and that the optimizer trains, or those that `parameters` names.
 */
export * from './exponential-moving-average.ts'
export * from './lookahead.ts'
export * from './max-norm.ts'
export * from './min-max-norm.ts'
export * from './non-negative.ts'
export * from './stochastic-weight-averaging.ts'
export * from './unit-norm.ts'
