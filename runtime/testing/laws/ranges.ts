/** The declared ranges of a node's outputs hold, and the expectations of its inputs are valid. */
import {
  entryOf,
  hull,
  type Interval,
  intervalOf,
  isExpectation,
  isIn,
  isRange,
  type Range,
  recordOf,
  showRange,
  type Tensor,
} from '../../../core/index.ts'
import { demand, type Trial } from '../trial.ts'

/** How far the sum of a distribution may be from 1. */
const SUM = 1e-6

export function checkRanges(trial: Trial): void {
  const { rig, given, ports } = trial
  const { definition, config } = rig
  if (definition.rearranges) demandNoOther(trial)
  const asked = Object.entries(definition.expects?.(config, { ...ports }) ?? {})
  for (const [name, expectation] of asked) {
    const isInput = Object.hasOwn(ports, name) || definition.optional.includes(name)
    demand(isInput, rig, 'expects to name inputs', `"${name}"`)
    const isKnown = expectation === undefined || isExpectation(expectation)
    demand(isKnown, rig, `expects to return a valid expectation for "${name}"`, JSON.stringify(expectation))
  }
  if (!definition.ranges) return
  const names = Object.keys(ports)
  const known = [
    definition.ranges(recordOf(names.map(name => [name, undefined] as const)), config),
    definition.ranges(recordOf(names.map(name => [name, measured(given[name] as Tensor)] as const)), config),
  ]
  for (const mode of ['train', 'infer'] as const) {
    const { values } = trial.forward(given, mode)
    for (const ranges of known) {
      for (const name of Object.keys(ranges)) {
        demand(definition.outputs.includes(name), rig, 'ranges to name outputs', `"${name}"`)
        const range = entryOf(ranges, name)
        if (range !== undefined) demandRange(trial, name, range, values[name] as Tensor)
      }
    }
  }
}

function demandNoOther(trial: Trial): void {
  const { rig, given } = trial
  const { inputs, outputs } = rig.definition
  const [from, to] = [inputs[0] as string, outputs[0] as string]
  const entries = new Set<number>((given[from] as Tensor).data)
  for (const mode of ['train', 'infer'] as const) {
    const made = trial.forward(given, mode).values[to] as Tensor
    demand(
      (made.data as Float32Array).every(entry => entries.has(entry)),
      rig,
      `"${to}" to have nothing but entries of "${from}", as rearranges says`,
      'others',
    )
  }
}

const measured = ({ data }: Tensor): Range | undefined =>
  hull(Array.from(data, (value): Interval => [value, value]))

function demandRange({ rig }: Trial, name: string, range: Range, { data, shape }: Tensor): void {
  demand(
    isRange(range),
    rig,
    `ranges to return an interval or 'distribution' for "${name}"`,
    JSON.stringify(range),
  )
  const interval = intervalOf(range)
  const outside = data.find((value: number) => !isIn(interval, value))
  demand(outside === undefined, rig, `"${name}" to be ${showRange(range)}, as ranges says`, String(outside))
  if (range !== 'distribution') return
  const width = shape.at(-1) ?? 1
  for (let row = 0; row < data.length; row += width) {
    const sum = Array.from(data.subarray(row, row + width)).reduce((total, value) => total + value, 0)
    demand(Math.abs(sum - 1) <= SUM, rig, `"${name}" to be ${showRange(range)}`, `a sum of ${sum}`)
  }
}
