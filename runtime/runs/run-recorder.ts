/** Collects what a run tells of itself, and writes it into the folder of the run twice a second. */
import type { RunFolder } from '#run-folder'
import { sealed } from '#run-folder'
import { attempt, GradstreamError } from '../../core/index.ts'
import type { TrainerEvent } from '../training/events.ts'
import type { RunState, RunStatus } from '../training/run-state.ts'
import type { Trainer } from '../training/trainer.ts'
import { digestJson, LatestEvents, type NamedPoint } from './digest.ts'
import { HISTOGRAMS, jsonFrom, RECORD, type RunDescription, type RunEnd, type RunEvent } from './format.ts'
import { HistogramFile, HistogramMeter } from './histograms.ts'
import { Board } from './tensorboard/board.ts'
import { eventFileName } from './tensorboard/event-file.ts'
import { type Take, Thinned } from './thinned.ts'

/** Milliseconds between two writes. What has not been written is lost where the process is killed. */
const PERIOD = 500
/** Milliseconds between two summaries of a run that goes on. What came since the last one is read from the other files. */
const SUMMARY_PERIOD = 5000
/** The most series, as many as a bridge has. */
const MOST_SERIES = 64
/** The points file is written anew when it has so many bytes more than twice what it needs. */
const SLACK = 2 ** 20
/** The most bytes of events that wait for the disk; further ones are counted. */
const MOST_WAITING = 2 ** 20
/** The most bytes of events. Then the first and the latest stay. */
const MOST_EVENTS = 2 ** 23
const [FIRST_EVENTS, LATEST_EVENTS] = [2 ** 18, 2 ** 22]

/** The series of the loss of each batch. */
export const LOSS = 'loss'

/** A figure over the steps. Where it was not a number is thinned apart, so that both stay. */
interface Series {
  readonly values: Thinned
  readonly gaps: Thinned
  /** The first of the least and of the greatest values of a figure of epochs. */
  readonly extremes: Extreme[] | undefined
}

/** A point that is `sign` times the greatest so far. */
interface Extreme {
  readonly sign: 1 | -1
  step: number
  time: number
  value: number
}

/** The series whose extremes a summary names: the figures of epochs. */
export const FIGURE = 'metrics.'

export class RunRecorder {
  private readonly trainer: Trainer
  private readonly folder: RunFolder
  private readonly description: RunDescription
  private readonly series = new Map<string, Series>()
  private readonly losses: Series
  /** How many names are on the disk. */
  private named = 0
  /** The last value of each hyper-parameter. */
  private readonly numbers = new Map<string, number>()
  private revision: number
  private status: RunStatus
  private waiting: Buffer[] = []
  private waitingBytes = 0
  private leftOut = 0
  private readonly latest = new LatestEvents()
  private readonly meter: HistogramMeter
  private readonly histograms: HistogramFile
  private readonly board: Board | undefined
  /** When it was last written, and the next time that has been asked for. */
  private written = Number.NEGATIVE_INFINITY
  private summarized = Number.NEGATIVE_INFINITY
  private later: { unsubscribe(): void } | undefined
  private isFailing = false
  /** Whether the points on the disk are not those that were given to it. */
  private needsAll = false

  constructor(trainer: Trainer, folder: RunFolder, description: RunDescription, hasBoard = false) {
    this.trainer = trainer
    this.folder = folder
    this.description = description
    const { revision, status } = trainer.state
    this.revision = revision
    this.status = status
    this.losses = this.seriesOf(LOSS) as Series
    if (hasBoard) this.board = new Board(folder.file(eventFileName(description.started)), description.started)
    this.histograms = new HistogramFile(folder.file(HISTOGRAMS), () => this.meter.thin())
    this.meter = new HistogramMeter(trainer, moment => {
      this.histograms.add(moment)
      this.board?.histograms(moment)
    })
    this.meter.still(trainer.state.step, trainer.scheduler.now())
  }

  loss(step: number, loss: number): void {
    const now = this.trainer.scheduler.now()
    addTo(this.losses, step, now, loss)
    this.board?.scalar(LOSS, step, now, loss)
    this.meter.step(step, now)
    this.writeSoon(now)
  }

