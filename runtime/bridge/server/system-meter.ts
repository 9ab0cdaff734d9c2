/** Measures what a run and its bridge cost, from counters that are kept anyway: nothing is added to a step. */
import type { SystemFigures } from '../protocol.ts'

/** The least time of a measurement, in milliseconds. Shorter ones would show only chance. */
const SPAN = 900

/** Counters since the beginning: steps, and milliseconds. */
export interface Spent {
  readonly steps: number
  /** Steps and everything around them. */
  readonly training: number
  /** Publications, watches and answers. */
  readonly watching: number
  /** Waiting for batches. */
  readonly waiting: number
}

interface Reading extends Spent {
  readonly time: number
  /** By a clock of its own, since the bridge may run by another one. */
  readonly real: number
  /** CPU time in milliseconds. */
  readonly cpu: number
}

export class SystemMeter {
  private readonly now: () => number
  private readonly spent: () => Spent
  private last: Reading
  private latest: SystemFigures

  constructor(now: () => number, spent: () => Spent) {
    this.now = now
    this.spent = spent
    this.last = this.reading()
    this.latest = {
      ...memory(),
      cpu: 0,
      stepTime: null,
      trainingShare: 0,
      watchingShare: 0,
      waitingShare: 0,
    }
  }

  /** The figures since the last measurement, which is taken again after about a second. */
  read(): SystemFigures {
    const { last, now } = this
    if (now() - last.time < SPAN) return this.latest
    const next = this.reading()
    this.last = next
    const steps = next.steps - last.steps
    const share = (name: 'training' | 'watching' | 'waiting') =>
      Math.min((next[name] - last[name]) / (next.time - last.time), 1)
    this.latest = {
      ...memory(),
      cpu: (next.cpu - last.cpu) / Math.max(next.real - last.real, 1),
      // While the run rests, the last known value stays.
      stepTime: steps > 0 ? (next.training - last.training) / steps : this.latest.stepTime,
      trainingShare: share('training'),
      watchingShare: share('watching'),
      waitingShare: share('waiting'),
    }
    return this.latest
  }

  private reading(): Reading {
    return { time: this.now(), real: performance.now(), cpu: cpuTime(), ...this.spent() }
  }
}

/** The CPU time of the process so far, in milliseconds, of all its threads. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function memory(): { memory: number; heap: number } {
  const { rss, heapUsed } = process.memoryUsage()
  return { memory: rss, heap: heapUsed }
}
