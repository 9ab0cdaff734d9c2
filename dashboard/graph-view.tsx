/** The graph, alive: widths and colours of its edges follow what flows through them. */
import { Background, Controls, type Edge, ReactFlow, type ReactFlowInstance } from '@xyflow/react'
import '@xyflow/react/dist/style.css'
import { memo, useEffect, useMemo, useRef, useState } from 'react'
import type { BridgeClient, NodeInfo } from '../client.ts'
import { figures, shapeText } from './format.ts'
import { GraphNode, type GraphNodeData } from './graph-node.tsx'
import { ailmentOf, THRESHOLDS, type Thresholds } from './health.ts'
import { useSize } from './hooks.ts'
import { itemsOf, MOST, type Nodes, type Placed, placed, SIZE } from './layout.ts'
import { Norms } from './norms.ts'

/** How often a second the statistics of all nodes are looked at, and how many nodes are drawn anew a second at most. */
const RATE = 3
const DRAWN = 180

/** Around the graph; the buttons are at the left. */
const PADDING = { top: 0.05, right: '36px', bottom: 0.05, left: '56px' } as const

const TYPES = { node: GraphNode }

interface Props {
  readonly client: BridgeClient
  readonly nodes: Nodes
  readonly selected: string | undefined
  readonly isDark: boolean
  readonly onSelect: (id: string) => void
}

