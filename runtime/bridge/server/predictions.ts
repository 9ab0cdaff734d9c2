/** Predictions of the model for rows that a client sends, or for samples of the run's own data. */
import {
  GradstreamError,
  recordOf,
  show,
  Tensor,
  type TensorJson,
  type TensorLike,
} from '../../../core/index.ts'
import { Dataset } from '../../data/dataset.ts'
import { engineOf, type Model } from '../../engine/model.ts'
import type { Trainer } from '../../training/trainer.ts'
import { encode } from '../json.ts'
import { pack } from '../packed.ts'
import type { PlaneQuery, PredictQuery } from '../protocol.ts'
import { cellsOf, classesOfTarget } from './cells.ts'

/** The most rows of a request, and numbers of an answer. */
const ROWS = 4096
const NUMBERS = 65_536
/** The most points on a side of a grid. */
const SIDE = Math.sqrt(ROWS)

/** How many answers to keep for clients that ask the same before the next step. */
const ANSWERS = 8
/** The default number of samples. */
const SAMPLES = 256

/** Samples of a source, which never change. */
interface Samples {
  readonly count: number
  readonly inputs: Readonly<Record<string, Tensor>>
  /** The `columns` and `names` of an answer, as JSON. */
  readonly described: string
}

export class Predictor {
  private readonly trainer: Trainer
  private readonly answers = new Map<string, string>()
  /** What they were computed with: the step, and the number of assignments to parameters. */
  private basis = ''
  private readonly samples = new Map<Dataset, Samples>()
  /** The last grid over a plane. */
  private grid: { readonly key: string; readonly input: string; readonly rows: Tensor } | undefined

  constructor(trainer: Trainer) {
    this.trainer = trainer
  }

  /**
   * The predictions for a query, as JSON.
   *
   * @throws GradstreamError what `model.predict` throws; `NOT_AVAILABLE` for samples that are not in memory,
   *   `FORBIDDEN` for too many rows, `INVALID_MESSAGE`
   */
  answer(query: PredictQuery & { readonly packed?: boolean }): string {
    const { answers, trainer } = this
    const { step, assignments } = engineOf(trainer.model)
    const basis = `${step}, ${assignments}`
    if (basis !== this.basis) answers.clear()
    this.basis = basis
    const key = JSON.stringify(query)
    const known = answers.get(key)
    if (known !== undefined) return known
    const answer = this.predict(query)
    if (answers.size === ANSWERS) answers.delete(answers.keys().next().value as string)
    answers.set(key, answer)
    return answer
  }

  private predict({ packed = false, ...query }: PredictQuery & { readonly packed?: boolean }): string {
    const { model } = this.trainer
    const valuesFor = (inputs: Readonly<Record<string, TensorLike>>, batchSize?: number) => {
      const options = batchSize === undefined ? {} : { batchSize }
      return query.node === undefined ? model.predict(inputs, options) : valuesOf(model, query.node, inputs)
    }
    const answerOf = (outputs: Readonly<Record<string, Tensor>>, more: readonly string[] = []) =>
      `{${[`"outputs":${encode(written(outputs, packed))}`, ...more].join()}}`
    if ('plane' in query) {
      const { input, rows } = this.gridOf(query.plane)
      // All at once: batches of different sizes would be planned anew each time.
      return answerOf(valuesFor({ [input]: rows }, ROWS))
    }
    if ('inputs' in query) {
      for (const rows of Object.values(query.inputs)) demandFew(Array.isArray(rows) ? rows.length : ROWS + 1)
      return answerOf(valuesFor(query.inputs as Record<string, TensorLike>))
    }
    const { of, count = SAMPLES, rows, columns = true, cells = false } = query
    if (of !== 'data' && of !== 'validation') {
      throw invalid('inputs, or samples of "data" or "validation"', show(of))
    }
    if (rows && query.count !== undefined) throw invalid('either count or rows', 'both')
    if (rows?.length === 0) throw invalid('at least one row', 'none')
    if (count < 1) throw invalid('a count of 1 or more', show(count))
    demandFew(rows?.length ?? count)
    const source = this.datasetOf(of)
    const beyond = rows?.find(row => row >= source.size)
    if (beyond !== undefined) throw invalid(`rows below ${source.size}`, String(beyond))
    const few = Math.min(count, source.size)
    const { inputs, described } = rows ? this.described(source, rows) : this.firstOf(source, few)
    const more = [
      ...(columns ? [described] : []),
      ...(cells ? [`"cells":${encode(cellsOf(source, rows ?? firstPlaces(few)))}`] : []),
    ]
    return answerOf(valuesFor(inputs), more)
  }

  private gridOf(plane: PlaneQuery): { readonly input: string; readonly rows: Tensor } {
    const key = JSON.stringify(plane)
    if (this.grid?.key !== key) this.grid = { key, input: plane.input, rows: rowsOfPlane(plane) }
    return this.grid
  }

  private datasetOf(of: 'data' | 'validation'): Dataset {
    const source = this.trainer[of]
    if (source instanceof Dataset) return source
    throw new GradstreamError('NOT_AVAILABLE', {
      place: 'predict',
      expected: `a run whose ${of} are in memory`,
      got: source ? 'one that streams them' : 'one without them',
      hint: 'Send the rows instead.',
    })
  }

