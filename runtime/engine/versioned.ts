/** Values that change by whole steps. */
import {
  GradstreamError,
  type Kernels,
  type Lease,
  recordOf,
  type Shape,
  sameShape,
  showShape,
  Tensor,
  type Tensors,
} from '../../core/index.ts'

/** A tensor to begin with. */
export interface Initial {
  readonly name: string
  readonly shape: Shape
  readonly values: ArrayLike<number>
}

/** One of the two places that the tensors live in by turns. */
interface Half {
  readonly tensors: Tensors
  readonly lease: Lease
  /** Where each of them lay when it was staged here last, as far as that is known. */
  places: number[]
}

/**
 * Tensors that belong together, such as a parameter with an optimizer's slots, or the state of a node. The next ones
 * are staged beside the present ones and take their place when the whole step has gone well. They live in two
 * leases in turn, so nothing is copied, and a step can be taken back until the next one begins.
 */
export class Versioned {
  /** The names of its tensors. */
  readonly names: string[] = []
  staged: Tensors | undefined
  /** Counts how often other tensors took the place of the present ones. */
  turns = 0
  /** Where the present ones live, and where the next ones will. */
  private front: Half
  private back: Half
  /** Whether the last commit put other tensors in place. */
  private turned = false
  readonly place: string
  private readonly kernels: Kernels

  constructor(place: string, kernels: Kernels, initial: readonly Initial[]) {
    this.place = place
    this.kernels = kernels
    const half = () => ({ tensors: recordOf<Tensor>(), lease: kernels.lease(`${place} update`), places: [] })
    this.front = half()
    this.back = half()
    for (const { name, shape, values } of initial) this.add(name, shape, values)
  }

  /** The record of the present tensors: one of two that take turns. */
  get present(): Tensors {
    return this.front.tensors
  }

  /** What the next change builds on: in a node that is used twice in a step, what its first use staged. */
  get latest(): Tensors {
    return this.staged ?? this.present
  }

  /** Takes one more tensor in, before the first change. */
  add(name: string, shape: Shape, values: ArrayLike<number>): void {
    const { kernels, present, names } = this
    kernels.lend(this.front.lease)
    // What the lease lent before comes again in its order, with its numbers.
    for (const known of names) kernels.empty((present[known] as Tensor).shape)
    const tensor = kernels.empty(shape)
    tensor.data.set(values)
    present[name] = tensor
    names.push(name)
  }

  /** Gives some of its tensors other numbers, between two steps. */
  assign(values: ReadonlyMap<string, ArrayLike<number>>): void {
    const { kernels, present, names } = this
    this.lend()
    const given = names.flatMap(name => {
      const numbers = values.get(name)
      if (numbers === undefined) return []
      const tensor = kernels.empty((present[name] as Tensor).shape)
      tensor.data.set(numbers)
      return [[name, tensor]]
    })
    this.stage({ ...present, ...Object.fromEntries(given) })
    this.back.places = []
    this.commit()
    // Numbers that are not finite may be given, and fail the step that computes with them.
    kernels.foundNonFinite()
  }

  /** From now on results are lent from where the next version is to live. */
  lend(): void {
    this.kernels.lend(this.back.lease)
  }

  /** Keeps `made` as the next version; it must have all names. */
  stage(made: Tensors): void {
    const { kernels, present, names } = this
    const { tensors, lease } = this.back
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string
      const tensor = this.checked(name, made[name], present[name] as Tensor)
      // A tensor from elsewhere, such as the gradient itself or the old value, would not stay as it is.
      const kept = kernels.owns(lease, tensor) ? tensor : kernels.copy(tensor)
      kernels.keep(kept)
      kernels.checkFinite(kept)
      // Lent again from step to step, it is mostly the same one.
      if (tensors[name] !== kept) tensors[name] = kept
    }
    this.staged = tensors
  }

  /** Stages what a step left there that was like the one under way. */
  restage(): void {
    this.staged = this.back.tensors
  }

  /** Takes note of where the staged tensors lie. Tells whether that is elsewhere than before. */
  locate(): boolean {
    const { kernels, names, staged, back } = this
    if (staged === undefined) return false
    let moved = false
    for (let i = 0; i < names.length; i++) {
      const place = kernels.placeOf?.(staged[names[i] as string] as Tensor) ?? 0
      if (place === back.places[i]) continue
      back.places[i] = place
      moved = true
    }
    return moved
  }

  /** The staged tensors become the present ones. It cannot fail. */
  commit(): void {
    this.turned = this.staged !== undefined
    this.staged = undefined
    if (this.turned) this.turn()
  }

  /** Takes the last commit back. */
  revert(): void {
    if (this.turned) this.turn()
    this.turned = false
  }

  /** Forgets what is staged. */
  rollBack(): void {
    this.staged = undefined
  }

  private turn(): void {
    const { front } = this
    this.turns++
    this.front = this.back
    this.back = front
  }

  private checked(name: string, made: Tensor | undefined, { shape }: Tensor): Tensor {
    if (made instanceof Tensor && sameShape(made.shape, shape)) return made
    throw new GradstreamError(made instanceof Tensor ? 'SHAPE_MISMATCH' : 'MISSING_OUTPUT', {
      place: this.place,
      expected: `the next ${name} with the shape ${showShape(shape)}`,
      got: made instanceof Tensor ? showShape(made.shape) : String(made),
    })
  }
}
