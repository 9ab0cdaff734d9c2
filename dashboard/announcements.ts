/** Which events are worth a notification of the browser, and its words. */
import type { TrainerEvent } from '../client.ts'
import { figures, words } from './format.ts'

export interface Announcement {
  readonly title: string
  readonly body: string
  /** A later one of the same kind takes the place of an earlier one, so that they never pile up. */
  readonly tag: string
}

/** Alarms and the end of a run; undefined for everything else. */
export function announcementOf(event: TrainerEvent, runId: string): Announcement | undefined {
  const tag = `gradstream ${runId} ${event.type}`
  switch (event.type) {
    case 'alarm':
      return { title: `Alarm in ${runId}`, body: event.message, tag }
    case 'failed':
      return { title: `${runId} has failed`, body: event.error.message, tag }
    case 'stopped':
      return { title: `${runId} was stopped`, body: event.reason ?? '', tag }
    case 'finished': {
      const results = Object.entries(event.metrics).map(([name, value]) => `${words(name)} ${figures(value)}`)
      return { title: `${runId} has finished`, body: results.join(', '), tag }
    }
    default:
      return undefined
  }
}
