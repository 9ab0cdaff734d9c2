/** One node of the graph: its type, a sparkline of its gradients, and its health. */
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react'
import { type CSSProperties, createContext, Fragment, memo, useContext } from 'react'
import { CurveIcon, SmallCurve } from './curve-line.tsx'
import type { Curve } from './curves.ts'
import { titleOfGroup } from './groups.ts'
import { linesOf, wordsOf } from './words-of.ts'

/** The actions on nodes and groups. */
export interface GraphActions {
  /** Opens a node or a group, or focuses the fields of an optimizer. */
  choose(id: string): void
  closeGroup(group: string): void
  /** Shows the norms at a node under the pointer or with focus. */
  point(id: string | undefined): void
  /** Called when a node gets focus by keyboard. */
  focused(id: string): void
  /** Registers the button of a node. Returns a function that removes it. */
  register(id: string, button: HTMLButtonElement): () => void
}

export const Actions = createContext<GraphActions | undefined>(undefined)

export type GraphNodeData = Node<{
  readonly id: string
  readonly title: string
  /** The beginning of its name, where the frame around it says it. */
  readonly scope: string
  readonly type: string
  readonly shape: string
  /** The function of an activation; the schedule of an optimizer, and its step. */
  readonly curve: Curve | undefined
  readonly course: Curve | undefined
  readonly at: number
  /** The number of its parameters, or the setting of an optimizer. */
  readonly note: string
  readonly norms: readonly number[]
  readonly norm: string
  readonly ailment: string
  /** That the run failed here, and the message of the error. */
  readonly failed: string
  readonly failure: string
  /** Why it waits to be trained: it is new, or changed. */
  readonly drafted: string
  /** The norms, for screen readers. */
  readonly description: string
  readonly isSelected: boolean
  /** How many of its nodes a search has found. */
  readonly hits: number
  readonly kind: 'node' | 'group' | 'optimizer'
}>

export const GraphNode = memo(
  ({ data }: NodeProps<GraphNodeData>) => {
    const actions = useContext(Actions) as GraphActions
    const {
      id,
      title,
      scope,
      type,
      shape,
      curve,
      course,
      at,
      note,
      norms,
      norm,
      ailment,
      failed,
      failure,
      drafted,
      isSelected,
      hits,
      kind,
    } = data
    const { letters, lines } = fromAfar(title)
    const classes = [
      'node',
      kind,
      isSelected && 'selected',
      ailment && 'ill',
      failed && 'failed',
      drafted && 'drafted',
      hits > 0 && 'hit',
    ]
    return (
      <>
        {/* React Flow measures where edges can end; without handles, it removes edges after measuring. */}
        <Handle type="target" position={Position.Top} isConnectable={false} />
        <Handle type="source" position={Position.Top} isConnectable={false} />
        <button
          type="button"
          className={classes.filter(Boolean).join(' ')}
          ref={button => (button ? actions.register(id, button) : undefined)}
          data-node={id}
          aria-description={[failure, data.description].filter(Boolean).join(' ')}
          aria-expanded={kind === 'group' ? false : undefined}
          aria-current={isSelected && kind === 'node' ? 'true' : undefined}
          onClick={() => actions.choose(id)}
          onFocus={({ target }) => {
            if (!target.matches(':focus-visible')) return
            actions.point(id)
            actions.focused(id)
          }}
          onBlur={() => actions.point(undefined)}
          // A finger opens the node, and what is told of it would lie over the graph.
          onPointerEnter={({ pointerType }) => pointerType !== 'touch' && actions.point(id)}
          onPointerLeave={() => actions.point(undefined)}
        >
          {failed && (
            <span className="badge" aria-hidden="true">
              !
            </span>
          )}
          {hits > 0 && kind === 'group' && (
            <span className="hits">
              {hits}
              <span className="hidden"> found</span>
            </span>
          )}
          <span
            className="node-title"
            style={
              {
                '--length': title.length,
                '--letters': letters + (ailment ? 3 : 0),
                '--lines': lines,
              } as CSSProperties
            }
          >
            <span className="hidden">{scope}</span>
            {wordsOf(title).map((word, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the words of a name never move
              <Fragment key={i}>
                {i > 0 && <wbr />}
                {word}
              </Fragment>
            ))}
          </span>
          <span className="node-facts">
            <span>{isTold(type, title) ? '' : type}</span>
            {curve && <CurveIcon curve={curve} />}
            <span>{shape}</span>
          </span>
          {course ? <SmallCurve curve={course} at={at} /> : <Sparkline values={norms} />}
          <span className="node-facts">
            {failed ? (
              <strong className="failed-here">{failed}</strong>
            ) : ailment ? (
              <strong className="ailment">⚠ {ailment}</strong>
            ) : (
              <>
                {drafted && <span className="drafted-here">{drafted}</span>}
                <span>{note}</span>
                {/* The norm is in the description: a name that keeps changing would be read out again and again. */}
                <span aria-hidden="true">{norm}</span>
              </>
            )}
          </span>
        </button>
      </>
    )
  },
  // When one node changes, most others look the same.
  (before, after) =>
    Object.entries(after.data).every(
      ([name, value]) => before.data[name as keyof typeof before.data] === value,
    ),
)

/** Whether the name of a node, given by its order, is that of its type. */
const isTold = (type: string, title: string) =>
  title.startsWith(type) && /^\d*$/.test(title.slice(type.length))

/** The most lines of a title that is seen from afar. */
const LINES = 3

/** How many lines it has, and how many letters the longest of them, with all words whole. */
function fromAfar(title: string): { letters: number; lines: number } {
  const words = wordsOf(title)
  for (let letters = Math.max(...words.map(word => word.trimEnd().length), 1); ; letters++) {
    const lines = linesOf(words, word => word.length, letters, LINES)?.length
    if (lines !== undefined) return { letters, lines }
  }
}

export type FrameData = Node<{
  readonly group: string
  /** Its name in the frame around it. */
  readonly name: string
  readonly isFirst: boolean
}>

/** The frame around an opened group, with the button that closes it. */
export const GroupFrame = memo(({ data: { group, name, isFirst } }: NodeProps<FrameData>) => {
  const actions = useContext(Actions) as GraphActions
  return (
    <div className="frame">
      {isFirst && (
        <button
          type="button"
          aria-label={`Fold ${titleOfGroup(group)}`}
          aria-expanded="true"
          title="Fold: the key - does the same from a node inside"
          onClick={() => actions.closeGroup(group)}
        >
          <span aria-hidden="true">▾</span> <span className="frame-title">{name}</span>
        </button>
      )}
    </div>
  )
})

/** Norms on their own logarithmic scale, which spans at least a factor of two. */
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
