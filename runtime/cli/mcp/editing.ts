/** Tools that change the graph, where the program lets it be edited: what would become of it, and to train that. */
import { firstValueFrom, takeUntil, timer } from 'rxjs'
import {
  check,
  checkedChanges,
  type ErrorReport,
  entryOf,
  type GraphChange,
  isSameJson,
} from '../../../core/index.ts'
import type { GraphDraft } from '../../bridge/protocol.ts'
import type { Run, Tool } from './tool.ts'

/** The most nodes and faults of an answer. */
const MOST = { nodes: 100, faults: 20 } as const

/** How long an answer waits for the new run, in milliseconds. */
const PATIENCE = 10_000

const PROPERTIES = {
  changes: {
    type: 'array',
    maxItems: 256,
    description:
      'made in their order: {"set": node, "config": {…}} for other options, {"insert": type, "behind": node, "name": …, "config": {…}} for a new node, {"remove": node}; none by default',
    items: {
      type: 'object',
      properties: {
        set: { type: 'string' },
        insert: { type: 'string' },
        behind: { type: 'string' },
        name: { type: 'string' },
        remove: { type: 'string' },
        config: { type: 'object' },
      },
      additionalProperties: false,
    },
  },
  back: {
    type: 'integer',
    minimum: 0,
    description: 'takes back so many edits that were trained, before the changes; 0 by default',
  },
  forward: {
    type: 'integer',
    minimum: 0,
    description: 'makes so many edits again that were taken back, instead of "back"; 0 by default',
  },
} as const

const draft: Tool = {
  name: 'draft_graph',
  description:
    'What becomes of the graph with some changes, without training anything: the faults at their nodes, the nodes that are other than now, the number of parameters. With "node", also what can be done with that node: the numbers and words that its options accept, the types that fit behind it, whether it can be removed.',
  properties: {
    ...PROPERTIES,
    node: { type: 'string', description: 'the id of a node, also of a new one' },
  },
  isForControllers: true,
  call(run, given) {
    const { node } = given as { node?: string }
    if (node !== undefined) check.text({ node })
    return drafted(run, planOf(given), node)
  },
}

const train: Tool = {
  name: 'train_graph',
  description:
    'Ends the present run and trains the graph with some changes from the beginning, with new weights. Draft it first. The answer has the last figures of the run before, and "back" of a later call takes the edit back, and "forward" of one after that makes it again.',
  properties: {
    ...PROPERTIES,
    run: {
      type: 'string',
      description: 'the "run" of your draft: refused if somebody has edited the graph since',
    },
  },
  required: ['run'],
  isSteering: true,
  isFinal: true,
  call(run, given) {
    const { run: meant } = given as { run: string }
    check.text({ run: meant })
    return trained(run, planOf(given), meant)
  },
}

interface Plan {
  readonly changes: readonly GraphChange[]
  readonly back: number
  readonly forward: number
}

/** @throws CheckFailed */
function planOf({ changes = [], back = 0, forward = 0 }: Readonly<Record<string, unknown>>): Plan {
  const way = { back: back as number, forward: forward as number }
  check.nonNegativeInteger({ back: way.back })
  check.nonNegativeInteger({ forward: way.forward })
  return { changes: checkedChanges(changes, true), ...way }
}

async function drafted({ client, diary }: Run, { changes, back, forward }: Plan, node: string | undefined) {
  const { run } = diary
  const draft = await client.draft(changes, node, back, forward)
  const { nodes: present } = diary.state
  const others = Object.entries(draft.nodes).filter(([id, { config, inputs }]) => {
    const known = entryOf(present, id)
    return !known || !isSameJson([known.config, known.inputs], [config, inputs])
  })
  return {
    run,
    parameters: draft.parameters,
    faults: draft.faults.slice(0, MOST.faults).map(fault => ({ node: nodeAt(fault, draft), ...fault })),
    removed: Object.keys(present).filter(id => !Object.hasOwn(draft.nodes, id)),
    others: others.slice(0, MOST.nodes).map(([id, each]) => ({ id, ...each })),
    ...(draft.node && { node: { id: node, ...draft.node } }),
    editsToTakeBack: diary.edits,
    editsToMakeAgain: diary.takenBack,
  }
}

/** The node at the beginning of the place of a fault. */
const nodeAt = ({ place }: ErrorReport, { nodes }: GraphDraft): string | null =>
  Object.keys(nodes)
    .filter(id => place === id || place.startsWith(`${id},`) || place.startsWith(`${id}:`))
    .sort((a, b) => b.length - a.length)[0] ?? null

async function trained({ client, diary }: Run, { changes, back, forward }: Plan, run: string) {
  const { runId, epoch, metrics } = diary.state
  await client.send({
    type: 'edit',
    run,
    ...((back + forward === 0 || changes.length > 0) && { changes }),
    ...(back > 0 && { back }),
    ...(forward > 0 && { forward }),
  })
  const next = await firstValueFrom(client.state$.pipe(takeUntil(timer(PATIENCE))), {
    defaultValue: undefined,
  })
  const { status, parameters, graph } = next ?? {}
  return {
    before: { runId, epoch, metrics },
    now: { run: diary.run, runId: next?.runId, status, parameters, nodes: graph?.nodes.length },
    editsToTakeBack: diary.edits,
    editsToMakeAgain: diary.takenBack,
  }
}

export const EDITING: readonly Tool[] = [draft, train]
