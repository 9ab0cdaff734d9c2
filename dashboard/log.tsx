/** The log of events and alarms, newest first. */
import type { ReactNode } from 'react'
import type { TrainerEvent } from '../client.ts'
import { useInAddress } from './address.ts'
import { valuesText } from './controls/values.ts'
import { editText } from './editing/changes.ts'
import type { EventLog } from './event-log.ts'
import { count, figures, speedText, words } from './format.ts'
import { useLatest, useMedia } from './hooks.ts'
import { Note } from './note.tsx'
import { Author, nameIn } from './people.tsx'

interface Props {
  readonly log: EventLog
  /** Beside the title, and below the events. */
  readonly head?: ReactNode
  readonly foot?: ReactNode
}

export function Log({ log, head, foot }: Props) {
  const entries = useLatest(log.entries$, log.entries$.value)
  const [filter, setFilter] = useInAddress('events')
  // With a column of its own, the log has room for the ends of epochs.
  const isTall = useMedia('(min-width: 2000px)')
  const withEpochs = filter === 'epochs' || (isTall && filter !== 'others')
  const shown = entries.filter(({ event }) => withEpochs || event.type !== 'epoch')
  const alarm = entries.find(({ event }) => isAlarm(event))
  return (
    <section className="panel log" aria-label="Log">
      <div className="panel-head">
        <h2>Log</h2>
        <label>
          <input
            type="checkbox"
            checked={withEpochs}
            onChange={({ target: { checked } }) =>
              setFilter(checked === isTall ? '' : checked ? 'epochs' : 'others')
            }
          />{' '}
          epochs
        </label>
        {head}
        <Note>
          {entries.length === 0
            ? 'Nothing has happened yet.'
            : shown.length === 0 && 'Only epoch ends so far.'}
        </Note>
      </div>
      {/* Screen readers announce new alarms, but not earlier ones. */}
      <p className="hidden" role="alert">
        {alarm && (alarm.event.type === 'command' ? nameIn(alarm.event.author) : '') + textOf(alarm.event)}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable areas must be reachable by keyboard */}
      <ol tabIndex={0} aria-label="Events, newest first">
        {shown.map(({ key, event }) => (
          <li key={key} className={isAlarm(event) ? 'alarm' : ''}>
            <time>{new Date(event.time).toLocaleTimeString('en-GB')}</time>
            <span>step {count(event.step)}</span>
            <span className="what">
              {event.type === 'command' && <Author author={event.author} />}
              {textOf(event)}
            </span>
          </li>
        ))}
      </ol>
      {foot}
    </section>
  )
}

const isAlarm = (event: TrainerEvent) =>
  event.type === 'alarm' || event.type === 'failed' || (event.type === 'command' && event.error !== undefined)

function textOf(event: TrainerEvent): string {
  switch (event.type) {
    case 'epoch':
    case 'finished':
      return `${event.type === 'epoch' ? `epoch ${event.epoch}` : 'finished'}: ${Object.entries(event.metrics)
        .map(([name, value]) => `${words(name)} ${figures(value)}`)
        .join(', ')}`
    case 'alarm':
      return `⚠ ${event.message}`
    case 'failed':
      return `failed: ${event.error.message}`
    case 'command': {
      const { command, error } = event
      return `: ${commandText(command)}${error ? `, refused: ${error.message}` : ''}`
    }
    case 'released':
      return `${event.node} ${words(event.name)}: its stream has ended`
    case 'stopped':
      return event.reason === undefined ? event.type : `stopped: ${event.reason}`
    case 'checkpoint':
      return `checkpoint ${event.path}`
    case 'started':
    case 'step':
    case 'paused':
    case 'resumed':
      return event.type
    default:
      event satisfies never
      return ''
  }
}

function commandText(command: Extract<TrainerEvent, { type: 'command' }>['command']): string {
  switch (command.type) {
    case 'invalid':
      return 'not a command'
    case 'step': {
      const { count: steps = 1 } = command
      return `step ${count(steps)}`
    }
    case 'set':
      return `set ${valuesText({ [command.node]: command.values })}`
    case 'setAll':
      return `${command.name === undefined ? 'set' : `${command.name}:`} ${valuesText(command.values)}`
    case 'stepsPerSecond':
      return `speed ${speedText(command.stepsPerSecond)}`
    case 'note':
      return command.step === undefined
        ? `“${command.text}”`
        : `“${command.text}” about step ${count(command.step)}`
    case 'deleteNote':
      return 'deleted a note'
    case 'edit':
      return editText(command)
    case 'start':
    case 'pause':
    case 'resume':
    case 'stop':
    case 'checkpoint':
      return command.type
    default:
      command satisfies never
      return ''
  }
}
