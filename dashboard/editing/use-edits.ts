/** The graph as somebody changes it here: nothing happens to the run until it is trained. */
import { createContext, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type {
  BridgeClient,
  ConnectionState,
  DraftChoices,
  GraphChange,
  GraphDraft,
  RunState,
} from '../../client.ts'
import { GradstreamError } from '../../client.ts'
import { isSame } from '../controls/values.ts'
import type { Failure } from '../failure.ts'
import { recordOf } from '../record.ts'
import { type Configs, changesBetween, nameFor, nodeAt, withChange } from './changes.ts'

/** What is to become of the graph: that of so many edits ago, or with so many again that were taken back, with some changes. */
interface Plan {
  readonly back: number
  readonly forward: number
  readonly changes: readonly GraphChange[]
}

const NOTHING: Plan = { back: 0, forward: 0, changes: [] }

export interface Edits extends Plan {
  /** What going back or forward by so many edits changes, for words about it. */
  readonly moved: readonly GraphChange[]
  /** The options of the nodes of the run, and of those before the changes. */
  readonly present: Configs
  readonly before: Configs
  /** Whether one more edit can be taken back, and whether one more of these can be made again. */
  readonly canGoBack: boolean
  readonly canGoForward: boolean
  /** The nodes of the graph with the changes. */
  readonly nodes: RunState['nodes']
  /** Which of them are not as the run has them. */
  readonly marks: ReadonlyMap<string, Mark>
  /** What can be done with the opened node; undefined until known. */
  readonly choices: DraftChoices | undefined
  /** What is wrong with the graph, or why it was refused; at a node, if it is about one. */
  readonly problem: { readonly node: string | undefined; readonly message: string } | undefined
  /** What was lost because somebody else has edited the graph. */
  readonly lost: Plan
  readonly isTraining: boolean
  change(...more: readonly GraphChange[]): void
  /** A free name for a new node behind another one. */
  nameFor(type: string, behind: string): string
  /** Takes back one more edit that was trained. */
  goBack(): void
  /** Makes one more edit again that was taken back. */
  goForward(): void
  undo(): void
  discard(): void
  /** Tries the lost changes with the new graph. */
  retry(): void
  train(): Promise<void>
}

export type Mark = 'new' | 'changed'

/** What somebody had planned when the run was replaced. */
let leftOver = NOTHING

interface Drafted {
  readonly draft: GraphDraft
  readonly opened: string | undefined
}

export const isMoved = ({ back, forward }: Pick<Plan, 'back' | 'forward'>): boolean => back > 0 || forward > 0

const isEmpty = (plan: Plan) => !isMoved(plan) && plan.changes.length === 0

const wayOf = ({ back, forward }: Plan) => ({ ...(back > 0 && { back }), ...(forward > 0 && { forward }) })

/** Of what the page shows; undefined where the graph may not be edited. */
export const EditsContext = createContext<Edits | undefined>(undefined)

/** Undefined where the graph may not be edited. */
export function useEdits(
  client: BridgeClient,
  state: RunState | undefined,
  { editable, edits = 0, takenBack = 0, role, run, status }: ConnectionState,
  opened: string | undefined,
): Edits | undefined {
  const isOn = editable === true && role === 'controller'
  const [plan, setPlan] = useState(NOTHING)
  const [drafted, setDrafted] = useState<Drafted>()
  const [refusal, setRefusal] = useState<Edits['problem']>()
  const [isTraining, setIsTraining] = useState(false)
  const [lost, setLost] = useState(NOTHING)
  /** The graph to which the plan goes, before its changes. */
  const [other, setOther] = useState<{ readonly plan: Plan; readonly nodes: GraphDraft['nodes'] }>()
  /** The last plan that made a graph. */
  const made = useRef(NOTHING)
  /** What is not trained yet. */
  const unsent = useRef(NOTHING)
  unsent.current = isTraining ? NOTHING : plan

  useEffect(() => {
    setLost(leftOver)
    leftOver = NOTHING
    return () => {
      leftOver = unsent.current
    }
  }, [])

  const isAsked = isOn && status === 'open' && (!isEmpty(plan) || opened !== undefined)
  useEffect(() => {
    if (!isAsked) {
      if (isEmpty(plan)) made.current = plan
      setDrafted(undefined)
      return
    }
    let isLatest = true
    const { changes } = plan
    const { back, forward } = wayOf(plan)
    client.draft(changes, opened, back, forward).then(
      draft => {
        if (!isLatest) return
        made.current = plan
        if (changes.length === 0) setOther({ plan, nodes: draft.nodes })
        setDrafted({ draft, opened })
      },
      (error: Error) => {
        if (!isLatest) return
        setRefusal({ node: undefined, message: error.message })
        // What cannot be made is not kept.
        if (error instanceof GradstreamError && plan !== made.current) setPlan(made.current)
      },
    )
    return () => {
      isLatest = false
    }
  }, [client, plan, opened, isAsked])

  const present = state?.nodes
  const draft = isEmpty(plan) ? undefined : drafted?.draft
  const nodes = useMemo(() => drawn(present ?? {}, draft), [present, draft])
  const marks = useMemo(() => marksOf(present ?? {}, draft), [present, draft])
  const become = useCallback((next: Plan | ((before: Plan) => Plan)) => {
    setPlan(next)
    setRefusal(undefined)
    setLost(NOTHING)
  }, [])
  const goBack = useCallback(() => become(plan => ({ ...plan, back: plan.back + 1 })), [become])
  const goForward = useCallback(() => become(plan => ({ ...plan, forward: plan.forward + 1 })), [become])
  if (!isOn || !state) return undefined

  const { back, forward, changes } = plan
  const isThere = other?.plan.back === back && other.plan.forward === forward
  const before = isMoved(plan) && isThere ? other.nodes : state.nodes
  const [fault] = draft?.faults ?? []
  const ids = Object.keys(nodes)
  return {
    ...plan,
    moved: changesBetween(state.nodes, before),
    present: state.nodes,
    before,
    canGoBack: back < edits && forward === 0 && changes.length === 0,
    canGoForward: forward < takenBack && back === 0 && changes.length === 0,
    nodes,
    marks,
    choices: drafted?.opened === opened ? drafted?.draft.node : undefined,
    problem: refusal ?? (fault && { node: nodeAt(fault.place, ids), message: fault.message }),
    lost,
    isTraining,
    change: (...more) =>
      become({ ...plan, changes: more.reduce((all, change) => withChange(all, change, before), changes) }),
    nameFor: (type, behind) => {
      const inserted = changes.flatMap(change => ('insert' in change ? (change.name ?? []) : []))
      const { graph } = state
      const taken = [...ids, ...inserted, ...graph.nodes.map(({ id }) => id), ...Object.keys(graph.outputs)]
      return nameFor(type, behind, new Set(taken))
    },
    goBack,
    goForward,
    undo: () =>
      become(
        changes.length > 0
          ? { ...plan, changes: changes.slice(0, -1) }
          : { back: Math.max(back - 1, 0), forward: Math.max(forward - 1, 0), changes },
      ),
    discard: () => become(NOTHING),
    retry: () => become(lost),
    async train() {
      setIsTraining(true)
      setRefusal(undefined)
      try {
        await client.send({
          type: 'edit',
          ...(!isMoved(plan) || changes.length > 0 ? { changes } : {}),
          ...wayOf(plan),
          ...(run !== undefined && { run }),
        })
      } catch (error) {
        const { message } = error as Error
        const place = error instanceof GradstreamError ? error.place : ''
        setRefusal({ node: nodeAt(place, ids), message })
        setIsTraining(false)
      }
    },
  }
}

/** The nodes as the graph shows them: with what is known of those that stay. */
function drawn(present: RunState['nodes'], draft: GraphDraft | undefined): RunState['nodes'] {
  if (!draft) return present
  return recordOf(
    Object.entries(draft.nodes).map(([id, { shape, ...node }]) => {
      const known = Object.hasOwn(present, id) ? present[id] : undefined
      return [id, { weights: {}, ...known, ...node, shape: shape ?? known?.shape ?? [] }] as const
    }),
  )
}

function marksOf(present: RunState['nodes'], draft: GraphDraft | undefined): ReadonlyMap<string, Mark> {
  const marks = new Map<string, Mark>()
  for (const [id, { config }] of Object.entries(draft?.nodes ?? {})) {
    const known = Object.hasOwn(present, id) ? present[id] : undefined
    if (!known) marks.set(id, 'new')
    else if (!isSame(known.config, config)) marks.set(id, 'changed')
  }
  return marks
}

/** What is wrong with the changed graph, as the graph shows it at a node. */
export const faultAt = (node: string | undefined, message = ''): Failure | undefined =>
  node === undefined ? undefined : { node, message, label: 'does not fit' }
