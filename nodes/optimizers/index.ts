/** How gradients change parameters. */

export * from './adam.ts'
export * from './adam-w.ts'
export * from './sgd.ts'
