/** What the model makes of rows: those that a client sends, or samples of the run's own data. */
import { GradstreamError, sizeOf, Tensor, type TensorJson, type TensorLike } from '../../../core/index.ts'
import { Dataset } from '../../data/dataset.ts'
import type { Trainer } from '../../training/trainer.ts'
import type { Predictions } from '../protocol.ts'

/** Rows of one request, and numbers of one answer. */
const ROWS = 4096
const NUMBERS = 65_536

type Samples = 'data' | 'validation'

/**
 * Predicts for rows by input.
 *
 * @throws GradstreamError what `model.predict` throws, `FORBIDDEN` for too many rows
 */
export function predictRows(trainer: Trainer, inputs: Readonly<Record<string, TensorLike>>): Predictions {
  for (const rows of Object.values(inputs)) demandFew(Array.isArray(rows) ? rows.length : ROWS + 1)
  return { outputs: plain(trainer.model.predict(inputs)) }
}

/** Predicts for the first samples of the data, and tells their targets, and their inputs where these are small. */
export function predictSamples(trainer: Trainer, of: Samples, count: number): Predictions {
  const source = trainer.source(of)
  if (!(source instanceof Dataset)) {
    throw new GradstreamError('NOT_AVAILABLE', {
      place: 'predict',
      expected: `a run whose ${of} lie in memory`,
      got: source ? 'one that streams them' : 'one without any',
      wayOut: 'Send the rows instead.',
    })
  }
  demandFew(count)
  const { model } = trainer
  const columns = Object.keys(source.columns).map(name => [name, head(source.column(name), count)] as const)
  const inputs = Object.fromEntries(columns)
  const names = Object.fromEntries(
    Object.entries(source.columns).flatMap(([name, column]) =>
      column.names ? [[name, [...column.names]]] : [],
    ),
  )
  return { outputs: plain(model.predict(inputs)), columns: plain(inputs), names }
}

function head(all: Tensor, count: number): Tensor {
  const [rows = 0, ...sample] = all.shape
  const kept = Math.min(rows, count)
  return new Tensor([kept, ...sample], all.data.slice(0, kept * sizeOf(sample)))
}

/** Those that are not too large for a message, as plain data. */
function plain(tensors: Readonly<Record<string, Tensor>>): Record<string, TensorJson> {
  const few = Object.entries(tensors).filter(([, { size }]) => size <= NUMBERS)
  return Object.fromEntries(few.map(([name, tensor]) => [name, tensor.toJSON()]))
}

function demandFew(rows: number): void {
  if (rows <= ROWS) return
  throw new GradstreamError('FORBIDDEN', {
    place: 'predict',
    expected: `at most ${ROWS} rows, in nested lists`,
    got: String(rows),
  })
}
