/** A model: a graph that lives. */
import type { Observable } from 'rxjs'
import {
  attempt,
  CheckFailed,
  check,
  checkedAt,
  type Demand,
  demandThing,
  didYouMeanName,
  entriesOf,
  entryOf,
  fitsShape,
  GradstreamError,
  type GraphDef,
  isRecord,
  isSameJson,
  type Kernels,
  listOf,
  type PortShape,
  type Precision,
  type ResolvedNode,
  type RowsByInput,
  recordOf,
  sameShape,
  show,
  showSample,
  showShape,
  Tensor,
  type TensorLike,
  THING,
  type Thing,
  tensor,
} from '../../core/index.ts'
import { type Scaling, standardize } from '../data/scaling.ts'
import { type DataSource, demandScalings } from '../data/source.ts'
import { demandSameMeaning, type Encoder, encodeRows, type Row } from '../data/tables/encoder.ts'
import { type Answer, answersOf, comparedOutputs, inOwnUnits } from './answers.ts'
import type { Engine } from './engine.ts'
import { asHtml, asText, type Explanation } from './explain.ts'
import { copiesOf, setFrozen } from './held.ts'
import { demandIndices, indexDemands } from './indices.ts'
import type { LiveNode } from './live-node.ts'
import { type Loadable, type LoadOptions, loadInto, STEP } from './load.ts'
import type { LiveOutput } from './node-parts.ts'
import { summarize } from './summary.ts'
import { type ModelNode, nodeView, optimizerView } from './views.ts'

const engines = new WeakMap<object, Engine>()

/** The engine of a model, for the runtime itself. */
export const engineOf = (model: Model): Engine => engines.get(model) as Engine

/** Refuses what is no model, and says what to write. */
export function demandModel(place: string, model: unknown): asserts model is Model {
  checkedAt(place, 'INVALID_OPTION', () =>
    demandThing(
      { model },
      'model',
      'a model made by compile()',
      given => engines.has(given as object),
      place,
    ),
  )
}

export interface PredictOptions {
  /** How many rows pass through the graph at a time; 1024 by default. */
  readonly batchSize?: number
  /** Whether averages of weights are used, where links keep some; true by default. False predicts with the weights that are trained. */
  readonly averages?: boolean
}

/** A compiled graph: predicts, trains, and shows each of its values as a stream. Made by `compile`. */
export class Model<Predicted extends string = string, Rows = RowsByInput> {
  readonly graph: GraphDef<Predicted, Rows>
  /** What subscribers of any stream of this model threw. */
  readonly errors$: Observable<GradstreamError>
  private standardization: Readonly<Record<string, Scaling>> = recordOf()
  private meaning: Encoder | undefined
  private readonly views = new Map<string, ModelNode>()

  constructor(graph: GraphDef<Predicted, Rows>, engine: Engine, encoder?: Encoder) {
    this.graph = graph
    this.meaning = encoder
    if (encoder) this.standardization = encoder.scalings
    this.errors$ = engine.errors$
    engines.set(this, engine)
  }

  /** For error texts. */
  get [THING](): Thing {
    return { kind: 'model', words: 'a model' }
  }

  private get engine(): Engine {
    return engines.get(this) as Engine
  }

  /** The standardization that inputs pass before the graph sees them, by input: that of the data it is trained on. */
  get scalings(): Readonly<Record<string, Scaling>> {
    return this.standardization
  }

  /** What the columns of the table mean that it is trained on; none for data that are no table. */
  get encoder(): Encoder | undefined {
    return this.meaning
  }

  /**
   * Takes the standardization and the encoder of the data that it will be trained on. A model that has been trained keeps the one that it
   * was trained with: whatever else it is offered, what it predicts does not change.
   */
  offer(data: Pick<DataSource, 'scalings' | 'encoder'>): void {
    const { scalings, encoder } = offered(data, 'model.offer')
    if (this.engine.step > 0) return
    this.standardization = scalings
    this.meaning = encoder
  }

