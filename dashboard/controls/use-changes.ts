/** Changes of hyper-parameters, of which the last can be undone. */
import { useState } from 'react'
import type { Followed, RunState } from '../../client.ts'
import { followedText, plain, words } from '../format.ts'
import type { Orders } from './use-orders.ts'

/** What a change replaced. */
interface Change {
  readonly node: string
  readonly name: string
  readonly before: unknown
  /** The revision that it made: if the value has changed again since, it is not undone. */
  readonly revision: number
}

export interface Changes {
  set(node: string, name: string, value: number | boolean, revision: number): Promise<unknown>
  /** Undoes the last change, and what that does in words; undefined without one. */
  readonly undo: { readonly text: string; readonly run: () => Promise<unknown> } | undefined
}

export function useChanges(orders: Orders, { hyperparameters, follows }: RunState): Changes {
  const [last, setLast] = useState<Change>()

  const send = (node: string, name: string, value: unknown, revision: number, instead = '') =>
    orders.give(`${node} ${words(name)} = ${textOf(value)}${instead}`, {
      type: 'set',
      node,
      values: { [name]: value },
      revision,
    })
  const set: Changes['set'] = async (node, name, value, revision) => {
    const followed = follows[node]?.[name]
    const config = hyperparameters[node]
    const before = followed ?? (typeof config === 'object' ? config[name] : undefined)
    const instead = followed ? ` instead of ${followedText(followed)}` : ''
    const done = await send(node, name, value, revision, instead)
    // A stream of another process cannot be given back.
    if (done) setLast(before === 'stream' ? undefined : { node, name, before, revision: done.revision })
  }
  const undo = last && {
    text: `Set ${last.node} ${words(last.name)} back to ${textOf(last.before)}`,
    async run() {
      setLast(undefined)
      await send(last.node, last.name, last.before, last.revision)
    },
  }
  return { set, undo }
}

const textOf = (value: unknown) =>
  typeof value === 'object' && value !== null ? followedText(value as Followed) : plain(value)
