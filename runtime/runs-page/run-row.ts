/** A recorded run as a row of the table, and its graph as rows. A folder can have anything in it, so nothing is taken on trust. */
import { basename } from 'node:path'
import { isRecord, recordOf } from '../../core/index.ts'
import type { RunEvent } from '../runs/format.ts'
import type { RunSummary, StoredRun } from '../runs/stored-run.ts'
import type { NodeRow, RunNotes, RunRow, Setting, Settings } from './answers.ts'

/** The most characters of a setting, and the most settings of a kind. */
const LONGEST = 120
const MOST = 400

/** A row, with the configs of all its nodes. */
export function rowOf(run: RunSummary, notes: RunNotes): RunRow {
  const folder = basename(run.folder)
  return {
    ...notes,
    folder,
    runId: run.runId,
    name: run.name ?? folder,
    status: run.status,
    author: run.author,
    began: run.started,
    updated: run.updated,
    epoch: run.epoch,
    epochs: run.settings?.epochs ?? null,
    step: run.step,
    hyperparameters: hyperparametersOf(run),
    settings: settingsOf(run),
    config: configOf(run),
    last: recordOf(Object.entries(run.metrics).filter(([name]) => name !== 'batchLoss')),
    best: recordOf(
      Object.entries(run.extremes).map(([name, { lowest, highest }]) => [
        name,
        isBetterLow(name) ? lowest : highest,
      ]),
    ),
    reason: run.error?.message ?? run.reason,
  }
}

/** Of losses and errors the lowest value is the best one, of other figures the highest. */
export const isBetterLow = (figure: string): boolean =>
  /(loss|error|perplexity|divergence|entropy)\d*$/i.test(figure)

/** Tells how many seconds the run had been running at a time, without pauses. */
export function runningTime({
  started,
  updated,
  events,
}: Pick<StoredRun, 'started' | 'updated' | 'events'>): (time: number) => number {
  const turns = events.flatMap(event => {
    const isRunning = RUNNING.get(event.type)
    return isRunning === undefined ? [] : [{ time: event.time, isRunning }]
  })
  // A recording can begin while the run is under way.
  const spans: { from: number; to: number; before: number }[] = []
  let since = turns[0]?.isRunning ? undefined : started
  let sum = 0
  for (const { time, isRunning } of [...turns, { time: updated, isRunning: false }]) {
    if (isRunning) since ??= time
    else if (since !== undefined) {
      const to = Math.max(time, since)
      spans.push({ from: since, to, before: sum })
      sum += to - since
      since = undefined
    }
  }
  return time => {
    let [low, high] = [0, spans.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((spans[middle] as { from: number }).from <= time) low = middle + 1
      else high = middle
    }
    const span = spans[low - 1]
    return span ? (span.before + Math.min(time, span.to) - span.from) / 1000 : 0
  }
}

const RUNNING: ReadonlyMap<RunEvent['type'], boolean> = new Map([
  ['started', true],
  ['resumed', true],
  ['paused', false],
  ['stopped', false],
  ['finished', false],
  ['failed', false],
])

function hyperparametersOf({ hyperparameters, follows }: RunSummary): Settings {
  return entriesIn(hyperparameters).reduce<Record<string, Setting>>((all, [node, config]) => {
    if (!isRecord(config)) return Object.assign(all, recordOf([[node, settingOf(config)]]))
    const followed = entryIn(follows, node)
    const own = entriesIn(config).map(([name, value]): [string, Setting] => {
      const schedule = entryIn(followed, name)
      return [`${node}.${name}`, schedule === undefined ? settingOf(value) : scheduleText(schedule)]
    })
    return Object.assign(all, recordOf(own.slice(0, MOST)))
  }, recordOf<Setting>())
}

/** `cosine, initial 0.1, steps 1000`. */
function scheduleText(followed: unknown): string {
  if (!isRecord(followed)) return short(String(followed))
  const numbers = Object.entries(followed).filter(([, value]) => typeof value === 'number')
  return short([String(followed.schedule), ...numbers.map(([name, value]) => `${name} ${value}`)].join(', '))
}

function settingsOf(run: RunSummary): Settings {
  const { seed, settings, kernels, precision, parameters, data, validation } = run
  const { seed: order, shuffle, limitBatches, overfitBatches, epochs } = settings ?? {}
  const samples = (of: unknown) => settingOf(entryIn(of, 'samples') ?? null)
  return recordOf<Setting>([
    ['parameters', parameters],
    ['epochs', settingOf(epochs)],
    ['seed', seed],
    ['order seed', settingOf(order)],
    ['shuffle', settingOf(shuffle)],
    ['kernels', settingOf(kernels)],
    ['precision', settingOf(precision)],
    ['training samples', samples(data)],
    ['validation samples', samples(validation)],
    ['limit of batches', settingOf(limitBatches)],
    ['overfit batches', settingOf(overfitBatches)],
  ])
}

/** Optimizers are left out, since their numbers are among the hyper-parameters. */
function configOf({ graph, hyperparameters }: RunSummary): Settings {
  const entries = nodesOf(graph)
    .filter(({ id }) => !Object.hasOwn(hyperparameters, id))
    .flatMap(({ id, config }) =>
      Object.entries(config).map(([name, value]) => [`${id}.${name}`, value] as const),
    )
  return recordOf(entries)
}

/** The nodes of a graph. What is no node is left out. */
export function nodesOf(graph: unknown): NodeRow[] {
  const nodes = isRecord(graph) && Array.isArray(graph.nodes) ? graph.nodes : []
  return nodes.flatMap((node: unknown) => {
    if (!isRecord(node) || typeof node.id !== 'string') return []
    return {
      id: node.id,
      type: String(node.type),
      config: recordOf(entriesIn(node.config).map(([name, value]) => [name, settingOf(value)])),
      inputs: entriesIn(node.inputs).map(([input, from]) => ({ input, ...portOf(from) })),
    }
  })
}

function portOf(port: unknown): { from: string; output: string } {
  const [node, output] = [entryIn(port, 'node'), entryIn(port, 'output')]
  return {
    from: short(String(node)),
    output: output === 'y' || output === undefined ? '' : short(String(output)),
  }
}

/** The configs of rows, with those entries alone in which rows differ; those that most runs have come first. */
export function varied(rows: readonly RunRow[]): RunRow[] {
  const known = new Map<string, { value: Setting; count: number; isVaried: boolean }>()
  for (const { config } of rows) {
    for (const [name, value] of Object.entries(config)) {
      const entry = known.get(name)
      if (!entry) known.set(name, { value, count: 1, isVaried: false })
      else {
        entry.count++
        entry.isVaried ||= entry.value !== value
      }
    }
  }
  const names = [...known]
    .filter(([, { isVaried, count }]) => isVaried || count < rows.length)
    .sort(([, a], [, b]) => b.count - a.count)
    .slice(0, MOST)
    .map(([name]) => name)
  return rows.map(row => ({
    ...row,
    config: recordOf(
      names.flatMap((name): [string, Setting][] =>
        Object.hasOwn(row.config, name) ? [[name, row.config[name] as Setting]] : [],
      ),
    ),
  }))
}

const entriesIn = (value: unknown): [string, unknown][] =>
  isRecord(value) ? Object.entries(value).slice(0, MOST) : []

const entryIn = (value: unknown, name: string): unknown =>
  isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined

function settingOf(value: unknown): Setting {
  if (value === undefined || value === null) return null
  if (typeof value === 'number' || typeof value === 'boolean') return value
  return short(typeof value === 'string' ? value : JSON.stringify(value))
}

const short = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text)
