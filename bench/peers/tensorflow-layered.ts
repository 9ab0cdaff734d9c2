/** The networks of `layered.ts` as TensorFlow.js writes them: its own layers, and attention of its operations. */

import { LAYERED, type LayeredName, type Samples } from '../layered.ts'
import { BATCHES } from '../nets.ts'

// The type check of the project runs without it.
// biome-ignore lint/suspicious/noExplicitAny: see above
type TensorFlow = any
type Value = TensorFlow
type Layer = (x: Value) => Value

export interface LayeredStep {
  readonly batches: readonly { x: Value; target: Value }[]
  loss(x: Value, target: Value): Value
}

export function layeredStepOf(tf: TensorFlow, name: LayeredName): LayeredStep {
  const { batch, samples } = LAYERED[name]
  const { x, target } = samples()
  const [xs, targets] = [partsOf(tf, x, batch), partsOf(tf, target, batch)]
  const loss = lossOf(tf, name)
  // The first use makes the variables, and an optimizer looks for them before it uses the loss.
  tf.tidy(() => void loss(xs[0], targets[0]))
  return { batches: xs.map((x, i) => ({ x, target: targets[i] })), loss }
}

const partsOf = (tf: TensorFlow, { shape, data }: Samples, batch: number): Value[] =>
  Array.from({ length: BATCHES }, (_, i) => {
    const size = data.length / BATCHES
    return tf.tensor(data.slice(i * size, (i + 1) * size), [batch, ...shape.slice(1)])
  })

function lossOf(tf: TensorFlow, name: LayeredName): LayeredStep['loss'] {
  const { layers, losses } = tf
  const { meanSquaredError, softmaxCrossEntropy } = losses
  const through =
    (...parts: Layer[]): Layer =>
    x =>
      parts.reduce((y, part) => part(y), x)
  const applied =
    (layer: { apply(x: Value): Value }): Layer =>
    x =>
      layer.apply(x)
  const dense = (units: number, options = {}) => applied(layers.dense({ units, ...options }))
  const conv = (filters: number) =>
    applied(layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' }))
  const pool = () => applied(layers.maxPooling2d({ poolSize: 2 }))
  const normalize = () => applied(layers.layerNormalization({ epsilon: 1e-6 }))
  const embed = (inputDim: number, outputDim: number) => applied(layers.embedding({ inputDim, outputDim }))
  const images = (first: number, second: number): Layer =>
    through(conv(first), pool(), conv(second), pool(), applied(layers.flatten()), dense(10))

  const heads = (): Layer => {
    const [query, key, value, joined] = [dense(128), dense(128), dense(128), dense(128)]
    const above = tf.linalg
      .bandPart(tf.ones([64, 64]), 0, -1)
      .sub(tf.eye(64))
      .mul(-1e9)
    const split = (x: Value) => x.reshape([-1, 64, 4, 32]).transpose([0, 2, 1, 3])
    return x => {
      const scores = tf.matMul(split(query(x)), split(key(x)), false, true).mul(32 ** -0.5)
      const seen = tf.matMul(scores.add(above).softmax(), split(value(x)))
      return joined(seen.transpose([0, 2, 1, 3]).reshape([-1, 64, 128]))
    }
  }
  // The exact GELU, as its peers have it.
  const gelu: Layer = x => x.mul(tf.erf(x.mul(Math.SQRT1_2)).add(1)).mul(0.5)
  const block = (): Layer => {
    const attention = through(normalize(), heads())
    const thought = through(normalize(), dense(512), gelu, dense(128))
    return x => {
      const seen = x.add(attention(x))
      return seen.add(thought(seen))
    }
  }
  const against =
    (loss: (target: Value, y: Value) => Value, net: Layer) =>
    (x: Value, target: Value): Value =>
      loss(target, net(x))

  switch (name) {
    case 'CNN':
      return against(softmaxCrossEntropy, images(8, 16))
    case 'wide CNN':
      return against(softmaxCrossEntropy, images(32, 64))
    case 'LSTM':
      return against(meanSquaredError, through(applied(layers.lstm({ units: 64 })), dense(1)))
    case 'GRU':
      // Its reset comes before the product, the only way it has.
      return against(meanSquaredError, through(applied(layers.gru({ units: 64 })), dense(1)))
    case 'transformer':
      return against(meanSquaredError, block())
    case 'characters': {
      const [known, places] = [embed(65, 128), embed(64, 128)]
      const order = tf.range(0, 64)
      const blocks = through(block(), block(), block(), block(), normalize(), dense(65, { useBias: false }))
      const oneHot = (codes: Value) => tf.oneHot(codes.toInt(), 65)
      return (x, target) => softmaxCrossEntropy(oneHot(target), blocks(known(x).add(places(order))))
    }
    case 'embedding':
      return against(
        meanSquaredError,
        through(embed(10_000, 64), x => x.mean(1), dense(1)),
      )
  }
}
