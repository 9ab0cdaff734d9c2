/** What happened: events and alarms, the newest first. */
import { useState } from 'react'
import type { TrainerEvent } from '../client.ts'
import type { EventLog } from './event-log.ts'
import { count, figures, words } from './format.ts'
import { useLatest } from './hooks.ts'

export function Log({ log }: { readonly log: EventLog }) {
  const entries = useLatest(log.entries$, log.entries$.value)
  const [withEpochs, setWithEpochs] = useState(false)
  const shown = entries.filter(({ event }) => withEpochs || event.type !== 'epoch')
  return (
    <section className="panel log" aria-label="Log">
      <div className="panel-head">
        <h2>Log</h2>
        <label>
          <input
            type="checkbox"
            checked={withEpochs}
            onChange={({ target }) => setWithEpochs(target.checked)}
          />{' '}
          epochs
        </label>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <ol tabIndex={0} aria-label="Events, the newest first">
        {shown.map(({ key, event }) => (
          <li key={key} className={isAlarm(event) ? 'alarm' : ''}>
            <time>{new Date(event.time).toLocaleTimeString('en-GB')}</time>
            <span>step {count(event.step)}</span>
            <span className="what">{told(event)}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}

const isAlarm = (event: TrainerEvent) =>
  event.type === 'alarm' || event.type === 'failed' || (event.type === 'command' && event.error !== undefined)

function told(event: TrainerEvent): string {
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
      const { command, author, error } = event
      const { type, ...details } = command
      const values = 'values' in details ? ` ${details.node} ${JSON.stringify(details.values)}` : ''
      return `${author}: ${type}${values}${error ? `, refused: ${error.message}` : ''}`
    }
    default:
      return event.type
  }
}