/** Drawn anew when there are new statistics, not with each step. */
export const GraphView = memo(({ client, nodes, selected, isDark, onSelect }: Props) => {
  const [direction, setDirection] = useState<'forward' | 'backward'>('forward')
  const [limits, setLimits] = useState<Thresholds>(THRESHOLDS)
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const [norms] = useState(() => new Norms())
  const flow = useRef<ReactFlowInstance<GraphNodeData, Edge>>(undefined)
  const host = useRef<HTMLDivElement>(null)
  const { width, height } = useSize(host)
  const shape = Math.max(width, 1) / Math.max(height, 1)
  const isNarrow = shape < 1

  const names = Object.keys(nodes).join('\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the layout depends on which nodes there are, not on what they hold
  const plan = useMemo(
    () => placed(nodes, itemsOf(nodes, opened), shape),
    [names, opened, Math.round(shape * 4)],
  )

  // The results come with the state.
  const rate = Math.min(RATE, DRAWN / plan.items.length)
  useEffect(() => {
    const watches = (['forward', 'backward'] as const).map(of =>
      client.watch({ node: '*', of, what: 'stats', rate }).subscribe({ error: () => undefined }),
    )
    return () => {
      for (const watch of watches) watch.unsubscribe()
    }
  }, [client, rate])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is fitted anew where the plan changes
  useEffect(() => {
    const timer = setTimeout(() => flow.current?.fitView({ padding: PADDING, maxZoom: 1.1 }), 50)
    return () => clearTimeout(timer)
  }, [plan, width, height])

  // The nodes of the state are the same objects until there are new statistics.
  const items = useMemo(() => {
    norms.take(nodes)
    return plan.items.map(item => drawnNode(item, { nodes, norms, limits, selected, isNarrow }))
  }, [plan, nodes, norms, limits, selected, isNarrow])
  const edges = useMemo(
    () => drawnEdges(plan, nodes, direction, isNarrow),
    [plan, nodes, direction, isNarrow],
  )

  const choose = (id: string) => {
    const item = plan.items.find(candidate => candidate.id === id)
    if (item && item.members.length > 1) setOpened(new Set([...opened, id]))
    else onSelect(id)
  }
  return (
    <section className="panel graph" aria-label="Graph">
      <div className="panel-head">
        <h2>Graph</h2>
        <fieldset className="switch">
          <legend className="hidden">Edges show</legend>
          {(['forward', 'backward'] as const).map(name => (
            <label key={name}>
              <input
                type="radio"
                name="direction"
                checked={direction === name}
                onChange={() => setDirection(name)}
              />
              {name === 'forward' ? 'values →' : '← gradients'}
            </label>
          ))}
        </fieldset>
        <Limits limits={limits} onChange={setLimits} />
        {opened.size > 0 && (
          <button type="button" onClick={() => setOpened(new Set())}>
            Close groups
          </button>
        )}
        {Object.keys(nodes).length > MOST && opened.size === 0 && <small>Groups open at a click.</small>}
      </div>
      <div className="graph-flow" ref={host}>
        {width > 0 && (
          <ReactFlow
            // Where edges begin and end is measured once.
            key={isNarrow ? 'narrow' : 'wide'}
            nodes={items}
            edges={edges}
            nodeTypes={TYPES}
            colorMode={isDark ? 'dark' : 'light'}
            nodesDraggable={false}
            nodesConnectable={false}
            edgesFocusable={false}
            elementsSelectable
            minZoom={0.05}
            onlyRenderVisibleElements={items.length > 100}
            onInit={instance => {
              flow.current = instance
            }}
            onNodeClick={(_, node) => choose(node.id)}
            onSelectionChange={({ nodes: chosen }) => {
              const [only, ...others] = chosen
              if (only && others.length === 0 && !only.data.isGroup && only.id !== selected) choose(only.id)
            }}
          >
            <Background gap={24} />
            <Controls showInteractive={false} />
          </ReactFlow>
        )}
      </div>
    </section>
  )
})

interface Look {
  readonly nodes: Nodes
  readonly norms: Norms
  readonly limits: Thresholds
  readonly selected: string | undefined
  readonly isNarrow: boolean
}

function drawnNode({ id, members, x, y }: Placed['items'][number], look: Look): GraphNodeData {
  const { nodes, norms, limits, selected, isNarrow } = look
  const infos = members.map(member => nodes[member] as NodeInfo)
  const [last] = infos.slice(-1) as [NodeInfo]
  const isGroup = members.length > 1
  const type = isGroup ? `${members.length} nodes` : last.type
  const ailment = infos.map(info => ailmentOf(info, limits)).find(found => found !== undefined)
  return {
    id,
    type: 'node',
    position: { x, y },
    // One that is not measured is hidden until it is, and each update is a new one.
    ...SIZE,
    measured: SIZE,
    ariaLabel: `${id}, ${type}${ailment ? `, ${ailment}` : ''}`,
    data: {
      title: id,
      type,
      shape: shapeText(last.shape),
      parameters: infos.reduce((sum, { parameters }) => sum + parameters, 0),
      norms: norms.of(members.at(-1) as string),
      norm: last.backward ? `∇ ${figures(last.backward.norm)}` : '',
      ailment,
      isSelected: members.includes(selected ?? ''),
      isGroup,
      isNarrow,
      hasInputs: last.type !== 'input',
    },
  }
}

function drawnEdges(
  plan: Placed,
  nodes: Nodes,
  direction: 'forward' | 'backward',
  isNarrow: boolean,
): Edge[] {
  const xOf = new Map(plan.items.map(({ id, x }) => [id, x]))
  const shares = sharesOf(plan.edges.map(({ from }) => nodes[from]?.[direction]?.norm))
  return plan.edges.map(({ id, source, target }, i): Edge => {
    const share = shares[i] as number
    // One that leads to the beginning of the next row.
    const isWrapped = !isNarrow && (xOf.get(target) ?? 0) < (xOf.get(source) ?? 0)
    return {
      id,
      source,
      target,
      type: isWrapped ? 'smoothstep' : 'default',
      style: { strokeWidth: 1.5 + 4.5 * share, stroke: `var(--${direction})`, opacity: 0.35 + 0.65 * share },
    }
  })
}

/** How strong each is among all, on a logarithmic scale, from 0 to 1. */
function sharesOf(values: readonly (number | undefined)[]): number[] {
  const logs = values
    .filter(value => value !== undefined && value > 0)
    .map(value => Math.log10(value as number))
  const most = Math.max(...logs)
  const least = Math.max(Math.min(...logs), most - 4)
  return values.map(value => {
    if (value === undefined || value <= 0) return 0
    return most === least ? 0.5 : Math.min(Math.max((Math.log10(value) - least) / (most - least), 0), 1)
  })
}

function Limits({ limits, onChange }: { limits: Thresholds; onChange: (limits: Thresholds) => void }) {
  const fields = [
    ['vanishing', 'vanishing below'],
    ['exploding', 'exploding above'],
    ['dead', 'dead: zeros above'],
  ] as const
  return (
    <details className="limits">
      <summary>Warnings</summary>
      <div className="limits-fields">
        {fields.map(([name, label]) => (
          <label key={name}>
            {label}
            <input
              type="number"
              step="any"
              min="0"
              defaultValue={limits[name]}
              onChange={({ target }) => {
                if (target.value !== '' && target.valueAsNumber >= 0)
                  onChange({ ...limits, [name]: target.valueAsNumber })
              }}
            />
          </label>
        ))}
      </div>
    </details>
  )
}
