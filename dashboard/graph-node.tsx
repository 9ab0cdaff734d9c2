/** One node of the graph: what it is, how its gradients go, and what is wrong with it. */
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react'
import { createContext, memo, useContext } from 'react'
import { titleOfGroup } from './groups.ts'

/** What can be done to what is drawn. */
export interface GraphActions {
  /** Opens a node or a group, or leads to the fields of an optimizer. */
  choose(id: string): void
  closeGroup(group: string): void
  /** The norms at this node are told while it is pointed at, by pointer or focus. */
  point(id: string | undefined): void
  /** The focus has come by keyboard. */
  focused(id: string): void
  /** The button of a node is on the page, until what is given back is called. */
  register(id: string, button: HTMLButtonElement): () => void
}

export const Actions = createContext<GraphActions | undefined>(undefined)

export type GraphNodeData = Node<{
  readonly id: string
  readonly title: string
  readonly type: string
  readonly shape: string
  /** How many numbers its parameters hold, or what an optimizer is set to. */
  readonly note: string
  readonly norms: readonly number[]
  readonly norm: string
  readonly ailment: string
  /** The norms, for those who do not see them. */
  readonly description: string
  readonly isSelected: boolean
  readonly kind: 'node' | 'group' | 'optimizer'
}>

/** Longer names are set smaller, so that those of the losses can be read. */
const LONG = 18

export const GraphNode = memo(
  ({ data }: NodeProps<GraphNodeData>) => {
    const actions = useContext(Actions) as GraphActions
    const { id, title, type, shape, note, norms, norm, ailment, isSelected, kind } = data
    const classes = ['node', kind, isSelected && 'selected', ailment && 'ill', title.length > LONG && 'long']
    return (
      <>
        {/* React Flow measures where edges may end; without it, it takes an edge away as soon as it has measured. */}
        <Handle type="target" position={Position.Top} isConnectable={false} />
        <Handle type="source" position={Position.Top} isConnectable={false} />
        <button
          type="button"
          className={classes.filter(Boolean).join(' ')}
          ref={button => (button ? actions.register(id, button) : undefined)}
          data-node={id}
          aria-description={data.description}
          aria-expanded={kind === 'group' ? false : undefined}
          aria-current={isSelected && kind === 'node' ? 'true' : undefined}
          title={title}
          onClick={() => actions.choose(id)}
          onFocus={({ target }) => {
            actions.point(id)
            if (target.matches(':focus-visible')) actions.focused(id)
          }}
          onBlur={() => actions.point(undefined)}
          onPointerEnter={() => actions.point(id)}
          onPointerLeave={() => actions.point(undefined)}
        >
          <span className="node-title">{title}</span>
          <span className="node-facts">
            <span>{type}</span>
            <span>{shape}</span>
          </span>
          <Sparkline values={norms} />
          <span className="node-facts">
            {ailment ? (
              <strong className="ailment">⚠ {ailment}</strong>
            ) : (
              <>
                <span>{note}</span>
                {/* It is part of the description, since a name that changes all the time is read out all the time. */}
                <span aria-hidden="true">{norm}</span>
              </>
            )}
          </span>
        </button>
      </>
    )
  },
  // Most nodes look as they did when another one has changed.
  (before, after) =>
    Object.entries(after.data).every(
      ([name, value]) => before.data[name as keyof typeof before.data] === value,
    ),
)

export type FrameData = Node<{ readonly group: string; readonly isFirst: boolean }>

/** Around the members of an opened group; at its beginning, the button that closes it. */
export const GroupFrame = memo(({ data: { group, isFirst } }: NodeProps<FrameData>) => {
  const actions = useContext(Actions) as GraphActions
  const title = titleOfGroup(group)
  return (
    <div className="frame">
      {isFirst && (
        <button
          type="button"
          aria-label={`Close the group ${title}`}
          onClick={() => actions.closeGroup(group)}
        >
          <span aria-hidden="true">✕</span> <span className="frame-title">{title}</span>
        </button>
      )}
    </div>
  )
})

/** Norms on a logarithmic scale of their own, which spans no less than a factor of two. */
function Sparkline({ values }: { readonly values: readonly number[] }) {
  const logs = values.map(value => Math.log10(Math.max(value, 1e-12)))
  const [least, most] = [Math.min(...logs), Math.max(...logs)]
  const span = Math.max(most - least, 0.3)
  const points = logs.map(
    (log, i) => `${(i / Math.max(logs.length - 1, 1)) * 140},${21 - ((log - least) / span) * 18}`,
  )
  return (
    <svg className="sparkline" viewBox="0 0 140 24" aria-hidden="true" preserveAspectRatio="none">
      <polyline points={points.join(' ')} />
    </svg>
  )
}
