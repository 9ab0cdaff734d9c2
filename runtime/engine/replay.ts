/** Passes that are as earlier ones: computed again call by call, without firing node by node. */
import type { Kernels, Mode, Recording, Tensor, Tensors, Wire } from '../../core/index.ts'
import type { Feed } from './feed.ts'
import type { Versioned } from './versioned.ts'

/** The longest list of calls that is kept: that of a network some ten thousand layers deep. And how many all lists may have together. */
const MOST_CALLS = { one: 200_000, all: 400_000 }

/**
 * How many kinds of passes are remembered, and how many passes of a kind: values that are trained live in two places by turns, those that
 * were frozen for a while out of turn with the others. What is longest ago is forgotten first.
 */
const MOST_KINDS = 16
const MOST_PASSES = 4

/** What a pass depends on, beside the numbers that lie in memory. */
export interface Signature {
  readonly mode: Mode
  /** Whether averages of parameters are used. */
  readonly averages: boolean
  /** What is looked at and trained, in an order of its own. */
  readonly demand: string
  /** Each in a place, and with a shape, of its own. */
  readonly feeds: readonly Feed[]
}

/** A pass as it was recorded. */
export interface RecordedPass {
  readonly calls: readonly (() => void)[]
  /** The number that its frames have. */
  readonly pass: number
  /** What the versions of an engine held when it began. */
  readonly began: readonly Tensors[]
  /** Whose next values it computes beside the present ones. */
  readonly staged: readonly Versioned[]
  /** What is looked at when it is over. */
  readonly seen: readonly { readonly wire: Wire; readonly tensor: Tensor }[]
}

/** Passes with one signature. */
class Kind {
  /** How many were fired. */
  fired = 0
  /** Whether calls are all that they do. */
  isRepeatable = true
  passes: RecordedPass[] = []
  private readonly mode: Mode
  private readonly averages: boolean
  private demand: string
  private readonly tensors: readonly Tensor[]

  constructor({ mode, averages, demand, feeds }: Signature) {
    this.mode = mode
    this.averages = averages
    this.demand = demand
    this.tensors = feeds.map(({ tensor }) => tensor)
  }

  has({ mode, averages, demand, feeds }: Signature): boolean {
    const { tensors } = this
    if (mode !== this.mode || averages !== this.averages || feeds.length !== tensors.length) return false
    for (let i = 0; i < feeds.length; i++) if ((feeds[i] as Feed).tensor !== tensors[i]) return false
    if (demand !== this.demand) return false
    // The same text is compared at once.
    this.demand = demand
    return true
  }
}

/**
 * Sees which passes are alike: over a batch in the same place, with the same nodes looked at, the same parameters trained, and nothing
 * changed. From the second of a kind on they are recorded, until one is there for each of the places that values which are trained
 * live in by turns; all later ones are these again. Passes of other kinds may come between.
 */
export class Replay {
  private readonly kernels: Kernels
  /** All that a training step changes. */
  private readonly versions: readonly Versioned[]
  /** Why passes are not replayed, where they never are: for good, as soon as a step computes something else each time. */
  reason: string | undefined
  /** The latest first. */
  private readonly kinds: Kind[] = []
  /** The kind of the last training step. */
  private trained: Kind | undefined
  /** The memory, as it is known. */
  private moves: number | undefined

  /** `reason` says why the nodes do not allow it. */
  constructor(kernels: Kernels, versions: readonly Versioned[], reason: string | undefined) {
    this.kernels = kernels
    this.versions = versions
    this.reason = kernels.record === undefined ? `${kernels.name} kernels compute at once` : reason
    this.moves = kernels.moves
  }

  /** Whether nothing is known that forbids it: nodes may be fired again for a step that failed. */
  get isPossible(): boolean {
    return this.reason === undefined
  }

  /** How many steps like the last one were recorded, each from another place: two, as long as all values take turns. */
  get recorded(): number {
    return this.trained?.passes.length ?? 0
  }

  /** Something has changed that all recorded passes depend on. */
  reset(): void {
    for (const kind of this.kinds) kind.passes = []
  }

  /** Whether the present kind is new: none of its passes was fired before, or the next one is recorded. */
  get isBeginning(): boolean {
    return this.kinds[0]?.fired === 0 || this.isPossible
  }

  /** The recorded pass that one of this signature is like, from where the versions are now. */
  next(signature: Signature): RecordedPass | undefined {
    const kind = this.kindOf(signature)
    if (!this.isPossible) return undefined
    if (signature.mode === 'train') this.trained = kind
    const { moves } = this.kernels
    if (moves !== this.moves) {
      this.moves = moves
      this.reset()
    }
    for (const pass of kind.passes) if (this.isFromHere(pass)) return pass
    return undefined
  }

  private kindOf(signature: Signature): Kind {
    const { kinds } = this
    const index = kinds.findIndex(kind => kind.has(signature))
    if (index === 0) return kinds[0] as Kind
    const kind = index > 0 ? (kinds.splice(index, 1)[0] as Kind) : new Kind(signature)
    kinds.unshift(kind)
    if (kinds.length > MOST_KINDS) kinds.pop()
    return kind
  }

  private isFromHere({ began }: RecordedPass): boolean {
    const { versions } = this
    for (let i = 0; i < versions.length; i++)
      if ((versions[i] as Versioned).present !== began[i]) return false
    return true
  }

  /** Records the pass that begins, unless it is the first of its kind. */
  record(): Recording | undefined {
    const [kind] = this.kinds
    const isFirst = kind?.fired === 0
    if (kind) kind.fired++
    return this.isPossible && kind?.isRepeatable && !isFirst ? this.kernels.record?.() : undefined
  }

  /** Keeps the pass that was recorded to its end; `wires` are those of the engine. */
  keep(calls: RecordedPass['calls'] | undefined, pass: number, wires: readonly Wire[]): void {
    const { kinds, kernels, versions } = this
    const kind = kinds[0] as Kind
    if (calls === undefined || calls.length > MOST_CALLS.one) {
      // What an inference does says nothing of training.
      if (kind !== this.trained) kind.isRepeatable = false
      else this.forbid(calls === undefined ? 'a node reads numbers' : 'the network is too deep')
      return
    }
    if (!this.isPossible || kernels.moves !== this.moves) return
    if (kind.passes.length === MOST_PASSES) kind.passes.shift()
    kind.passes.push({
      calls,
      pass,
      began: versions.map(({ present }) => present),
      staged: versions.filter(({ staged }) => staged !== undefined),
      seen: wires
        .filter(wire => wire.pass === pass && !wire.isPassing)
        .map(wire => ({ wire, tensor: wire.tensor })),
    })
    this.bound()
  }

  /** Forgets the kinds that are longest ago, where all calls together are too many. */
  private bound(): void {
    let calls = 0
    this.kinds.forEach((kind, i) => {
      for (const pass of kind.passes) calls += pass.calls.length
      if (i > 0 && calls > MOST_CALLS.all) kind.passes = []
    })
  }

  /** No two steps are alike, such as where a node asks for what is another in each. */
  forbid(reason: string): void {
    this.reason ??= reason
    this.kinds.length = 0
    this.trained = undefined
  }
}
