/** The names and layouts of parameters in other frameworks, and what they are here. */
import { type ResolvedNode, sizeOf, Tensor } from '../../core/index.ts'

/** The tensors of one layer, by the names of the other framework. */
type Given = (name: string) => Tensor | undefined
/** A parameter or a state of a node, made from what was given. */
type Made = (given: Given, node: ResolvedNode) => Tensor | undefined
type Layout = Readonly<Record<string, Made>>

const named =
  (name: string): Made =>
  given =>
    given(name)

/** The same along the feature axis of what was flattened from an image, where PyTorch has the channels first. */
const features =
  (name: string): Made =>
  (given, node) =>
    inOrder(given(name), featuresOf(node))

/** Filters [out, in, ...size] become [...size, in, out]; so do those of a transposed convolution, [in, out, ...size]. */
const filters: Made = given => {
  const weight = given('weight')
  return weight && permuted(weight, [...weight.shape.keys()].slice(2).concat(1, 0))
}

/** Filters [channels · multiplier, 1, ...size] become [...size, channels, multiplier]. */
const filtersOfEach: Made = (given, { config }) => {
  const weight = given('weight')
  const multiplier = config.depthMultiplier as number
  const [all = 0, , ...size] = weight?.shape ?? []
  const split = weight && new Tensor([all / multiplier, multiplier, ...size], weight.data)
  return split && permuted(split, [...split.shape.keys()].slice(2).concat(0, 1))
}

/** [gates · units, in] becomes [in, gates · units], with the gates in another order. */
const gates =
  (name: string, order: readonly number[]): Made =>
  given => {
    const weight = given(`weight_${name}_l0`)
    return weight && blocks(permuted(weight, [1, 0]), order)
  }

/** PyTorch has two biases where one is enough: here is their sum. */
const oneBias: Made = given => {
  const [a, b] = [given('bias_ih_l0'), given('bias_hh_l0')]
  if (!a || !b) return undefined
  const sum = a.clone()
  for (let i = 0; i < sum.size; i++) sum.data[i] = (a.data[i] as number) + (b.data[i] as number)
  return sum
}

/** Both biases, one below the other. */
const twoBiases =
  (order: readonly number[]): Made =>
  given => {
    const [a, b] = [given('bias_ih_l0'), given('bias_hh_l0')].map(bias => bias && blocks(bias, order))
    return a && b && stacked(a, b)
  }

const convolution: Layout = { kernel: filters, bias: named('bias') }
const normalization: Layout = { gamma: features('weight'), beta: features('bias') }
/** Both have i, f, g (which Keras calls c), o. */
const LSTM = [0, 1, 2, 3]
/** z, r, h from r, z, n. */
const GRU = [1, 0, 2]

const recurrent = (order: readonly number[], bias: Made): Layout => ({
  kernel: gates('ih', order),
  recurrentKernel: gates('hh', order),
  bias,
})

/** The layers of PyTorch by the type of node that they are here. */
const PYTORCH: Readonly<Record<string, Layout>> = {
  dense: {
    kernel: (given, node) => {
      const weight = given('weight')
      return weight && inOrder(permuted(weight, [1, 0]), featuresOf(node))
    },
    bias: named('bias'),
  },
  conv1d: convolution,
  conv2d: convolution,
  conv3d: convolution,
  conv1dTranspose: convolution,
  conv2dTranspose: convolution,
  depthwiseConv2d: { kernel: filtersOfEach, bias: named('bias') },
  embedding: { embeddings: named('weight') },
  batchNormalization: {
    ...normalization,
    movingMean: features('running_mean'),
    movingVariance: features('running_var'),
  },
  layerNormalization: normalization,
  groupNormalization: normalization,
  rmsNormalization: { gamma: features('weight') },
  lstm: recurrent(LSTM, oneBias),
  gru: recurrent(GRU, twoBiases(GRU)),
  simpleRnn: recurrent([0], oneBias),
}

/** What PyTorch keeps beside what a layer computes with. */
const IGNORED = new Set(['num_batches_tracked'])

/**
 * Tensors from PyTorch, named after the nodes of a model (`dense1.weight`), under the names and in the layouts of the model. Those that no
 * layer of the model takes keep their name.
 */
