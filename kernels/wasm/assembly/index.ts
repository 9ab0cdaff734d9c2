/** What the WebAssembly module offers. Addresses are bytes, counts are numbers; nothing is allocated here. */
export { allFinite, check } from './finite'
export * from './layout'
export * from './mat-mul'
export * from './random'
export { argMaxRows, tally, tallyMoments } from './reductions'
export { statistics } from './statistics'
