/** `recordRun`: writes a run into a folder, where it stays. */
import { Subscription } from 'rxjs'
import { RunFolder, removeOldest, thisProcess } from '#run-folder'
import { check, checkedAt, graphToJson } from '../../core/index.ts'
import { engineOf } from '../engine/model.ts'
import { demandTrainer } from '../training/demand-trainer.ts'
import { environmentOf, requestFrom } from '../training/recorded.ts'
import { dataRecord } from '../training/run-record.ts'
import { settingsOf, type Trainer } from '../training/trainer.ts'
import { FORMAT, jsonFrom, type RunDescription, VERSION } from './format.ts'
import { RunRecorder } from './run-recorder.ts'

export interface RecordOptions {
  /** What to call the run in lists; its id by default. */
  readonly name?: string
  /** Who began it; nobody by default. */
  readonly author?: string
  /** What there is to say about it; nothing by default. */
  readonly notes?: string
  /** Whether to write a file for TensorBoard beside the run; none by default. */
  readonly tensorboard?: boolean
  /**
   * How many runs stay in the directory, this one among them: the oldest of those that are over are removed now. All by default. A folder in which
   * there is anything else is left alone, and does not count.
   */
  readonly keep?: number
}

/** A recording under way. `unsubscribe()` ends it. */
export interface Recording extends Subscription {
  /** The folder of the run. */
  readonly folder: string
}

/**
 * Records a run in a new folder of a directory, under its id: the graph, the hyper-parameters, each loss, the figures of the epochs, events,
 * commands and alarms, and how it ended. `readRun` reads it again, also while the run is under way, and `npx gradstream view` lists all of them.
 *
 * It is written twice a second: a process that is killed loses the last second at most. The folder has a bound, whatever the length of the run:
 * of many losses, the extremes stay. Where the disk is full, the run goes on, an alarm `RUN_NOT_WRITTEN` says so, and what is missing follows as
 * soon as there is room.
 *
 * @param directory for the folders of runs; it is made. A run never takes the place of another one
 * @throws GradstreamError `FILE_NOT_WRITTEN`, `INVALID_OPTION`, `NEEDS_NODE`
 * @example recordRun(trainer, 'runs/', { notes: 'twice the units' })
 */
export function recordRun(trainer: Trainer, directory: string, options: RecordOptions = {}): Recording {
  const place = 'recordRun'
  demandTrainer(place, trainer)
  const { labels, tensorboard, keep } = checkedAt(place, 'INVALID_OPTION', () => {
    check.text({ directory })
    return checkedRecordOptions(options)
  })
  const description = { format: FORMAT, version: VERSION, ...describe(trainer), ...labels }
  const folder = new RunFolder(directory, description.runId, jsonFrom(description))
  if (keep !== undefined) removeOldest(directory, keep)
  const recorder = new RunRecorder(trainer, folder, description, tensorboard)
  const recording = new Subscription(() => recorder.close())
  recording.add(trainer.eachLoss((step, loss) => recorder.loss(step, loss)))
  recording.add(trainer.state$.subscribe(state => recorder.state(state)))
  recording.add(
    trainer.milestones$.subscribe({
      next: event => recorder.event(event),
      complete: () => recording.unsubscribe(),
    }),
  )
  return Object.assign(recording, { folder: folder.path })
}

export const RECORD_OPTIONS = ['name', 'author', 'notes', 'tensorboard', 'keep'] as const

/** @throws CheckFailed */
export function checkedRecordOptions(options: RecordOptions) {
  const own = check.options(options, RECORD_OPTIONS)
  const { name, author, notes, tensorboard = false, keep } = own
  if (name !== undefined) check.text({ name })
  if (author !== undefined) check.text({ author })
  if (notes !== undefined) check.text({ notes })
  check.boolean({ tensorboard })
  if (keep !== undefined) check.positiveInteger({ keep })
  return {
    labels: { name: wordsOf(name), author: wordsOf(author), notes: wordsOf(notes) },
    tensorboard,
    keep,
  }
}

/** Blanks alone say nothing. */
const wordsOf = (text = ''): string | null => (text.trim() === '' ? null : text)

function describe(trainer: Trainer): Omit<RunDescription, 'name' | 'author' | 'notes'> {
  const { model, state, data, validation, scheduler, figures } = trainer
  const engine = engineOf(model)
  const { epochs, batchSize, shuffle, seed, metrics, limitBatches, overfitBatches } = settingsOf(trainer)
  return {
    runId: state.runId,
    started: scheduler.now(),
    from: state.step,
    process: thisProcess(),
    environment: environmentOf(engine),
    kernels: engine.kernels.name,
    precision: engine.kernels.precision,
    // Refuses a config that JSON cannot hold.
    graph: JSON.parse(graphToJson(model.graph)),
    parameters: state.parameters,
    seed: engine.seed,
    settings: {
      epochs,
      batchSize,
      shuffle: shuffle ?? null,
      seed,
      metrics: metrics.map(requestFrom),
      limitBatches: limitBatches ?? null,
      overfitBatches: overfitBatches ?? null,
    },
    hyperparameters: state.hyperparameters,
    follows: state.follows,
    data: dataRecord(data),
    validation: validation ? dataRecord(validation) : null,
    figures,
    end: null,
  }
}
