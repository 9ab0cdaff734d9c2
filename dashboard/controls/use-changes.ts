/** Changes of hyper-parameters made here, of which the latest can be undone and done again. */
import { useRef, useState } from 'react'
import type { BridgeClient, Command, RunState } from '../../client.ts'
import { followedText, words } from '../format.ts'
import type { Orders } from './use-orders.ts'
import { isSame, placesIn, textOf, type Values, valueIn, valuesLike, valuesText } from './values.ts'

/** How many changes to remember. */
const MOST = 50

/** One command, and what it replaced. */
interface Change {
  /** The name of the preset, if it was one. */
  readonly preset: string | undefined
  readonly before: Values
  readonly after: Values
}

export interface Changes {
  set(node: string, name: string, value: number | boolean, revision: number): Promise<unknown>
  /** Sets all values of a preset in one command. */
  apply(preset: string, values: Values): Promise<unknown>
  /** Undoes the latest change, also one whose answer is still to come. */
  undo(): Promise<void>
  redo(): Promise<void>
  /** What that would do, in words; undefined for nothing. */
  readonly undoText: string | undefined
  readonly redoText: string | undefined
}

const textOfUndo = ({ preset, before }: Change): string =>
  preset === undefined
    ? `Set ${valuesText(before, 'back to')}`
    : `Take back preset ${preset}: ${valuesText(before)}`

const textOfRedo = ({ preset, after }: Change): string =>
  preset === undefined
    ? `Set ${valuesText(after, 'to')} again`
    : `Apply preset ${preset} again: ${valuesText(after)}`

interface Stacks {
  readonly past: readonly Change[]
  readonly future: readonly Change[]
}

export function useChanges(orders: Orders, client: BridgeClient, state: RunState): Changes {
  const [shown, show] = useState<Stacks>({ past: [], future: [] })
  /** What is shown, at once rather than with the next render. */
  const stacks = useRef(shown)
  /** Keys may be pressed faster than answers come: one after the other. */
  const turns = useRef<Promise<void>>(Promise.resolve())
  const become = (next: Partial<Stacks>) => {
    stacks.current = { ...stacks.current, ...next }
    show(stacks.current)
  }
  // The page shows it a moment later.
  const present = () => client.state ?? state

  const change = (...given: Parameters<typeof changeNow>) => {
    const done = changeNow(...given)
    turns.current = Promise.all([turns.current, done]).then(() => undefined)
    return done
  }

  /** Sends a command that sets values, and remembers what they replaced. */
  const changeNow = async (what: string, command: Command, values: Values, preset?: string) => {
    const before = valuesLike(values, present())
    const done = await orders.give(what, command)
    // A stream of another process cannot be given back.
    if (!done || placesIn(before).length < placesIn(values).length) return
    // Schedules come back with all their options.
    const after = present().revision === done.revision ? valuesLike(values, present()) : values
    become({ past: [...stacks.current.past, { preset, before, after }].slice(-MOST), future: [] })
  }

  const set: Changes['set'] = (node, name, value, revision) => {
    const followed = state.follows[node]?.[name]
    const instead = followed ? ` instead of ${followedText(followed)}` : ''
    const values = { [name]: value }
    return change(
      `${node} ${words(name)} = ${textOf(value)}${instead}`,
      { type: 'set', node, values, revision },
      { [node]: values },
    )
  }

  const apply: Changes['apply'] = (name, values) => {
    const { revision } = present()
    return change(
      `preset ${name}`,
      { type: 'setAll', values: asConfigs(values), name, revision },
      values,
      name,
    )
  }

  /** Sets the values of the latest change on one stack back, and moves it to the other. */
  const turn = async (from: keyof Stacks) => {
    const last = stacks.current[from].at(-1)
    if (!last) return
    const isUndo = from === 'past'
    const [expected, wanted] = isUndo ? [last.after, last.before] : [last.before, last.after]
    const what = `${isUndo ? 'undo' : 'redo'}: ${valuesText(wanted)}`
    const drop = () => stacks.current[from].filter(each => each !== last)
    const { revision } = present()
    const other = placesIn(expected).find(
      ([node, name]) => !isSame(valueIn(present(), node, name), expected[node]?.[name]),
    )
    if (other) {
      const [node, name] = other
      const now = textOf(valueIn(present(), node, name))
      orders.refuse(what, `${node} ${words(name)} was set to ${now} since, so it stays`)
      become({ [from]: drop() })
      return
    }
    const done = await orders.give(what, commandFor(wanted, isUndo ? 'undo' : 'redo', revision))
    if (!done) return
    const to = isUndo ? 'future' : 'past'
    become({ [from]: drop(), [to]: [...stacks.current[to], last].slice(-MOST) })
  }

  const inTurn = (from: keyof Stacks) => {
    turns.current = turns.current.then(() => turn(from))
    return turns.current
  }
  const [last, next] = [shown.past.at(-1), shown.future.at(-1)]
  return {
    set,
    apply,
    undo: () => inTurn('past'),
    redo: () => inTurn('future'),
    undoText: last && textOfUndo(last),
    redoText: next && textOfRedo(next),
  }
}

/** The usual command for the values of one node. */
function commandFor(values: Values, name: string, revision: number): Command {
  const [single, ...others] = Object.entries(asConfigs(values))
  return single && others.length === 0
    ? { type: 'set', node: single[0], values: single[1], revision }
    : { type: 'setAll', values: asConfigs(values), name, revision }
}

const asConfigs = (values: Values) => values as Extract<Command, { type: 'setAll' }>['values']
