/** A recorded run as it is read from its files. Whatever they hold, the answer is a run or a `GradstreamError`. */
import { checksum, isAlive, recordsIn, sealed } from '#run-folder'
import { attempt, GradstreamError, isRecord, recordOf, show } from '../../core/index.ts'
import type { Metrics } from '../training/events.ts'
import type { RunState, RunStatus } from '../training/run-state.ts'
import type { Digest } from './digest.ts'
import {
  COLUMNS,
  EVENTS,
  FORMAT,
  HISTOGRAMS,
  NAMES,
  RECORD,
  RUN,
  type RunDescription,
  type RunEvent,
  SEAL,
  SERIES,
  SUMMARY,
  VERSION,
} from './format.ts'
import { histogramsIn, type RunHistograms } from './histograms.ts'
import { FIGURE, LOSS, statusAfter } from './run-recorder.ts'

/** A figure over the steps: in the order of the steps, all points or the extremes of parts. NaN where it was not a number. */
export interface RunSeries {
  readonly steps: Float64Array
  /** Milliseconds since 1970. */
  readonly times: Float64Array
  readonly values: Float64Array
}

/** What the files of other programs do not say of a run. */
type Untold = 'environment' | 'kernels' | 'precision' | 'graph' | 'parameters' | 'seed' | 'settings' | 'data'

type Described = Omit<RunDescription, 'process' | 'end' | 'hyperparameters' | Untold> & {
  readonly [Field in Untold]: RunDescription[Field] | null
}

/** What a list of runs says about one of them. What a run of another program does not tell is `null`. */
export interface RunSummary extends Described {
  /** What wrote it: `recordRun`, a program that writes for TensorBoard, or one that writes a table. */
  readonly source: 'gradstream' | 'tensorboard' | 'csv'
  /** The folder of the run, or its table. */
  readonly folder: string
  /** `'interrupted'` if its process is gone, or gave up the recording, before it came to an end; `'unknown'` for another program's. */
  readonly status: RunStatus | 'interrupted' | 'unknown'
  /** The time of the latest that is known of it, in milliseconds since 1970. */
  readonly updated: number
  readonly epoch: number
  readonly step: number
  /** The latest of them. */
  readonly hyperparameters: RunState['hyperparameters']
  /** The latest figures of an epoch, and the loss of the latest batch as `batchLoss`. */
  readonly metrics: Metrics
  /** The lowest and the highest value of each figure of an epoch, with the step. */
  readonly extremes: Readonly<Record<string, Extremes>>
  /** Why it was stopped; `null` where no reason was given. */
  readonly reason: string | null
  readonly error: { readonly code: string; readonly message: string } | null
}

export interface Extremes {
  readonly lowest: { readonly step: number; readonly value: number }
  readonly highest: { readonly step: number; readonly value: number }
}

/** A recorded run. */
export interface StoredRun extends RunSummary {
  /** What happened, in order. */
  readonly events: readonly RunEvent[]
  /** By name: `loss` of each batch, `metrics.validationLoss` and the other figures of epochs, `throughput`, `epoch`, `sgd1.learningRate`. */
  readonly series: ReadonlyMap<string, RunSeries>
  /** Of the parameters and their gradients, at the beginning, every five seconds or more rarely, and at the end. */
  readonly histograms: readonly RunHistograms[]
}

export interface RunList {
  /** The latest first. */
  readonly runs: readonly RunSummary[]
  /** Folders with files of a run, and other files, that cannot be read, and why. */
  readonly broken: readonly { readonly folder: string; readonly error: GradstreamError }[]
}

const EMPTY = new Uint8Array()

/** @throws GradstreamError `BAD_FILE` */
export function storedRun(folder: string, files: ReadonlyMap<string, Uint8Array>): StoredRun {
  const content = (name: string) => files.get(name) ?? EMPTY
  const failed = failedIn(folder)
  if (!files.has(RUN)) {
    const hint = 'Pass the folder of one run; listRuns() gives those in a directory.'
    throw failed(RUN, 'the file that every recorded run has', 'none', files.size === 0 ? hint : undefined)
  }
  const description = descriptionFrom(content(RUN), failed)
  const events = eventsFrom(content(EVENTS), failed)
  const series = seriesFrom(content(SERIES), namesFrom(content(NAMES), failed), failed)
  const histograms = linesOf(HISTOGRAMS, content(HISTOGRAMS), histogramsIn, 'histograms', failed)
  return { ...summarized(folder, description, events, series), events, series, histograms }
}

