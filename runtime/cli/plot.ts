/** `gradstream plot`: the schedules of a graph, or a single one, drawn in the terminal. */
import { readFileSync } from 'node:fs'
import {
  attempt,
  CheckFailed,
  check,
  checkedAt,
  checkedSchedule,
  isSchedule,
  type Schedule,
  show,
  valueAt,
} from '../../core/index.ts'
import { lineChart } from '../terminal/line-chart.ts'
import { wantsColor, widthOf } from '../terminal/screen.ts'

const HEIGHT = 10
/** How many steps of a constant are drawn. */
const SOME = 100

export interface PlotOptions {
  /** How many training steps to draw; by default as many as show what a schedule does. */
  readonly steps?: number
}

/**
 * The chart of each schedule in a source: a file with JSON, or the JSON itself, of a graph or a schedule.
 *
 * @throws GradstreamError `INVALID_OPTION`
 */
export function plotted(source: string, { steps }: PlotOptions = {}): string {
  return checkedAt('gradstream plot', 'INVALID_OPTION', () => {
    if (steps !== undefined) check.positiveInteger({ steps })
    return schedulesIn(source)
      .map(([name, schedule]) => chartOf(name, checkedSchedule(schedule), steps))
      .join('\n\n')
  })
}

type Named = readonly [name: string, schedule: Schedule]

function schedulesIn(source: string): Named[] {
  const value = jsonIn(source)
  if (isSchedule(value)) return [[value.schedule, value]]
  const found = attempt(() =>
    (value as { nodes: readonly { id: string; config: object }[] }).nodes.flatMap(({ id, config }) =>
      Object.entries(config).flatMap(([option, value]): Named[] =>
        isSchedule(value) ? [[`${id}.${option}`, value]] : [],
      ),
    ),
  )
  if (found && found.length > 0) return found
  throw new CheckFailed('a graph with schedules, or a schedule', show(value), {
    hint: 'Save a graph with graphToJson, or pass \'{"schedule":"cosine","initial":0.01,"steps":1000}\'.',
  })
}

function jsonIn(source: string): unknown {
  const isJson = source.trimStart().startsWith('{')
  const text = isJson ? source : attempt(() => readFileSync(source, 'utf8'))
  if (text === undefined)
    throw new CheckFailed('a file that can be read, or JSON', show(source), { hint: 'Check the path.' })
  const value = attempt(() => JSON.parse(text) as unknown)
  if (value === undefined)
    throw new CheckFailed('JSON', show(text), {
      hint: 'Put quotes around JSON in a shell, and around its names.',
    })
  return value
}

function chartOf(name: string, schedule: Schedule, steps = lengthOf(schedule)): string {
  // More points than a terminal has columns would not be seen.
  const stride = Math.max(1, Math.floor(steps / 1000))
  const points = Array.from({ length: Math.floor(steps / stride) + 1 }, (_, i) => {
    const step = i * stride
    return [step, valueAt(schedule, step)] as const
  })
  const { stdout } = process
  const screen = { width: Math.min(80, widthOf(stdout)), height: HEIGHT, color: wantsColor(stdout) }
  return lineChart({ label: name, points }, { label: '', points: [] }, { ...screen, xLabel: 'step' })
}

/** How many times its `steps` show what a schedule does; of others a little more than all of them. */
const SHOWN: Readonly<Record<string, number>> = {
  exponential: 5,
  inverseTime: 5,
  cosineRestarts: 7,
  cyclic: 4,
}
const ALL = 1.1

/** How many steps show what a schedule does. */
export function lengthOf(schedule: Schedule): number {
  const {
    schedule: kind,
    steps,
    to,
    boundaries,
  } = schedule as Schedule & { steps?: number; boundaries?: number[] }
  if (kind === 'warmUp') return (steps as number) + (isSchedule(to) ? lengthOf(to) : (steps as number))
  const length = boundaries?.at(-1) ?? steps ?? SOME
  return Math.max(1, Math.round(length * (SHOWN[kind] ?? ALL)))
}