  /**
   * The standardization to train on such data with: the model's.
   *
   * @throws GradstreamError `DATA_MISMATCH` where theirs is another one, or where their columns mean something else
   */
  scalingsFor(
    data: Pick<DataSource, 'scalings' | 'encoder'>,
    place: string,
  ): Readonly<Record<string, Scaling>> {
    const { standardization, meaning } = this
    const { scalings, encoder } = offered(data, 'model.scalingsFor')
    if (encoder && meaning) demandSameMeaning(meaning, encoder, place)
    if (Object.keys(scalings).length > 0 && !isSameJson(scalings, standardization)) {
      throw new GradstreamError('DATA_MISMATCH', {
        place,
        expected: 'data with the standardization that the model was trained with',
        got: `a different one of ${listOf(Object.keys(scalings))}`,
        hint: 'Omit standardize(): the model applies its own to raw rows. Or compile another model for these data.',
      })
    }
    return standardization
  }

  /** What does the arithmetic. */
  get kernels(): Pick<Kernels, 'name' | 'precision' | 'description'> {
    const { name, precision, description } = this.engine.kernels
    return { name, precision, description }
  }

  /** The ids of all nodes, in the order in which they fire. */
  get nodes(): readonly string[] {
    const { nodes, optimizers } = this.engine
    return [
      ...nodes.keys(),
      ...optimizers.flatMap(({ id, behind }) => [id, ...behind.map(({ node }) => node.id)]),
    ]
  }

  /**
   * A node by its id (`'dense1'`), or by the name of an output of the graph (`'prediction'`).
   *
   * @throws GradstreamError `UNKNOWN_NAME`, with the names that there are.
   */
  node(name: string): ModelNode {
    if (typeof name !== 'string')
      throw new GradstreamError('INVALID_OPTION', {
        place: 'model.node',
        expected: 'the name of a node',
        got: show(name),
        hint: `Pass the name as a string: model.node('${this.nodes.at(0)}').`,
      })
    const known = this.views.get(name)
    if (known) return known
    const id = this.nodes.includes(name) ? name : entryOf(this.graph.outputs, name)?.node
    const view = id === undefined ? undefined : this.viewOf(id)
    if (!view) {
      const names = [...this.nodes, ...Object.keys(this.graph.outputs)]
      throw new GradstreamError('UNKNOWN_NAME', {
        place: 'model.node',
        expected: `one of ${listOf(names)}`,
        got: `"${name}"`,
        ...didYouMeanName(name, names),
      })
    }
    this.views.set(name, view)
    return view
  }

  private viewOf(id: string): ModelNode | undefined {
    const { nodes, optimizers } = this.engine
    const live = nodes.get(id)
    if (live) return nodeView(live, () => this.engine.demandAlive())
    for (const optimizer of optimizers) {
      const link = optimizer.behind.find(({ node }) => node.id === id)?.node
      if (!link && optimizer.id !== id) continue
      const { producer, output } = optimizer.resolved.inputs[0] as ResolvedNode['inputs'][number]
      return optimizerView(optimizer, (nodes.get(producer.id) as LiveNode).output(output), link)
    }
    return undefined
  }

