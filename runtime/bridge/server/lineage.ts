/**
 * The graphs from which that of the present run was made, one edit after another, so that edits can be taken back; and those of the edits that
 * were taken back, so that they can be made again until another edit is trained.
 */
import {
  type Config,
  GradstreamError,
  type GraphChange,
  type GraphDef,
  isSameJson,
  recordOf,
} from '../../../core/index.ts'
import { engineOf } from '../../engine/model.ts'
import type { Trainer } from '../../training/trainer.ts'

/** How many edits can be taken back. */
const EDITS = 16

/** The graph with which a run began, and the hyper-parameters that people have set since. */
interface Ancestor {
  readonly graph: GraphDef
  readonly set: Settings
}

/** Hyper-parameters by node. */
type Settings = ReadonlyMap<string, Config>

/** The graphs before that of a run, and those after it, in the order in which they were made. */
export interface Lineage {
  readonly before: readonly Ancestor[]
  readonly after: readonly Ancestor[]
}

export const NO_LINEAGE: Lineage = { before: [], after: [] }

/** A graph of the lineage: so many edits ago, or so many edits forward; without both, that of the present run. */
export interface Way {
  readonly back?: number | undefined
  readonly forward?: number | undefined
}

/**
 * A graph of the lineage, with all hyper-parameters as people have set them since.
 *
 * @throws GradstreamError `NOT_AVAILABLE`
 */
export function graphAt(trainer: Trainer, lineage: Lineage, way: Way): GraphDef {
  const { graph, set } = lineOf(trainer, lineage)[placeOf(lineage, way)] as Ancestor
  return {
    ...graph,
    nodes: graph.nodes.map(entry => ({ ...entry, config: { ...entry.config, ...set.get(entry.id) } })),
  }
}

/** The lineage of the run that is made from one of its graphs. */
export function lineageAfter(
  trainer: Trainer,
  lineage: Lineage,
  changes: readonly GraphChange[],
  way: Way,
): Lineage {
  const line = lineOf(trainer, lineage)
  const place = placeOf(lineage, way)
  // With changes it is a new graph, which stands behind that graph and has none behind itself.
  return changes.length > 0
    ? { before: line.slice(0, place + 1).slice(-EDITS), after: [] }
    : { before: line.slice(0, place), after: line.slice(place + 1) }
}

/** @throws GradstreamError `NOT_AVAILABLE` */
function placeOf({ before, after }: Lineage, { back = 0, forward = 0 }: Way): number {
  if (back > before.length) throw tooMany('back', back, before.length, 'taken back')
  if (forward > after.length) throw tooMany('forward', forward, after.length, 'made again')
  return before.length - back + forward
}

const tooMany = (way: string, asked: number, most: number, what: string) =>
  new GradstreamError('NOT_AVAILABLE', {
    place: 'edit',
    expected: `${way} to be at most ${most}, the number of edits that can be ${what}`,
    got: `${asked}`,
  })

/** All graphs, each with what people have set in its own run and in those after it. The present run is the latest, wherever its graph stands. */
function lineOf(trainer: Trainer, { before, after }: Lineage): readonly Ancestor[] {
  const present = { graph: trainer.model.graph, set: setIn(trainer) }
  const later = after.map(({ graph, set }) => ({ graph, set: joined(set, present.set) }))
  const line: [Ancestor, ...Ancestor[]] = [present]
  for (const { graph, set } of before.toReversed()) line.unshift({ graph, set: joined(set, line[0].set) })
  return [...line, ...later]
}

const joined = (before: Settings, later: Settings): Settings =>
  new Map(
    [...before.keys(), ...later.keys()].map(node => [node, { ...before.get(node), ...later.get(node) }]),
  )

/** What people have set since the run began. */
const setIn = ({ model }: Trainer): Settings =>
  new Map(
    engineOf(model).tuned.map(({ id, settings, resolved }) => {
      const own = Object.entries(settings).filter(
        ([name, value]) => !isSameJson(value, resolved.config[name]),
      )
      return [id, recordOf(own)]
    }),
  )
