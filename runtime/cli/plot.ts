/** `gradstream plot`: the schedules of a graph, or a single one, drawn in the terminal. */
import { readFileSync } from 'node:fs'
import {
  attempt,
  CheckFailed,
  check,
  checkedAt,
  checkedSchedule,
  courseOf,
  isPlateau,
  isSchedule,
  type Schedule,
  show,
} from '../../core/index.ts'
import { lineChart } from '../terminal/line-chart.ts'
import { wantsColor, widthOf } from '../terminal/screen.ts'

const HEIGHT = 10
/** More points than a terminal has columns would not be seen. */
const MOST = 1000

/**
 * The chart of each schedule in a source: a file with JSON, or the JSON itself, of a graph or a schedule. `steps` is how many
 * training steps to draw; by default as many as show what the schedule does.
 *
 * @throws GradstreamError `INVALID_OPTION`
 */
export function plotted(source: string, steps?: number): string {
  return checkedAt('plot', 'INVALID_OPTION', () => {
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

function chartOf(label: string, schedule: Schedule, steps: number | undefined): string {
  const { stdout } = process
  return lineChart(
    { label, points: courseOf(schedule, MOST, steps) },
    {
      width: Math.min(80, widthOf(stdout)),
      height: HEIGHT,
      color: wantsColor(stdout),
      xLabel: isPlateau(schedule) ? 'epoch without improvement' : 'step',
    },
  )
}
