/** The parts of a network. The folders built on core import them from here. */
export * from './arithmetic.ts'
export { block, repeat } from './block.ts'
export * as check from './check.ts'
export {
  CheckFailed,
  checkedAt,
  checkingAll,
  choicesIn,
  entriesOf,
  type Limits,
  limitsIn,
  thing as demandThing,
} from './checks.ts'
export { defineLink, type LinkSpec } from './define-link.ts'
export { defineLoss, defineNode, type NodeFactory, type NodeSpec } from './define-node.ts'
export { defineOptimizer, type OptimizerFactory, type OptimizerSpec } from './define-optimizer.ts'
export {
  defineWeightLink,
  type WeightLinkFactory,
  type WeightLinkSpec,
} from './define-weight-link.ts'
export * from './definition.ts'
export { gradients } from './derivatives.ts'
export { derivedBackward } from './derived-backward.ts'
export { type Direction, directionOf, usualDirection } from './direction.ts'
export {
  checkedChanges,
  editedGraph,
  type GraphChange,
  isPlain,
  isRemovable,
  outputOf,
} from './edit-graph.ts'
export { EmissionOrder, Emitter, type EmitterSettings } from './emitter.ts'
export * from './errors.ts'
export {
  checkedConfig,
  type FactoryArguments,
  type NodeOptions,
  type OptimizerOptions,
  writtenDefinition,
} from './factory.ts'
export { demandFiniteNumbers } from './finite.ts'
export { type Demand, type Fit, fitOf, shapesAt } from './fit.ts'
export { Functions, type Transposition } from './functions.ts'
export { type GraphDef, graph, type NodeEntry, type PortRef, type RowsByInput } from './graph.ts'
export { demandGraph, graphFromJson, graphToJson, isSameJson } from './graph-json.ts'
export { type InputOptions, input } from './input.ts'
export type { ExplainedPart, Kernels, Lease, Recording, Statistics } from './kernels.ts'
export { LentTensor } from './lent-tensor.ts'
export { demandNames } from './names.ts'
export { didYouMean, didYouMeanName, meantFor, nearest, nearestOf } from './nearest.ts'
export type { OpenAxes } from './open-axes.ts'
export { type Plateau, plateauAfter, plateauOf } from './plateau.ts'
export { Port, type PortFunction, type PortKind } from './port.ts'
export * from './primitives.ts'
export * from './program.ts'
export { RandomKey, threefry2x32 } from './random.ts'
export {
  ANY_NUMBER,
  allowed,
  type Expectation,
  hull,
  type Interval,
  intervalOf,
  isEveryNumber,
  isExpectation,
  isIn,
  isRange,
  isWholeNumbers,
  type Range,
  rising,
  showExpectation,
  showRange,
  UNIT,
  type WholeNumbers,
} from './range.ts'
export { asRecords, entryOf, isRecord, recordOf } from './record.ts'
export type { Fault, ResolvedNode } from './resolve.ts'
export { emitGuarded, type Report, SafeObservable } from './safe-observable.ts'
export { scaled } from './scaled.ts'
export * as schedule from './schedule.ts'
export { configAt } from './scheduled-config.ts'
export {
  checkedSchedule,
  courseOf,
  endsOf,
  type Followed,
  isPlateau,
  isSchedule,
  type Schedule,
  type Scheduled,
  valueAt,
} from './schedules.ts'
export * from './shape.ts'
export { SubscriberErrors } from './subscriber-errors.ts'
export * from './tensor.ts'
export { adviceOn, attempt, THING, type Thing, thingOf } from './things.ts'
export {
  followedBy,
  isDifferentiable,
  isLink,
  naming,
  type ParameterId,
  parameterKey,
  planTraining,
  type TrainingPlan,
} from './training-plan.ts'
export { type Inspection, inspect, inspected } from './validate.ts'
export { type Warning, Warnings } from './warnings.ts'
export type { WeightLink, WeightLinks } from './weight-links.ts'
export { whole } from './whole.ts'
export { type Frame, Wire, type WireFrame, type WireHost } from './wire.ts'
