/** The live graph: the widths and colours of its edges follow what flows through them. */
import { Background, ReactFlow } from '@xyflow/react'
import '@xyflow/react/dist/style.css'
import './graph.css'
import { type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from 'react'
import type { BridgeClient, RunState, RunStatus } from '../client.ts'
import { useInAddress } from './address.ts'
import { CROWD, CROWDED, type Distance, distanceAt, NEAR } from './distance.ts'
import { EditBar } from './editing/edit-bar.tsx'
import type { Failure } from './failure.ts'
import { type FlowScale, scaleOf } from './flow-scale.ts'
import { found } from './found.ts'
import {
  type Direction,
  drawnEdges,
  drawnFrames,
  drawnNodes,
  keyOfNode,
  normsOf,
  OUTERMOST,
} from './graph-drawn.ts'
import { GraphEdge, type GraphEdgeData } from './graph-edge.tsx'
import { Legend, Limits } from './graph-foot.tsx'
import { GraphHead } from './graph-head.tsx'
import { GraphLabels } from './graph-labels.tsx'
import { GraphMap } from './graph-map.tsx'
import { Actions, type GraphActions, GraphNode, GroupFrame } from './graph-node.tsx'
import { textOfPlace } from './graph-place.ts'
import { GraphSearch, LONGEST } from './graph-search.tsx'
import { GraphSketch } from './graph-sketch.tsx'
import { GraphTip } from './graph-tip.tsx'
import { foldsOf, itemsOf, pathTo } from './groups.ts'
import { textOfThresholds, thresholdsBy } from './health.ts'
import { useSize, useThrottled } from './hooks.ts'
import { Norms } from './norms.ts'
import { Note } from './note.tsx'
import type { Optimizers } from './optimizers.ts'
import { stepTo } from './steps.ts'
import { tipFor } from './tips.ts'
import { usePlan } from './use-plan.ts'
import { LEAST, useView } from './use-view.ts'
import { WAITING } from './waiting.ts'

/** How often per second to watch the statistics of all nodes, and how many nodes to redraw per second at most. */
const RATE = 3
const DRAWN = 180
const NO_EDGES: GraphEdgeData[] = []
/** The size of type follows the zoom in such steps, so that not every frame of a zoom sets it. */
const ZOOM_STEP = 1.12

const TYPES = { node: GraphNode, frame: GroupFrame }
const EDGES = { flow: GraphEdge }

interface Props extends Pick<RunState, 'nodes' | 'hyperparameters' | 'follows'> {
  /** The step, if a schedule counts steps. */
  readonly step: number
  readonly optimizers: Optimizers
  readonly status: RunStatus
  readonly failure: Failure | undefined
  /** Which nodes wait to be trained, and why. */
  readonly drafted: ReadonlyMap<string, string> | undefined
  readonly client: BridgeClient
  readonly selected: string | undefined
  readonly isDark: boolean
  /** Called to show a node or the fields of an optimizer. */
  readonly onSelect: (id: string) => void
}

/** Redrawn for new statistics, not for each step. */
export const GraphView = memo((props: Props) => {
  const {
    client,
    selected,
    isDark,
    onSelect,
    optimizers,
    hyperparameters,
    follows,
    step,
    status,
    failure,
    drafted,
  } = props
  const [edgesShow, setEdgesShow] = useInAddress('edges')
  const direction: Direction = edgesShow === 'gradients' ? 'backward' : 'forward'
  const [place, setPlace] = useInAddress('place')
  const [limitsText, setLimits] = useInAddress('limits')
  const limits = useMemo(() => thresholdsBy(limitsText), [limitsText])
  const [pointed, setPointed] = useState<string>()
  const [distance, setDistance] = useState<Distance>(NEAR)
  /** The node that has the focus, or had it last. */
  const [walked, setWalked] = useState<string>()
  const [soughtText, setSought] = useInAddress('find')
  const sought = soughtText.slice(0, LONGEST)
  const [norms] = useState(() => new Norms())
  const [hasFocus, setFocus] = useState(false)
  const host = useRef<HTMLDivElement>(null)
  const pane = useSize(host)
  const drawn = useRef(0)
  const isTaken = useRef(false)
  const nodes = useThrottled(props.nodes, (1000 * drawn.current) / DRAWN)

  const { graph, units, opened, setOpened, plan, renew } = usePlan(nodes, optimizers, pane, isTaken)
  const isSketched = distance.isCrowded && plan.items.length > CROWD
  drawn.current = isSketched ? CROWD : plan.items.length
  const view = useView(plan, pane, graph, selected, isTaken, place)

  // The results come with the state.
  useEffect(() => {
    const watches = (['forward', 'backward'] as const).map(of =>
      client.watch({ of, what: 'stats', rate: RATE }).subscribe({ error: () => undefined }),
    )
    return () => {
      for (const watch of watches) watch.unsubscribe()
    }
  }, [client])

  // biome-ignore lint/correctness/useExhaustiveDependencies: names and types depend on which nodes exist
  const hits = useMemo(() => found(sought, nodes, optimizers), [sought, graph])
  const hitSet = useMemo(() => new Set(hits), [hits])

  // The nodes of the state are the same objects until there are new statistics.
  const items = useMemo(() => {
    norms.take(nodes)
    return drawnNodes(plan, {
      nodes,
      optimizers,
      hyperparameters,
      follows,
      step,
      norms,
      limits,
      selected,
      failure,
      drafted,
      hits: hitSet,
    })
  }, [
    plan,
    nodes,
    optimizers,
    hyperparameters,
    follows,
    step,
    norms,
    limits,
    selected,
    failure,
    drafted,
    hitSet,
  ])
  const frames = useMemo(() => drawnFrames(plan), [plan])
  // What the keyboard, or a look at it, needs as an element even in a sketch.
  const elements = useMemo(() => {
    if (!isSketched) return [...frames, ...items]
    const kept = [walked ?? plan.items[0]?.id, selected, failure?.node].map(id => keyOfNode(id ?? ''))
    const outer = frames.filter(({ zIndex }) => zIndex === OUTERMOST)
    return [...outer, ...items.filter(({ id }) => kept.includes(id))]
  }, [isSketched, frames, items, plan, walked, selected, failure])
  const scales = useRef<Partial<Record<Direction, FlowScale>>>({})
  const flows = useMemo(() => normsOf(plan, nodes, direction), [plan, nodes, direction])
  const scale = scaleOf(flows, scales.current[direction])
  scales.current[direction] = scale
  const edges = useMemo(
    () => drawnEdges(plan, { norms: flows, scale, direction, pointed }),
    [plan, flows, scale, direction, pointed],
  )

  /** Shows a node; if it is in a closed group, opens that first. */
  const reveal = (id: string) => {
    view.reveal(id)
    const closed = pathTo(units, id).filter(group => !opened.has(group))
    if (closed.length > 0) setOpened(new Set([...opened, ...closed]))
  }
  const isPlanned = plan.items.length > 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each failure, and each node that is opened
  useEffect(() => {
    if (isPlanned && failure) reveal(failure.node)
  }, [failure, isPlanned])
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => {
    if (!isPlanned || selected === undefined) return
    // What somebody has clicked stays where it is.
    if (plan.items.some(({ id }) => id === selected)) view.show(selected)
    else reveal(selected)
  }, [selected, isPlanned])

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
      const next = new Set([...opened, id])
      const first = itemsOf(units, next).find(({ groups }) => groups.includes(id))?.id ?? id
      view.keep(item, first)
      setWalked(first)
      setOpened(next)
    },
    closeGroup(group) {
      const first = plan.items.find(({ groups }) => groups.includes(group))
      if (first) view.keep(first, group)
      setWalked(group)
      setOpened(new Set([...opened].filter(other => other !== group)))
    },
    point: id => setPointed(id === undefined ? undefined : keyOfNode(id)),
    focused(id) {
      setWalked(id)
      if (isSketched) view.reveal(id)
      else view.show(id)
    },
    register: view.register,
  }
  // Stable callbacks that call the latest actions.
  const latest = useRef(actions)
  latest.current = actions
  const [shared] = useState(() => lasting(latest))

  const field = useRef<HTMLInputElement>(null)
  const walk = (event: KeyboardEvent<HTMLElement>) => {
    const here = (event.target as HTMLElement).dataset.node
    if (event.key === 'f' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      field.current?.focus()
    }
    if (event.key === 'Escape') setPointed(undefined)
    if (event.key === '-') {
      const around = plan.items.find(({ id }) => id === here)?.groups.at(-1)
      if (around !== undefined) actions.closeGroup(around)
    }
    const next = here === undefined ? undefined : stepTo(plan, here, event.key)
    if (next === undefined) return
    event.preventDefault()
    actions.focused(next)
    view.focus(next)
  }
  /** Changes the opened groups and shows the whole graph. */
  const openOnly = (ids: readonly string[]) => {
    view.release()
    // Or all of them would become elements before the view shows that they are too many.
    if (ids.length > 0 && Object.keys(nodes).length > CROWD) setDistance(CROWDED)
    setOpened(new Set(ids))
  }
  const tip = useMemo(
    () => tipFor(pointed, plan, { nodes, optimizers, hyperparameters, limits, failure }),
    [pointed, plan, nodes, optimizers, hyperparameters, limits, failure],
  )
  const hasFigures = Object.values(nodes).some(({ forward, backward }) => forward ?? backward)
  const folds = useMemo(() => foldsOf(units), [units])
  return (
    <section className="panel graph" aria-label="Graph">
      <GraphHead
        search={
          <GraphSearch
            field={field}
            text={sought}
            onType={setSought}
            hits={hits}
            typeOf={id => (nodes[id] ?? optimizers[id])?.type ?? ''}
            onShow={reveal}
            onEnd={id => {
              setWalked(id)
              if (id === undefined) field.current?.blur()
              else view.focus(id)
            }}
          />
        }
        direction={direction}
        onTurn={way => setEdgesShow(way === 'backward' ? 'gradients' : '')}
        {...(opened.size < folds.length && { onUnfoldAll: () => openOnly(folds) })}
        {...(opened.size > 0 && { onFoldAll: () => openOnly([]) })}
        onZoom={view.zoomBy}
        onShowAll={() => {
          view.showAll()
          renew()
        }}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons inside handle the keys */}
      <div
        className={`graph-flow ${direction} ${distance.look}${isSketched ? ' sketched' : ''}`}
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
              nodes={elements}
              edges={isSketched ? NO_EDGES : edges}
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
              attributionPosition="bottom-left"
              minZoom={LEAST}
              // Without focus in the graph, the wheel scrolls the page.
              zoomOnScroll={hasFocus}
              preventScrolling={hasFocus}
              onlyRenderVisibleElements={elements.length > 100}
              onInit={view.begin}
              onMove={(event, { zoom }) => {
                if (event) {
                  view.take()
                  setPointed(undefined)
                }
                setDistance(distanceAt(zoom, pane))
                const step = ZOOM_STEP ** Math.round(Math.log(zoom) / Math.log(ZOOM_STEP))
                host.current?.style.setProperty('--zoom', step.toFixed(3))
              }}
              onMoveEnd={(_, now) => setPlace(isTaken.current ? textOfPlace(now, plan, pane) : '')}
              {...(isSketched && {
                onPaneMouseMove: event => setPointed(keyOfNode(view.at(event) ?? '')),
                onPaneClick: event => {
                  const id = view.at(event)
                  if (id !== undefined) view.reveal(id)
                },
              })}
              onEdgeMouseEnter={(_, { id }) => setPointed(id)}
              onEdgeMouseLeave={() => setPointed(undefined)}
            >
              <Background gap={24} />
              {isSketched && <GraphSketch nodes={items} edges={edges} frames={plan.frames} isDark={isDark} />}
              <GraphLabels frames={plan.frames} />
              <GraphMap bounds={plan.bounds} />
              {tip && <GraphTip {...tip} />}
            </ReactFlow>
          </Actions>
        )}
        <div className="graph-note">
          <Note>{!hasFigures && WAITING[status]}</Note>
        </div>
      </div>
      <div className={`panel-foot ${direction}`}>
        <Legend scale={scale} direction={direction} />
        <Limits limits={limits} onChange={next => setLimits(textOfThresholds(next))} />
      </div>
      <EditBar />
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
