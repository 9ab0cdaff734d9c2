/** One node of the graph: what it is, how its gradients go, and what is wrong with it. */
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react'
import { memo } from 'react'
import { count } from './format.ts'
import type { Ailment } from './health.ts'

export type GraphNodeData = Node<{
  readonly title: string
  readonly type: string
  readonly shape: string
  readonly parameters: number
  readonly norms: readonly number[]
  readonly norm: string
  readonly ailment: Ailment | undefined
  readonly isSelected: boolean
  readonly isGroup: boolean
  readonly isNarrow: boolean
  readonly hasInputs: boolean
}>

export const GraphNode = memo(
  ({ data }: NodeProps<GraphNodeData>) => {
    const { title, type, shape, parameters, norms, norm, ailment, isSelected, isGroup, isNarrow, hasInputs } =
      data
    return (
      <div
        className={`node${isSelected ? ' selected' : ''}${ailment ? ' ill' : ''}${isGroup ? ' group' : ''}`}
      >
        {hasInputs && <Handle type="target" position={isNarrow ? Position.Top : Position.Left} />}
        <div className="node-title" title={title}>
          {title}
        </div>
        <div className="node-facts">
          <span>{type}</span> <span>{shape}</span>
        </div>
        <Sparkline values={norms} />
        <div className="node-facts">
          <span>{parameters > 0 ? `${count(parameters)} par.` : ''}</span>
          {ailment ? (
            <strong className="ailment">⚠ {ailment}</strong>
          ) : (
            <span title="norm of the gradient">{norm}</span>
          )}
        </div>
        <Handle type="source" position={isNarrow ? Position.Bottom : Position.Right} />
      </div>
    )
  },
  // Most nodes look as they did when another one has changed.
  (before, after) =>
    Object.entries(after.data).every(
      ([name, value]) => before.data[name as keyof typeof before.data] === value,
    ),
)

/** Norms on a logarithmic scale of their own. */
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
