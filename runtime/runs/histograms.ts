/** Histograms of the parameters of a run and of their gradients: measured now and then, kept in bounded number. */
import type { Subscription } from 'rxjs'
import { attempt, isRecord, type Kernels, recordOf, type Tensor } from '../../core/index.ts'
import { engineOf } from '../engine/model.ts'
import type { Trainer } from '../training/trainer.ts'

/** How the entries of a tensor are spread: so many in each of 32 equal parts of the way from the minimum to the maximum. */
export interface RunHistogram {
  readonly minimum: number
  readonly maximum: number
  readonly mean: number
  readonly standardDeviation: number
  /** How many entries are NaN or infinite. They are in no part. */
  readonly nonFinite: number
  /** From the lowest part to the highest. Of a tensor with more than 262,144 entries, evenly spaced ones are counted. */
  readonly counts: readonly number[]
}

/** The histograms of a moment of a run. */
export interface RunHistograms {
  readonly time: number
  readonly epoch: number
  /** The number of steps done. */
  readonly step: number
  /** By parameter, such as `dense1.kernel`: its values behind that step. */
  readonly values: Readonly<Record<string, RunHistogram>>
  /** By parameter: its gradient in that step, where an optimizer trains it. None at the beginning and at the end of a run. */
  readonly gradients: Readonly<Record<string, RunHistogram>>
}

/** The file that they are written to. */
export interface GrowingFile {
  append(bytes: Uint8Array): void
  /** Takes the place of all that is there. */
  rewrite(bytes: Uint8Array): void
}

export const BINS = 32
/** The most entries of a tensor that are counted. */
const MOST_ENTRIES = 2 ** 18
/** The most parameters: the first of the graph. */
const MOST_PARAMETERS = 64
/** The most moments. Then every other one goes, and the next ones are twice as far apart. */
const MOST_MOMENTS = 128
/** Milliseconds between two moments. */
const PERIOD = 5000
/** Measuring takes so small a part of the time at most. */
const SHARE = 1 / 200

export function histogramOf(tensor: Tensor, kernels: Kernels): RunHistogram {
  const { minimum, maximum, mean, standardDeviation, nonFinite } = kernels.statistics(tensor)
  const counts = new Array<number>(BINS).fill(0)
  const { data } = tensor
  const width = (maximum - minimum) / BINS || 1
  const stride = Math.ceil(data.length / MOST_ENTRIES) || 1
  for (let i = 0; i < data.length; i += stride) {
    const value = data[i] as number
    if (!Number.isFinite(value)) continue
    const bin = Math.min(Math.floor((value - minimum) / width), BINS - 1)
    counts[bin] = (counts[bin] as number) + 1
  }
  return { minimum, maximum, mean, standardDeviation, nonFinite, counts }
}

/** Measures a run now and then. */
export class HistogramMeter {
  private readonly trainer: Trainer
  private readonly take: (moment: RunHistograms) => void
  /** How much rarer moments have become. */
  private rarer = 1
  private next = 0
  private gradients: Map<string, RunHistogram> | undefined
  private taps: Subscription[] = []
  /** Milliseconds that the last moment took, whose gradients were looked at. */
  private cost = 0
  private measured = -1

  constructor(trainer: Trainer, take: (moment: RunHistograms) => void) {
    this.trainer = trainer
    this.take = take
  }

  /** Behind a step. Where it is time, the gradients of the next one are looked at. */
  step(step: number, time: number): void {
    if (this.gradients !== undefined) this.moment(step, time)
    else if (time >= this.next) this.tap()
  }

  /** The parameters as they are, at the beginning of a run and at its end. */
  still(step: number, time: number): void {
    if (step !== this.measured && !engineOf(this.trainer.model).isDisposed) this.moment(step, time)
  }

  /** From now on, moments are twice as far apart. */
  thin(): void {
    this.rarer *= 2
  }

  close(): void {
    for (const tap of this.taps) tap.unsubscribe()
    this.taps = []
    this.gradients = undefined
  }