/**
 * The summary of a run by the few events and points that a digest has, and those that came since: the ends of the files.
 *
 * @throws GradstreamError `BAD_FILE`
 */
export function shortSummary(
  folder: string,
  { events, series }: Digest,
  files: ReadonlyMap<string, Uint8Array>,
): RunSummary {
  const content = (name: string) => files.get(name) ?? EMPTY
  const failed = failedIn(folder)
  if (!events.latest.every(isEvent)) throw failed(SUMMARY, 'events', 'something else')
  const names = namesFrom(content(NAMES), failed)
  const records = series.points.flatMap(([name, ...point]) => [names.indexOf(name), ...point])
  const points = Buffer.concat([sealed(records, 0), content(SERIES)])
  return summarized(
    folder,
    descriptionFrom(content(RUN), failed),
    [...events.latest, ...eventsFrom(content(EVENTS), failed)],
    seriesFrom(points, names, failed),
  )
}

function summarized(
  folder: string,
  { process, end, ...description }: RunDescription,
  events: readonly RunEvent[],
  series: ReadonlyMap<string, RunSeries>,
): RunSummary {
  const told = events.reduce<RunStatus>((status, event) => statusAfter(event) ?? status, 'idle')
  const isLive = told !== 'stopped' && told !== 'finished' && told !== 'failed'
  const isGone = isAlive(process) === false || events.at(-1)?.type === 'unrecorded'
  const figures = [...series].filter(([name]) => name.startsWith(FIGURE))
  const loss = lastOf(series.get(LOSS))
  const metrics: [string, number][] = figures.flatMap(([name, own]) => {
    const last = lastOf(own)
    return last === undefined ? [] : [[name.slice(FIGURE.length), last.value]]
  })
  if (loss) metrics.push(['batchLoss', loss.value])
  const points = [...series.values()].flatMap(own => lastOf(own) ?? [])
  const latest = [...events, ...points]
  const values = events.findLast(event => event.type === 'hyperparameters')?.values
  return {
    ...description,
    source: 'gradstream',
    folder,
    status: isLive && isGone ? 'interrupted' : told,
    updated: latest.reduce((most, { time }) => Math.max(most, time), description.started),
    epoch: Math.max(lastOf(series.get('epoch'))?.value ?? 0, ...events.slice(-1).map(({ epoch }) => epoch)),
    step: latest.reduce((most, { step }) => Math.max(most, step), description.from),
    hyperparameters: values ?? description.hyperparameters,
    metrics: recordOf(metrics),
    extremes: recordOf(figures.flatMap(([name, own]) => extremesOf(name.slice(FIGURE.length), own))),
    reason: isLive ? null : (end?.reason ?? null),
    error: told === 'failed' ? (end?.error ?? null) : null,
  }
}

/** A summary of a run, without what is large. */
export function summaryOf({ events: _, series: __, histograms: ___, ...summary }: StoredRun): RunSummary {
  return summary
}

type Failed = (file: string, expected: string, got: string, hint?: string) => GradstreamError

const failedIn =
  (folder: string): Failed =>
  (file, expected, got, hint) =>
    new GradstreamError('BAD_FILE', { place: `${folder}: ${file}`, expected, got, ...(hint && { hint }) })

