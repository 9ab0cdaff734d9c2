/** What has parameters, or behaves in another way in training. */
export * from './batch-normalization.ts'
export * from './dense.ts'
export * from './dropout.ts'
export * from './embedding.ts'
export * from './layer-normalization.ts'
