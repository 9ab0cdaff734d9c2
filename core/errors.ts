/** The one error class, and the table of everything that can go wrong. */
import { attempt, thingOf } from './things.ts'

/** Every code with its meaning and the usual way out; `docs/errors.md` shows the same table. */
export const ERRORS = {
  ALREADY_DISPOSED: {
    meaning: 'A model or a trainer was used after dispose().',
    hint: 'Compile the graph again: one graph can be compiled many times.',
  },
  ARRAY_INVALID: {
    meaning: 'A file of NumPy, or an IDX file, holds something else or breaks off.',
    hint: 'Write the file again, and check that it was copied whole.',
  },
  BUSY: {
    meaning:
      'A step or predict() was called while another one was running, for example in a subscriber of forward$.',
    hint: 'Call it between steps: in a subscriber of trainer.events$, or after run().',
  },
  CONSTANT_FEATURE: {
    meaning:
      'A feature that is standardized has the same value in every sample. It is only centred, and tells the network nothing.',
    hint: 'Leave the feature out, unless other data make it vary.',
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
    hint: 'Say which one is meant, by an option.',
  },
  DATA_EMPTY: {
    meaning: 'A data set, or one of its parts, has no rows.',
    hint: 'Check where the data come from, and the share given to split().',
  },
  DATA_EXHAUSTED: {
    meaning: 'A stream of samples could not be read a second time.',
    hint: 'Pass a function that starts again for each epoch: fromIterable(() => samples()).',
  },
  DATA_FAILED: {
    meaning: 'The source of the samples threw while it was read.',
    hint: 'See the cause. Call run() again to continue with the samples that are missing.',
  },
  DATA_MISMATCH: {
    meaning: 'The columns of the data do not match the inputs of the graph, or each other.',
    hint: 'Give one column for each input of the graph, under its name, all with the same number of rows.',
  },
  DATA_OVERFLOW: {
    meaning: 'A stream gave samples faster than they were trained on, and its buffer is full.',
    hint: "Say which samples may be left out, onOverflow: 'dropOldest' or 'dropNewest', or make the buffer larger.",
  },
  DATA_NOT_FINITE: {
    meaning: 'The data contain NaN, an infinity, or something that is not a number.',
    hint: 'Replace the value, or leave its sample out.',
  },
  DISCONNECTED: {
    meaning: 'A client has lost its bridge for good.',
    hint: 'Check that the run is still going, and connect again.',
  },
  DUPLICATE_NAME: {
    meaning: 'Two nodes of a graph have the same name, or two other things that need different names.',
    hint: 'Give one of them another { name }, or leave the names out to have them chosen.',
  },
  ENCODING_INVALID: {
    meaning: 'The bytes of a file are no text in the encoding that it is read in.',
    hint: 'Give the encoding of the file as an option.',
  },
  FILE_NOT_READ: {
    meaning: 'A file cannot be opened.',
    hint: 'Check the path: it is relative to the folder that the program was started in.',
  },
  FORBIDDEN: {
    meaning: 'A client of a bridge asked for something it may not have, or for too much.',
    hint: "Connect with the controller's token, or ask for less.",
  },
  GRAPH_FORMAT: {
    meaning: 'A text or a value is not a graph that this version of gradstream can read.',
    hint: 'Write graphs with graphToJson(), and read them with the same version or a newer one.',
  },
  GRAPH_INVALID: {
    meaning: 'A graph cannot be compiled; the error lists every fault.',
    hint: 'Fix the faults listed above; validate(graph) returns them as data.',
  },
  INVALID_COMMAND: {
    meaning: 'A run was sent something that is not a command.',
    hint: "Send one of the commands, such as { type: 'pause' }.",
  },
  INVALID_CONFIG: {
    meaning: 'An option of a node has the wrong type or an impossible value.',
    hint: 'Correct this value.',
  },
  INVALID_MESSAGE: {
    meaning: 'A message between a bridge and its client is not part of the protocol.',
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
    hint: 'Add the losses first: add()(a, b).pipe(sgd()).',
  },
  LOSS_NOT_OPTIMIZED: {
    meaning: 'The graph computes a loss that no optimizer follows.',
    hint: 'Pipe it into an optimizer, add it to a loss that has one, or remove it from the graph.',
  },
  LOSS_SWAPPED: {
    meaning: 'A loss has its prediction where the target belongs, so its gradient reaches no parameter.',
    hint: 'Give the prediction first, then the target: meanSquaredError()(prediction, target).',
  },
  LOSS_NOT_SCALAR: {
    meaning: 'An optimizer was given a port that is not a single number.',
    hint: 'Pipe a loss into it, such as meanSquaredError()(prediction, target).',
  },
  METRIC_MISMATCH: {
    meaning: 'A metric does not fit the loss or the targets that it is asked of.',
    hint: "Ask for metrics that fit: ['r2'] of a regression, ['accuracy'] of classes, ['binaryAccuracy'] of labels.",
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
    meaning: 'An input that is needed was given no values.',
    hint: 'Give a value for each input, under its name: model.predict({ x: rows }).',
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
    meaning: 'The forward, backward or update function of a node threw; the step was undone.',
    hint: 'See the cause. No parameter has changed, so the run can continue.',
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
  NOT_FINITE: {
    meaning: 'A value became NaN or infinite during training; the step was undone.',
    hint: 'Lower the learning rate, standardize the data, or compute the loss from logits.',
  },
  NO_OPTIMIZER: {
    meaning: 'A graph without an optimizer cannot be trained.',
    hint: 'Add one: graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) }).',
  },
  ONE_CLASS: {
    meaning: 'A softmax, or a loss over classes, has one class alone, so nothing can be learned.',
    hint: 'Use sigmoid() and binaryCrossentropy() for one yes-or-no answer, or one unit for each class.',
  },
  OPEN_PORT: {
    meaning: 'An input of a node is not connected, or is connected to something that does not exist.',
    hint: 'Connect it: a node with two inputs takes two arguments, add()(a, b).',
  },
  OPTIMIZERS_OVERLAP: {
    meaning: 'Two optimizers would update the same parameter.',
    hint: "Give each its own: sgd({ parameters: ['dense1'] }).",
  },
  OUT_OF_MEMORY: {
    meaning: 'The tensors of a model need more memory than the kernels have.',
    hint: "Use smaller layers or batches, or kernels: 'reference', which is slow but not limited.",
  },
  PARQUET_INVALID: {
    meaning: 'A Parquet file cannot be read.',
    hint: 'Write the file again, and check that it was copied whole.',
  },
  PORT_UNAVAILABLE: {
    meaning: 'A bridge cannot listen at this address.',
    hint: 'Use another host or port; port: 0 lets the system choose one that is free.',
  },
  RANGE_MISMATCH: {
    meaning:
      'A loss is fed numbers of another kind than it takes, such as logits where it takes probabilities.',
    hint: 'Put the activation in front of the loss that it needs, or set fromLogits as the prediction is.',
  },
  REVISION_CONFLICT: {
    meaning: 'A hyper-parameter has changed since the revision named in a command.',
    hint: 'Read the current value and send the command again, or leave the revision out.',
  },
  SHAPE_MISMATCH: {
    meaning: 'A tensor or a port has the wrong shape.',
    hint: 'Make the shapes agree.',
  },
  STALE_TENSOR: {
    meaning: 'A tensor that was lent is read after its time, which compile(net, { debug: true }) finds.',
    hint: 'Keep a copy while it is lent: stream$.pipe(map(({ tensor }) => tensor.clone())).',
  },
  SUBSCRIBER_FAILED: {
    meaning: 'A subscriber threw; errors$ reports it, and nothing else is affected.',
    hint: 'See the cause. The run continues, and the subscriber stays subscribed.',
  },
  TARGET_MISMATCH: {
    meaning: 'The data hold targets that the loss cannot be computed from.',
    hint: 'Write the targets as the loss takes them, or use a loss that takes such targets.',
  },
  TARGET_OUT_OF_REACH: {
    meaning: 'The data hold targets that the last activation of the network never comes to.',
    hint: 'Take the activation in front of the loss out, or scale the targets.',
  },
  TOKEN_REQUIRED: {
    meaning: 'A bridge that other machines can reach needs your own token, one that is hard to guess.',
    hint: 'Choose a long random one: openBridge(trainer, { host, tokens: { controller } }).',
  },
  TOO_LARGE: {
    meaning: 'There are more data than the limit allows.',
    hint: 'Raise the limit, or stream the samples with fromIterable().',
  },
  UNAUTHORIZED: {
    meaning: 'The token of a client is wrong.',
    hint: 'Copy the whole address that openBridge printed, including the part after #.',
  },
  UNKNOWN_CATEGORY: {
    meaning: 'A cell holds a category that the training data did not have.',
    hint: 'Correct the cell, or say what becomes of unknown categories when the training data are read.',
  },
  UNKNOWN_NAME: {
    meaning: 'There is no node, output, column, metric or option of that name.',
    hint: 'Use one of the names listed above.',
  },
  UNKNOWN_TYPE: {
    meaning: 'A graph uses a node type that is not defined.',
    hint: 'Pass its definition: compile(graph, { nodes: [swish] }).',
  },
  UNREACHABLE_INPUT: {
    meaning: 'No output of the graph depends on this input.',
    hint: 'Remove the input, or connect it.',
  },
} as const satisfies Record<string, { meaning: string; hint: string }>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorDetails {
  /** Where it happened: a node, option, file with line, or stream. */
  readonly place: string
  readonly expected: string
  readonly got: string
  /** What to do, if something better can be said than the table does. */
  readonly hint?: string
  readonly cause?: unknown
}

/**
 * The only error that gradstream throws: where, what was expected, what came, the way out, a code.
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
      `${place}: expected ${expected}, got ${got}. ${hint} [${textOf(code)}]`,
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

/** A name that somebody made longer than anybody reads. */
const LONG_WORD = /\S{200,}/g

const textOf = (value: unknown) =>
  typeof value === 'string' ? value.replace(LONG_WORD, word => `${word.slice(0, LONGEST)}...`) : show(value)

const hintOf = (code: ErrorCode) => (attempt(() => Object.hasOwn(ERRORS, code)) ? ERRORS[code].hint : '')

/** For what is left out where there is no Node. */
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

/** Shows any value in an error text, shortly: what it is, if it is one of the things that people mix up. */
export function show(value: unknown): string {
  const text = attempt(() => shown(value)) ?? 'something that cannot be shown'
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text
}

function shown(value: unknown): string {
  const writer = { text: '', depth: 0 }
  write(value, writer)
  return writer.text
}

/** Objects that say more by a name than by what they hold. */
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

/** As JSON writes it, no further than is shown. */
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

/** "a, b or c" for lists of what would have been right. */
export function listOf(names: Iterable<string>): string {
  const all = [...names].map(name => `"${name.length > LONGEST ? `${name.slice(0, LONGEST)}...` : name}"`)
  if (all.length === 0) return 'nothing'
  if (all.length > 12) return `${all.slice(0, 12).join(', ')}, ... (${all.length} in all)`
  return all.length === 1 ? (all[0] as string) : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`
}
