/** The entry point for clients, in browsers and Node: watches and steers a run from another process. */
export type {
  ErrorReport,
  Followed,
  GraphChange,
  GraphDef,
  Limits,
  PortShape,
  Schedule,
  Shape,
  Statistics,
  TensorJson,
} from './core/index.ts'
export { GradstreamError, Tensor } from './core/index.ts'
export type { BridgeClient } from './runtime/bridge/client/bridge-client.ts'
export { type ConnectOptions, connectBridge } from './runtime/bridge/client/connect-bridge.ts'
export type { Connection, ConnectionEvents, Transport } from './runtime/bridge/client/transport.ts'
export type { Acknowledgement, ConnectionState, WatchResult } from './runtime/bridge/client/types.ts'
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
export type { Command } from './runtime/training/commands.ts'
export type { Metrics, TrainerEvent } from './runtime/training/events.ts'
export type {
  DataInfo,
  EpochRecord,
  Measured,
  NodeInfo,
  RunNote,
  RunState,
  RunStatus,
} from './runtime/training/run-state.ts'
