/** What the model makes of rows: those that a client sends, or samples of the run's own data. */
import { GradstreamError, sizeOf, Tensor, type TensorJson, type TensorLike } from '../../../core/index.ts'
import { Dataset } from '../../data/dataset.ts'
import { insideOf } from '../../training/inside.ts'
import type { Trainer } from '../../training/trainer.ts'
import type { Predictions } from '../protocol.ts'

/** Rows of one request, and numbers of one answer. */
const ROWS = 4096
const NUMBERS = 65_536

/**
 * Predicts for rows by input.
 *
 * @throws GradstreamError what `model.predict` throws, `FORBIDDEN` for too many rows
 */
export function predictRows(trainer: Trainer, inputs: Readonly<Record<string, TensorLike>>): Predictions {
  for (const rows of Object.values(inputs)) demandFew(Array.isArray(rows) ? rows.length : ROWS + 1)
  return { outputs: plain(trainer.model.predict(inputs)) }
}

/** The first samples of a source, which never change. */
interface Samples {
  readonly count: number
  readonly inputs: Readonly<Record<string, Tensor>>
  readonly described: Required<Pick<Predictions, 'columns' | 'names'>>
}

const known = new WeakMap<Dataset, Samples>()

/**
 * Predicts for the first samples of the data; with `columns`, tells them as well, where they are small.
 *
 * @throws GradstreamError `NOT_AVAILABLE` where they do not lie in memory, `FORBIDDEN` for too many
 */
export function predictSamples(
  trainer: Trainer,
  of: 'data' | 'validation',
  count: number,
  columns: boolean,
): Predictions {
  const source = insideOf(trainer).source(of)
  if (!(source instanceof Dataset)) {
    throw new GradstreamError('NOT_AVAILABLE', {
      place: 'predict',
      expected: `a run whose ${of} lie in memory`,
      got: source ? 'one that streams them' : 'one without any',
      wayOut: 'Send the rows instead.',
    })
  }
  demandFew(count)
  const { inputs, described } = samplesOf(source, count)
  const outputs = plain(trainer.model.predict(inputs))
  return columns ? { outputs, ...described } : { outputs }
}

function samplesOf(source: Dataset, count: number): Samples {
  const remembered = known.get(source)
  if (remembered?.count === count) return remembered
  const columns = Object.entries(source.columns)
  const all = Object.fromEntries(columns.map(([name]) => [name, head(source.column(name), count)]))
  const names = Object.fromEntries(
    columns.flatMap(([name, column]) => (column.names ? [[name, [...column.names]]] : [])),
  )
  const samples = { count, inputs: all, described: { columns: plain(all), names } }
  known.set(source, samples)
  return samples
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