  private firstOf(source: Dataset, count: number): Samples {
    const remembered = this.samples.get(source)
    if (remembered?.count === count) return remembered
    const samples = this.described(source, firstPlaces(count))
    this.samples.set(source, samples)
    return samples
  }

  private described(source: Dataset, rows: readonly number[]): Samples {
    const columns = Object.entries(source.columns)
    const all = recordOf(columns.map(([name]) => [name, source.column(name, rows)] as const))
    const classes = classesOfTarget(source)
    const names = recordOf(
      columns.flatMap(([name, column]) => {
        const own = (name === 'target' ? classes : undefined) ?? column.names
        return own ? [[name, [...own]] as const] : []
      }),
    )
    const needed = inputsOfPredictions(this.trainer.model)
    const inputs = recordOf(Object.entries(all).filter(([name]) => needed.has(name)))
    // Serialize once: it is most of an answer.
    const described = `"columns":${encode(plain(all))},"names":${encode(names)}`
    return { count: rows.length, inputs, described }
  }
}

const firstPlaces = (count: number) => Array.from({ length: count }, (_, place) => place)

/** @throws GradstreamError `INVALID_MESSAGE` */
function rowsOfPlane({ input, x, y, side, ...others }: PlaneQuery): Tensor {
  const isRange = (range: unknown) =>
    Array.isArray(range) &&
    range.length === 2 &&
    range.every(end => typeof end === 'number' && Number.isFinite(end))
  const isRight = typeof input === 'string' && isRange(x) && isRange(y) && Object.keys(others).length === 0
  if (!isRight || !Number.isInteger(side) || side < 2 || side > SIDE)
    throw invalid(
      `a plane with input, x: [from, to], y: [from, to] and a side from 2 to ${SIDE}`,
      'another one',
    )
  const rows = new Float64Array(2 * side * side)
  const at = ([from, to]: readonly [number, number], i: number) => from + ((to - from) * i) / (side - 1)
  for (let i = 0; i < side * side; i++) {
    rows[2 * i] = at(x, i % side)
    rows[2 * i + 1] = at(y, side - 1 - Math.floor(i / side))
  }
  return new Tensor([side * side, 2], rows)
}

/**
 * What a node gives for rows, by its name: a tap, during a prediction.
 *
 * @throws GradstreamError `NOT_AVAILABLE` if predictions do not pass through it, and what `model.predict` throws
 */
function valuesOf(model: Model, name: string, inputs: Readonly<Record<string, TensorLike>>) {
  const { forward$, shape, id } = model.node(name)
  const parts: Tensor[] = []
  if (shape[0] === null) {
    const tap = forward$.subscribe(({ tensor }) => parts.push(tensor.clone()))
    try {
      model.predict(inputs)
    } finally {
      tap.unsubscribe()
    }
  }
  const [first] = parts
  if (first) return recordOf([[name, joined(first, parts)]])
  throw new GradstreamError('NOT_AVAILABLE', {
    place: 'predict',
    expected: 'a node with a value for each sample, between the inputs and the predictions',
    got: show(id),
  })
}

/** Batches of rows, one after another. */
function joined(first: Tensor, parts: readonly Tensor[]): Tensor {
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] as number), 0)
  const all = new Tensor(
    [rows, ...first.shape.slice(1)],
    new Float64Array(parts.reduce((sum, { size }) => sum + size, 0)),
  )
  let at = 0
  for (const { data, size } of parts) {
    all.data.set(data, at)
    at += size
  }
  return all
}

/** The inputs of all outputs with a row per sample. Without the others, no loss is computed. */
function inputsOfPredictions(model: Model): ReadonlySet<string> {
  const { nodes, graph } = engineOf(model)
  const needed = new Set<string>()
  for (const { node, output } of Object.values(graph.outputs)) {
    if (nodes.get(node)?.output(output).shape[0] === null) needed.add(node)
  }
  // Nodes are in firing order, so from the back all consumers of a node come before it.
  for (const { id, resolved } of [...nodes.values()].reverse()) {
    if (needed.has(id)) for (const { producer } of resolved.inputs) needed.add(producer.id)
  }
  return needed
}

/** The tensors that fit into a message, as JSON or packed. */
const written = (tensors: Readonly<Record<string, Tensor>>, isPacked: boolean) =>
  isPacked
    ? recordOf(Object.entries(few(tensors)).map(([name, tensor]) => [name, pack(tensor)]))
    : plain(tensors)

/** The tensors that fit into a message, as plain data. */
const plain = (tensors: Readonly<Record<string, Tensor>>): Record<string, TensorJson> =>
  recordOf(Object.entries(few(tensors)).map(([name, tensor]) => [name, tensor.toJSON()] as const))

const few = (tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  recordOf(Object.entries(tensors).filter(([, { size }]) => size <= NUMBERS))

function demandFew(rows: number): void {
  if (rows <= ROWS) return
  throw new GradstreamError('FORBIDDEN', {
    place: 'predict',
    expected: `at most ${ROWS} rows, in nested lists`,
    got: String(rows),
  })
}

const invalid = (expected: string, got: string) =>
  new GradstreamError('INVALID_MESSAGE', { place: 'predict', expected, got })
