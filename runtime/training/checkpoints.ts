/** Writes checkpoints of a run while it goes on. */
import { commitFolder, foldersIn, removeFolder } from '#folder'
import { attempt, directionOf, GradstreamError, graphToJson, show } from '../../core/index.ts'
import type { Files } from '../checkpoint/manifest.ts'
import { filesOf } from '../checkpoint/save-model.ts'
import { MODEL, TENSORS } from '../checkpoint/saved-model.ts'
import type { Model } from '../engine/model.ts'
import {
  type CheckpointSettings,
  checkpointsIn,
  isBestName,
  isLeft,
  nameOf,
  numbered,
  numberIn,
} from './checkpoint-options.ts'
import type { Metrics } from './events.ts'
import type { Publisher } from './publisher.ts'
import type { Transition } from './run.ts'
import { type BestFigure, RUN, type RunRecord, textFrom } from './run-record.ts'
import { beforeSignal } from './signals.ts'

/** A checkpoint that is not on the disk yet. */
interface Pending {
  readonly files: Files
  readonly path: string
  readonly best: BestFigure | undefined
  /** Takes the promise of its folder: its own, and those of the checkpoints that it took the place of. */
  readonly resolves: readonly ((written: Promise<string>) => void)[]
}

export interface CheckpointParts {
  readonly model: Model
  readonly publisher: Publisher
  /** Pauses the run and writes a checkpoint, since the process is to end. */
  readonly lastly: () => Promise<unknown>
  /** Whether all epochs are done. */
  readonly isOver: () => boolean
  /** The best figure of a run that continues. */
  readonly best: BestFigure | undefined
  /** Tells what went wrong. */
  readonly warn: (error: GradstreamError) => void
  /** What to write beside the model. */
  readonly record: (best: BestFigure | undefined) => Omit<RunRecord, 'version'>
}

/**
 * Copies are made between two steps, which is all that a run waits for. One checkpoint is written at a time; of those that wait meanwhile, the
 * latest is written next, and before it the best.
 */
export class Checkpoints {
  private readonly settings: CheckpointSettings | undefined
  private readonly parts: CheckpointParts
  /** The number of the latest one. */
  private count = 0
  private lastTime = 0
  /** The best figure of which a checkpoint is on the disk, or on its way. */
  private best: BestFigure | undefined
  /** The best figure of which a checkpoint is on the disk. */
  private bestWritten: BestFigure | undefined
  private waiting: readonly Pending[] = []
  /** Resolves when nothing is waiting any more. */
  private work: Promise<void> | undefined
  private isFailing = false
  /** Memory for the next copy: to get so much anew takes longer than to fill it. */
  private spare: Uint8Array<ArrayBuffer> | undefined
  /** Leaves signals to others, while a run is under way. */
  private release: (() => void) | undefined

  constructor(settings: CheckpointSettings | undefined, parts: CheckpointParts) {
    this.settings = settings
    this.parts = parts
    if (settings === undefined) return
    // A config that JSON cannot hold is refused now, and not at the first checkpoint.
    graphToJson(parts.model.graph)
    this.count = Math.max(0, ...foldersIn(settings.directory).map(numberIn))
    this.lastTime = parts.publisher.at().time
    this.list()
    if (parts.best?.monitor === settings.best) this.best = this.bestWritten = parts.best
  }

  /** Signals end a process as usual while no run is under way. What was done before a run is stopped is not lost. */
  runIs(transition: Transition, isDisposed: boolean): void {
    const isUnderWay = transition === 'started' || transition === 'resumed' || transition === 'paused'
    if (isUnderWay && this.settings?.onSignal) this.release ??= beforeSignal(this.parts.lastly)
    if (isUnderWay) return
    this.release?.()
    this.release = undefined
    if (transition === 'stopped' && !isDisposed && this.settings) this.writeSoon('checkpoint')
  }

  stepDone(): void {
    if (this.settings === undefined) return
    const { everySteps, everySeconds } = this.settings
    if (everySteps === undefined && everySeconds === undefined) return
    const { step, time } = this.parts.publisher.at()
    const isDue = everySteps !== undefined && step % everySteps === 0
    const isTime = everySeconds !== undefined && time - this.lastTime >= 1000 * everySeconds
    if (isDue || isTime) this.writeSoon('checkpoint')
  }

  epochDone(epoch: number, figures: Metrics): void {
    if (this.settings === undefined) return
    const { everyEpochs } = this.settings
    const isDue = everyEpochs !== undefined && epoch % everyEpochs === 0
    const best = this.betterFigure(epoch, figures)
    // At the end of a run, what came after the latest one is not lost.
    if (best || isDue || this.parts.isOver()) this.writeSoon('checkpoint', best)
  }

