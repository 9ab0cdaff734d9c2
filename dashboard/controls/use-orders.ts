/** Commands that were sent, with their outcomes. */
import { useRef, useState } from 'react'
import type { Acknowledgement, BridgeClient, Command } from '../../client.ts'
import { count } from '../format.ts'

/** How many to remember. */
const MOST = 5

export interface Order {
  readonly key: number
  readonly what: string
  readonly outcome: 'pending' | 'done' | 'refused'
  readonly text: string
}

/** These take longer than their start, and are answered when they start. */
const BEGUN: ReadonlySet<Command['type']> = new Set(['start', 'resume', 'step'])

export interface Orders {
  /** Newest first. */
  readonly orders: readonly Order[]
  isPending(what: string): boolean
  /** Sends a command. Resolves with its confirmation, or nothing if it was refused. Ignores a repeat until the answer arrives. */
  give(what: string, command: Command): Promise<Acknowledgement | undefined>
  /** Says that something was not even sent, and why. */
  refuse(what: string, why: string): void
}

export function useOrders(client: BridgeClient): Orders {
  const [orders, setOrders] = useState<readonly Order[]>([])
  const next = useRef(0)
  const pending = useRef(new Set<string>())

  const add = (order: Order) =>
    setOrders(known =>
      [order, ...known.filter(({ key }) => key !== order.key)].sort((a, b) => b.key - a.key).slice(0, MOST),
    )

  return {
    orders,
    refuse: (what, text) => add({ key: next.current++, what, outcome: 'refused', text }),
    isPending: what => orders.some(order => order.what === what && order.outcome === 'pending'),
    async give(what, command) {
      if (pending.current.has(what)) return undefined
      pending.current.add(what)
      const key = next.current++
      const report = (outcome: Order['outcome'], text: string) => add({ key, what, outcome, text })
      report('pending', 'sent …')
      try {
        const done = await client.send(command)
        report('done', `${BEGUN.has(command.type) ? 'accepted' : 'done'} at step ${count(done.step)}`)
        return done
      } catch (error) {
        report('refused', (error as Error).message)
        return undefined
      } finally {
        pending.current.delete(what)
      }
    },
  }
}
