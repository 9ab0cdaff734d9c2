/** Answers that take time: given one after another, to each client in turn, and only as fast as the run can spare it. */
import { GradstreamError } from '../../../core/index.ts'
import { Budget } from './budget.ts'

/** How many questions of one client may wait. */
const WAITING = 128

/** Milliseconds that it answers at a stretch, even where no run is held up: there may be commands as well. */
const LONGEST = 20

interface Question {
  readonly answer: () => void
}

export class Desk {
  private readonly isIdle: () => boolean
  private readonly now: () => number
  private readonly budget = new Budget()
  /** Those whose turn comes first are in front. */
  private readonly waiting = new Map<object, Question[]>()

  /** `isIdle` says whether there is no run that could be held up. */
  constructor(isIdle: () => boolean, now: () => number) {
    this.isIdle = isIdle
    this.now = now
  }

  /**
   * Does some work for a client, now or later.
   *
   * @throws GradstreamError (as a rejection) `FORBIDDEN` where too much of it waits already, and what `work` throws
   */
  ask<T>(client: object, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const answer = () => {
        const start = this.now()
        try {
          resolve(work())
        } catch (error) {
          reject(error)
        }
        this.budget.spend(this.now() - start)
      }
      const own = this.waiting.get(client) ?? []
      if (this.waiting.size === 0 && this.hasTime) answer()
      else if (own.length < WAITING) this.waiting.set(client, [...own, { answer }])
      else reject(tooMany())
    })
  }

  /** Called between steps: answers as far as the time goes that is given for it, in milliseconds. */
  tick(time: number): void {
    const end = this.now() + LONGEST
    this.budget.give(time)
    for (const [client, [first, ...others]] of this.waiting) {
      if (!this.hasTime || this.now() > end) return
      this.waiting.delete(client)
      // Comes again in this very loop, when all others had their turn.
      if (others.length > 0) this.waiting.set(client, others)
      first?.answer()
    }
  }

  /** A client has gone, and with it what it asked. */
  leave(client: object): void {
    this.waiting.delete(client)
  }

  private get hasTime(): boolean {
    return this.budget.hasTime || this.isIdle()
  }
}

const tooMany = () =>
  new GradstreamError('FORBIDDEN', {
    place: 'bridge',
    expected: `at most ${WAITING} questions that wait`,
    got: 'one more',
    wayOut: 'Wait for answers before you ask on.',
  })
