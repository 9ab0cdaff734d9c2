/** The main entry point of gradstream. `test/public.test.ts` pins every name here. */
export {
  block,
  type Config,
  check,
  defineLink,
  defineLoss,
  defineNode,
  defineOptimizer,
  defineWeightLink,
  type ErrorCode,
  type ErrorReport,
  type Expectation,
  type ExplainedPart,
  type Fault,
  type Followed,
  type Frame,
  GradstreamError,
  type GraphChange,
  type GraphDef,
  graph,
  graphToJson,
  type Initializer,
  type InitializerLike,
  type InitializerSpec,
  type InputOptions,
  type Interval,
  type Kernels,
  type Lease,
  type Limits,
  type LinkContext,
  type LinkSpec,
  type Mode,
  mapTensors,
  type NodeContext,
  type NodeDef,
  type NodeDefinition,
  type NodeEntry,
  type NodeFactory,
  type NodeOptions,
  type NodeSpec,
  type OptimizerDefinition,
  type OptimizerFactory,
  type OptimizerOptions,
  type OptimizerSpec,
  type ParameterSpec,
  type Port,
  type PortFunction,
  type PortRef,
  type PortShape,
  type Precision,
  RandomKey,
  type Range,
  type Rows,
  type RowsByInput,
  repeat,
  type Schedule,
  type Scheduled,
  type Shape,
  type Statistics,
  schedule,
  Tensor,
  type TensorJson,
  type TensorLike,
  type TypedArray,
  tensor,
  type UpdateContext,
  type Warning,
  type WeightLinkDefinition,
  type WeightLinkFactory,
  type WeightLinkSpec,
} from './core/index.ts'
export * from './nodes/compositions/index.ts'
export * from './nodes/factories.ts'
export { initializer } from './nodes/index.ts'
export type { InitializerName, InitializerOption } from './nodes/initializers/index.ts'
export {
  defineRecurrent,
  type LoopOptions,
  type RecurrentFactory,
  type RecurrentSpec,
} from './nodes/layers/define-recurrent.ts'
export type { BridgeClient } from './runtime/bridge/client/bridge-client.ts'
export { type ConnectOptions, connectBridge } from './runtime/bridge/client/connect-bridge.ts'
export type { Connection, ConnectionEvents, Transport } from './runtime/bridge/client/transport.ts'
export type { Acknowledgement, ConnectionState, WatchResult } from './runtime/bridge/client/types.ts'
export { memoryTransport } from './runtime/bridge/memory-transport.ts'
export type {
  Cell,
  Cells,
  DraftChoices,
  DraftNode,
  GraphDraft,
  Histogram,
  Measurement,
  NamesQuery,
  Person,
  PlaneQuery,
  Predictions,
  PredictQuery,
  Query,
  Role,
  SeriesPoints,
  SystemFigures,
  WriteQuery,
  Written,
} from './runtime/bridge/protocol.ts'
export type { Bridge, ClientInfo } from './runtime/bridge/server/bridge.ts'
export type { EditGraph } from './runtime/bridge/server/editing.ts'
export { openBridge } from './runtime/bridge/server/open-bridge.ts'
export type { BridgeOptions, BridgeRuns } from './runtime/bridge/server/settings.ts'
export type { TextCodec } from './runtime/bridge/server/writer.ts'
export { type LoadModelOptions, loadModel, type ModelSource } from './runtime/checkpoint/load-model.ts'
export {
  readSafetensors,
  type Safetensors,
  type Storable,
  type StoredTensor,
  writeSafetensors,
} from './runtime/checkpoint/safetensors.ts'
export { saveModel } from './runtime/checkpoint/save-model.ts'
export { arrayOf } from './runtime/data/array-of.ts'
export { type CsvOptions, csv, parseCsv, type TableProgress, type TableSource } from './runtime/data/csv.ts'
export type {
  Column,
  Dataset,
  FoldsOptions,
  Split,
  SplitOptions,
  StandardizeOptions,
} from './runtime/data/dataset.ts'
export { fromArrays } from './runtime/data/from-arrays.ts'
export { fromIterable, type IterableOptions, type SampleSource } from './runtime/data/from-iterable.ts'
export {
  fromObservable,
  type ObservableOptions,
  type ObservableSource,
  type SampleStream,
} from './runtime/data/from-observable.ts'
export { idx } from './runtime/data/idx.ts'
export { type Moments, type MomentsOptions, moments } from './runtime/data/moments.ts'
export { npy } from './runtime/data/npy.ts'
export { type Label, type OneHot, type OneHotOptions, oneHot } from './runtime/data/one-hot.ts'
export { parquet } from './runtime/data/parquet.ts'
export type { Sample } from './runtime/data/sample.ts'
export type { Scaling } from './runtime/data/scaling.ts'
export type { Batch, BatchCursor, DataSource, EpochOptions } from './runtime/data/source.ts'
export type { ColumnDescription, TableDescription } from './runtime/data/tables/description.ts'
export type { ColumnEncoding, Encoder, Row } from './runtime/data/tables/encoder.ts'
export type { ColumnOptions, Missing, TableOptions } from './runtime/data/tables/table-options.ts'
export type { Answer, ClassAnswer } from './runtime/engine/answers.ts'
export {
  type CompileOptions,
  compile,
  graphFromJson,
  type KernelsName,
  type RegistryOptions,
  validate,
} from './runtime/engine/compile.ts'
export type { CheckFinite } from './runtime/engine/engine.ts'
export type { Explanation } from './runtime/engine/explain.ts'
export type { Loadable, LoadOptions } from './runtime/engine/load.ts'
export type { Model, PredictOptions } from './runtime/engine/model.ts'
export type { ModelNode, OutputStreams, Parameter, Parameters } from './runtime/engine/views.ts'
export type { RunDescription, RunEvent } from './runtime/runs/format.ts'
export type { RunHistogram, RunHistograms } from './runtime/runs/histograms.ts'
export { listRuns, readRun } from './runtime/runs/read-run.ts'
export { type Recording, type RecordOptions, recordRun } from './runtime/runs/record-run.ts'
export type { Extremes, RunList, RunSeries, RunSummary, StoredRun } from './runtime/runs/stored-run.ts'
export type { CheckpointOptions } from './runtime/training/checkpoint-options.ts'
export type { Command } from './runtime/training/commands.ts'
export { createTrainer, type TrainerOptions } from './runtime/training/create-trainer.ts'
export { type EarlyStoppingOptions, earlyStopping } from './runtime/training/early-stopping.ts'
export { type EvaluateOptions, evaluate } from './runtime/training/evaluate.ts'
export type { Alarm, Metrics, TrainerEvent } from './runtime/training/events.ts'
export { dryRun } from './runtime/training/finding/dry-run.ts'
export {
  type BatchSizes,
  type FindBatchSizeOptions,
  findBatchSize,
} from './runtime/training/finding/find-batch-size.ts'
export {
  type FindLearningRateOptions,
  findLearningRate,
  type LearningRateRange,
} from './runtime/training/finding/find-learning-rate.ts'
export { csvLog } from './runtime/training/logging/csv-log.ts'
export { type JsonLogOptions, jsonLog } from './runtime/training/logging/json-log.ts'
export type { LogOptions } from './runtime/training/logging/log-options.ts'
export {
  type Average,
  type BuiltInMetric,
  type CustomMetric,
  defineMetric,
  type MetricContext,
  type MetricDefinition,
  type MetricFactory,
  type MetricMaker,
  type MetricMoments,
  type MetricName,
  type MetricOptions,
  type MetricRequest,
  type MetricSpec,
  type MetricTargets,
  metric,
} from './runtime/training/metrics/index.ts'
export { type Notifications, type NotifyOptions, notify } from './runtime/training/notifying/notify.ts'
export type { NonFiniteOptions, NonFinitePolicy } from './runtime/training/on-non-finite.ts'
export { hasCheckpoint, type ResumeOptions, resume } from './runtime/training/resume.ts'
export type {
  DataInfo,
  EpochRecord,
  Measured,
  NodeInfo,
  Note,
  RunNote,
  RunState,
  RunStatus,
} from './runtime/training/run-state.ts'
export type { StatePatch } from './runtime/training/store.ts'
export { type TimeLimitOptions, timeLimit } from './runtime/training/time-limit.ts'
export type { Trainer } from './runtime/training/trainer.ts'
export type { DeadUnitsOptions } from './runtime/training/watching/dead-units.ts'
export type { GradientsOptions } from './runtime/training/watching/gradients.ts'
export type { OverfittingOptions } from './runtime/training/watching/overfitting.ts'
export type { PlateauOptions } from './runtime/training/watching/plateau.ts'
export type { StalledDataOptions } from './runtime/training/watching/stalled-data.ts'
export { type WatchOptions, watchTraining } from './runtime/training/watching/watch-training.ts'
