/** The graph as somebody changes it here: nothing happens to the run until it is trained. */
import { useEffect, useMemo, useRef, useState } from 'react'
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
import { nameFor, nodeAt, withChange } from './changes.ts'

export interface Edits {
  readonly changes: readonly GraphChange[]
  /** The nodes of the graph with the changes. */
  readonly nodes: RunState['nodes']
  /** Which of them are not as the run has them. */
  readonly marks: ReadonlyMap<string, Mark>
  /** What can be done with the opened node; undefined until known. */
  readonly choices: DraftChoices | undefined
  /** What is wrong with the graph, or why it was refused; at a node, if it is about one. */
  readonly problem: { readonly node: string | undefined; readonly message: string } | undefined
  /** How many changes were lost because somebody else has edited the graph. */
  readonly lost: number
  readonly isTraining: boolean
  change(...more: readonly GraphChange[]): void
  /** A free name for a new node behind another one. */
  nameFor(type: string, behind: string): string
  undo(): void
  discard(): void
  /** Tries the lost changes with the new graph. */
  retry(): void
  train(): Promise<void>
}

export type Mark = 'new' | 'changed'

/** What somebody had changed when the run was replaced. */
let leftOver: readonly GraphChange[] = []

interface Drafted {
  readonly draft: GraphDraft
  readonly changes: readonly GraphChange[]
  readonly opened: string | undefined
}

/** Undefined where the graph may not be edited. */
export function useEdits(
  client: BridgeClient,
  state: RunState | undefined,
  { editable, role, run, status }: ConnectionState,
  opened: string | undefined,
): Edits | undefined {
  const isOn = editable === true && role === 'controller'
  const [changes, setChanges] = useState<readonly GraphChange[]>([])
  const [drafted, setDrafted] = useState<Drafted>()
  const [refusal, setRefusal] = useState<Edits['problem']>()
  const [isTraining, setIsTraining] = useState(false)
  const [lost, setLost] = useState<readonly GraphChange[]>([])
  /** The last changes that made a graph. */
  const made = useRef<readonly GraphChange[]>([])
  /** Those that are not trained yet. */
  const unsent = useRef<readonly GraphChange[]>([])
  unsent.current = isTraining ? [] : changes

  useEffect(() => {
    setLost(leftOver)
    leftOver = []
    return () => {
      leftOver = unsent.current
    }
  }, [])

  const isAsked = isOn && status === 'open' && (changes.length > 0 || opened !== undefined)
  useEffect(() => {
    if (!isAsked) {
      setDrafted(undefined)
      return
    }
    let isLatest = true
    client.draft(changes, opened).then(
      draft => {
        if (!isLatest) return
        made.current = changes
        setDrafted({ draft, changes, opened })
      },
      (error: Error) => {
        if (!isLatest) return
        setRefusal({ node: undefined, message: error.message })
        // The change that cannot be made is not kept.
        if (error instanceof GradstreamError && changes !== made.current) setChanges(made.current)
      },
    )
    return () => {
      isLatest = false
    }
  }, [client, changes, opened, isAsked])

  const present = state?.nodes
  const draft = changes.length > 0 ? drafted?.draft : undefined
  const nodes = useMemo(() => drawn(present ?? {}, draft), [present, draft])
  const marks = useMemo(() => marksOf(present ?? {}, draft), [present, draft])
  if (!isOn || !state) return undefined

  const become = (next: readonly GraphChange[]) => {
    setChanges(next)
    setRefusal(undefined)
    setLost([])
  }
  const [fault] = draft?.faults ?? []
  const ids = Object.keys(nodes)
  return {
    changes,
    nodes,
    marks,
    choices: drafted?.opened === opened ? drafted?.draft.node : undefined,
    problem: refusal ?? (fault && { node: nodeAt(fault.place, ids), message: fault.message }),
    lost: lost.length,
    isTraining,
    change: (...more) => become(more.reduce((all, change) => withChange(all, change, state.nodes), changes)),
    nameFor: (type, behind) => {
      const inserted = changes.flatMap(change => ('insert' in change ? (change.name ?? []) : []))
      const { graph } = state
      const taken = [...ids, ...inserted, ...graph.nodes.map(({ id }) => id), ...Object.keys(graph.outputs)]
      return nameFor(type, behind, new Set(taken))
    },
    undo: () => become(changes.slice(0, -1)),
    discard: () => become([]),
    retry: () => become(lost),
    async train() {
      setIsTraining(true)
      setRefusal(undefined)
      try {
        await client.send({ type: 'edit', changes, ...(run !== undefined && { run }) })
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