  /**
   * Computes the outputs that the given inputs suffice for, without training. Rows are raw: what the trainer
   * standardized is standardized here as well. The tensors of the result are yours to keep.
   *
   * @param inputs for each input its rows, [rows, ...shape]
   * @throws GradstreamError `SHAPE_MISMATCH`, `MISSING_INPUT`, `UNKNOWN_NAME`, `DATA_NOT_FINITE` with the row, and `BUSY` inside a step.
   * @example model.predict({ x: [[5.1, 3.5, 1.4, 0.2]] }).prediction.toNested() // [[0.98, 0.02, 0]]
   */
  predict(inputs: Rows, options?: PredictOptions): Record<Predicted, Tensor>
  /**
   * What the model says about raw rows, as they stand in the table that it was trained on: a number in the unit of the target, or a
   * class with its probability, for each target column.
   *
   * @throws GradstreamError `NOT_AVAILABLE` where it was trained on no table; `MISSING_CELL`, `DATA_NOT_FINITE`, `UNKNOWN_CATEGORY` and
   *   `UNKNOWN_NAME` with the row and the column.
   * @example model.predict({ rows: [{ city: 'Paris', area: 71 }] }) // [{ price: 412_000 }]
   */
  predict(inputs: { readonly rows: readonly Row[] }, options?: PredictOptions): Answer[]
  predict(
    inputs: Rows | { readonly rows: readonly Row[] },
    options: PredictOptions = {},
  ): Record<Predicted, Tensor> | Answer[] {
    const { engine } = this
    if (isRecord(inputs) && 'rows' in inputs && !engine.nodes.has('rows')) {
      return this.answers(inputs.rows as readonly Row[], options)
    }
    const outputs = this.computed(inputs as RowsByInput, options)
    inOwnUnits(outputs, comparedOutputs(engine), this.scalings)
    return outputs
  }

  private answers(rows: readonly Row[], options: PredictOptions): Answer[] {
    const { encoder } = this
    if (encoder === undefined) {
      throw new GradstreamError('NOT_AVAILABLE', {
        place: 'model.predict',
        expected: 'a model that was trained on a table',
        got: 'one without column names',
        hint: 'Pass the inputs as numbers: model.predict({ x: [[5.1, 3.5]] }).',
      })
    }
    if (!Array.isArray(rows)) {
      throw new GradstreamError('INVALID_OPTION', {
        place: 'model.predict',
        expected: 'a list of rows, each an object with a value for each column',
        got: show(rows),
        hint: 'For a single row, pass a list with one entry: { rows: [row] }.',
      })
    }
    const x = encodeRows(encoder, rows, 'model.predict')
    return answersOf(encoder, this.predict({ x } as Rows, options), comparedOutputs(this.engine))
  }

  private computed(inputs: RowsByInput, options: PredictOptions = {}): Record<Predicted, Tensor> {
    const { engine } = this
    engine.begin()
    const { batchSize, averages } = checkedAt('model.predict', 'INVALID_OPTION', () => {
      const { batchSize = 1024, averages = true } = check.options(options, ['batchSize', 'averages'])
      return { batchSize: check.positiveInteger({ batchSize }), averages: check.boolean({ averages }) }
    })
    const rows = this.rowsOf(inputs)
    const count = rows.values().next().value?.shape[0] ?? 0
    const outputs = this.outputsFrom(new Set(rows.keys()))
    const parts = new Map(outputs.map(([name]) => [name, [] as Tensor[]]))
    for (let start = 0; start < count || start === 0; start += batchSize) {
      const length = Math.min(batchSize, count - start)
      const feeds = [...rows].map(([input, all]) => ({
        input,
        tensor: this.batch(input, all, start, length),
      }))
      engine.run('infer', feeds, undefined, averages)
      for (const [name, output] of outputs) parts.get(name)?.push(output.forward.tensor.clone())
    }
    const joined = [...parts].map(([name, tensors]) => [name, joinRows(tensors)] as const)
    return recordOf(joined) as Record<Predicted, Tensor>
  }

  /**
   * The values of all parameters, frozen ones included, by names such as `dense1.kernel`. The tensors are yours to keep.
   *
   * @throws GradstreamError `BUSY` inside a step
   */
  parameters(): Record<string, Tensor> {
    return copiesOf(this.engine, ({ kind }) => kind === 'parameter')
  }

  /**
   * Everything that the model has learned: its parameters, what optimizers remember for them (`dense1.kernel/velocity`), the state of nodes
   * (`batchNormalization1.movingMean`), and under `step` the number of training steps. The tensors are yours to keep.
   *
   * @throws GradstreamError `BUSY` inside a step
   */
  state(): Record<string, Tensor> {
    const state = copiesOf(this.engine, () => true)
    state[STEP] = new Tensor([], Float64Array.of(this.engine.step))
    return state
  }

