/** Where the time of a step goes: the shares of each node, the update, the data, and the matrix products. */
import { engineOf, fastKernels, type KernelsName, trainerOf } from './gradstream.ts'
import { NETS, type NetName } from './nets.ts'
import { runnable, type Section, type Settings } from './report.ts'
import { duration } from './statistics.ts'
import { productWatch, Stopwatch } from './timing.ts'

const NAMES = ['S', 'M', 'L'] as const
const ROUNDS = 9

interface Shares {
  /** The microseconds of a step without stopwatches. */
  readonly plain: number
  /** The microseconds of each part, in order. */
  readonly parts: Map<string, number>
  readonly products: number
}

export async function shares({ quick }: Settings): Promise<Section> {
  const rows: string[][] = []
  for (const kernels of fastKernels()) {
    const found = new Map<NetName, Shares>()
    for (const name of NAMES) found.set(name, await sharesOf(name, kernels, quick ? 300 : 3000))
    const parts = [...new Set([...found.values()].flatMap(each => [...each.parts.keys()]))]
    const row = (label: string, value: (each: Shares) => number | undefined) => {
      const cells = NAMES.map(name => {
        const each = found.get(name) as Shares
        const time = value(each)
        return time === undefined ? '' : `${((100 * time) / each.plain).toFixed(1)} % (${duration(time)})`
      })
      rows.push([kernels, label, ...cells])
    }
    for (const part of parts.sort((a, b) => orderOf(a) - orderOf(b))) row(part, each => each.parts.get(part))
    row('the rest: trainer, queue, commit', ({ plain, parts }) => {
      return plain - [...parts.values()].reduce((sum, time) => sum + time, 0)
    })
    row('the whole step', ({ plain }) => plain)
    row('of that, matrix products', ({ products }) => products)
  }
  return {
    title: 'Shares of a step',
    head: ['kernels', 'part', ...NAMES],
    rows,
    notes: [
      `The time of each part divided by the step time of another trainer without stopwatches. The two take turns, and the fastest of ${ROUNDS} rounds counts, the same one for all parts. A stopwatch times each firing of a node; the cost of two clock readings is subtracted, but on S the stopwatches still distort the result, and the rest may come out too small.`,
      'Each node fires in each step here; in normal training, similar steps are replayed without firing nodes.',
      'Matrix products are all calls of matMul and affine; in affine the bias is part of the product.',
    ],
  }
}

/** Forward, then backward in running order, then update; parts common to both kinds of loss stay together. */
function orderOf(part: string): number {
  const places = ['loading', 'forward', 'start', 'backward', 'parameters', 'update']
  return places.findIndex(place => part.includes(place))
}

async function sharesOf(name: NetName, kernels: KernelsName, milliseconds: number): Promise<Shares> {
  // Two trainers take turns, one of them with stopwatches, so that noise affects both equally.
  const plain = trainerOf(NETS[name], { kernels, replay: false })
  const watched = trainerOf(NETS[name], { kernels, replay: false })
  const { watches, products } = watch(watched)
  const timeOf = async ({ trainer }: typeof plain, steps: number) => {
    const start = performance.now()
    await trainer.step(steps)
    return ((performance.now() - start) / steps) * 1000
  }
  let steps = 1
  while ((await timeOf(plain, steps)) * steps < 300_000) steps *= 2
  const count = Math.ceil((milliseconds * 1000) / ROUNDS / (await timeOf(plain, steps)))
  await timeOf(watched, Math.max(steps, count))
  let plainTime = Number.POSITIVE_INFINITY
  let watchedTime = Number.POSITIVE_INFINITY
  let parts = new Map<string, number>()
  let productTime = 0
  const clocks = [...watches.values(), products]
  const perStep = ({ time }: Stopwatch) => (time * 1000) / count
  for (let round = 0; round < ROUNDS; round++) {
    plainTime = Math.min(plainTime, await timeOf(plain, count))
    for (const clock of clocks) clock.reset()
    const time = await timeOf(watched, count)
    if (time > watchedTime) continue
    watchedTime = time
    const fired = [...watches].filter(([, { calls }]) => calls > 0)
    parts = new Map(fired.map(([label, clock]) => [label, perStep(clock)]))
    productTime = perStep(products)
  }
  return { plain: plainTime, parts, products: productTime }
}

/** Puts stopwatches on all parts of a step. */
function watch({ model, trainer }: ReturnType<typeof trainerOf>) {
  const engine = engineOf(model)
  const watches = new Map<string, Stopwatch>()
  const wrap = (label: string, object: object, method = 'fire') => {
    const known = watches.get(label) ?? new Stopwatch()
    watches.set(label, known)
    known.wrap(object, method)
  }
  for (const { id, forward, backward } of engine.nodes.values()) {
    wrap(`${id} forward`, forward)
    wrap(`${id} backward`, backward)
  }
  for (const parameter of engine.parameters.values()) wrap('parameters', parameter)
  for (const { start, updates } of engine.optimizers) {
    wrap(start.place, start)
    for (const update of updates) wrap(update.place, update)
  }
  wrap('loading of the batch', feederOf(trainer), 'fill')
  return { watches, products: productWatch(engine.kernels) }
}

/** The object that loads the batches, which has no public access. */
const feederOf = (trainer: object) => (trainer as { loop: { train: object } }).loop.train

await runnable(import.meta.url, shares)
