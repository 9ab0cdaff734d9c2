/** What the tests of the runtime share. */
import {
  compile,
  createTrainer,
  defineMetric,
  dense,
  fromArrays,
  GradstreamError,
  graph,
  input,
  type Metrics,
  type Model,
  meanSquaredError,
  RandomKey,
  type RunState,
  sgd,
  type Trainer,
  type TrainerOptions,
  tanh,
} from 'gradstream'
import { VirtualTimeScheduler } from 'rxjs'

export { errorOf } from '../core/support.ts'

/** The error that a promise is rejected with; anything but a `GradstreamError` is passed on. */
export async function rejectionOf(promise: Promise<unknown>): Promise<GradstreamError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof GradstreamError) return error
    throw error
  }
  throw new Error('it was not rejected')
}

const x = input({ name: 'x', shape: [2] })
const target = input({ name: 'target', shape: [1] })

/** A small network for regression: dense1, tanh1, dense2, meanSquaredError1, sgd1. */
export const regression = ({ learningRate = 0.1, momentum = 0.5 } = {}) => {
  const prediction = x.pipe(dense({ units: 4 }), tanh(), dense({ units: 1 }))
  const loss = meanSquaredError()(prediction, target)
  return graph({ prediction, loss, update: loss.pipe(sgd({ learningRate, momentum })) })
}

/** Rows of two features each, and a target that can be learned from them. */
export function rows(count: number, seed = 1) {
  const numbers = RandomKey.of(seed)
    .child('rows')
    .uniform(count * 2, -1, 1)
  const features = Array.from({ length: count }, (_, i) => [
    numbers[2 * i] as number,
    numbers[2 * i + 1] as number,
  ])
  return { x: features, target: features.map(([a = 0, b = 0]) => [a - 2 * b + a * b]) }
}

export const samples = (count: number, seed = 1) => fromArrays(rows(count, seed))

/** A figure that JSON has no number for where targets are all alike: ln 0 is -∞. */
export const logSpread = defineMetric({
  type: 'logSpread',
  moments: ['targets'],
  tally: ({ target }) => ({ targets: target }),
  result: ({ targets }) => Math.log(targets.squares),
})

/** A trainer in virtual time. */
export function trial<Predicted extends string = 'prediction'>(
  options: Partial<TrainerOptions> = {},
  model: Model<Predicted> = compile(regression(), { seed: 3 }) as never,
) {
  const scheduler = new VirtualTimeScheduler()
  const trainer = createTrainer(model, {
    data: samples(10),
    batchSize: 4,
    epochs: 3,
    runId: 'trial',
    scheduler,
    ...options,
  })
  return { model, trainer, scheduler }
}

/** Runs a trainer in virtual time until it comes to rest. */
export function finish(trainer: Trainer, scheduler: VirtualTimeScheduler): Promise<RunState> {
  const done = trainer.run()
  scheduler.flush()
  return done
}

/** The bytes of all parameters, by name. */
export function bytesOf(model: Model): Record<string, string> {
  return Object.fromEntries(
    model.nodes.flatMap(id =>
      Object.entries(model.node(id).parameters).map(([name, { value }]) => {
        const { buffer, byteOffset, byteLength } = value.data
        return [`${id}.${name}`, Buffer.from(buffer, byteOffset, byteLength).toString('hex')]
      }),
    ),
  )
}

/** One of the figures; it has to be there. */
export function figure(metrics: Metrics, name: string): number {
  const value = metrics[name]
  if (value === undefined) throw new Error(`no ${name} among ${Object.keys(metrics)}`)
  return value
}
