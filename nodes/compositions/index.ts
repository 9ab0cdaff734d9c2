/** Functions of ports that are put together from nodes, and are none themselves. */
export * from './bidirectional.ts'
export * from './split-all.ts'
export * from './time-distributed.ts'
