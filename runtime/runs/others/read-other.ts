/** A run of another program, as `readRun` gives it: what such files do not say is `null`. */
import { contentOf, type OtherRun } from '#run-folder'
import { recordOf } from '../../../core/index.ts'
import { extremesOf, lastOf, type StoredRun } from '../stored-run.ts'
import { tableIn } from './csv-points.ts'
import { scalarsIn } from './event-points.ts'
import { MOST_SERIES, OtherSeries, tooMany } from './other-series.ts'

/**
 * One run, or of a table as many as its column `run` names.
 *
 * @throws GradstreamError (as a rejection) `BAD_FILE`, `FILE_NOT_READ`, and for tables `CSV_INVALID`, `ENCODING_INVALID`, `DATA_AMBIGUOUS`
 */
export async function otherRuns({ source, path, files }: OtherRun): Promise<StoredRun[]> {
  if (source === 'tensorboard') return [runOf(source, path, path, await fromEventFiles(files))]
  const { bytes, written } = await contentOf(path)
  const table = tableIn(bytes, path, written)
  return Array.from(table, ([run, series]) => {
    const folder = table.size > 1 ? `${path}#${run}` : path
    return runOf(source, folder, run === '' ? path : run, { series, written })
  })
}

function runOf(source: OtherRun['source'], folder: string, name: string, own: Points): StoredRun {
  const series = new Map(Array.from(own.series, ([name, points]) => [name, points.series] as const))
  const points = [...series].flatMap(([name, points]) => {
    const last = lastOf(points)
    return last === undefined ? [] : [[name, last] as const]
  })
  const highest = (values: Float64Array = new Float64Array()) =>
    values.reduce((most, value) => Math.max(most, value), -Infinity)
  const all = [...series.values()]
  const started = all.reduce(
    (least, { times }) => Math.min(least, times[0] ?? least),
    Number.POSITIVE_INFINITY,
  )
  const updated = all.reduce((most, { times }) => Math.max(most, highest(times)), Number.NEGATIVE_INFINITY)
  return {
    ...UNKNOWN,
    source,
    folder,
    runId: name.split(/[\\/]/).findLast(part => part !== '') ?? name,
    started: Number.isFinite(started) ? started : own.written,
    updated: Number.isFinite(updated) ? updated : own.written,
    epoch: Math.max(
      0,
      highest((series.get('epoch') ?? series.get('Epoch'))?.values.filter(value => !Number.isNaN(value))),
    ),
    step: points.reduce((most, [, { step }]) => Math.max(most, step), 0),
    figures: points.map(([name]) => name).filter(name => name !== 'epoch'),
    metrics: recordOf(points.map(([name, { value }]) => [name, value] as const)),
    extremes: recordOf([...series].flatMap(([name, points]) => extremesOf(name, points))),
    series,
  }
}

/** What the files of other programs do not say. */
const UNKNOWN = {
  name: null,
  author: null,
  notes: null,
  status: 'unknown',
  from: 0,
  environment: null,
  kernels: null,
  precision: null,
  graph: null,
  parameters: null,
  seed: null,
  settings: null,
  hyperparameters: {},
  follows: {},
  data: null,
  validation: null,
  reason: null,
  error: null,
  events: [],
  histograms: [],
} as const

interface Points {
  readonly series: ReadonlyMap<string, OtherSeries>
  /** When the files were written last, in milliseconds since 1970. */
  readonly written: number
}

/** A program that was started again writes a further file. */
async function fromEventFiles(files: readonly string[]): Promise<Points> {
  const series = new Map<string, OtherSeries>()
  let latest = 0
  for (const file of files) {
    const { bytes, written } = await contentOf(file)
    latest = Math.max(latest, written)
    scalarsIn(bytes, file, (tag, step, time, value) => {
      const own = series.get(tag) ?? new OtherSeries()
      if (own.isEmpty && series.size === MOST_SERIES) throw tooMany(file)
      series.set(tag, own)
      own.add(step, time, value)
    })
  }
  return { series, written: latest }
}
