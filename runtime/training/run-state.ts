/** The state of a run: plain, immutable, without tensors. */
import {
  asRecords,
  type Config,
  checkedConfig,
  type ErrorReport,
  type Followed,
  type GraphDef,
  type Limits,
  limitsIn,
  type PortShape,
  type Precision,
  recordOf,
  type Shape,
  type Statistics,
  sizeOf,
} from '../../core/index.ts'
import { Dataset } from '../data/dataset.ts'
import type { DataSource } from '../data/source.ts'
import type { Engine } from '../engine/engine.ts'
import type { Metrics } from './events.ts'

export type RunStatus = 'idle' | 'running' | 'paused' | 'stopped' | 'finished' | 'failed'

/** A past epoch. */
export interface EpochRecord {
  readonly epoch: number
  readonly step: number
  readonly metrics: Metrics
}

export interface NodeInfo {
  readonly type: string
  readonly shape: PortShape
  /** How many numbers its parameters have. */
  readonly parameters: number
  /** The shape of each of them. */
  readonly weights: Readonly<Record<string, Shape>>
  /** The nodes that feed it, in the order of its inputs. */
  readonly inputs: readonly string[]
  readonly config: Config
  /** Statistics of its values, from when they were last watched. */
  readonly forward?: Measured
  /** The same for the gradients at its output. */
  readonly backward?: Measured
}

/** Statistics of a tensor and the step they belong to. */
export interface Measured extends Statistics {
  readonly step: number
}

/** Statistics of the values of a node and of their gradients. */
export interface Note {
  forward?: Measured
  backward?: Measured
}

/** What a run knows of its data. */
export interface DataInfo {
  /** The name of the file or other source, as `describe()` tells it; `null` for data that are not in memory. */
  readonly source: string | null
  /** The number of samples; `null` if it is not known in advance. */
  readonly samples: number | null
}

/** What somebody said about a step of a run. */
export interface RunNote {
  /** Never used again in this run. */
  readonly id: number
  readonly step: number
  readonly text: string
  readonly author: string
  /** When it was made, in milliseconds since 1970, by the scheduler's clock. */
  readonly time: number
}

export interface RunState {
  readonly runId: string
  readonly status: RunStatus
  /** The current epoch, from 1; 0 before the first. */
  readonly epoch: number
  /** The number of steps done. */
  readonly step: number
  /** The number of epochs planned in total. */
  readonly epochs: number
  /** `null` until known. */
  readonly stepsPerEpoch: number | null
  /** For how long it has been running, in seconds, without pauses. */
  readonly elapsed: number
  readonly data: DataInfo
  /** `null` for a run without validation. */
  readonly validation: DataInfo | null
  /** The seeds of the model, for initial values and dropout, and of the order of the samples. */
  readonly seeds: { readonly model: number; readonly order: number }
  /** What does the arithmetic. */
  readonly kernels: { readonly name: string; readonly precision: Precision; readonly description: string }
  /** The batch size, and the config of each optimizer under its name. */
  readonly hyperparameters: Readonly<Record<string, number | Config>>
  /** What some of these follow, by optimizer and name: a schedule, or a stream. The present number is among the hyper-parameters. */
  readonly follows: Readonly<Record<string, Readonly<Record<string, Followed>>>>
  /** The numbers that these accept, by optimizer and name, as its config checks them. */
  readonly limits: Readonly<Record<string, Readonly<Record<string, Limits>>>>
  /** Counts the changes of hyper-parameters. */
  readonly revision: number
  /** The latest figures: of the epoch so far, and of the last validation. */
  readonly metrics: Metrics
  /**
   * Past epochs, oldest first: all of them, or as many as the trainer's `history` allows, spread evenly over
   * the run and always with the latest.
   */
  readonly history: readonly EpochRecord[]
  /** The epoch with the lowest validation loss, or without validation the lowest loss; `null` before the first. */
  readonly best: EpochRecord | null
  readonly nodes: Readonly<Record<string, NodeInfo>>
  /** How many numbers the parameters of all nodes have. */
  readonly parameters: number
  /** The graph as it was compiled. */
  readonly graph: GraphDef
  /** Samples per second, recently; the time of pauses does not count. */
  readonly throughput: number
  /** The most steps per second; `null` for no limit. */
  readonly stepsPerSecond: number | null
  readonly error: ErrorReport | null
  /** Why the program stopped the run; `null` where it gave no reason. */
  readonly reason: string | null
  /** The names of the checkpoints that are kept, oldest first; `null` for a run that writes none. */
  readonly checkpoints: readonly string[] | null
  /** What people have said about steps of the run, in that order; at most 200. */
  readonly notes: readonly RunNote[]
}

interface RunSettings {
  readonly runId: string
  readonly epochs: number
  readonly batchSize: number
  readonly seed: number
  readonly data: DataSource
  readonly validation: DataSource | undefined
  readonly stepsPerSecond?: number | undefined
}

/** The state of a run that has not started. */
export function initialState(
  { nodes, tuned, seed, kernels: { name, precision, description } }: Engine,
  graph: GraphDef,
  { runId, epochs, batchSize, stepsPerSecond, data, validation, ...settings }: RunSettings,
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
    elapsed: 0,
    data: infoOf(data),
    validation: validation ? infoOf(validation) : null,
    seeds: { model: seed, order: settings.seed },
    kernels: { name, precision, description },
    hyperparameters: recordOf<number | Config>([
      ...tuned.map(({ id, config }) => [id, config] as const),
      ['batchSize', batchSize],
    ]),
    follows: recordOf(tuned.map(({ id, follows }) => [id, follows])),
    limits: recordOf(
      tuned.map(({ id, config, resolved: { definition } }) => [
        id,
        limitsIn(() => checkedConfig(definition, config, id)),
      ]),
    ),
    revision: 0,
    metrics: recordOf(),
    history: [],
    best: null,
    nodes: recordOf(infos),
    parameters: infos.reduce((sum, [, { parameters }]) => sum + parameters, 0),
    graph,
    throughput: 0,
    stepsPerSecond: stepsPerSecond ?? null,
    error: null,
    reason: null,
    checkpoints: null,
    notes: [],
  })
}

const infoOf = (source: DataSource): DataInfo => ({
  source: source instanceof Dataset ? source.describe().source : null,
  samples: source.size ?? null,
})
