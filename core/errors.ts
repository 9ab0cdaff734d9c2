/** The one error class, and the table of everything that can go wrong. */
import { attempt, thingOf } from './things.ts'

/** Every code with its meaning and the usual way out; `docs/errors.md` shows the same table. */
export const ERRORS = {
  ALREADY_DISPOSED: {
    meaning: 'A model or a trainer was used after dispose().',
    hint: 'Compile the graph again: one graph can be compiled many times.',
  },
  ARRAY_INVALID: {
    meaning: 'A NumPy or IDX file is damaged or incomplete, or has a different format.',
    hint: 'Check that the file was copied completely, or write it again.',
  },
  BAD_FILE: {
    meaning:
      'A saved model, a safetensors file or a recorded run is damaged or incomplete, or this version of gradstream cannot read it.',
    hint: 'Copy the file again from where it came from, or load an older one. Nothing of it has been loaded.',
  },
  BUSY: {
    meaning:
      'A step or predict() was called while another one was running, for example in a subscriber of forward$.',
    hint: 'Call it between steps: in a subscriber of trainer.events$, or after run().',
  },
  CONSTANT_FEATURE: {
    meaning:
      'A standardized feature has the same value in every sample. It is only centred, and the network learns nothing from it.',
    hint: 'Leave the feature out, unless it varies in other data.',
  },
  CSV_INVALID: {
    meaning: 'The CSV text cannot be read: ragged rows, an open quote, a missing header.',
    hint: 'Fix the line named above.',
  },
  CYCLE: {
    meaning: 'The graph has a cycle, so none of its nodes can run first.',
    hint: 'Remove one of these edges.',
  },
  DATA_AMBIGUOUS: {
    meaning:
      'A table can be read in more than one way: its first row, its delimiter, how its numbers or dates are written.',
    hint: 'Choose one with an option.',
  },
  DATA_EMPTY: {
    meaning: 'A data set, or one of its parts, has no rows.',
    hint: 'Check the source of the data, and the share passed to split().',
  },
  DATA_EXHAUSTED: {
    meaning: 'A stream of samples could not be read a second time.',
    hint: 'Pass a function that starts over in each epoch: fromIterable(() => samples()).',
  },
  DATA_FAILED: {
    meaning: 'The source of the samples threw an error while it was read.',
    hint: 'See the cause. Call run() again to continue with the missing samples.',
  },
  DATA_MISMATCH: {
    meaning: 'The columns of the data do not match the inputs of the graph, or each other.',
    hint: 'Provide one column for each input of the graph, with the same name, all with the same number of rows.',
  },
  DATA_OVERFLOW: {
    meaning: 'A stream emitted samples faster than the run could train on them, and the buffer is full.',
    hint: "Choose which samples to drop, onOverflow: 'dropOldest' or 'dropNewest', or make the buffer larger.",
  },
  DATA_NOT_FINITE: {
    meaning: 'The data contain NaN, an infinity, or something that is not a number.',
    hint: 'Replace the value, or remove the sample.',
  },
  DISCONNECTED: {
    meaning: 'A client has lost its bridge and cannot reconnect.',
    hint: 'Check that the run is still there, and connect again.',
  },
  DUPLICATE_NAME: {
    meaning: 'Two nodes of a graph, or two other things that need different names, have the same name.',
    hint: 'Give one of them another { name }, or omit both to get automatic names.',
  },
  ENCODING_INVALID: {
    meaning: 'The bytes of a file are not valid text in its encoding.',
    hint: 'Pass the encoding of the file as an option.',
  },
  FILE_NOT_READ: {
    meaning: 'A file cannot be opened.',
    hint: 'Check the path. It is relative to the folder in which the program was started.',
  },
  FILE_NOT_WRITTEN: {
    meaning: 'A file or a folder cannot be written. What was there before is still there.',
    hint: 'Check the path, the permissions and the free space of the disk.',
  },
  FORBIDDEN: {
    meaning: 'A client of a bridge asked for something that it is not allowed to have, or for too much.',
    hint: "Connect with the controller's token, or ask for less.",
  },
  GRAPH_FORMAT: {
    meaning: 'A text or a value is not a graph, or this version of gradstream cannot read it.',
    hint: 'Write graphs with graphToJson(), and read them with the same version or a newer one.',
  },
  GRAPH_MISMATCH: {
    meaning: 'A run cannot continue with another graph than the one it was started with.',
    hint: 'Restore the graph, or begin a new run in another directory: createTrainer(compile(graph), { data, checkpoints }).',
  },
  GRAPH_INVALID: {
    meaning: 'A graph cannot be compiled; the error lists every fault.',
    hint: 'Fix the faults listed above; validate(graph) returns them as data.',
  },
  INVALID_COMMAND: {
    meaning: 'A run received something that is not a command.',
    hint: "Send a command such as { type: 'pause' }.",
  },
  INDEX_MISMATCH: {
    meaning: 'The data contain numbers that are not the place of anything.',
    hint: 'Number what is looked up 0, 1, 2, ..., and make room for the largest number.',
  },
  INVALID_CONFIG: {
    meaning: 'An option of a node has the wrong type or an impossible value.',
    hint: 'Correct this value.',
  },
  INVALID_MESSAGE: {
    meaning: 'A message between a bridge and a client is not part of the protocol.',
    hint: 'Use the same version of gradstream on both sides; docs/protocol.md lists every message.',
  },
  INVALID_OPTION: {
    meaning: 'An argument or an option of a function has the wrong type or an impossible value.',
    hint: 'Correct this value.',
  },
  KERNELS_UNAVAILABLE: {
    meaning: 'The kernels are not available here, or not in this precision.',
    hint: "Use kernels: 'auto', which takes the fastest available.",
  },
  LOSSES_MIX: {
    meaning: 'Losses of different optimizers reach the same parameter, so its gradient would be their sum.',
    hint: 'Add the losses first: add()(a, b).pipe(sgd()). Or keep one of them out with stopGradient(), as in examples/gan.ts.',
  },
  LOSS_NOT_OPTIMIZED: {
    meaning: 'The graph computes a loss that no optimizer minimizes.',
    hint: 'Pipe it into an optimizer, add it to a loss that has one, or remove it from the graph.',
  },
  LOSS_SWAPPED: {
    meaning: 'The prediction and the target of a loss are swapped, so its gradient reaches no parameter.',
    hint: 'Pass the prediction first, then the target: meanSquaredError()(prediction, target).',
  },
  LOSS_NOT_SCALAR: {
    meaning: 'An optimizer was given a port that is not a single number.',
    hint: 'Pipe a loss into it, such as meanSquaredError()(prediction, target).',
  },
  METRIC_MISMATCH: {
    meaning: 'A metric does not fit the loss or the targets.',
    hint: "Choose a metric that fits: ['r2'] for regression, ['accuracy'] for classes, ['binaryAccuracy'] for several labels.",
  },
  MISSING_CELL: {
    meaning: 'A cell of a CSV file is empty.',
    hint: "Fill the cell, or read the file with missing: 'mean' or missing: 'drop'.",
  },
  MISSING_GRADIENT: {
    meaning: 'The backward function of a node does not return the gradient of an input or a parameter.',
    hint: 'Return a tensor under that name, or list the input under nonDifferentiable in the definition.',
  },
  MISSING_INPUT: {
    meaning: 'A required input has no values.',
    hint: 'Pass values for each input by name: model.predict({ x: rows }).',
  },
  MISSING_OUTPUT: {
    meaning: 'The forward function of a node does not return an output or a saved value.',
    hint: 'Return a tensor under that name.',
  },
  NEEDS_NODE: {
    meaning: 'Something that needs Node was called in a browser.',
    hint: 'Call it in Node; a page can watch and steer that run with connectBridge().',
  },
  NODE_FAILED: {
    meaning:
      'The forward, backward or update function of a node, or the tally of a metric, threw an error; the step was undone.',
    hint: 'See the cause. No parameter has changed, so you can continue the run.',
  },
  NODE_LAW_BROKEN: {
    meaning:
      'A node breaks one of the rules that checkNode tests; for example, its gradient is not its derivative.',
    hint: 'Fix the node: the message says which entry differs, and by how much.',
  },
  NOT_AVAILABLE: {
    meaning: 'A command does not fit the state of the run, or asks for something that is not available.',
    hint: 'Check the status of the run first: trainer.state.status.',
  },
  NOTHING_TO_TRAIN: {
    meaning: 'An optimizer reaches no trainable parameter.',
    hint: 'Make a layer trainable, correct { parameters } of the optimizer, or remove the optimizer.',
  },
  NOT_EXACT: {
    meaning:
      'A run continues elsewhere than where it was interrupted, so its numbers may differ in their last digits.',
    hint: 'For the same bytes, continue it on the same machine with the same versions, kernels and threads.',
  },
  NOT_FINITE: {
    meaning: 'A value became NaN or infinite during training; the step was undone.',
    hint: 'Lower the learning rate, standardize the data, or compute the loss from logits.',
  },
  NOT_TRAINED: {
    meaning:
      'The graph has an optimizer, but no loss trains these layers: they keep the values that they have.',
    hint: 'Lead them to a loss by nodes that pass gradients on, or pass trainable: false if they should stay as they are.',
  },
  NO_OPTIMIZER: {
    meaning: 'A graph without an optimizer cannot be trained.',
    hint: 'Add one: graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) }).',
  },
  ONE_CLASS: {
    meaning: 'A softmax, or a loss over classes, has only one class, so there is nothing to learn.',
    hint: 'Use sigmoid() and binaryCrossentropy() for a yes-or-no answer, or one unit for each class.',
  },
  OPEN_AXIS: {
    meaning: 'A parameter has a length that varies from batch to batch.',
    hint: 'Give the input a fixed length, or put a node that takes the axis away before it, such as globalAveragePooling1d() or lstm({ units: 32 }).',
  },
  OPEN_PORT: {
    meaning: 'An input of a node is not connected, or is connected to something that does not exist.',
    hint: 'Connect it: a node with two inputs takes two arguments, add()(a, b).',
  },
  OPTIMIZERS_OVERLAP: {
    meaning: 'Two optimizers, or two links behind one optimizer, would update or average the same parameter.',
    hint: "Give each optimizer its own parameters: sgd({ parameters: ['dense1'] }).",
  },
  OUT_OF_MEMORY: {
    meaning: 'The tensors of a model need more memory than the kernels have.',
    hint: "Use smaller layers or batches, or kernels: 'reference', which is slow but not limited.",
  },
  PARQUET_INVALID: {
    meaning: 'A Parquet file cannot be read.',
    hint: 'Check that the file was copied completely, or write it again.',
  },
  PORT_UNAVAILABLE: {
    meaning: 'A bridge cannot listen at this address.',
    hint: 'Use another host or port; port: 0 lets the system choose a free one.',
  },
  RANGE_MISMATCH: {
    meaning: 'A loss gets the wrong kind of numbers, such as logits instead of probabilities.',
    hint: 'Put the activation that the loss needs before it, or set fromLogits to match the prediction.',
  },
  REVISION_CONFLICT: {
    meaning:
      'A hyper-parameter has changed since the revision named in a command, or the graph since the run that was edited.',
    hint: 'Read the current value and send the command again, or leave the revision out.',
  },
  SET_BY_HAND: {
    meaning: 'A run continues with hyper-parameters that were set while it ran, and not those of its graph.',
    hint: "They stay. To change one, call trainer.set('adam1', { learningRate: 0.001 }).",
  },
  SHAPE_MISMATCH: {
    meaning: 'A tensor or a port has the wrong shape.',
    hint: 'Make the shapes agree.',
  },
  SHUFFLE_IGNORED: {
    meaning:
      'A trainer has shuffle: true, but its stream has no shuffle window, so the samples keep their own order.',
    hint: 'Shuffle within a window: fromIterable(source, { shuffle: 1024 }); fromObservable() takes the same option.',
  },
  STALE_TENSOR: {
    meaning: 'A lent tensor was read after its emission. Only compile(net, { debug: true }) detects this.',
    hint: 'Copy it during the emission: stream$.pipe(map(({ tensor }) => tensor.clone())).',
  },
  STREAM_FAILED: {
    meaning: 'A stream that a hyper-parameter follows failed. The hyper-parameter keeps its last number.',
    hint: 'See the cause, and pass another stream to trainer.set.',
  },
  SUBSCRIBER_FAILED: {
    meaning: 'A subscriber threw an error. errors$ reports it, and nothing else is affected.',
    hint: 'See the cause. The run continues, and the subscriber stays subscribed.',
  },
  TARGET_MISMATCH: {
    meaning: 'The data contain targets or weights that the loss cannot use.',
    hint: 'Convert them to what the loss expects, or use a loss that accepts them.',
  },
  TARGET_OUT_OF_REACH: {
    meaning: 'The data contain targets that the last activation of the network can never output.',
    hint: 'Remove the activation before the loss, or scale the targets.',
  },
  TOKEN_REQUIRED: {
    meaning: 'A bridge that other machines can reach needs a token of your own that is hard to guess.',
    hint: 'Choose a long random one: openBridge(trainer, { host, tokens: { controller } }).',
  },
  TOO_LARGE: {
    meaning: 'The data exceed a limit.',
    hint: 'Raise the limit, or stream the samples with fromIterable().',
  },
  UNAUTHORIZED: {
    meaning: 'The token of a client is wrong.',
    hint: 'Copy the whole address that openBridge printed, including the part after #.',
  },
  UNKNOWN_CATEGORY: {
    meaning: 'A cell contains a category that does not occur in the training data.',
    hint: 'Correct the cell, or set { unknown } for the column when you read the training data.',
  },
  UNKNOWN_NAME: {
    meaning: 'There is no node, output, column, metric or option of that name.',
    hint: 'Use one of these names.',
  },
  UNKNOWN_TYPE: {
    meaning: 'A graph uses a node type that is not defined.',
    hint: 'Pass its definition: compile(graph, { nodes: [swish] }).',
  },
  UNREACHABLE_INPUT: {
    meaning: 'No output of the graph depends on this input.',
    hint: 'Remove the input, or connect it.',
  },
  WEIGHTS_MISMATCH: {
    meaning:
      'Saved tensors do not fit a model: some are missing, have another shape, or have no place in it.',
    hint: 'Choose the parts to load with { only }, and translate names with { rename }. Nothing has been loaded.',
  },
} as const satisfies Record<string, { meaning: string; hint: string }>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorDetails {
  /** Where it happened: a node, option, file with line, or stream. */
  readonly place: string
  readonly expected: string
  readonly got: string
  /** What to do, if there is better advice than the table's. */
  readonly hint?: string
  readonly cause?: unknown
}