export function fromPytorch(
  tensors: ReadonlyMap<string, Tensor>,
  nodes: Iterable<ResolvedNode>,
): Map<string, Tensor> {
  const rest = new Map(tensors)
  const made = new Map<string, Tensor>()
  for (const node of nodes) {
    const layout = PYTORCH[node.entry.type]
    if (!layout || node.owner !== node) continue
    const taken = new Set<string>()
    const given: Given = name => {
      taken.add(`${node.id}.${name}`)
      return tensors.get(`${node.id}.${name}`)
    }
    for (const name of Object.keys({ ...node.parameters, ...node.state })) {
      const tensor = layout[name]?.(given, node)
      if (tensor) made.set(`${node.id}.${name}`, tensor)
    }
    for (const key of [...taken, ...[...IGNORED].map(name => `${node.id}.${name}`)]) rest.delete(key)
  }
  return new Map([...rest, ...made])
}

/** `dense/kernel` and `bn/moving_mean`, the paths of Keras, as `dense.kernel` and `bn.movingMean`. Its layouts are those of gradstream. */
export const nameFromKeras = (path: string): string =>
  path
    .replace(/\/\w+_cell\//, '/')
    .replace(
      /[/.](\w+)$/,
      (_, name: string) => `.${name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase())}`,
    )

/** The same entries with the axes in another order. */
export function permuted({ shape, data }: Tensor, axes: readonly number[]): Tensor {
  const strides = axes.map(axis => sizeOf(shape.slice(axis + 1)))
  const lengths = axes.map(axis => shape[axis] as number)
  const result = data.slice()
  const place = axes.map(() => 0)
  let from = 0
  for (let i = 0; i < result.length; i++) {
    result[i] = data[from] as number
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const [stride, length] = [strides[axis] as number, lengths[axis] as number]
      from += stride
      place[axis] = (place[axis] as number) + 1
      if ((place[axis] as number) < length) break
      from -= stride * length
      place[axis] = 0
    }
  }
  return new Tensor(lengths, result)
}

/** Equal parts of the last axis in another order. */
function blocks(tensor: Tensor, order: readonly number[]): Tensor {
  const width = tensor.shape.at(-1) as number
  const part = width / order.length
  const result = tensor.clone()
  for (let i = 0; i < result.size; i++) {
    const [row, column] = [Math.floor(i / width) * width, i % width]
    result.data[i] = tensor.data[
      row + (order[Math.floor(column / part)] as number) * part + (column % part)
    ] as number
  }
  return result
}

function stacked(a: Tensor, b: Tensor): Tensor {
  const data = new Float64Array(a.size + b.size)
  data.set(a.data)
  data.set(b.data, a.size)
  return new Tensor([2, ...a.shape], data)
}

/** Rows of a matrix, or entries of a vector, in another order. */
function inOrder(tensor: Tensor | undefined, order: readonly number[] | undefined): Tensor | undefined {
  if (!tensor || !order || tensor.shape[0] !== order.length) return tensor
  const width = tensor.size / order.length
  const result = tensor.clone()
  order.forEach((from, to) => {
    result.data.set(tensor.data.subarray(from * width, (from + 1) * width), to * width)
  })
  return result
}

/**
 * For a node whose features were flattened from an image or a sequence: where each feature is in PyTorch, which flattens with the channels
 * first. Between the two may be nodes that keep the shape.
 */
function featuresOf(node: ResolvedNode): readonly number[] | undefined {
  let input = node.inputs[0]
  while (input && input.producer.entry.type !== 'flatten') {
    const [before] = input.producer.inputs
    const [shape, shapeBefore] = [input, before].map(end => end?.producer.shapes[end.output]?.join())
    if (input.producer.inputs.length !== 1 || shape !== shapeBefore) return undefined
    input = before
  }
  const flattened = input?.producer.inputs[0]
  const sample = flattened?.producer.shapes[flattened.output]?.slice(1) as number[] | undefined
  if (!sample || sample.length < 2 || (sample.length === 2 && !isConvolved(flattened))) return undefined
  const [channels = 1] = sample.slice(-1)
  const places = sizeOf(sample) / channels
  return Array.from({ length: sizeOf(sample) }, (_, i) => (i % channels) * places + Math.floor(i / channels))
}

/** Whether a sequence comes out of a convolution: PyTorch has the channels first there, and last where it comes out of a recurrent layer. */
function isConvolved(sequence: ResolvedNode['inputs'][number] | undefined): boolean {
  for (let end = sequence; end; end = end.producer.inputs[0]) {
    const { entry, parameters } = end.producer
    if (/conv|pooling/i.test(entry.type)) return true
    if (Object.keys(parameters).length > 0 && !/normalization/i.test(entry.type)) return false
  }
  return false
}