  private tap(): void {
    const start = performance.now()
    const { kernels, trained } = engineOf(this.trainer.model)
    const gradients = new Map<string, RunHistogram>()
    this.gradients = gradients
    this.taps = firstOf(trained.filter(({ frozen }) => !frozen)).map(({ key, gradient }) =>
      // It is lent while it is told.
      gradient.stream$.subscribe(({ tensor }) => {
        const began = performance.now()
        gradients.set(key, histogramOf(tensor, kernels))
        this.cost += performance.now() - began
      }),
    )
    this.cost = performance.now() - start
  }

  private moment(step: number, time: number): void {
    const start = performance.now()
    const { model, state } = this.trainer
    const { kernels, parameters } = engineOf(model)
    const gradients = this.gradients
    this.close()
    const values = recordOf(
      firstOf([...parameters.values()]).map(({ key, value }) => [key, histogramOf(value, kernels)] as const),
    )
    this.measured = step
    this.take({ time, epoch: state.epoch, step, values, gradients: recordOf(gradients) })
    if (gradients === undefined) return
    this.cost += performance.now() - start
    this.next = time + this.rarer * Math.max(PERIOD, this.cost / SHARE)
  }
}

const firstOf = <T>(parameters: readonly T[]): T[] => parameters.slice(0, MOST_PARAMETERS)

/** The moments of a run as lines of `histograms.jsonl`. */
export class HistogramFile {
  private readonly file: GrowingFile
  private readonly thin: () => void
  private lines: Uint8Array[] = []
  /** How many of them are on the disk, from the first on. */
  private written = 0
  private needsAll = false

  /** `thin` is called when every other line has gone. */
  constructor(file: GrowingFile, thin: () => void) {
    this.file = file
    this.thin = thin
  }

  add(moment: RunHistograms): void {
    this.lines.push(new TextEncoder().encode(`${JSON.stringify(moment)}\n`))
    if (this.lines.length < MOST_MOMENTS) return
    this.lines = this.lines.filter((_, i) => i % 2 === 0)
    this.needsAll = true
    this.thin()
  }

  /** @throws GradstreamError `FILE_NOT_WRITTEN`: the next call writes it all */
  write(): void {
    const { file, lines, written, needsAll } = this
    if (needsAll) file.rewrite(Buffer.concat(lines))
    else if (lines.length > written) file.append(Buffer.concat(lines.slice(written)))
    this.written = lines.length
    this.needsAll = false
  }
}

/** What a line of `histograms.jsonl` says; undefined if it is none. JSON has no numbers that are not finite: they are NaN again. */
export function histogramsIn(line: string): RunHistograms | undefined {
  const found: unknown = attempt(() => JSON.parse(line))
  if (!isRecord(found)) return undefined
  const { time, epoch, step, values, gradients } = found
  const [own, others] = [recordIn(values), recordIn(gradients)]
  const isMoment = Number.isFinite(time) && [epoch, step].every(isCount)
  if (!isMoment || own === undefined || others === undefined) return undefined
  return {
    time: time as number,
    epoch: epoch as number,
    step: step as number,
    values: own,
    gradients: others,
  }
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0

function recordIn(found: unknown): Record<string, RunHistogram> | undefined {
  if (!isRecord(found)) return undefined
  const entries = Object.entries(found).map(([name, own]) => [name, histogramIn(own)] as const)
  return entries.some(([, own]) => own === undefined)
    ? undefined
    : recordOf(entries as [string, RunHistogram][])
}

function histogramIn(found: unknown): RunHistogram | undefined {
  if (!isRecord(found)) return undefined
  const { minimum, maximum, mean, standardDeviation, nonFinite, counts } = found
  const numbers = [minimum, maximum, mean, standardDeviation]
  const isRight =
    numbers.every(number => number === null || typeof number === 'number') &&
    isCount(nonFinite) &&
    Array.isArray(counts) &&
    counts.length === BINS &&
    counts.every(isCount)
  if (!isRight) return undefined
  const [least, most, middle, spread] = numbers.map(number => (number ?? Number.NaN) as number)
  return {
    minimum: least as number,
    maximum: most as number,
    mean: middle as number,
    standardDeviation: spread as number,
    nonFinite: nonFinite as number,
    counts,
  }
}