/**
 * The only error that gradstream throws: where, what was expected, what came instead, the way out, and a
 * code.
 *
 * @example dense1: expected input "x" with 2 features, got 3. Check the edge from "concatenate1". [SHAPE_MISMATCH]
 */
export class GradstreamError extends Error {
  override readonly name = 'GradstreamError'
  readonly code: ErrorCode
  readonly place: string
  readonly expected: string
  readonly got: string
  readonly hint: string

  constructor(code: ErrorCode, details: ErrorDetails) {
    const given = attempt(() => ({ ...details })) ?? ({} as Partial<ErrorDetails>)
    const [place, expected, got] = [given.place, given.expected, given.got].map(textOf) as [
      string,
      string,
      string,
    ]
    const hint = given.hint === undefined ? hintOf(code) : textOf(given.hint)
    const { cause } = given
    super(
      `${place}: expected ${expected}, got ${got}${got.endsWith('\n') ? '' : '. '}${hint} [${textOf(code)}]`,
      cause === undefined ? undefined : { cause },
    )
    this.code = code
    this.place = place
    this.expected = expected
    this.got = got
    this.hint = hint
  }

  /** Plain data, for events, state and the wire. */
  toJSON(): ErrorReport {
    const { code, place, expected, got, hint, message } = this
    return { code, place, expected, got, hint, message }
  }
}