  event(event: TrainerEvent): void {
    if (event.type === 'step') return
    const { time } = event
    if (event.type === 'epoch') {
      this.epoch(event)
      this.writeSoon(time)
      return
    }
    this.line(event)
    const status = statusAfter(event)
    if (status === undefined) this.writeSoon(time)
    else {
      this.status = status
      if (isEnd(event)) this.last(event.step, time)
      this.write()
      if (isEnd(event)) this.end(event)
    }
  }

  state({ step, epoch, hyperparameters, revision }: RunState): void {
    const time = this.trainer.scheduler.now()
    for (const [node, config] of Object.entries(hyperparameters)) {
      if (typeof config === 'number') continue
      for (const [name, value] of Object.entries(config)) {
        const key = `${node}.${name}`
        if (typeof value !== 'number' || Object.is(value, this.numbers.get(key))) continue
        this.numbers.set(key, value)
        this.point(key, step, time, value)
      }
    }
    if (revision !== this.revision) {
      this.revision = revision
      this.line({ type: 'hyperparameters', time, epoch, step, revision, values: hyperparameters })
    }
    this.writeSoon(time)
  }

  /** Writes what is left. Says so where the run has not ended. */
  close(): void {
    const { scheduler, state } = this.trainer
    if (isLive(this.status)) {
      this.line({ type: 'unrecorded', time: scheduler.now(), epoch: state.epoch, step: state.step })
      this.status = 'stopped'
      this.last(state.step, scheduler.now())
    }
    this.meter.close()
    this.write()
  }

  /** What stands at the end of a run, or of its recording. */
  private last(step: number, time: number): void {
    this.meter.still(step, time)
    this.board?.end()
  }

  private epoch({ step, time, epoch, metrics, samplesPerSecond }: TrainerEvent & { type: 'epoch' }): void {
    for (const [name, value] of Object.entries(metrics)) this.point(`${FIGURE}${name}`, step, time, value)
    this.point('epoch', step, time, epoch)
    this.point('throughput', step, time, samplesPerSecond)
  }

  private point(name: string, step: number, time: number, value: number): void {
    const series = this.seriesOf(name)
    if (!series) return
    addTo(series, step, time, value)
    this.board?.scalar(name, step, time, value)
  }

  private seriesOf(name: string): Series | undefined {
    const known = this.series.get(name)
    if (known || this.series.size === MOST_SERIES) return known
    const series = {
      values: new Thinned(),
      gaps: new Thinned(),
      extremes: name.startsWith(FIGURE) ? [] : undefined,
    }
    this.series.set(name, series)
    return series
  }

  private line(event: RunEvent): void {
    const { type, time, epoch, step } = event
    // A program may send a command that JSON has no words for.
    const text = attempt(() => JSON.stringify(event)) ?? JSON.stringify({ type, time, epoch, step })
    const bytes = Buffer.byteLength(text) + 1
    if (this.waitingBytes + bytes > MOST_WAITING && this.waitingBytes > 0) this.leftOut++
    else this.wait(event, text)
  }

  private wait(event: RunEvent, text: string): void {
    const bytes = Buffer.from(`${text}\n`)
    this.waiting.push(bytes)
    this.waitingBytes += bytes.length
    this.latest.add(event, text, statusAfter(event) !== undefined)
  }

  private writeSoon(now: number): void {
    const wait = this.written + PERIOD - now
    // A single step may take longer than that, so a timer alone would come too late.
    if (wait <= 0) this.write()
    else this.later ??= this.trainer.scheduler.schedule(() => this.write(), wait)
  }

  private write(): void {
    this.later?.unsubscribe()
    this.later = undefined
    const now = this.trainer.scheduler.now()
    this.written = now
    this.attempted(() => {
      if (this.named < this.series.size) {
        this.folder.name([...this.series.keys()])
        this.named = this.series.size
      }
      this.writeEvents()
      this.writePoints(now)
      this.histograms.write()
      this.board?.write()
      this.summarize(now)
      if (!isLive(this.status)) this.folder.close()
      this.isFailing = false
    })
  }

  /** Of all that is on the disk. */
  private summarize(now: number): void {
    if (isLive(this.status) && now - this.summarized < SUMMARY_PERIOD) return
    const { events, series } = this.folder
    const points = [...this.series].flatMap(([name, own]) => pointsOf(name, own))
    const digest = {
      events: { ...events.covered, latest: this.latest.all },
      series: { ...series.covered, points },
    }
    this.folder.summarize(digestJson(digest))
    this.summarized = now
  }

