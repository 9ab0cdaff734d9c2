/** The gradients of all parameters of an optimizer on their way through links. */
import {
  GradstreamError,
  type Kernels,
  type Lease,
  type LinkContext,
  type NodeDefinition,
  sameShape,
  showShape,
  type Tensor,
  Wire,
} from '../../core/index.ts'
import type { LiveParameter } from './live-parameter.ts'
import type { LiveSettings } from './live-settings.ts'
import type { Stage } from './stage.ts'
import { Unit } from './unit.ts'

/** A link on the way from the loss, and what it is told. */
export interface LiveLink {
  readonly settings: LiveSettings
  readonly context: LinkContext
}

/** Waits for the gradients of all parameters of an optimizer, lets the links change them, and sends them on. */
export class Gathering extends Unit {
  readonly place: string
  /** The changed gradients, one for each parameter. */
  readonly wires: readonly Wire[]
  private readonly stage: Stage
  private readonly kernels: Kernels
  private readonly lease: Lease
  private readonly links: readonly LiveLink[]
  private readonly parameters: readonly LiveParameter[]

  constructor(stage: Stage, id: string, parameters: readonly LiveParameter[], links: readonly LiveLink[]) {
    super(stage.queue)
    this.place = `${id} links`
    this.stage = stage
    this.kernels = stage.kernels
    this.lease = stage.kernels.lease(this.place)
    this.links = links
    this.wires = parameters.map(({ key }) => new Wire(stage, `${key} gradient for ${id}`))
    this.parameters = parameters
    for (const { gradient } of parameters) this.connect(gradient)
  }

  /** Nothing comes of frozen parameters, unless somebody listens. */
  updateDemand(): void {
    this.expect(this.parameters.filter(({ needed }) => needed).length)
  }

  fire(pass: number): void {
    const { kernels, lease, links, parameters, stage } = this
    const isTrained = (_: unknown, i: number) => parameters[i]?.frozen === false
    const [wires, slots] = [this.wires.filter(isTrained), this.slots.filter(isTrained)]
    if (slots.length === 0) return
    kernels.lend(lease)
    let gradients: readonly Tensor[] = slots.map(({ tensor }) => tensor)
    for (const { settings, context } of links) {
      const { config, id, resolved } = settings
      // What follows a schedule is another number in each step.
      if (settings.varies) stage.varies()
      const made = (resolved.definition as NodeDefinition).gradients?.(gradients, config, context) ?? []
      const fits =
        made.length === gradients.length &&
        made.every((g, i) => sameShape(g.shape, gradients[i]?.shape ?? []))
      if (!fits) {
        throw new GradstreamError('MISSING_GRADIENT', {
          place: id,
          expected: 'gradients to return one for each that it was given, of the same shape',
          got: `${made.length} of shapes ${made.map(({ shape }) => showShape(shape)).join(', ')}`,
          hint: 'Correct gradients in the definition of the link.',
        })
      }
      gradients = made
    }
    kernels.close()
    for (const gradient of gradients) kernels.keep(gradient, true)
    for (const [i, wire] of wires.entries()) wire.emit(pass, gradients[i] as Tensor)
  }
}