  /**
   * Takes over what another model has learned, from `state()` or `parameters()`, from a file (`readSafetensors(bytes).tensors`), or from another
   * framework. All is checked first: where something does not fit, nothing is loaded.
   *
   * Parameters and the state of nodes have to be complete. What optimizers remember is loaded together with the number of steps where all
   * of it is there and nothing else; otherwise it stays as it is.
   *
   * @returns the names of what was loaded
   * @throws GradstreamError `WEIGHTS_MISMATCH` with all differences, `UNKNOWN_NAME`, `DUPLICATE_NAME`, `INVALID_OPTION`, `BAD_FILE`, and `BUSY`
   *   inside a step
   * @example model.load(pretrained.state(), { only: ['features'] })
   */
  load(tensors: Readonly<Record<string, Loadable>>, options?: LoadOptions): string[] {
    return loadInto(this.engine, tensors, options)
  }

  /**
   * Keeps parameters as they are, from the next step on, until `unfreeze`. Their gradients are not computed, and what optimizers remember
   * for them stays.
   *
   * @param names nodes, blocks or parameters, as in `['features', 'dense1.kernel']`
   * @throws GradstreamError `UNKNOWN_NAME`, and `BUSY` inside a step
   */
  freeze(names: readonly string[]): void {
    setFrozen(this.engine, names, true, 'model.freeze')
  }

  /**
   * Lets optimizers change parameters again.
   *
   * @param names nodes, blocks or parameters
   * @throws GradstreamError `NOT_AVAILABLE` for those of a layer that the graph itself freezes, `UNKNOWN_NAME`, and `BUSY` inside a step
   */
  unfreeze(names: readonly string[]): void {
    setFrozen(this.engine, names, false, 'model.unfreeze')
  }

  /**
   * Begins anew: recurrent layers with `statefulBatchSize`, and other nodes that remember from one batch to the next, get their first states
   * back. Moving means, such as those of batch normalization, stay.
   *
   * @throws GradstreamError `BUSY` inside a step, `ALREADY_DISPOSED`
   */
  resetStates(): void {
    this.engine.resetStates()
  }

  /** The network as a table: node, type, output shape, parameters, and the kernels that run it. */
  summary(): string {
    return summarize(this.engine)
  }

  /**
   * What a training step computes: loops and matrix products with the nodes they came from, the bytes that they read and
   * write, and their share of the time; and whether nodes are fired in each step, and why.
   *
   * Empty before the first step, and on reference kernels, which compute each operation at once. Of a step that is replayed,
   * one in 512 is timed.
   *
   * @param options `format`: `'text'` (the default) for a table, `'json'` for plain data, `'html'` for a page
   * @throws GradstreamError `INVALID_OPTION`
   */
  explain(options?: { readonly format?: 'text' | 'html' }): string
  explain(options: { readonly format: 'json' }): Explanation
  explain(options: { readonly format?: 'text' | 'json' | 'html' } = {}): string | Explanation {
    const { format = 'text' } = checkedAt('model.explain', 'INVALID_OPTION', () => {
      const own = check.options(options, ['format'])
      if (own.format !== undefined) check.oneOf({ format: own.format }, ['text', 'json', 'html'])
      return own
    })
    const { explanation } = this.engine
    if (format === 'json') return explanation
    return format === 'html' ? asHtml(explanation) : asText(explanation)
  }

  /** Completes every stream and gives the memory back. The model cannot be used afterwards. */
  dispose(): void {
    this.engine.dispose()
  }

