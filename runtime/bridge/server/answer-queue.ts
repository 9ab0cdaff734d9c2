/** Answers that take time: given one after another, to each client in turn, and only as fast as the run can spare it. */
import { GradstreamError } from '../../../core/index.ts'
import { Budget } from './budget.ts'

/** How many questions of one client may wait. */
const WAITING = 128

/** Milliseconds that it answers at a stretch, even where no run is held up: there may be commands as well. */
const LONGEST = 20

/**
 * Somebody waits for the answer to a question that was not just answered, as who clicks does, and not who only keeps a
 * picture up to date. For those there is a reserve, in milliseconds.
 */
const RESERVE = 150
/** Milliseconds after its answer in which a question is the same again, and questions of a client that are remembered. */
const JUST = 2000
const REMEMBERED = 64

type Answer = () => void

export class AnswerQueue {
  /** How many milliseconds all answers have taken. */
  spent = 0
  private readonly isIdle: () => boolean
  private readonly now: () => number
  private readonly budget = new Budget(RESERVE)
  /** First answers, then further ones. Those whose turn comes first are in front. */
  private readonly first = new Queue()
  private readonly further = new Queue()
  /** When each question of a client was answered last. */
  private readonly answered = new Map<object, Map<string, number>>()

  /** `isIdle` says whether there is no run that could be held up. */
  constructor(isIdle: () => boolean, now: () => number) {
    this.isIdle = isIdle
    this.now = now
  }

  /**
   * Does some work for a client, now or later; `key` is what it asks.
   *
   * @throws GradstreamError (as a rejection) `FORBIDDEN` where too much of it waits already, and what `work` throws
   */
  ask<T>(client: object, key: string, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const isFirst = this.isFirst(client, key)
      const answer = () => {
        const start = this.now()
        try {
          resolve(work())
        } catch (error) {
          reject(error)
        }
        this.note(client, key)
        const took = this.now() - start
        this.spent += took
        this.budget.spend(took, isFirst)
      }
      const { first, further } = this
      const isNext = first.isEmpty && (isFirst || further.isEmpty)
      if (isNext && this.hasTime(isFirst)) answer()
      else if (first.count(client) + further.count(client) >= WAITING) reject(tooMany())
      else (isFirst ? first : further).add(client, answer)
    })
  }

  /** Called between steps: answers as far as the time goes that is given for it, in milliseconds. */
  tick(time: number): void {
    const end = this.now() + LONGEST
    this.budget.give(time)
    for (const [queue, isFirst] of [
      [this.first, true],
      [this.further, false],
    ] as const) {
      while (!queue.isEmpty && this.hasTime(isFirst) && this.now() <= end) queue.next()?.()
    }
  }

  /** A client has gone, and with it what it asked. */
  leave(client: object): void {
    this.first.leave(client)
    this.further.leave(client)
    this.answered.delete(client)
  }

  private hasTime(isFirst: boolean): boolean {
    return this.budget.hasTime(isFirst) || this.isIdle()
  }

  private isFirst(client: object, key: string): boolean {
    const last = this.answered.get(client)?.get(key)
    return last === undefined || this.now() - last > JUST
  }

  private note(client: object, key: string): void {
    const own = this.answered.get(client) ?? new Map<string, number>()
    this.answered.set(client, own)
    own.delete(key)
    own.set(key, this.now())
    if (own.size > REMEMBERED) own.delete(own.keys().next().value as string)
  }
}

/** Questions of several clients, which take turns. */
class Queue {
  private readonly waiting = new Map<object, Answer[]>()

  get isEmpty(): boolean {
    return this.waiting.size === 0
  }

  count(client: object): number {
    return this.waiting.get(client)?.length ?? 0
  }

  add(client: object, answer: Answer): void {
    this.waiting.set(client, [...(this.waiting.get(client) ?? []), answer])
  }

  next(): Answer | undefined {
    for (const [client, [answer, ...others]] of this.waiting) {
      this.waiting.delete(client)
      // Comes again when all others have had their turn.
      if (others.length > 0) this.waiting.set(client, others)
      return answer
    }
    return undefined
  }

  leave(client: object): void {
    this.waiting.delete(client)
  }
}

const tooMany = () =>
  new GradstreamError('FORBIDDEN', {
    place: 'bridge',
    expected: `at most ${WAITING} unanswered questions`,
    got: 'one more',
    hint: 'Wait for answers before you ask again.',
  })
