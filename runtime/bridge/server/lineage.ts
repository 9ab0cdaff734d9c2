/** The graphs from which that of the present run was made, one edit after another, so that edits can be taken back. */
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
export interface Ancestor {
  readonly graph: GraphDef
  readonly set: Settings
}

/** Hyper-parameters by node. */
type Settings = ReadonlyMap<string, Config>

/** The graph as it was so many edits ago, 0 for that of the present run, with all hyper-parameters as people have set them since. */
export function graphBefore(trainer: Trainer, ancestors: readonly Ancestor[], back = 0): GraphDef {
  const { graph, set } = ancestorAt(trainer, ancestors, back)
  return {
    ...graph,
    nodes: graph.nodes.map(entry => ({ ...entry, config: { ...entry.config, ...set.get(entry.id) } })),
  }
}

/** The ancestors of the run that is made from the graph of `back` edits ago. */
export function ancestorsAfter(
  trainer: Trainer,
  ancestors: readonly Ancestor[],
  changes: readonly GraphChange[],
  back = 0,
): readonly Ancestor[] {
  // An earlier graph without changes has the parent that it had.
  const parent = changes.length > 0 ? back : back + 1
  const older = ancestors.length - parent
  return older < 0 ? [] : [...ancestors.slice(0, older), ancestorAt(trainer, ancestors, parent)].slice(-EDITS)
}

/** @throws GradstreamError `NOT_AVAILABLE` */
function ancestorAt(trainer: Trainer, ancestors: readonly Ancestor[], back: number): Ancestor {
  const most = ancestors.length
  if (back > most)
    throw new GradstreamError('NOT_AVAILABLE', {
      place: 'edit',
      expected: `back to be at most ${most}, the number of edits that can be taken back`,
      got: `${back}`,
    })
  const present = { graph: trainer.model.graph, set: setIn(trainer) }
  const line = [...ancestors, present].slice(most - back)
  return line.reduce(({ graph, set }, later) => ({ graph, set: joined(set, later.set) }))
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
