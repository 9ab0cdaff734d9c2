/** The one error class, and the table of everything that can go wrong. */

/** Every code with its meaning and the usual way out; `docs/errors.md` shows the same table. */
export const ERRORS = {
  ALREADY_DISPOSED: {
    meaning: 'A model or trainer is used after dispose().',
    hint: 'Compile the graph again; a GraphDef can be compiled as often as you like.',
  },
  ARRAY_INVALID: {
    meaning: 'A file of NumPy, or an IDX file, holds something else or breaks off.',
    hint: 'Write the file again, and check that it was copied whole.',
  },
  BUSY: {
    meaning: 'A pass was started from inside another one, for example predict() in a subscriber of forward$.',
    hint: 'Call it between two steps: in a subscriber of trainer.events$, or after run().',
  },
  CONSTANT_FEATURE: {
    meaning:
      'A feature that is standardized has the same value in every sample. It is only centred, and tells the network nothing.',
    hint: 'Leave the feature out, unless other data make it vary.',
  },
  CSV_INVALID: {
    meaning: 'The CSV text cannot be read: ragged rows, an open quote, a missing header.',
    hint: 'Mend the named line of the file.',
  },
  CYCLE: {
    meaning: 'The graph has a cycle, so no node of it could fire first.',
    hint: 'Take one of the named edges out.',
  },
  DATA_AMBIGUOUS: {
    meaning:
      'A table can be read in more than one way: its first row, its delimiter, how its numbers or dates are written.',
    hint: 'Say which one is meant, by an option.',
  },
  DATA_EMPTY: {
    meaning: 'A data set, or one of its parts, has no rows.',
    hint: 'Check the source, and the share that split() takes.',
  },
  DATA_EXHAUSTED: {
    meaning: 'A stream of samples could not be read a second time.',
    hint: 'Give a function that makes a fresh iterator for each epoch: fromIterable(() => samples()).',
  },
  DATA_FAILED: {
    meaning: 'The source of the samples threw while it was read.',
    hint: 'See the cause. run() goes on where it was, and reads on what is missing.',
  },
  DATA_MISMATCH: {
    meaning: 'The columns of the data do not fit the inputs of the graph, or each other.',
    hint: 'Name the columns as the inputs of the graph, each with the same number of rows.',
  },
  DATA_OVERFLOW: {
    meaning: 'A stream gave samples faster than they were trained on, and its buffer is full.',
    hint: "Say which samples may be left out, onOverflow: 'dropOldest' or 'dropNewest', or make the buffer larger.",
  },
  DATA_NOT_FINITE: {
    meaning: 'The data hold NaN, an infinity or something that is no number.',
    hint: "Clean the named cell, or read the file with missing: 'mean' or missing: 'drop'.",
  },
  DISCONNECTED: {
    meaning: 'A client has no connection to its bridge, and will have none.',
    hint: 'Check that the run goes on, and connect anew.',
  },
  DUPLICATE_NAME: {
    meaning: 'Two nodes of a graph have the same name, or two other things that are told apart by theirs.',
    hint: 'Give one of them another { name }, or leave it out to have names made.',
  },
  ENCODING_INVALID: {
    meaning: 'The bytes of a file are no text in the encoding that it is read in.',
    hint: 'Give the encoding of the file as an option.',
  },
  FILE_NOT_READ: {
    meaning: 'A file cannot be opened.',
    hint: 'Check the path; it is relative to the folder the program was started in.',
  },
  FORBIDDEN: {
    meaning: 'A client of a bridge asked for something that it has no right to, or too much of it.',
    hint: "Connect with the controller's token, or ask for less.",
  },
  GRAPH_FORMAT: {
    meaning: 'A text or value is not a graph that this version of gradstream can read.',
    hint: 'Write graphs with graphToJson(), and read them with the same or a newer version.',
  },
  GRAPH_INVALID: {
    meaning: 'A graph cannot be compiled; the error lists every fault.',
    hint: 'Mend the listed faults; validate(graph) gives them as data.',
  },
  INVALID_COMMAND: {
    meaning: 'A run was told to do something that no command says.',
    hint: "Send one of the commands, such as { type: 'pause' }.",
  },
  INVALID_CONFIG: {
    meaning: 'An option of a node has the wrong kind or an impossible value.',
    hint: 'Correct the named option.',
  },
  INVALID_MESSAGE: {
    meaning: 'A message between a bridge and its client is not one of the protocol.',
    hint: 'Use the same version of gradstream on both sides; docs/protocol.md has every message.',
  },
  INVALID_OPTION: {
    meaning: 'An option of compile, a trainer or a data source has the wrong kind or an impossible value.',
    hint: 'Correct the named option.',
  },
  KERNELS_UNAVAILABLE: {
    meaning: 'The kernels asked for are not there, or do not offer the precision asked for.',
    hint: "Use kernels: 'auto', which takes the fastest that are there.",
  },
  LOSSES_MIX: {
    meaning: 'A parameter is reached by losses of different optimizers, so its gradient would be their sum.',
    hint: 'Add the losses first: add()(a, b).pipe(sgd()).',
  },
  LOSS_NOT_OPTIMIZED: {
    meaning: 'A loss is computed, but no optimizer follows it.',
    hint: 'Pipe it into an optimizer, add it to the loss that has one, or take it out of the graph.',
  },
  LOSS_SWAPPED: {
    meaning: 'A loss has its prediction where the target belongs, so its gradient reaches no parameter.',
    hint: 'Give the prediction first, then the target: meanSquaredError()(prediction, target).',
  },
  LOSS_NOT_SCALAR: {
    meaning: 'An optimizer follows a port that is not a single number.',
    hint: 'Pipe a loss into it; losses end in a mean over the batch.',
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
    meaning: 'The backward of a node forgets the gradient of an input or parameter.',
    hint: 'Return a tensor under that name, or list the input under nonDifferentiable in the definition.',
  },
  MISSING_INPUT: {
    meaning: 'A pass was started without values for an input that it needs.',
    hint: 'Give a value for each input of the graph under its name.',
  },
  MISSING_OUTPUT: {
    meaning: 'The forward of a node forgets an output or a saved value.',
    hint: 'Return a tensor under that name.',
  },
  NEEDS_NODE: {
    meaning: 'Something that needs Node was called in a browser.',
    hint: 'Call it in Node; a page can watch and steer that run with connectBridge().',
  },
  NODE_FAILED: {
    meaning: 'The forward, backward or update of a node threw; the step was undone.',
    hint: 'See the cause. No parameter has changed, and the run can go on.',
  },
  NODE_LAW_BROKEN: {
    meaning: 'A node breaks a law that checkNode checks, for example: its gradient is not its derivative.',
    hint: 'Mend the node; the message says which entry differs and by how much.',
  },
  NOT_AVAILABLE: {
    meaning: 'A command makes no sense as the run is now, or asks for something that is not there.',
    hint: 'Look at the status of the run first.',
  },
  NOTHING_TO_TRAIN: {
    meaning: 'An optimizer reaches no trainable parameter.',
    hint: 'Thaw a layer, correct { parameters } of the optimizer, or take the optimizer out.',
  },
  NOT_FINITE: {
    meaning: 'A watched value became NaN or infinite; the step was undone.',
    hint: 'Lower the learning rate, standardize the data, or compute the loss from logits.',
  },
  NO_OPTIMIZER: {
    meaning: 'A graph without an optimizer was asked to train.',
    hint: 'Add one: graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) }).',
  },
  ONE_CLASS: {
    meaning: 'A softmax, or a loss over classes, has one class alone, so nothing can be learned.',
    hint: 'Use sigmoid() and binaryCrossentropy() for one yes-or-no answer, or one unit for each class.',
  },
  OPEN_PORT: {
    meaning: 'An input of a node is connected to nothing, or to something that is not there.',
    hint: 'Connect it: a node with two inputs takes two arguments, add()(a, b).',
  },
  OPTIMIZERS_OVERLAP: {
    meaning: 'Two optimizers would update the same parameter.',
    hint: "Give each its own: sgd({ parameters: ['dense1'] }).",
  },
  OUT_OF_MEMORY: {
    meaning: 'The tensors of a model, taken together, are more than the kernels have memory for.',
    hint: "Use smaller layers or batches, or kernels: 'reference', which is slow but has no such limit.",
  },
  PARQUET_INVALID: {
    meaning: 'A Parquet file cannot be read.',
    hint: 'Write the file again, and check that it was copied whole.',
  },
  PORT_UNAVAILABLE: {
    meaning: 'A bridge cannot listen at the address it was given.',
    hint: 'Take another host or port; with port: 0 the system gives one that is free.',
  },
  RANGE_MISMATCH: {
    meaning:
      'A loss is fed numbers of another kind than it takes, such as logits where it takes probabilities.',
    hint: 'Put the activation in front of the loss that it needs, or set fromLogits as the prediction is.',
  },
  REVISION_CONFLICT: {
    meaning: 'A hyper-parameter has changed since the revision that a command was based on.',
    hint: 'Look at the present value and send the command again, or leave the revision out.',
  },
  SHAPE_MISMATCH: {
    meaning: 'A tensor or a port has another shape than the node was made for.',
    hint: 'Check the named edge.',
  },
  STALE_TENSOR: {
    meaning: 'A tensor that was lent is read after its time, which compile(net, { debug: true }) finds.',
    hint: 'Keep a copy while it is lent: stream$.pipe(map(({ tensor }) => tensor.clone())).',
  },
  SUBSCRIBER_FAILED: {
    meaning: 'A subscriber threw; it was reported on errors$ and nothing else was touched.',
    hint: 'See the cause. The run goes on, and the subscriber stays subscribed.',
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
    meaning: 'A bridge that other machines reach needs a token of your own, and none may be easy to guess.',
    hint: 'Give a long random one: openBridge(trainer, { host, tokens: { controller } }).',
  },
  TOO_LARGE: {
    meaning: 'More data were given than the bound allows.',
    hint: 'Raise the named option, or stream the samples with fromIterable().',
  },
  UNAUTHORIZED: {
    meaning: 'A bridge does not know the token of a client.',
    hint: 'Take the address that openBridge printed, with all that follows the #.',
  },
  UNKNOWN_CATEGORY: {
    meaning: 'A cell holds a category that the training data did not have.',
    hint: 'Correct the cell, or say what becomes of unknown categories when the training data are read.',
  },
  UNKNOWN_NAME: {
    meaning: 'A node, output, column, metric or option of that name does not exist.',
    hint: 'Use one of the names listed.',
  },
  UNKNOWN_TYPE: {
    meaning: 'A graph uses a node type that nobody defined.',
    hint: 'Pass its definition: compile(graph, { nodes: [swish] }).',
  },
  UNREACHABLE_INPUT: {
    meaning: 'An input of the graph leads to no output.',
    hint: 'Take the input out, or connect it.',
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

  constructor(code: ErrorCode, { place, expected, got, hint = ERRORS[code].hint, cause }: ErrorDetails) {
    super(
      `${place}: expected ${expected}, got ${got}. ${hint} [${code}]`,
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

/** Shows any value in an error text, shortly. */
export function show(value: unknown): string {
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`
  if (typeof value === 'number' || value === undefined || typeof value === 'bigint') return String(value)
  if (value instanceof Error) return value.message
  let text: string | undefined
  try {
    text = JSON.stringify(value) ?? String(value)
  } catch {
    // Circles, depth, and what refuses to be shown.
    text = Object.prototype.toString.call(value)
  }
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** "a, b or c" for lists of what would have been right. */
export function listOf(names: Iterable<string>): string {
  const all = [...names].map(name => `"${name}"`)
  if (all.length === 0) return 'nothing'
  if (all.length > 12) return `${all.slice(0, 12).join(', ')}, ... (${all.length} in all)`
  return all.length === 1 ? (all[0] as string) : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`
}
