/** `resume`: continues a run from its latest checkpoint. */
import {
  check,
  checkedAt,
  demandGraph,
  GradstreamError,
  type GraphDef,
  graphFromJson,
  isSameJson,
  recordOf,
  show,
} from '../../core/index.ts'
import { modelFrom } from '../checkpoint/load-model.ts'
import { type DataSource, demandData } from '../data/source.ts'
import type { CompileOptions } from '../engine/compile.ts'
import { engineOf } from '../engine/model.ts'
import { changesIn } from './changes.ts'
import { type CheckpointOptions, checkpointsIn, optionsAgain, trimmed } from './checkpoint-options.ts'
import { type TrainerOptions, trainerOf } from './create-trainer.ts'
import { graphDifferences } from './graph-differences.ts'
import { latestIn, moveAside } from './latest-checkpoint.ts'
import { askedMetrics, type MetricRequest } from './metrics/index.ts'
import { requestFrom } from './recorded.ts'
import { type DataRecord, dataRecord, type RunRecord } from './run-record.ts'
import type { Trainer } from './trainer.ts'

type Again = 'data' | 'validation' | 'metrics' | 'onNonFinite' | 'scheduler' | 'sliceTime' | 'publishTime'

/**
 * The data of the run, which have to be the same again, and what a program chooses anew. `nodes` and `metrics` are needed where they are
 * custom ones; everything else is that of the run.
 */
export interface ResumeOptions
  extends Pick<TrainerOptions, Again>,
    Pick<CompileOptions, 'kernels' | 'threads' | 'nodes'> {
  /** The graph that the program would compile; one that is not that of the run is refused. Not compared by default. */
  readonly graph?: GraphDef
  /** Other options of checkpoints from now on, in the same directory; those of the run by default. */
  readonly checkpoints?: Omit<CheckpointOptions, 'directory'>
}

const OPTIONS = [
  'data',
  'validation',
  'metrics',
  'onNonFinite',
  'scheduler',
  'sliceTime',
  'publishTime',
  'kernels',
  'threads',
  'nodes',
  'graph',
  'checkpoints',
]

/**
 * Continues a run from its latest checkpoint: the trainer has a model of its own, and `run()` goes on with the next batch. On the same
 * versions of gradstream and Node, machine and kernels, the run ends with the same bytes as one that was never interrupted; elsewhere a
 * warning says so. Hyper-parameters that were set by hand stay, and a warning names them. Samples of `fromObservable` do not come again: the
 * epoch continues with those that arrive.
 *
 * A checkpoint that is damaged is moved aside, to a name that ends in `.broken`, and the one before it is taken; a warning says so.
 *
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ` without a checkpoint, `BAD_FILE` where none is whole, `DATA_MISMATCH`,
 *   `GRAPH_MISMATCH` and `METRIC_MISMATCH` with the differences, `UNKNOWN_TYPE` for custom nodes that are missing
 * @example
 *   const trainer = await resume('checkpoints/', { data })
 *   await trainer.run()
 */
export async function resume(directory: string, options: ResumeOptions): Promise<Trainer> {
  const own = checkedAt('resume', 'INVALID_OPTION', () => {
    check.text({ directory })
    const own = check.options(options, OPTIONS)
    if (own.checkpoints !== undefined) check.options(own.checkpoints)
    return own
  })
  const { kernels, threads, nodes, graph, checkpoints = {}, ...given } = own
  demandData('resume: data', given.data)
  if (given.validation !== undefined) demandData('resume: validation', given.validation)
  const asked = graph === undefined ? undefined : graphAt('resume: graph', graph)
  const latest = await latestIn(trimmed(directory))
  const { record, files, path } = latest
  demandSame('data', record.data, given.data)
  demandSame('validation', record.validation, given.validation)
  if (asked !== undefined) demandSameGraph(record.graph, asked)
  const metrics = sameMetrics(record, given.metrics)
  const engine = Object.entries({ kernels, threads, nodes }).filter(([, value]) => value !== undefined)
  const model = modelFrom(files, recordOf(engine), path)
  try {
    const { shuffle, stepsPerSecond, limitBatches, overfitBatches, ...settings } = record.settings
    const warnings = [...changesIn(record, engineOf(model)), ...(await moveAside(latest))]
    return trainerOf(
      model,
      {
        ...settings,
        ...(shuffle !== null && { shuffle }),
        ...(stepsPerSecond !== null && { stepsPerSecond }),
        ...(limitBatches !== null && { limitBatches }),
        ...(overfitBatches !== null && { overfitBatches }),
        ...given,
        metrics,
        checkpoints: optionsAgain(directory, checkpoints, settings.checkpoints),
      },
      { record, best: latest.best, warnings },
    )
  } catch (error) {
    model.dispose()
    throw error
  }
}