  private end({ type, ...event }: TrainerEvent & { type: RunEnd['status'] }): void {
    const { time, epoch, step } = event
    const { metrics, reason, error } = this.trainer.state
    const end: RunEnd = { status: type, time, epoch, step, metrics, reason, error }
    this.attempted(() => this.folder.describe(jsonFrom({ ...this.description, end })))
  }

  /** The run goes on, and the next write tries again; an alarm tells of it when it begins. */
  private attempted(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!(error instanceof GradstreamError)) throw error
      if (this.isFailing) return
      this.isFailing = true
      this.trainer.alarm({ code: 'RUN_NOT_WRITTEN', message: `recordRun: ${error.message}` })
    }
  }

  private writeEvents(): void {
    const { events } = this.folder
    if (this.leftOut > 0) {
      const { time, epoch, step } = { time: this.written, ...this.trainer.state }
      const gap: RunEvent = { type: 'leftOut', time, epoch, step, count: this.leftOut }
      this.leftOut = 0
      this.wait(gap, JSON.stringify(gap))
    }
    if (this.waiting.length === 0) return
    events.append(Buffer.concat(this.waiting))
    this.waiting = []
    this.waitingBytes = 0
    if (events.size > MOST_EVENTS) events.rewrite(shortened(events.content()))
  }

  private writePoints(now: number): void {
    const { folder, series } = this
    const file = folder.series
    let most = 0
    for (const { values, gaps } of series.values()) most += RECORD * (values.size + gaps.size)
    const isWhole = this.needsAll || file.size > SLACK + 2 * most
    const records: number[] = []
    let number = 0
    const take: Take = (step, time, value) => records.push(number, step, time, value)
    for (const { values, gaps } of series.values()) {
      for (const points of [values, gaps]) {
        if (isWhole) points.all(take)
        points.news(isWhole ? () => undefined : take)
      }
      number++
    }
    if (records.length === 0) return
    this.needsAll = true
    const bytes = sealed(records, now)
    if (isWhole) file.rewrite(bytes)
    else file.append(bytes)
    this.needsAll = false
  }
}

function addTo({ values, gaps, extremes }: Series, step: number, time: number, value: number): void {
  if (Number.isNaN(value)) {
    gaps.add(step, time, value)
    return
  }
  values.add(step, time, value)
  if (extremes?.length === 0) for (const sign of [1, -1] as const) extremes.push({ sign, step, time, value })
  for (const extreme of extremes ?? [])
    if (extreme.sign * value > extreme.sign * extreme.value) Object.assign(extreme, { step, time, value })
}

/** Those that a summary is made of. */
function pointsOf(name: string, { values, gaps, extremes = [] }: Series): NamedPoint[] {
  const points: NamedPoint[] = extremes.map(({ step, time, value }) => [name, step, time, value])
  const take: Take = (step, time, value) => points.push([name, step, time, value])
  values.latest(take)
  gaps.latest(take)
  return points
}

/** The status of a run after an event; undefined if it stays. */
export function statusAfter({ type }: { readonly type: string }): RunStatus | undefined {
  if (type === 'started' || type === 'resumed') return 'running'
  return STATUSES.find(status => status === type)
}

const STATUSES = ['paused', 'stopped', 'finished', 'failed'] as const

const isEnd = (event: TrainerEvent): event is TrainerEvent & { type: RunEnd['status'] } =>
  event.type === 'stopped' || event.type === 'finished' || event.type === 'failed'

const isLive = (status: RunStatus) => status === 'running' || status === 'paused'

/** The first and the latest lines, and between them how many are left out, with the last one that says what the status is. */
function shortened(content: Buffer): Buffer {
  const start = content.lastIndexOf('\n', FIRST_EVENTS) + 1
  const end = content.indexOf('\n', content.length - LATEST_EVENTS) + 1
  const events = content
    .toString('utf8', start, end)
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as RunEvent)
  const last = events.at(-1) as RunEvent
  const { time, epoch, step } = last
  const before = events.reduce((sum, event) => sum + (event.type === 'leftOut' ? event.count : 1), 0)
  const status = events.findLast(event => statusAfter(event) !== undefined)
  const gap: RunEvent = { type: 'leftOut', time, epoch, step, count: before - (status ? 1 : 0) }
  const between = [gap, ...(status ? [status] : [])].map(event => `${JSON.stringify(event)}\n`)
  return Buffer.concat([content.subarray(0, start), Buffer.from(between.join('')), content.subarray(end)])
}
