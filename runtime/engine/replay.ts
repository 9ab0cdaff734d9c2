/** Steps that are as the ones before: computed again call by call, without firing node by node. */
import type { Kernels, Recording, Tensor } from '../../core/index.ts'
import type { Feed } from './feed.ts'
import type { Versioned } from './versioned.ts'

/** The longest list of calls that is kept: that of a network some ten thousand layers deep. */
const MOST_CALLS = 200_000

/** A step as it was recorded. */
export interface RecordedStep {
  readonly calls: readonly (() => void)[]
  /** Whose next values it computes beside the present ones. */
  readonly staged: readonly Versioned[]
}

/**
 * Sees which steps are alike: trained on a batch in the same place, with nothing changed, tapped or run in between. Of
 * those the second and the third are recorded, since values that are trained live in two places in turns, and from then on
 * the two take turns.
 */
export class Replay {
  private readonly kernels: Kernels
  /** Why steps are not replayed, where they never are: for good, as soon as one computes something else in each step. */
  reason: string | undefined
  private feeds: readonly Tensor[] = []
  private alike = 0
  private turn = 0
  private steps: RecordedStep[] = []

  /** `reason` says why the nodes do not allow it. */
  constructor(kernels: Kernels, reason: string | undefined) {
    this.kernels = kernels
    this.reason = kernels.record === undefined ? `${kernels.name} kernels compute at once` : reason
  }

  /** Whether nothing is known that forbids it: nodes may be fired again for a step that failed. */
  get isPossible(): boolean {
    return this.reason === undefined
  }

  /** How many steps were recorded: none, one, or both that take turns. */
  get recorded(): number {
    return this.steps.length
  }

  /** Something has changed that a step depends on. */
  reset(): void {
    this.alike = 0
    this.turn = 0
    if (this.steps.length > 0) this.steps = []
    this.feeds = []
  }

  /** The step that the next one is like, if two were recorded. */
  next(feeds: readonly Feed[]): RecordedStep | undefined {
    if (!this.isPossible) return undefined
    if (!this.isLike(feeds)) {
      this.reset()
      this.feeds = feeds.map(({ tensor }) => tensor)
    }
    const { steps } = this
    if (steps.length < 2) return undefined
    const step = steps[this.turn]
    this.turn = 1 - this.turn
    return step
  }

  private isLike(feeds: readonly Feed[]): boolean {
    const { feeds: before } = this
    if (feeds.length !== before.length) return false
    for (let i = 0; i < feeds.length; i++) if ((feeds[i] as Feed).tensor !== before[i]) return false
    return true
  }

  /** Records the step that begins, unless it is the first of its kind. */
  record(): Recording | undefined {
    return this.isPossible && this.alike++ > 0 ? this.kernels.record?.() : undefined
  }

  /** Keeps a step that was recorded to its end. */
  keep(calls: RecordedStep['calls'] | undefined, staged: readonly Versioned[]): void {
    if (calls === undefined) this.forbid('a node reads numbers')
    else if (calls.length > MOST_CALLS) this.forbid('the network is too deep')
    else if (this.isPossible) this.steps.push({ calls, staged })
  }

  /** No two steps are alike, such as where a node asks for what is another in each. */
  forbid(reason: string): void {
    this.reason ??= reason
    this.reset()
  }
}
