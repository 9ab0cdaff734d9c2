/** The panel of an opened node: distributions of values, gradients and parameters over time, weights, config. */
import { type ReactNode, useState } from 'react'
import type { BridgeClient, NodeInfo, RunStatus } from '../client.ts'
import { useInAddress } from './address.ts'
import { CurveFigure } from './curve-line.tsx'
import { curveOf } from './curves.ts'
import { count, plain, shapeText } from './format.ts'
import { useInSight } from './hooks.ts'
import { Icon } from './icon.tsx'
import { Note } from './note.tsx'
import { isTable, tableOf } from './outcome/tables.ts'
import { RowsPanel } from './panel/rows-panel.tsx'
import { Spread } from './panel/spread.tsx'
import { Sight, type Subject, subjectsOf } from './panel/subjects.ts'
import { Weights } from './panel/weights.tsx'
import { panelOf, Tabs, useTabs } from './tabs.tsx'
import './panel/panel.css'

interface Props {
  readonly client: BridgeClient
  readonly id: string
  readonly info: NodeInfo
  readonly status: RunStatus
  readonly isDark: boolean
  readonly onClose: () => void
  /** What can be changed of the node. */
  readonly children?: ReactNode
}

/** Each node gets a fresh panel. */
export const NodePanel = (props: Props) => <Opened key={props.id} {...props} />

function Opened({ client, id, info, status, isDark, onClose, children }: Props) {
  const subjects = subjectsOf(id, info.weights)
  const [label, setLabel] = useInAddress('part')
  const [sights] = useState(() => new Map<string, Sight>())
  const tabs = useTabs()
  const subject = subjects.find(other => other.label === label) ?? (subjects[0] as Subject)
  const sight = sights.get(subject.label) ?? new Sight()
  sights.set(subject.label, sight)
  const curve = curveOf(info)
  const shape = subject.query.of === 'value' ? info.weights[subject.query.parameter ?? ''] : undefined
  return (
    <section className="panel opened" aria-label={`Node ${id}`} ref={useInSight(id)}>
      <div className="panel-head">
        <div>
          <h2>{id}</h2>
          <small>
            {info.type}, {shapeText(info.shape)}
            {info.parameters > 0 && `, ${count(info.parameters)} parameters`}
          </small>{' '}
          <Note />
        </div>
        <button type="button" onClick={onClose} aria-label="Close the node">
          <Icon name="close" />
        </button>
      </div>
      {children}
      {curve && <CurveFigure curve={curve} />}
      <Tabs
        label="Details of the node"
        names={subjects.map(other => other.label)}
        chosen={subject.label}
        onChoose={setLabel}
        ids={tabs}
      />
      <div className="opened-shown" {...panelOf(tabs, subjects.indexOf(subject))}>
        <Spread
          key={subject.label}
          client={client}
          subject={subject}
          sight={sight}
          status={status}
          isDark={isDark}
        />
        {shape && (shape.length === 1 || shape.length === 2) && (
          <Weights
            key={`${subject.label} weights`}
            client={client}
            subject={subject}
            shape={shape}
            isDark={isDark}
          />
        )}
        {shape && isTable(shape) && subject.query.parameter !== undefined && (
          <RowsPanel
            key={`${subject.label} rows`}
            client={client}
            table={tableOf(id, subject.query.parameter, shape)}
            isDark={isDark}
          />
        )}
      </div>
      <dl className="facts">
        <dt>config</dt>
        <dd>
          {Object.entries(info.config)
            .map(([name, value]) => `${name} ${plain(value)}`)
            .join(', ') || 'none'}
        </dd>
      </dl>
    </section>
  )
}