  private rowsOf(inputs: Readonly<Record<string, TensorLike>>): Map<LiveNode, Tensor> {
    const { nodes } = this.engine
    const rows = new Map<LiveNode, Tensor>()
    let count: number | undefined
    const given = checkedAt('model.predict', 'INVALID_OPTION', () => this.rowsByName(inputs))
    for (const [name, values] of given) {
      const node = nodes.get(name)
      if (node?.definition.role !== 'input') {
        const names = [...nodes.values()]
          .filter(({ definition }) => definition.role === 'input')
          .map(({ id }) => id)
        throw new GradstreamError('UNKNOWN_NAME', {
          place: 'model.predict',
          expected: `one of the inputs ${listOf(names)}`,
          got: `"${name}"`,
          ...didYouMeanName(name, names),
        })
      }
      // Standardized in float64 and rounded once, as the trainer does.
      const { shape } = node.outputs[0] as LiveOutput
      const given = rowsAs(shape, tensor(values, 'float64', `model.predict: input "${name}"`))
      count ??= given.shape[0]
      if (!fitsShape(given.shape, shape) || given.shape[0] !== count) {
        const hint =
          flatHint(name, shape, given) ??
          `Pass one row for each sample, each of shape ${showSample(shape.slice(1))}.`
        throw new GradstreamError('SHAPE_MISMATCH', {
          place: `model.predict: input "${name}"`,
          expected: `rows of shape ${showShape(shape)}${count === undefined || !fitsShape(given.shape, shape) ? '' : `, ${count} of them`}`,
          got: showShape(given.shape),
          hint:
            given.shape[0] === count || hint.includes('[[')
              ? hint
              : 'Pass the same number of rows for each input.',
        })
      }
      const scaling = entryOf(this.scalings, name)
      if (scaling) standardize(given.data, scaling)
      rows.set(node, given)
    }
    const indices = this.indicesFor(rows)
    for (const [{ id }, given] of rows) {
      const place = `model.predict: input "${id}"`
      const asked = indices.filter(({ input }) => input.producer.id === id)
      for (const demand of asked) demandIndices(demand, given, place)
      demandHeld(place, given, this.engine.kernels.precision)
    }
    return rows
  }

  /** What nodes ask of indices, which depends on lengths in a graph with open axes. */
  private indicesFor(rows: ReadonlyMap<LiveNode, Tensor>): readonly Demand[] {
    const { openAxes, nodes } = this.engine
    if (!openAxes) return this.engine.indices.given
    return indexDemands(openAxes.at(id => rows.get(nodes.get(id) as LiveNode)?.shape.slice(1))).given
  }

  private rowsByName(inputs: unknown): [string, TensorLike][] {
    const given = entriesOf<TensorLike>(inputs as object)
    if (given && !('shape' in (inputs as object) && 'data' in (inputs as object))) return given
    const [input = 'x'] = [...this.engine.nodes.values()].flatMap(({ id, definition }) =>
      definition.role === 'input' ? [id] : [],
    )
    const hint = `Pass the rows under the name of their input: model.predict({ ${nameInCode(input)}: rows }).`
    throw new CheckFailed('an object of rows by input name', show(inputs), { hint })
  }

  /** Lends the input its batch. */
  private batch(node: LiveNode, { data, shape }: Tensor, start: number, length: number): Tensor {
    const batch = this.engine.lendInput(node, [length, ...shape.slice(1)])
    const row = batch.size / (length || 1)
    batch.data.set(data.subarray(start * row, (start + length) * row))
    return batch
  }

  /** The outputs of the graph that have one row for each sample and stand on no other inputs. */
  private outputsFrom(given: ReadonlySet<LiveNode>): [string, LiveOutput][] {
    const { nodes } = this.engine
    const ready = new Set<string>()
    for (const node of nodes.values()) {
      const { id, definition, resolved } = node
      const fed =
        definition.role === 'input' ? given.has(node) : resolved.inputs.every(i => ready.has(i.producer.id))
      if (fed) ready.add(id)
    }
    const perSample = Object.entries(this.graph.outputs).flatMap(([name, ref]): [string, LiveOutput][] => {
      const output = nodes.get(ref.node)?.output(ref.output)
      return output && output.shape[0] === null ? [[name, output]] : []
    })
    const computed = perSample.filter(([name]) =>
      ready.has((this.graph.outputs[name] as { node: string }).node),
    )
    if (computed.length > 0) return computed
    const [first] = perSample
    const needed =
      first === undefined ? undefined : behind(nodes, (this.graph.outputs[first[0]] as { node: string }).node)
    const missing = [...nodes.values()].filter(
      node => node.definition.role === 'input' && !given.has(node) && needed?.has(node.id) !== false,
    )
    if (missing.length === 0) {
      throw new GradstreamError('MISSING_INPUT', {
        place: 'model.predict',
        expected: 'a graph with an output that has a row for each sample',
        got: `only ${Object.keys(this.graph.outputs).join(', ')}`,
        hint: 'Add the prediction to the outputs: graph({ prediction, loss }).',
      })
    }
    throw new GradstreamError('MISSING_INPUT', {
      place: 'model.predict',
      expected: `rows for ${listOf(missing.map(({ id }) => id))}`,
      got: 'none, so no output can be computed',
    })
  }
}