/**
 * Whether a directory has a checkpoint of a run, which `resume` continues. False where there is no such directory.
 *
 * @throws GradstreamError `INVALID_OPTION`, `FILE_NOT_READ`, `NEEDS_NODE`
 * @example const trainer = hasCheckpoint('run/') ? await resume('run/', { data }) : createTrainer(model, { data })
 */
export function hasCheckpoint(directory: string): boolean {
  checkedAt('hasCheckpoint', 'INVALID_OPTION', () => check.text({ directory }))
  return checkpointsIn(trimmed(directory)).length > 0
}

function demandSame(name: string, then: DataRecord | null, source: DataSource | undefined): void {
  const now = source ? dataRecord(source) : null
  if (isSameJson(then, now)) return
  throw new GradstreamError('DATA_MISMATCH', {
    place: `resume: ${name}`,
    expected: wordsFor(then),
    got: wordsFor(now),
    hint: 'Pass the same data as before.',
  })
}

const wordsFor = (record: DataRecord | null) =>
  record === null
    ? 'none'
    : `${record.samples ?? 'any number of'} ${record.samples === 1 ? 'sample' : 'samples'}${record.columns ? ` with the columns ${show(record.columns)}` : ''}`

/** A graph, read as a file of one is. @throws GradstreamError `INVALID_OPTION`, `GRAPH_FORMAT` */
function graphAt(place: string, graph: GraphDef): GraphDef {
  demandGraph(place, graph)
  return graphFromJson(graph)
}

function demandSameGraph(then: GraphDef, now: GraphDef): void {
  const got = graphDifferences(then, now)
  if (got !== undefined)
    throw new GradstreamError('GRAPH_MISMATCH', { place: 'resume', expected: 'the graph of the run', got })
}

/** The metrics of the run: those that are given, or by their names. */
function sameMetrics(
  { settings }: RunRecord,
  given: readonly MetricRequest[] | undefined,
): readonly MetricRequest[] {
  const place = 'resume: metrics'
  const then = settings.metrics as readonly { readonly metric: string }[]
  const known = given ?? (then as readonly MetricRequest[])
  try {
    // As JSON has them, without options that are undefined.
    const now = JSON.parse(JSON.stringify(askedMetrics(known, place).map(requestFrom))) as typeof then
    if (isSameJson(then, now)) return known
    throw new GradstreamError('METRIC_MISMATCH', {
      place,
      expected: `those of the run: ${textsOf(then)}`,
      got: textsOf(now),
      hint: 'Pass the same metrics as before, or leave them out where they are all built in.',
    })
  } catch (error) {
    if (given !== undefined || !(error instanceof GradstreamError) || error.code !== 'UNKNOWN_NAME')
      throw error
    const hint =
      'Pass the metrics of the run again, since some are custom: resume(directory, { data, metrics }).'
    throw new GradstreamError(error.code, { ...error.toJSON(), hint, cause: error })
  }
}

const textsOf = (requests: readonly { readonly metric: string }[]) =>
  requests.length === 0
    ? 'none'
    : requests
        .map(({ metric, ...options }) =>
          Object.keys(options).length === 0 ? metric : `${metric} ${show(options)}`,
        )
        .join(', ')