  private betterFigure(epoch: number, figures: Metrics): BestFigure | undefined {
    const { best: monitor, mode } = this.settings as CheckpointSettings
    if (monitor === undefined) return undefined
    const figure = figures[monitor] ?? Number.NaN
    const sign = directionOf(monitor, mode) === 'min' ? 1 : -1
    const isBetter = this.best === undefined ? !Number.isNaN(figure) : sign * figure < sign * this.best.figure
    return isBetter ? { monitor, epoch, figure } : undefined
  }

  /** Writes one; an alarm tells of a failure. @throws GradstreamError `NOT_AVAILABLE` */
  writeSoon(place: string, best?: BestFigure): void {
    this.write(place, best).catch(() => undefined)
  }

  /**
   * Copies everything now. Resolves with the folder when it, or a later one, is on the disk.
   *
   * @throws GradstreamError `NOT_AVAILABLE` where the trainer keeps no checkpoints; as a rejection, `FILE_NOT_WRITTEN`
   */
  write(place: string, best?: BestFigure): Promise<string> {
    const { settings, parts } = this
    if (settings === undefined) {
      throw new GradstreamError('NOT_AVAILABLE', {
        place,
        expected: 'a trainer that keeps checkpoints',
        got: 'one that does not',
        hint: "Say where: createTrainer(model, { data, checkpoints: { directory: 'checkpoints/' } }).",
      })
    }
    let files: Files
    try {
      const text = new TextEncoder().encode(textFrom(parts.record(best)))
      files = new Map([...filesOf(parts.model, bytes => this.lend(bytes)), [RUN, text] as const])
    } catch (thrown) {
      // Perhaps there is not enough memory for a copy.
      return Promise.reject(this.failed(thrown))
    }
    const path = `${settings.directory}/${nameOf(++this.count, best !== undefined)}`
    this.lastTime = parts.publisher.at().time
    if (best) this.best = best
    return new Promise(resolve => {
      const replaced = this.waiting.filter(other => best !== undefined || other.best === undefined)
      const resolves = [...replaced.flatMap(other => other.resolves), resolve]
      this.waiting = [
        ...this.waiting.filter(other => !replaced.includes(other)),
        { files, path, best, resolves },
      ]
      this.work ??= this.writeWaiting()
    })
  }

  private lend(bytes: number): Uint8Array<ArrayBuffer> {
    const { spare } = this
    this.spare = undefined
    return spare?.length === bytes ? spare : new Uint8Array(bytes)
  }

  /** The end of a run, when nothing is being written any more. */
  after<State>(end: Promise<State>): Promise<State> {
    if (this.settings === undefined) return end
    return end.finally(async () => {
      while (this.work) await this.work
      this.spare = undefined
    })
  }

  private async writeWaiting(): Promise<void> {
    for (let next = this.waiting[0]; next; next = this.waiting[0]) {
      this.waiting = this.waiting.slice(1)
      const written = this.commit(next)
      for (const resolve of next.resolves) resolve(written)
      await written.then(
        () => this.removeOld().catch(() => undefined),
        () => undefined,
      )
      this.spare = next.files.get(TENSORS) as Uint8Array<ArrayBuffer>
    }
    this.work = undefined
  }

  private async commit({ files, path, best }: Pending): Promise<string> {
    const { publisher } = this.parts
    try {
      await commitFolder(path, MODEL, files)
    } catch (thrown) {
      if (best !== undefined && this.best === best) this.best = this.bestWritten
      throw this.failed(thrown)
    }
    this.isFailing = false
    if (best) this.bestWritten = best
    this.list()
    publisher.event({ type: 'checkpoint', ...publisher.at(), path })
    return path
  }

  /** The run goes on, and the next one tries again; an alarm tells of it when it begins. */
  private failed(thrown: unknown): GradstreamError {
    const error =
      thrown instanceof GradstreamError
        ? thrown
        : new GradstreamError('FILE_NOT_WRITTEN', {
            place: 'checkpoint',
            expected: 'a run that can be copied',
            got: show(thrown),
            hint: 'See the cause.',
            cause: thrown,
          })
    if (!this.isFailing) this.parts.warn(error)
    this.isFailing = true
    return error
  }

  /** Tells which there are. */
  private list(): void {
    const { directory } = this.settings as CheckpointSettings
    const names = attempt(() => checkpointsIn(directory).reverse())
    if (names === undefined) return
    this.parts.publisher.change(state => {
      state.checkpoints = names
    })
  }

  /** All but the latest ones and the best, and what a process left that was killed while it wrote. */
  private async removeOld(): Promise<void> {
    const { directory, keep } = this.settings as CheckpointSettings
    const all = foldersIn(directory)
    const names = numbered(all)
    const best = names.find(isBestName)
    const old = names.slice(keep).filter(name => name !== best)
    for (const name of [...old, ...all.filter(isLeft)]) await removeFolder(`${directory}/${name}`)
    if (old.length > 0) this.list()
  }
}