const nameInCode = (name: string) => (/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : JSON.stringify(name))

/** No rows at all are rows of any shape; one number a row may be written as a plain list. */
function rowsAs(shape: PortShape, given: Tensor): Tensor {
  if (given.size === 0 && given.shape[0] === 0 && given.shape.length === 1)
    return new Tensor([0, ...(shape.slice(1) as number[])], given.data)
  return given
}

/** From here on, float32 rounds to infinity. */
const BEYOND_FLOAT32 = 2 ** 128 - 2 ** 103

/** Refuses NaN and infinities, as data sets do, and numbers that become infinite in the precision of the model. */
function demandHeld(place: string, { data, shape }: Tensor, precision: Precision): void {
  const limit = precision === 'float32' ? BEYOND_FLOAT32 : Number.POSITIVE_INFINITY
  let at = 0
  while (at < data.length && Math.abs(data[at] as number) < limit) at++
  if (at === data.length) return
  const value = data[at] as number
  const entries = data.length / (shape[0] as number)
  throw new GradstreamError('DATA_NOT_FINITE', {
    place: `${place}, row ${Math.floor(at / entries)}, entry ${at % entries}`,
    expected: Number.isFinite(value) ? `a number that ${precision} can hold` : 'a finite number',
    got: String(value),
    hint: 'Replace the value, or leave the row out.',
  })
}

/** A single row that was given without the list around it. */
function flatHint(name: string, shape: PortShape, { shape: given, data }: Tensor): string | undefined {
  if (!sameShape(given, shape.slice(1))) return undefined
  const row = show(given.length === 1 ? Array.from(data.subarray(0, 4)) : '...')
  const shown = given.length === 1 && data.length <= 4 ? row.replaceAll(',', ', ') : '[...]'
  return `For a single sample, pass a list with one row: { ${nameInCode(name)}: [${shown}] }.`
}

/** The ids of the nodes that one stands on, itself included. */
function behind(nodes: ReadonlyMap<string, LiveNode>, id: string): ReadonlySet<string> {
  const seen = new Set([id])
  for (const each of seen)
    for (const { producer } of nodes.get(each)?.resolved.inputs ?? []) seen.add(producer.id)
  return seen
}

type Meant = Pick<DataSource, 'scalings' | 'encoder'>

/** What data bring with them, read once. */
function offered(data: Meant, place: string): Meant {
  const own = attempt((): Meant => ({ scalings: data.scalings, encoder: data.encoder }))
  checkedAt(place, 'INVALID_OPTION', () => demandScalings(own?.scalings as Meant['scalings']))
  return own as Meant
}

function joinRows(parts: readonly Tensor[]): Tensor {
  const [first] = parts as [Tensor]
  if (parts.length === 1) return first
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] as number), 0)
  const shape = [rows, ...first.shape.slice(1)]
  const data = first.data.constructor as typeof Float32Array
  const joined = new Tensor(shape, new data(parts.reduce((sum, { size }) => sum + size, 0)))
  let offset = 0
  for (const part of parts) {
    joined.data.set(part.data, offset)
    offset += part.size
  }
  return joined
}
