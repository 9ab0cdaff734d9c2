/**
 * Answers expensive questions one after another, to each client in turn, and only as fast as the run can
 * spare the time.
 */
import { GradstreamError } from '../../../core/index.ts'
import { Budget } from './budget.ts'

/** The most waiting questions of one client. */
const WAITING = 128

/** Milliseconds of answering at a stretch, even without a run to hold up: commands must get through. */
const LONGEST = 20

/**
 * A question that was not answered just before comes from someone who waits, for example after a click,
 * rather than from a picture that refreshes. Such questions have a reserve, in milliseconds.
 */
const RESERVE = 150
/** How long a question counts as just answered, in milliseconds, and how many questions of a client to remember. */
const JUST = 2000
const REMEMBERED = 64

type Answer = () => void

export class AnswerQueue {
  /** The time of all answers, in milliseconds. */
  spent = 0
  private readonly isIdle: () => boolean
  private readonly now: () => number
  private readonly budget = new Budget(RESERVE)
  /** First-time questions, then repeated ones. */
  private readonly first = new Queue()
  private readonly further = new Queue()
  /** When each question of a client was last answered. */
  private readonly answered = new Map<object, Map<string, number>>()

  /** `isIdle` returns whether there is no run to hold up. */
  constructor(isIdle: () => boolean, now: () => number) {
    this.isIdle = isIdle
    this.now = now
  }

  /**
   * Does some work for a client, now or later; `key` identifies the question.
   *
   * @throws GradstreamError (as a rejection) `FORBIDDEN` if too many of its questions wait already, and what `work` throws
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

  /** Called between steps: answers as long as the given time lasts, in milliseconds. */
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

  /** Drops the questions of a client that left. */
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
      // Goes to the back, behind all other clients.
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