/** A word too long to print in full. */
const LONG_WORD = /\S{200,}/g

const textOf = (value: unknown) =>
  typeof value === 'string' ? value.replace(LONG_WORD, word => `${word.slice(0, LONGEST)}...`) : show(value)

const hintOf = (code: ErrorCode) => (attempt(() => Object.hasOwn(ERRORS, code)) ? ERRORS[code].hint : '')

/** The error of everything that works only in Node. */
export const needsNode = (place: string, hint: string = ERRORS.NEEDS_NODE.hint): GradstreamError =>
  new GradstreamError('NEEDS_NODE', { place, expected: 'Node, Deno or Bun', got: 'a browser', hint })

/** A `GradstreamError` as plain data. */
export interface ErrorReport {
  readonly code: ErrorCode
  readonly place: string
  readonly expected: string
  readonly got: string
  readonly hint: string
  readonly message: string
}

/** `1.5 GiB`, `12 KiB`. */
export function showBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1)
  return `${Number((bytes / 1024 ** power).toFixed(power === 0 ? 0 : 2))} ${units[power]}`
}

/** How much of a value an error text shows. */
const LONGEST = 80

/** Shows any value briefly in an error text. Ports, models and the like are named rather than printed. */
export function show(value: unknown): string {
  const text = attempt(() => shown(value)) ?? 'something that cannot be shown'
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text
}

