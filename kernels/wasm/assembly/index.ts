/** What the WebAssembly module offers. Addresses are bytes, counts are numbers; nothing is allocated here. */
export * from './elementwise'
export * from './layout'
export * from './losses'
export * from './mat-mul'
export * from './optimizers'
export * from './random'
export { allFinite, argMaxRows, sum, sumAxis, tally } from './reductions'
export { logSoftmax, softmax, softmaxGradient } from './rows'
