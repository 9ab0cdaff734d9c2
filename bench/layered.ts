/** Networks of other layers than dense ones, as gradstream writes them, and their samples. PyTorch has the same in peers/pytorch.py. */
import type { GraphDef, Port } from 'gradstream'
import { BATCHES, randomNumbers } from './nets.ts'

type Gradstream = typeof import('gradstream')

export interface Samples {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

export interface Layered {
  readonly batch: number
  /** What a step does, in a word or two. */
  readonly about: string
  graph(gradstream: Gradstream): GraphDef
  /** An epoch of samples. */
  samples(): { readonly x: Samples; readonly target: Samples }
}

const ADAM = { learningRate: 0.001 }

export const LAYERED = {
  CNN: {
    batch: 64,
    about: '28x28x1, conv 8, pool, conv 16, pool, dense 10, Adam',
    graph: g => imagesTo10(g, [8, 16], [28, 28, 1]),
    samples: () => classified(64, [28, 28, 1], 10),
  },
  'wide CNN': {
    batch: 64,
    about: '14x14x16, conv 32, pool, conv 64, pool, dense 10, Adam',
    graph: g => imagesTo10(g, [32, 64], [14, 14, 16]),
    samples: () => classified(64, [14, 14, 16], 10),
  },
  LSTM: {
    batch: 32,
    about: '50 steps, 32 to 64 units, dense 1, Adam',
    graph: g => sequenceTo1(g, g.lstm({ units: 64 })),
    samples: () => numbers(32, [50, 32], [1]),
  },
  GRU: {
    batch: 32,
    about: '50 steps, 32 to 64 units, dense 1, Adam',
    graph: g => sequenceTo1(g, g.gru({ units: 64 })),
    samples: () => numbers(32, [50, 32], [1]),
  },
  transformer: {
    batch: 12,
    about: 'one block, 64 tokens, width 128, 4 heads, Adam',
    graph(g) {
      const [x, target] = [
        g.input({ name: 'x', shape: [64, 128] }),
        g.input({ name: 'target', shape: [64, 128] }),
      ]
      const loss = g.meanSquaredError()(transformerBlock(g, x), target)
      return g.graph({ loss, update: loss.pipe(g.adam(ADAM)) })
    },
    samples: () => numbers(12, [64, 128], [64, 128]),
  },
  characters: {
    batch: 12,
    about: '4 blocks over 65 characters, 64 tokens, width 128, Adam',
    graph(g) {
      const [x, target] = [g.input({ name: 'x', shape: [64] }), g.input({ name: 'target', shape: [64] })]
      const characters = g.embedding({ inputDim: 65, outputDim: 128 })(x)
      let y: Port = g.add()(characters, g.positionEmbedding({ sequenceLength: 64 })(characters))
      for (let i = 0; i < 4; i++) y = transformerBlock(g, y)
      const logits = y.pipe(g.layerNormalization(), g.dense({ units: 65, useBias: false }))
      const loss = g.sparseCategoricalCrossentropy({ fromLogits: true })(logits, target)
      return g.graph({ loss, update: loss.pipe(g.adam(ADAM)) })
    },
    samples: () => ({ x: whole(12, [64], 65, 1), target: whole(12, [64], 65, 2) }),
  },
  embedding: {
    batch: 256,
    about: '10,000 x 64, 20 rows of each sample, mean, dense 1, Adam on the whole table',
    graph(g) {
      const [x, target] = [g.input({ name: 'x', shape: [20] }), g.input({ name: 'target', shape: [1] })]
      const y = x.pipe(
        g.embedding({ inputDim: 10_000, outputDim: 64 }),
        g.globalAveragePooling1d(),
        g.dense({ units: 1 }),
      )
      const loss = g.meanSquaredError()(y, target)
      return g.graph({ loss, update: loss.pipe(g.adam(ADAM)) })
    },
    samples: () => ({ x: whole(256, [20], 10_000, 1), target: uniform(256, [1], 2) }),
  },
} as const satisfies Record<string, Layered>

export type LayeredName = keyof typeof LAYERED

function imagesTo10(g: Gradstream, filters: readonly [number, number], shape: readonly number[]): GraphDef {
  const [first, second] = filters
  const [x, target] = [g.input({ name: 'x', shape }), g.input({ name: 'target', shape: [10] })]
  const logits = x.pipe(
    g.conv2d({ filters: first, kernelSize: 3, padding: 'same' }),
    g.relu(),
    g.maxPooling2d(),
    g.conv2d({ filters: second, kernelSize: 3, padding: 'same' }),
    g.relu(),
    g.maxPooling2d(),
    g.flatten(),
    g.dense({ units: 10 }),
  )
  const loss = g.categoricalCrossentropy({ fromLogits: true })(logits, target)
  return g.graph({ loss, update: loss.pipe(g.adam(ADAM)) })
}

function sequenceTo1(g: Gradstream, layer: (x: Port) => Port): GraphDef {
  const [x, target] = [g.input({ name: 'x', shape: [50, 32] }), g.input({ name: 'target', shape: [1] })]
  const loss = g.meanSquaredError()(x.pipe(layer, g.dense({ units: 1 })), target)
  return g.graph({ loss, update: loss.pipe(g.adam(ADAM)) })
}

/** Normalized before attention and before the two dense layers, as in GPT-2. */
function transformerBlock(g: Gradstream, x: Port): Port {
  const before = g.layerNormalization()(x)
  const heads = g.multiHeadAttention({ numHeads: 4, keyDim: 32, useCausalMask: true })
  const seen = g.add()(x, heads(before, before))
  const thought = seen.pipe(
    g.layerNormalization(),
    g.dense({ units: 512 }),
    g.gelu(),
    g.dense({ units: 128 }),
  )
  return g.add()(seen, thought)
}

const shapeOf = (batch: number, shape: readonly number[]) => [BATCHES * batch, ...shape]

function filled(
  batch: number,
  shape: readonly number[],
  seed: number,
  next: (random: number) => number,
): Samples {
  const random = randomNumbers(seed)
  const whole = shapeOf(batch, shape)
  const length = whole.reduce((product, size) => product * size)
  return { shape: whole, data: Float32Array.from({ length }, () => next(random())) }
}

const uniform = (batch: number, shape: readonly number[], seed: number) =>
  filled(batch, shape, seed, random => 2 * random - 1)
const whole = (batch: number, shape: readonly number[], below: number, seed: number) =>
  filled(batch, shape, seed, random => Math.floor(random * below))
const numbers = (batch: number, x: readonly number[], target: readonly number[]) => ({
  x: uniform(batch, x, 1),
  target: uniform(batch, target, 2),
})

function classified(batch: number, shape: readonly number[], classes: number) {
  const labels = whole(batch, [1], classes, 2).data
  const data = new Float32Array(labels.length * classes)
  labels.forEach((label, row) => {
    data[row * classes + label] = 1
  })
  return { x: uniform(batch, shape, 1), target: { shape: shapeOf(batch, [classes]), data } }
}