function shown(value: unknown): string {
  const writer = { text: '', depth: 0 }
  write(value, writer)
  return writer.text
}

/** Objects whose name says more than their content. */
function named(value: object): string | undefined {
  if (value instanceof Error) return String(value.message)
  if (value instanceof Date || value instanceof RegExp)
    return `the ${value.constructor.name} ${String(value)}`
  if (value instanceof Map || value instanceof Set) return `a ${value.constructor.name} of ${value.size}`
  if (!Array.isArray(value) && typeof (value as { toJSON?: unknown }).toJSON === 'function')
    return `an object of ${String(value.constructor?.name)}`
  return thingOf(value)?.words
}

interface Writer {
  text: string
  depth: number
}

/** Writes the value like JSON, and stops at the length that is shown. */
function write(value: unknown, writer: Writer): void {
  if (writer.text.length > LONGEST) return
  if (typeof value === 'string') writer.text += JSON.stringify(value.slice(0, LONGEST))
  else if (typeof value === 'function')
    writer.text += thingOf(value)?.words ?? `the function ${String(value.name) || '(anonymous)'}`
  else if (typeof value !== 'object' || value === null) writer.text += String(value)
  else if (writer.depth > LONGEST) writer.text += '...'
  else {
    writer.depth++
    writeEntries(value, writer)
    writer.depth--
  }
}

