/** The live graph: the widths and colours of its edges follow what flows through them. */
import { Background, ReactFlow } from '@xyflow/react'
import '@xyflow/react/dist/style.css'
import { type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from 'react'
import type { BridgeClient, RunState } from '../client.ts'
import { useInAddress } from './address.ts'
import { type FlowScale, scaleOf } from './flow-scale.ts'
import { type Direction, drawnEdges, drawnNodes, keyOfNode, normsOf } from './graph-drawn.ts'
import { GraphEdge } from './graph-edge.tsx'
import { Legend, Limits } from './graph-foot.tsx'
import { GraphHead } from './graph-head.tsx'
import { Actions, type GraphActions, GraphNode, GroupFrame } from './graph-node.tsx'
import { itemsOf, single } from './groups.ts'
import { THRESHOLDS, type Thresholds } from './health.ts'
import { useSize, useThrottled } from './hooks.ts'
import { NOWHERE, type Placed, placed } from './layout.ts'
import { Norms } from './norms.ts'
import type { Optimizers } from './optimizers.ts'
import { recordOf } from './record.ts'
import { stepTo } from './steps.ts'
import { useShape, useView } from './use-view.ts'

/** How often per second to watch the statistics of all nodes, and how many nodes to redraw per second at most. */
const RATE = 3
const DRAWN = 180
/** Below this zoom only names are readable, and they use larger type. */
const FAR = 0.55

const TYPES = { node: GraphNode, frame: GroupFrame }
const EDGES = { flow: GraphEdge }

interface Props extends Pick<RunState, 'nodes' | 'hyperparameters'> {
  readonly optimizers: Optimizers
  /** Whether no steps are running. */
  readonly isResting: boolean
  readonly client: BridgeClient
  readonly selected: string | undefined
  readonly isDark: boolean
  /** Called to show a node or the fields of an optimizer. */
  readonly onSelect: (id: string) => void
}

/** Redrawn for new statistics, not for each step. */
export const GraphView = memo((props: Props) => {
  const { client, selected, isDark, onSelect, optimizers, hyperparameters, isResting } = props
  const [edgesShow, setEdgesShow] = useInAddress('edges')
  const direction: Direction = edgesShow === 'gradients' ? 'backward' : 'forward'
  const [limits, setLimits] = useState<Thresholds>(THRESHOLDS)
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const [pointed, setPointed] = useState<string>()
  const [isFar, setIsFar] = useState(false)
  const [norms] = useState(() => new Norms())
  const [hasFocus, setFocus] = useState(false)
  const host = useRef<HTMLDivElement>(null)
  const pane = useSize(host)
  const drawn = useRef(0)
  const nodes = useThrottled(props.nodes, (1000 * drawn.current) / DRAWN)

  const graph = JSON.stringify([Object.keys(nodes), Object.keys(optimizers)])
  const isTaken = useRef(false)
  const { shape, renew } = useShape(pane, graph, isTaken.current)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the layout depends on which nodes exist
  const plan = useMemo((): Placed => {
    if (pane.width === 0) return NOWHERE
    const ends = Object.keys(optimizers).map(single)
    const all = recordOf([...Object.entries(nodes), ...Object.entries(optimizers)])
    const plan = placed(all, [...itemsOf(nodes, opened), ...ends], shape.ratio)
    // Browser tools show how often this runs, and how long it takes.
    performance.mark('graph laid out')
    return plan
  }, [graph, opened, shape, pane.width === 0])
  drawn.current = plan.items.length
  const view = useView(plan, pane, graph, selected, isTaken)

  // The results come with the state.
  useEffect(() => {
    const watches = (['forward', 'backward'] as const).map(of =>
      client.watch({ of, what: 'stats', rate: RATE }).subscribe({ error: () => undefined }),
    )
    return () => {
      for (const watch of watches) watch.unsubscribe()
    }
  }, [client])

  // The nodes of the state are the same objects until there are new statistics.
  const items = useMemo(() => {
    norms.take(nodes)
    return drawnNodes(plan, { nodes, optimizers, hyperparameters, norms, limits, selected })
  }, [plan, nodes, optimizers, hyperparameters, norms, limits, selected])
  const scales = useRef<Partial<Record<Direction, FlowScale>>>({})
  const flows = useMemo(() => normsOf(plan, nodes, direction), [plan, nodes, direction])
  const scale = scaleOf(flows, scales.current[direction])
  scales.current[direction] = scale
  const edges = useMemo(
    () => drawnEdges(plan, { norms: flows, scale, direction, pointed }),
    [plan, flows, scale, direction, pointed],
  )

  // After closing a node, keep the keyboard focus on it.
  const closed = useRef(selected)
  useEffect(() => {
    if (selected === undefined && closed.current !== undefined && document.activeElement === document.body)
      view.focus(closed.current)
    closed.current = selected
  })

  const actions: GraphActions = {
    choose(id) {
      const item = plan.items.find(candidate => candidate.id === id)
      if (!item || item.members.length === 1) return onSelect(id)
      view.keep(item, item.members[0] as string)
      setOpened(new Set([...opened, id]))
    },
    closeGroup(group) {
      const first = plan.items.find(item => item.group === group)
      if (first) view.keep(first, group)
      setOpened(new Set([...opened].filter(other => other !== group)))
    },
    point: id => setPointed(id === undefined ? undefined : keyOfNode(id)),
    focused: view.show,
    register: view.register,
  }
  // Stable callbacks that call the latest actions.
  const latest = useRef(actions)
  latest.current = actions
  const [shared] = useState(() => lasting(latest))

  const walk = (event: KeyboardEvent<HTMLElement>) => {
    const here = (event.target as HTMLElement).dataset.node
    const next = here === undefined ? undefined : stepTo(plan, here, event.key)
    if (next === undefined) return
    event.preventDefault()
    view.show(next)
    view.focus(next)
  }
  /** Changes the opened groups and shows the whole graph. */
  const openOnly = (ids: readonly string[]) => {
    isTaken.current = false
    setOpened(new Set(ids))
  }
  const hasFigures = Object.values(nodes).some(({ forward, backward }) => forward ?? backward)
  const groups = plan.items.filter(({ members }) => members.length > 1)
  return (
    <section className="panel graph" aria-label="Graph">
      <GraphHead
        note={
          !hasFigures &&
          (isResting ? 'No values yet: they appear with the next step.' : 'Loading the values …')
        }
        direction={direction}
        onTurn={way => setEdgesShow(way === 'backward' ? 'gradients' : '')}
        {...(groups.length > 0 && { onOpenAll: () => openOnly([...opened, ...groups.map(({ id }) => id)]) })}
        {...(opened.size > 0 && { onCloseAll: () => openOnly([]) })}
        onZoom={view.zoomBy}
        onShowAll={() => {
          view.showAll()
          renew()
        }}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons inside handle the keys */}
      <div
        className={`graph-flow ${direction}${isFar ? ' far' : ''}`}
        ref={host}
        tabIndex={-1}
        onKeyDown={walk}
        onFocus={() => setFocus(true)}
        onBlur={() => setFocus(false)}
        onPointerDown={({ target }) => {
          if (!(target as HTMLElement).closest('button')) host.current?.focus({ preventScroll: true })
        }}
      >
        {pane.width > 0 && (
          <Actions value={shared}>
            <ReactFlow
              aria-label="The nodes of the graph: arrow keys follow its edges, Enter opens a node or a group"
              nodes={items}
              edges={edges}
              nodeTypes={TYPES}
              edgeTypes={EDGES}
              colorMode={isDark ? 'dark' : 'light'}
              nodesDraggable={false}
              nodesConnectable={false}
              nodesFocusable={false}
              edgesFocusable={false}
              elementsSelectable={false}
              // Each node contains a button with its own keys and description.
              disableKeyboardA11y
              deleteKeyCode={null}
              selectionKeyCode={null}
              multiSelectionKeyCode={null}
              panActivationKeyCode={null}
              minZoom={0.05}
              // Without focus in the graph, the wheel scrolls the page.
              zoomOnScroll={hasFocus}
              preventScrolling={hasFocus}
              onlyRenderVisibleElements={items.length > 100}
              onInit={view.begin}
              onMove={(event, { zoom }) => {
                if (event) view.take()
                setIsFar(zoom < FAR)
              }}
              onEdgeMouseEnter={(_, { id }) => setPointed(id)}
              onEdgeMouseLeave={() => setPointed(undefined)}
            >
              <Background gap={24} />
            </ReactFlow>
          </Actions>
        )}
      </div>
      <div className={`panel-foot ${direction}`}>
        <Legend scale={scale} direction={direction} />
        <Limits limits={limits} onChange={setLimits} />
      </div>
    </section>
  )
})

function lasting(latest: { readonly current: GraphActions }): GraphActions {
  return {
    choose: id => latest.current.choose(id),
    closeGroup: group => latest.current.closeGroup(group),
    point: id => latest.current.point(id),
    focused: id => latest.current.focused(id),
    register: (id, button) => latest.current.register(id, button),
  }
}
