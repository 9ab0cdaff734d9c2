/** The node in which a run failed, and why. */
import type { RunState, TrainerEvent } from '../client.ts'

export interface Failure {
  readonly node: string
  readonly message: string
  /** What stands at the node; that it failed there, if nothing is written. */
  readonly label?: string
}

type Examined = Pick<RunState, 'status' | 'error' | 'graph'>

/** What follows the name of a node in the place of an error. */
const AFTER = /^ (forward|backward|update|links)\b|^, sample /

/** `events` are the latest first. */
export function failureOf(state: Examined, events: readonly TrainerEvent[]): Failure | undefined {
  const { status, error, graph } = state
  if (status !== 'failed' || !error) return undefined
  const { place, message } = error
  const ids = graph.nodes.map(({ id }) => id)
  // The place is where a number that is not finite was noticed, the alarm names the node that made it.
  const alarm = events.find(
    event => event.type === 'alarm' && event.code === 'NOT_FINITE' && event.node !== undefined,
  )
  if (error.code === 'NOT_FINITE' && alarm?.type === 'alarm' && ids.includes(alarm.node as string))
    return { node: alarm.node as string, message }
  // A name can begin with another.
  const [node] = ids
    .filter(id => place.startsWith(id) && AFTER.test(place.slice(id.length)))
    .sort((a, b) => b.length - a.length)
  return node === undefined ? undefined : { node, message }
}
