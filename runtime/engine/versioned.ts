/** Values that change by whole steps. */
import {
  GradstreamError,
  type Kernels,
  type Lease,
  sameShape,
  showShape,
  Tensor,
  type Tensors,
} from '../../core/index.ts'

/**
 * Tensors that belong together, such as a parameter with an optimizer's slots, or the state of a node. The next ones
 * are staged beside the present ones and take their place when the whole step has gone well. They live in two
 * leases in turn, so nothing is copied.
 */
export class Versioned {
  present: Tensors
  staged: Tensors | undefined
  private readonly place: string
  private readonly kernels: Kernels
  private readonly leases: [Lease, Lease]

  constructor(place: string, kernels: Kernels, initial: Tensors) {
    this.place = place
    this.kernels = kernels
    this.present = initial
    this.leases = [kernels.lease(), kernels.lease()]
  }

  /** What the next change builds on: in a node that is used twice in a step, what its first use staged. */
  get latest(): Tensors {
    return this.staged ?? this.present
  }

  /** Keeps what `make` makes of the latest version as the next one; it must have all names. */
  stage(make: (latest: Tensors) => Tensors): void {
    const { kernels, present, latest } = this
    const [lease] = this.leases
    kernels.lend(lease)
    const made = make(latest)
    const next: Tensors = {}
    for (const name in present) {
      const tensor = this.checked(name, made[name], present[name] as Tensor)
      // A tensor from elsewhere, such as the gradient itself or the old value, would not stay as it is.
      next[name] = kernels.owns(lease, tensor) ? tensor : kernels.copy(tensor)
    }
    this.staged = next
  }

  commit(): void {
    if (this.staged === undefined) return
    this.present = this.staged
    this.staged = undefined
    this.leases.reverse()
  }

  rollBack(): void {
    this.staged = undefined
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
