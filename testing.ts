/** The entry point for tests of nodes: `import { checkNode } from 'gradstream/testing'`. */
export type { TensorJson } from './core/index.ts'
export { type CheckOptions, checkNode } from './runtime/testing/check-node.ts'
export { evaluateNode, type NodeArguments, type NodeResult } from './runtime/testing/evaluate-node.ts'
export { evaluateOptimizer, type OptimizerArguments } from './runtime/testing/evaluate-optimizer.ts'
export type { NodeUnderTest, TensorsJson, TestingOptions } from './runtime/testing/rig.ts'
