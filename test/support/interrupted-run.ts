/** A run with everything in it that remembers something, to be interrupted and resumed. */
import {
  accumulate,
  adamW,
  batchNormalization,
  type CheckpointOptions,
  clipByGlobalNorm,
  compile,
  createTrainer,
  type DataSource,
  dense,
  dropout,
  exponentialMovingAverage,
  fromArrays,
  fromIterable,
  graph,
  input,
  meanSquaredError,
  RandomKey,
  resume,
  schedule,
  type Trainer,
} from 'gradstream'

export function networkOf({ units = 4 } = {}) {
  const prediction = input({ name: 'x', shape: [2] }).pipe(
    dense({ units }),
    batchNormalization(),
    dropout({ rate: 0.2 }),
    dense({ units: 1 }),
  )
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
  const learningRate = schedule.warmUp({ steps: 4, to: schedule.cosine({ initial: 0.01, steps: 99 }) })
  const weightDecay = schedule.reduceOnPlateau({ initial: 0.1, factor: 0.5, patience: 0, threshold: 0.9 })
  // Numbers of links follow schedules as well.
  const norm = schedule.reduceOnPlateau({ initial: 1, factor: 0.5, patience: 0, threshold: 0.9 })
  const update = loss.pipe(
    accumulate({ steps: 2 }),
    clipByGlobalNorm({ norm }),
    adamW({ learningRate, weightDecay }),
    exponentialMovingAverage({ decay: schedule.cosine({ initial: 0.9, steps: 99 }) }),
  )
  return graph({ prediction, loss, update })
}

export function rowsOf(count: number, seed: number) {
  const numbers = RandomKey.of(seed).uniform(2 * count, -1, 1)
  const x = Array.from({ length: count }, (_, i) => [numbers[2 * i] as number, numbers[2 * i + 1] as number])
  return { x, target: x.map(([a = 0, b = 0]) => [a - 2 * b + a * b]) }
}

/** Samples in memory, and those of a stream, in a window that is smaller than the epoch. */
export const sources: Readonly<Record<string, (count: number) => DataSource>> = {
  'in memory': count => fromArrays(rowsOf(count, 1)).standardize(),
  'of a stream': count => {
    const { x, target } = rowsOf(count, 1)
    return fromIterable(() => x.map((own, i) => ({ x: own, target: target[i] as number[] })), { shuffle: 8 })
  },
  'that arrive late': count => {
    const { x, target } = rowsOf(count, 1)
    return fromIterable(
      async function* () {
        for (const [i, own] of x.entries()) yield { x: own, target: target[i] as number[] }
      },
      { shuffle: 8 },
    )
  },
}

export interface InterruptedOptions {
  readonly source?: string
  readonly epochs?: number
  readonly checkpoints: CheckpointOptions
}

const dataOf = (source = 'of a stream') => ({
  data: (sources[source] as (count: number) => DataSource)(20),
  validation: fromArrays(rowsOf(10, 2)),
  // A turn for each step, so that many checkpoints are written in a short run.
  sliceTime: 0,
})

export const begun = ({ source, epochs = 3, checkpoints }: InterruptedOptions): Trainer =>
  createTrainer(compile(networkOf(), { seed: 3 }), {
    ...dataOf(source),
    epochs,
    batchSize: 6,
    metrics: ['r2'],
    runId: 'interrupted',
    checkpoints,
  })

export const resumed = ({ source, checkpoints }: InterruptedOptions): Promise<Trainer> => {
  const { directory, ...rest } = checkpoints
  return resume(directory, { ...dataOf(source), checkpoints: rest })
}

/** The bytes of everything that a run leaves: parameters, slots, states, averages, the step that random numbers follow from, and its figures. */
export function outcomeOf({ model, state }: Trainer): Record<string, unknown> {
  const tensors = Object.entries(model.state()).map(([name, { shape, data }]) => {
    const { buffer, byteOffset, byteLength } = data
    return [name, `${shape} ${Buffer.from(buffer, byteOffset, byteLength).toString('hex')}`]
  })
  const { metrics, history, step, epoch, epochs, hyperparameters, follows, revision, runId } = state
  const figures = JSON.stringify({ metrics, history, hyperparameters, follows })
  return { ...Object.fromEntries(tensors), figures, step, epoch, epochs, revision, runId }
}

/** The loss of each step, with all its digits. */
export function lossesOf(trainer: Trainer, into: Map<number, string>): () => void {
  const bytes = new DataView(new ArrayBuffer(8))
  return trainer.eachLoss((step, loss) => {
    bytes.setFloat64(0, loss)
    into.set(step, bytes.getBigUint64(0).toString(16))
  })
}