function jsonIn(bytes: Uint8Array): unknown {
  return attempt(() => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
}

/** The types of the fields that are relied on. The graph and the settings are what the run had, and are shown as they are. */
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  runId: isText,
  name: value => value === null || isText(value),
  author: value => value === null || isText(value),
  notes: value => value === null || isText(value),
  started: Number.isFinite,
  from: isCount,
  process: value => isRecord(value) && isCount(value.id) && value.id !== 0 && isText(value.host),
  environment: isText,
  kernels: isText,
  precision: isText,
  graph: value => isRecord(value) && Array.isArray(value.nodes),
  parameters: isCount,
  seed: Number.isFinite,
  settings: value => isRecord(value) && isCount(value.epochs) && isCount(value.batchSize),
  hyperparameters: isRecord,
  follows: isRecord,
  data: isRecord,
  validation: value => value === null || isRecord(value),
  figures: value => Array.isArray(value) && value.every(isText),
  end: value => value === null || (isRecord(value) && isRecord(value.metrics) && isReason(value)),
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

const isReason = ({ reason, error }: Record<string, unknown>) =>
  (reason === null || isText(reason)) &&
  (error === null || (isRecord(error) && isText(error.code) && isText(error.message)))

function descriptionFrom(bytes: Uint8Array, failed: Failed): RunDescription {
  const found = jsonIn(bytes)
  if (!isRecord(found) || found.format !== FORMAT) {
    const got = isRecord(found) ? show(found.format) : 'a damaged one'
    throw failed(RUN, `the description of a ${FORMAT}`, got)
  }
  if (found.version !== VERSION) throw newer(RUN, found.version, failed)
  for (const [name, isRight] of Object.entries(FIELDS)) {
    if (!isRight(found[name])) throw failed(RUN, `${name} as it was written`, show(found[name]))
  }
  const fields = Object.keys(FIELDS).map(name => [name, found[name]] as const)
  return Object.fromEntries(fields) as unknown as RunDescription
}

const newer = (file: string, version: unknown, failed: Failed) =>
  failed(
    file,
    `version ${VERSION}`,
    show(version),
    'Read it with the version of gradstream that wrote it, or a newer one.',
  )

const eventsFrom = (bytes: Uint8Array, failed: Failed): RunEvent[] =>
  linesOf(EVENTS, bytes, eventIn, 'an event', failed)

/** Whole lines; what follows the last one was being written. */
function linesOf<T>(
  file: string,
  bytes: Uint8Array,
  read: (line: string) => T | undefined,
  expected: string,
  failed: Failed,
): T[] {
  const whole = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1)
  const text = attempt(() => new TextDecoder('utf-8', { fatal: true }).decode(whole))
  if (text === undefined) throw failed(file, 'UTF-8', 'other bytes')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, i) => {
      const found = read(line)
      if (found !== undefined) return found
      throw failed(file, `${expected} in line ${i + 1}`, show(line))
    })
}

function eventIn(line: string): RunEvent | undefined {
  const event = attempt(() => JSON.parse(line))
  return isEvent(event) ? event : undefined
}

const isEvent = (event: unknown): event is RunEvent => isRecord(event) && hasFields(event)

const hasFields = ({ type, time, epoch, step, values, count }: Record<string, unknown>) =>
  isText(type) &&
  Number.isFinite(time) &&
  isCount(epoch) &&
  isCount(step) &&
  (type !== 'hyperparameters' || isRecord(values)) &&
  (type !== 'leftOut' || isCount(count))

function namesFrom(bytes: Uint8Array, failed: Failed): string[] {
  const found = jsonIn(bytes)
  if (!isRecord(found) || found.format !== `${FORMAT}-series`)
    throw failed(NAMES, 'the names of the series', bytes.length === 0 ? 'nothing' : 'something else')
  if (found.version !== VERSION) throw newer(NAMES, found.version, failed)
  const { names, columns } = found
  const isRight = Array.isArray(names) && names.every(isText) && new Set(names).size === names.length
  if (!isRight) throw failed(NAMES, 'different names', show(names))
  if (String(columns) !== String(COLUMNS)) throw failed(NAMES, `columns ${COLUMNS}`, show(columns))
  return names as string[]
}

