/** Links between a loss and an optimizer: they change gradients on their way, `loss.pipe(clipByGlobalNorm({ norm: 1 }), adam())`. */
export * from './accumulate.ts'
export * from './centralize.ts'
export * from './clip-by-global-norm.ts'
export * from './clip-by-norm.ts'
export * from './clip-by-value.ts'
export * from './gradient-noise.ts'
