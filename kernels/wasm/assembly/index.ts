/** What the WebAssembly module offers. Addresses are bytes, counts are numbers; nothing is allocated here. */
export { allFinite, check } from './finite'
export * from './layout'
export * from './lookup'
export * from './mat-mul'
export * from './order'
export * from './random'
export { tally, tallyColumns, tallyMoments, tallyWeightedMoments } from './reductions'
export { statistics } from './statistics'