/** Batches as far as they are closed; what follows the last seal was being written. */
function seriesFrom(bytes: Uint8Array, names: readonly string[], failed: Failed): Map<string, RunSeries> {
  const records = recordsIn(bytes)
  const count = records.length / WIDTH
  const at = (record: number, column: number) => records[WIDTH * record + column] as number
  const damaged = (record: number, got: string) =>
    failed(SERIES, `what was written at byte ${RECORD * record}`, got)
  const counts = new Uint32Array(names.length)
  let whole = 0
  for (let seal = 0; seal < count; seal++) {
    if (at(seal, 0) !== SEAL) continue
    const batch = bytes.subarray(RECORD * whole, RECORD * (seal + 1) - 8)
    if (at(seal, 1) !== seal - whole || at(seal, 3) !== checksum(batch))
      throw damaged(whole, 'other bytes, by their CRC-32')
    for (let i = whole; i < seal; i++) {
      const series = at(i, 0)
      if (!isCount(series) || series >= names.length) throw damaged(i, `series ${series} of ${names.length}`)
      if (!isCount(at(i, 1)) || !Number.isFinite(at(i, 2)))
        throw damaged(i, `step ${at(i, 1)}, time ${at(i, 2)}`)
      counts[series] = (counts[series] as number) + 1
    }
    whole = seal + 1
  }
  const points = names.map((_, i) => new Points(counts[i] as number))
  let moves = MOVES * whole
  for (let i = 0; i < whole; i++) {
    moves -= points[at(i, 0)]?.add(at(i, 1), at(i, 2), at(i, 3)) ?? 0
    if (moves < 0) throw damaged(i, 'points in another order')
  }
  return new Map(names.map((name, i) => [name, (points[i] as Points).distinct()]))
}

const WIDTH = COLUMNS.length

interface Point {
  readonly step: number
  readonly time: number
  readonly value: number
}

/** How many places each record is moved at most, on average. What is told twice comes late, at the end of its part. */
const MOVES = 32

/** Points by their steps and times. They come nearly in order. */
class Points implements RunSeries {
  readonly steps: Float64Array
  readonly times: Float64Array
  readonly values: Float64Array
  private count = 0

  constructor(most: number) {
    this.steps = new Float64Array(most)
    this.times = new Float64Array(most)
    this.values = new Float64Array(most)
  }

  /** Returns how many places it was moved. */
  add(step: number, time: number, value: number): number {
    const { steps, times, values } = this
    let place = this.count
    for (; place > 0; place--) {
      const before = steps[place - 1] as number
      if (before < step || (before === step && (times[place - 1] as number) <= time)) break
      steps[place] = before
      times[place] = times[place - 1] as number
      values[place] = values[place - 1] as number
    }
    steps[place] = step
    times[place] = time
    values[place] = value
    return this.count++ - place
  }

  /** Each once. */
  distinct(): RunSeries {
    const { steps, times, values } = this
    let kept = 0
    for (let i = 0; i < this.count; i++) {
      const isAgain =
        kept > 0 &&
        steps[i] === steps[kept - 1] &&
        times[i] === times[kept - 1] &&
        Object.is(values[i], values[kept - 1])
      if (isAgain) continue
      steps[kept] = steps[i] as number
      times[kept] = times[i] as number
      values[kept++] = values[i] as number
    }
    return { steps: steps.slice(0, kept), times: times.slice(0, kept), values: values.slice(0, kept) }
  }
}

/** The latest point. */
export function lastOf(series: RunSeries | undefined): Point | undefined {
  const i = (series?.steps.length ?? 0) - 1
  if (!series || i < 0) return undefined
  return {
    step: series.steps[i] as number,
    time: series.times[i] as number,
    value: series.values[i] as number,
  }
}

/** The first of the lowest and of the highest values, under a name; nothing if there are none. */
export function extremesOf(name: string, { steps, values }: RunSeries): [string, Extremes][] {
  const first = values.findIndex(value => !Number.isNaN(value))
  if (first < 0) return []
  let [lowest, highest] = [first, first]
  for (let i = first; i < values.length; i++) {
    if ((values[i] as number) < (values[lowest] as number)) lowest = i
    if ((values[i] as number) > (values[highest] as number)) highest = i
  }
  const at = (i: number) => ({ step: steps[i] as number, value: values[i] as number })
  return [[name, { lowest: at(lowest), highest: at(highest) }]]
}
