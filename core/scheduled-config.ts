/** Options of which some are schedules: of optimizers, and of the links before and behind them. */
import { isObservable } from 'rxjs'
import { CheckFailed, entriesOf } from './checks.ts'
import type { Config } from './definition.ts'
import { demandFiniteNumbers } from './finite.ts'
import { checkedSchedule, endsOf, isSchedule, type Schedule, valueAt } from './schedules.ts'
import { attempt } from './things.ts'

type AnyMake = (...options: never[]) => object

/** Options of which each number may be a schedule. */
export type WithSchedules<Options> = {
  [Name in keyof Options]: number extends Options[Name] ? Options[Name] | Schedule : Options[Name]
}
/** The same for all that a definition makes a config of. */
export type Scheduling<Make extends AnyMake> =
  Parameters<Make> extends []
    ? () => object
    : Parameters<Make> extends [infer Options]
      ? (options: WithSchedules<Options>) => object
      : Parameters<Make> extends [(infer Options)?]
        ? (options?: WithSchedules<NonNullable<Options>>) => object
        : never

/**
 * The config of options of which some are schedules: each is checked by its first number, and by the smallest and the largest that it comes
 * to.
 */
export function scheduledConfig(type: string, make: (options?: object) => object, options?: object): object {
  const given = entriesOf<unknown>(options ?? {}) ?? []
  for (const [name, value] of given) {
    if (typeof value === 'function') throw functionRefused(name)
    if (attempt(() => isObservable(value))) throw streamRefused(type, name)
  }
  const schedules = given.flatMap(([name, value]) =>
    isSchedule(value) ? [[name, checkedSchedule(value)] as const] : [],
  )
  if (schedules.length === 0) return make(options)
  const at = (step: number) => {
    const numbers = Object.fromEntries(schedules.map(([name, s]) => [name, valueAt(s, step)]))
    demandFiniteNumbers(numbers)
    return make({ ...options, ...numbers })
  }
  const config = at(0)
  for (const [name, schedule] of schedules) {
    for (const step of endsOf(schedule)) {
      try {
        at(step)
      } catch (error) {
        if (!(error instanceof CheckFailed)) throw error
        throw new CheckFailed(
          error.expected,
          `${error.got} in step ${step + 1} of the schedule "${schedule.schedule}"`,
          {
            option: name,
            hint: 'Choose numbers that fit in every step.',
          },
        )
      }
    }
  }
  // A schedule under a name that is no option is left out here, and refused with all others that are unknown.
  return { ...config, ...Object.fromEntries(schedules.filter(([name]) => Object.hasOwn(config, name))) }
}

/** A graph is plain data, so that a stream has no place in it. */
const streamRefused = (type: string, name: string) =>
  new CheckFailed(`${name} to be a number or a schedule, since a graph is plain data`, 'an Observable', {
    option: name,
    hint: `The trainer takes it, under the name of the node: trainer.set('${type}1', { ${name}: ${name}$ }).`,
  })

const functionRefused = (name: string) =>
  new CheckFailed(`${name} to be a number or a schedule, since a graph is plain data`, 'a function', {
    option: name,
    hint: `Call a schedule: ${name}: schedule.exponential({ initial: 0.1, rate: 0.5, steps: 1000 }).`,
  })

/** The config with the numbers that its schedules have in a training step, counted from 1. */
export function configAt(config: Config, step: number): Config {
  const entries = Object.entries(config)
  if (!entries.some(([, value]) => isSchedule(value))) return config
  return Object.fromEntries(
    entries.map(([name, value]) => [name, isSchedule(value) ? valueAt(value, step - 1) : value]),
  )
}
