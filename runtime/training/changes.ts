/** What is not as it was when a run is resumed. */
import { GradstreamError, show } from '../../core/index.ts'
import type { Engine } from '../engine/engine.ts'
import { changedIn } from './graph-differences.ts'
import { environmentOf } from './recorded.ts'
import type { RunRecord } from './run-record.ts'

export function changesIn({ environment, graph }: RunRecord, engine: Engine): GradstreamError[] {
  const now = environmentOf(engine)
  const written = new Map(graph.nodes.map(({ id, config }) => [id, config]))
  const byHand = engine.tuned.flatMap(({ id, settings }) => {
    const own = written.get(id) ?? {}
    return changedIn(own, settings).map(
      name => `${id} with ${name} ${show(settings[name])} and not ${show(own[name])}`,
    )
  })
  return [
    ...(environment === now ? [] : [notExact(environment, now)]),
    ...(byHand.length === 0 ? [] : [setByHand(byHand.join(', '))]),
  ]
}

export const notExact = (then: string, now: string): GradstreamError =>
  new GradstreamError('NOT_EXACT', {
    place: 'resume',
    expected: `what the run was interrupted with: ${then}`,
    got: now,
  })

const setByHand = (got: string) =>
  new GradstreamError('SET_BY_HAND', { place: 'resume', expected: 'the hyper-parameters of the graph', got })
