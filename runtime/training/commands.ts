/** The commands of a run, as plain data, from local code or a remote client. */
import {
  CheckFailed,
  type Config,
  check,
  checkedAt,
  checkedChanges,
  didYouMean,
  didYouMeanName,
  entriesOf,
  GradstreamError,
  type GraphChange,
  listOf,
  meantFor,
  show,
} from '../../core/index.ts'

export type Command =
  /** Starts the run, as `run()` does. */
  | { readonly type: 'start' }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** Runs `count` steps, 1 by default, then pauses. */
  | { readonly type: 'step'; readonly count?: number }
  | { readonly type: 'stop' }
  /**
   * Changes hyper-parameters of an optimizer. With the `revision` of a state, it is refused if one of these
   * values has changed since.
   */
  | { readonly type: 'set'; readonly node: string; readonly values: Config; readonly revision?: number }
  /**
   * The same for several optimizers and links at once: all of the values by node and name are set, or none. The `name` of the set of values is
   * recorded with the command.
   */
  | {
      readonly type: 'setAll'
      readonly values: Readonly<Record<string, Config>>
      readonly revision?: number
      readonly name?: string
    }
  /** Limits the steps per second from now on; `null` removes the limit. */
  | { readonly type: 'stepsPerSecond'; readonly stepsPerSecond: number | null }
  | { readonly type: 'checkpoint' }
  /** Says something about a step, the present one by default, in at most 500 characters; 200 notes at most. */
  | { readonly type: 'note'; readonly text: string; readonly step?: number }
  /** Deletes a note by its `id` in the state. */
  | { readonly type: 'deleteNote'; readonly id: number }
  /**
   * Changes the graph, for a bridge with the option `edit`: the run is stopped, and a new one of the edited graph begins. `back` takes back so many
   * edits first, 0 by default; `forward` makes so many again that were taken back, until another edit is trained. With either there may be no changes. With the `run` of a welcome, it is refused if another run has taken its place.
   */
  | {
      readonly type: 'edit'
      readonly changes?: readonly GraphChange[]
      readonly back?: number
      readonly forward?: number
      readonly run?: string
    }

/** The fields of each command besides its type. */
const FIELDS: Readonly<Record<Command['type'], readonly string[]>> = {
  start: [],
  pause: [],
  resume: [],
  step: ['count'],
  stop: [],
  set: ['node', 'values', 'revision'],
  setAll: ['values', 'revision', 'name'],
  stepsPerSecond: ['stepsPerSecond'],
  checkpoint: [],
  note: ['text', 'step'],
  deleteNote: ['id'],
  edit: ['changes', 'back', 'forward', 'run'],
}

const PLACE = 'command'
/** The most characters of a note. */
const LONGEST = 500

/** The most characters of the name of a set of values. */
const LONGEST_NAME = 64

/**
 * Checks that a value is a command.
 *
 * @throws GradstreamError `INVALID_COMMAND`
 */
export function commandOf(given: unknown): Command {
  const entries = entriesOf(given as object)
  if (entries === undefined) {
    const hint =
      typeof given === 'string' && Object.hasOwn(FIELDS, given) ? `Write { type: '${given}' }.` : undefined
    throw invalid('an object with a type', show(given), hint)
  }
  const { type, ...fields } = Object.fromEntries(entries)
  if (typeof type !== 'string' || !Object.hasOwn(FIELDS, type))
    throw invalid(
      `one of the types ${listOf(Object.keys(FIELDS))}`,
      show(type),
      type === undefined
        ? didYouMeanName(meantFor('type', Object.keys(fields)), ['type']).hint
        : didYouMean(type, Object.keys(FIELDS)).hint,
    )
  const known = FIELDS[type as Command['type']]
  const unknown = Object.keys(fields).find(field => !known.includes(field))
  if (unknown !== undefined)
    throw invalid(
      known.length > 0 ? `one of the fields ${listOf(known)}` : 'no further fields',
      `"${unknown}"`,
      didYouMeanName(unknown, known).hint,
    )
  checkedAt(PLACE, 'INVALID_COMMAND', () => {
    const {
      count = 1,
      revision = 0,
      node,
      name,
      stepsPerSecond,
      text,
      step = 0,
      id,
      changes,
      back = 0,
      forward = 0,
      run,
    } = fields as {
      count?: number
      revision?: number
      node: string
      name?: string
      stepsPerSecond: number | null
      text: string
      step?: number
      id: number
      changes?: unknown
      back?: number
      forward?: number
      run?: string
    }
    check.positiveInteger({ count })
    check.nonNegativeInteger({ revision })
    if (type === 'set') check.text({ node })
    check.nonNegativeInteger({ step })
    if (type === 'note') check.text({ text })
    if (type === 'deleteNote') check.nonNegativeInteger({ id })
    if (name !== undefined) {
      check.text({ name })
      if (name.length > LONGEST_NAME)
        throw new CheckFailed(`name to have at most ${LONGEST_NAME} characters`, `${name.length}`)
    }
    check.nonNegativeInteger({ back })
    check.nonNegativeInteger({ forward })
    if (back > 0 && forward > 0) throw new CheckFailed('back or forward', 'both')
    const isMoved = back > 0 || forward > 0
    if (type === 'edit' && (!isMoved || changes !== undefined)) checkedChanges(changes, isMoved)
    if (run !== undefined) check.text({ run })
    if (type === 'stepsPerSecond' && stepsPerSecond !== null) check.positiveNumber({ stepsPerSecond })
  })
  if (
    type === 'setAll' &&
    !entriesOf(fields.values as object)?.every(([, values]) => entriesOf(values as object))
  )
    throw invalid('values by node and name', show(fields.values))
  if (type === 'set' && entriesOf(fields.values as object) === undefined)
    throw invalid('values by name', show(fields.values))
  const { text } = fields as { text?: string }
  if (type === 'note' && (text?.trim() === '' || (text?.length ?? 0) > LONGEST))
    throw invalid(
      `a text of 1 to ${LONGEST} characters`,
      text?.trim() === '' ? 'an empty one' : `one of ${text?.length}`,
    )
  return { type, ...fields } as Command
}

const invalid = (expected: string, got: string, hint?: string) =>
  new GradstreamError('INVALID_COMMAND', { place: PLACE, expected, got, ...(hint !== undefined && { hint }) })
