/** The state of a run: plain, immutable, without tensors. */
import {
  asRecords,
  type Config,
  checkedConfig,
  type ErrorReport,
  type GraphDef,
  type Limits,
  limitsIn,
  type PortShape,
  recordOf,
  type Shape,
  type Statistics,
  sizeOf,
} from '../../core/index.ts'
import type { Engine } from '../engine/engine.ts'
import type { Metrics } from './events.ts'

export type RunStatus = 'idle' | 'running' | 'paused' | 'stopped' | 'finished' | 'failed'

/** One epoch of the past. */
export interface EpochRecord {
  readonly epoch: number
  readonly step: number
  readonly metrics: Metrics
}

export interface NodeInfo {
  readonly type: string
  readonly shape: PortShape
  /** How many numbers its parameters hold. */
  readonly parameters: number
  /** The shape of each of them. */
  readonly weights: Readonly<Record<string, Shape>>
  /** The nodes that feed it, in the order of its inputs. */
  readonly inputs: readonly string[]
  readonly config: Config
  /** What its values were like when somebody last watched them. */
  readonly forward?: Measured
  /** The same of the gradients at its output. */
  readonly backward?: Measured
}

/** Statistics of a tensor, and the step that they are of. */
export interface Measured extends Statistics {
  readonly step: number
}

/** What the values of a node, and the gradients at them, were like. */
export interface Note {
  forward?: Measured
  backward?: Measured
}

export interface RunState {
  readonly runId: string
  readonly status: RunStatus
  /** The epoch under way, from 1; 0 before the first. */
  readonly epoch: number
  /** How many steps were done. */
  readonly step: number
  /** How many epochs are planned in all. */
  readonly epochs: number
  /** `null` until it is known. */
  readonly stepsPerEpoch: number | null
  /** The batch size, and the config of each optimizer under its name. */
  readonly hyperparameters: Readonly<Record<string, number | Config>>
  /** Which numbers these take, by optimizer and name, as its config checks them. */
  readonly limits: Readonly<Record<string, Readonly<Record<string, Limits>>>>
  /** Counts the changes of hyper-parameters. */
  readonly revision: number
  /** The latest figures: those of the epoch so far, and those of the last validation. */
  readonly metrics: Metrics
  /**
   * The epochs of the past, oldest first: all of them, or as many as the trainer's `history` allows, evenly over the run,
   * and always the latest.
   */
  readonly history: readonly EpochRecord[]
  readonly nodes: Readonly<Record<string, NodeInfo>>
  /** The graph as it was compiled. */
  readonly graph: GraphDef
  /** Samples a second, lately. */
  readonly throughput: number
  /** How many steps a second there are at most; `null` for as many as there can be. */
  readonly stepsPerSecond: number | null
  readonly error: ErrorReport | null
}

interface RunSettings {
  readonly runId: string
  readonly epochs: number
  readonly batchSize: number
  readonly stepsPerSecond?: number | undefined
}

/** The state of a run that has not begun. */
export function initialState(
  { nodes, optimizers }: Engine,
  graph: GraphDef,
  { runId, epochs, batchSize, stepsPerSecond }: RunSettings,
  stepsPerEpoch: number | undefined,
): RunState {
  const infos = [...nodes.values()].map(({ id, resolved, outputs, parameters }): [string, NodeInfo] => {
    const info: NodeInfo = {
      type: resolved.entry.type,
      shape: outputs[0]?.shape ?? [],
      parameters: parameters.reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0),
      weights: recordOf(parameters.map(([name, { shape }]) => [name, shape])),
      inputs: resolved.inputs.map(({ producer }) => producer.id),
      config: resolved.config,
    }
    return [id, info]
  })
  return asRecords({
    runId,
    status: 'idle' as RunStatus,
    epoch: 0,
    step: 0,
    epochs,
    stepsPerEpoch: stepsPerEpoch ?? null,
    hyperparameters: recordOf<number | Config>([
      ...optimizers.map(({ id, config }) => [id, config] as const),
      ['batchSize', batchSize],
    ]),
    limits: recordOf(
      optimizers.map(({ id, config, resolved: { definition } }) => [
        id,
        limitsIn(() => checkedConfig(definition, config, id)),
      ]),
    ),
    revision: 0,
    metrics: recordOf(),
    history: [],
    nodes: recordOf(infos),
    graph,
    throughput: 0,
    stepsPerSecond: stepsPerSecond ?? null,
    error: null,
  })
}
