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
  type UpdateContext,
  Wire,
} from '../../core/index.ts'
import type { LiveParameter } from './live-parameter.ts'
import { type LiveSettings, stepsOf } from './live-settings.ts'
import type { Stage } from './stage.ts'
import { type Slot, Unit } from './unit.ts'

/** A link on the way from the loss, and what it is told. */
export interface LiveLink {
  readonly settings: LiveSettings
  readonly context: LinkContext
}

/** The slot of a parameter that sums gradients where an update is made of several steps; no optimizer can have one of this name. */
export const ACCUMULATED = 'gradient sum'

/**
 * Waits for the gradients of all parameters of an optimizer, lets the links change them, and sends them on. Where one of the links makes an
 * update of several steps, those behind it get the mean of the gradients since the last update, and count updates.
 */
export class Gathering extends Unit {
  readonly place: string
  /** The changed gradients, one for each parameter. */
  readonly wires: readonly Wire[]
  /** The sums of gradients since the last update, likewise, where an update is made of several steps. */
  readonly sums: readonly Wire[]
  /** How many steps an update is made of. */
  readonly every: number
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
    this.every = everyOf(links)
    this.wires = parameters.map(({ key }) => new Wire(stage, `${key} gradient for ${id}`))
    this.sums = this.every > 1 ? parameters.map(({ key }) => new Wire(stage, `${key} sum for ${id}`)) : []
    this.parameters = parameters
    for (const { gradient } of parameters) this.connect(gradient)
  }

  /** Nothing comes of frozen parameters, unless somebody listens. */
  updateDemand(): void {
    this.expect(this.parameters.filter(({ needed }) => needed).length)
  }

  fire(pass: number): void {
    const { every, kernels, lease, links, parameters, slots, wires } = this
    const trained = parameters.flatMap(({ frozen }, i) => (frozen ? [] : [i]))
    if (trained.length === 0) return
    kernels.lend(lease)
    let gradients: readonly Tensor[] = trained.map(i => (slots[i] as Slot).tensor)
    let sums: readonly Tensor[] = []
    for (const { settings, context } of links) {
      const isBehind = sums.length > 0
      gradients = this.changed(gradients, settings, isBehind ? linkUpdatesOf(context, every) : context)
      if (isBehind || stepsOf(settings.resolved, settings.config) === 1) continue
      sums = gradients.map((g, i) => {
        const { latest } = (parameters[trained[i] as number] as LiveParameter).version
        return kernels.add(latest[ACCUMULATED] as Tensor, g)
      })
      gradients = sums.map(sum => kernels.scale(sum, 1 / every))
    }
    kernels.close()
    for (const tensor of [...gradients, ...sums]) kernels.keep(tensor, true)
    for (const [i, at] of trained.entries()) (wires[at] as Wire).emit(pass, gradients[i] as Tensor)
    for (const [i, sum] of sums.entries()) (this.sums[trained[i] as number] as Wire).emit(pass, sum)
  }

  private changed(
    gradients: readonly Tensor[],
    settings: LiveSettings,
    context: LinkContext,
  ): readonly Tensor[] {
    const { config, id, resolved } = settings
    // What follows a schedule is another number in each step.
    if (settings.varies) this.stage.varies()
    const made = (resolved.definition as NodeDefinition).gradients?.(gradients, config, context) ?? []
    const fits =
      made.length === gradients.length && made.every((g, i) => sameShape(g.shape, gradients[i]?.shape ?? []))
    if (fits) return made
    throw new GradstreamError('MISSING_GRADIENT', {
      place: id,
      expected: 'gradients to return one for each that it was given, of the same shape',
      got: `${made.length} of shapes ${made.map(({ shape }) => showShape(shape)).join(', ')}`,
      hint: 'Correct gradients in the definition of the link.',
    })
  }
}

/** What counts updates of several steps each, in place of steps; in the last of these steps they are looked at. */
export const updatesOf = (context: UpdateContext, every: number): UpdateContext => ({
  kernels: context.kernels,
  get iteration() {
    const { kernels: k, iteration } = context
    return k.maximum(k.floor(k.div(iteration, every)), 1)
  },
  get step() {
    return Math.max(Math.floor(context.step / every), 1)
  },
})

const linkUpdatesOf = (context: LinkContext, every: number): LinkContext => ({
  kernels: context.kernels,
  get random() {
    return context.random
  },
  get iteration() {
    return updatesOf(context, every).iteration
  },
  get step() {
    return updatesOf(context, every).step
  },
})

/** How many steps an update is made of. @throws GradstreamError `INVALID_CONFIG` where two links say so, with another one between */
function everyOf(links: readonly LiveLink[]): number {
  const steps = links.map(({ settings }) => stepsOf(settings.resolved, settings.config))
  const own = steps.flatMap((count, i) => (count > 1 ? [i] : []))
  const between =
    links[steps.findIndex((count, i) => count === 1 && i > (own[0] as number) && i < (own.at(-1) as number))]
  if (!between) return steps.reduce((every, count) => every * count, 1)
  throw new GradstreamError('INVALID_CONFIG', {
    place: between.settings.id,
    expected: 'one link that makes an update of several steps, or several of them in a row',
    got: 'one before it, and one behind',
    hint: 'Accumulate once.',
  })
}
