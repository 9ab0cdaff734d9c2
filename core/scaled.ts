/** Schedules with larger or smaller numbers. */
import { isPlateau, isSchedule, type Schedule, type Scheduled } from './schedules.ts'

/** The options of each kind that are numbers of the schedule itself. Each schedule is linear in them together. */
const AMOUNTS: Readonly<Record<string, readonly string[]>> = {
  constant: ['value'],
  piecewise: ['values'],
  exponential: ['initial'],
  inverseTime: ['initial'],
  polynomial: ['initial', 'end'],
  cosine: ['initial'],
  cosineRestarts: ['initial'],
  warmUp: ['to', 'from'],
  oneCycle: ['maximum'],
  cyclic: ['minimum', 'maximum'],
  reduceOnPlateau: ['initial', 'minimum'],
}

/**
 * The schedule whose number is `factor` times that of this one in each step. One that watches a figure begins anew, with `factor` times its
 * present number.
 */
export function scaled(written: Scheduled, factor: number, present: number): Scheduled {
  if (!isSchedule(written)) return written * factor
  const amounts = AMOUNTS[written.schedule] ?? []
  const options = Object.entries(written).map(([name, value]) => [
    name,
    amounts.includes(name) ? scaledOption(value, factor) : value,
  ])
  const schedule = Object.fromEntries(options) as Schedule
  if (!isPlateau(schedule)) return schedule
  const initial = present * factor
  return { ...schedule, initial, minimum: Math.min(schedule.minimum, initial) }
}

function scaledOption(value: unknown, factor: number): unknown {
  if (Array.isArray(value)) return value.map(each => each * factor)
  return scaled(value as Scheduled, factor, Number.NaN)
}