function writeEntries(value: object, writer: Writer): void {
  const isList = Array.isArray(value) || ArrayBuffer.isView(value)
  const name = named(value)
  if (name !== undefined) {
    writer.text += name
    return
  }
  const entries: Iterable<[string | number, unknown]> = isList
    ? Array.prototype.entries.call(value)
    : ownEntries(value)
  writer.text += isList ? '[' : '{'
  let separator = ''
  for (const [key, inner] of entries) {
    if (writer.text.length > LONGEST) break
    writer.text += isList ? separator : `${separator}${JSON.stringify(key)}:`
    write(inner, writer)
    separator = ','
  }
  writer.text += isList ? ']' : '}'
}

function* ownEntries(value: object): Generator<[string, unknown]> {
  for (const key in value) if (Object.hasOwn(value, key)) yield [key, (value as Record<string, unknown>)[key]]
}

/** `"a", "b" or "c"`, for lists of accepted names. */
export function listOf(names: Iterable<string>): string {
  const all = [...names].map(name => `"${name.length > LONGEST ? `${name.slice(0, LONGEST)}...` : name}"`)
  if (all.length === 0) return 'nothing'
  if (all.length > 12) return `${all.slice(0, 12).join(', ')}, ... (${all.length} in all)`
  return all.length === 1 ? (all[0] as string) : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`
}
