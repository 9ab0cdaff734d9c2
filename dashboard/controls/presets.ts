/** Presets: named sets of hyper-parameters. Some are always there; others are one's own, which the browser keeps. */
import type { RunState } from '../../client.ts'
import { keep, kept } from '../kept.ts'
import { recordOf } from '../record.ts'
import { newIn, unknownIn, type Values, valueIn, valuesOf } from './values.ts'

export interface Preset {
  readonly name: string
  /** What it changes in this run; empty if all is so already. */
  readonly changes: Values
  /** What this run does not have. */
  readonly unknown: readonly string[]
  readonly isOwn: boolean
}

/** How many of one's own, and the most characters of all of them. */
const MOST = 20
const CHARACTERS = 64 * 1024
/** The most characters of a name, as the bridge takes it. */
export const LONGEST = 64

type State = Pick<RunState, 'hyperparameters' | 'follows' | 'graph'>

/** As the graph was compiled, which a run never changes. */
function valuesAtStart(state: State): Values {
  const configs = new Map(state.graph.nodes.map(({ id, config }) => [id, config]))
  return recordOf(
    Object.entries(valuesOf(state)).map(([node, own]) => {
      const config = (configs.get(node) ?? {}) as Readonly<Record<string, unknown>>
      const names = Object.keys(own).filter(name => Object.hasOwn(config, name))
      return [node, recordOf(names.map(name => [name, config[name]] as const))] as const
    }),
  )
}

/** A tenth of each learning rate, as it is used when a network that has learned is taught a little more. */
function fineTuning({ hyperparameters, follows }: State): Values {
  return recordOf(
    Object.entries(hyperparameters).flatMap(([node, config]) => {
      if (typeof config !== 'object') return []
      const { learningRate } = config
      if (typeof learningRate !== 'number' || follows[node]?.learningRate === 'stream') return []
      return [[node, { learningRate: Number((learningRate / 10).toPrecision(12)) }] as const]
    }),
  )
}

export const START = 'as at the start'
/** A tenth of each learning rate. */
export const FINE = 'fine-tune'

export function presetsOf(state: State, own: readonly OwnPreset[]): Preset[] {
  const preset = (name: string, values: Values, isOwn: boolean): Preset => ({
    name,
    changes: newIn(values, state),
    unknown: unknownIn(values, state),
    isOwn,
  })
  return [
    preset(START, valuesAtStart(state), false),
    preset(FINE, fineTuning(state), false),
    ...own.map(({ name, values }) => preset(name, values, true)),
  ]
}

/** What is there now, for words of the difference. */
export const presentOf = (changes: Values, state: State): Values =>
  recordOf(
    Object.entries(changes).map(
      ([node, own]) =>
        [node, recordOf(Object.keys(own).map(name => [name, valueIn(state, node, name)] as const))] as const,
    ),
  )

export interface OwnPreset {
  readonly name: string
  readonly values: Values
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function isOwnPreset(value: unknown): value is OwnPreset {
  if (!isRecord(value)) return false
  const { name, values } = value
  if (typeof name !== 'string' || name === '' || name.length > LONGEST) return false
  return isRecord(values) && Object.values(values).every(isRecord)
}

/** What the browser has kept, as far as it can be read. */
export function ownPresets(): OwnPreset[] {
  try {
    const found: unknown = JSON.parse(kept('presets') ?? '[]')
    return Array.isArray(found) ? found.filter(isOwnPreset).slice(0, MOST) : []
  } catch {
    return []
  }
}

/** Adds a preset, in the place of one with the same name. Returns why it cannot, in words, or all of them. */
export function withPreset(own: readonly OwnPreset[], name: string, values: Values): OwnPreset[] | string {
  if (name === '') return 'it needs a name'
  if (name.length > LONGEST) return `a name has at most ${LONGEST} characters`
  if (name === START || name === FINE) return 'that name is taken'
  const isThere = own.some(each => each.name === name)
  if (!isThere && own.length >= MOST) return `there are ${MOST} already: delete one first`
  const next = isThere
    ? own.map(each => (each.name === name ? { name, values } : each))
    : [...own, { name, values }]
  return keepPresets(next) ? next : 'this browser cannot keep it'
}

export function keepPresets(own: readonly OwnPreset[]): boolean {
  const text = JSON.stringify(own)
  return text.length <= CHARACTERS && keep('presets', text)
}
