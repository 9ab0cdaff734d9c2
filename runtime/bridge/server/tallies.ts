/** Counts what has happened in a run while its bridge was open. */
import type { TrainerEvent } from '../../training/events.ts'

/** The most different keys; an alarm of the program may have any code. */
const MOST = 64
/** Stands for all further ones. */
const OTHER = 'other'

export class Tally {
  readonly counts = new Map<string, number>()

  constructor(keys: readonly string[] = []) {
    for (const key of keys) this.counts.set(key, 0)
  }

  add(key: string): void {
    const { counts } = this
    const own = counts.has(key) || counts.size < MOST ? key : OTHER
    counts.set(own, (counts.get(own) ?? 0) + 1)
  }
}

export class Tallies {
  /** By code. Counters begin at 0, so that the first alarm shows as an increase. */
  readonly alarms = new Tally(['NOT_FINITE'])
  readonly commands = new Tally(['done', 'refused'])
  readonly checkpoints = new Tally(['written'])

  add(event: TrainerEvent): void {
    if (event.type === 'alarm') this.alarms.add(event.code)
    else if (event.type === 'command') this.commands.add(event.error ? 'refused' : 'done')
    else if (event.type === 'checkpoint') this.checkpoints.add('written')
  }
}
