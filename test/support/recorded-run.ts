/** A small run to be recorded. */
import {
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  sgd,
  type Trainer,
  type TrainerOptions,
  tanh,
} from 'gradstream'
import { rowsOf } from './interrupted-run.ts'

export function recordedTrainer(options: Partial<TrainerOptions> = {}): Trainer {
  const prediction = input({ name: 'x', shape: [2] }).pipe(dense({ units: 4 }), tanh(), dense({ units: 1 }))
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
  const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })
  return createTrainer(compile(net, { seed: 3, kernels: 'reference' }), {
    data: fromArrays(rowsOf(20, 1)),
    validation: fromArrays(rowsOf(10, 2)),
    batchSize: 4,
    runId: 'recorded',
    ...options,
  })
}
