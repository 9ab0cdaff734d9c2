/** The benchmark networks and their samples, the same for gradstream and its peers. */

export interface Net {
  /** Inputs, hidden layers with relu, outputs. */
  readonly sizes: readonly [number, ...number[], number]
  readonly batch: number
  /** Sigmoid with binary cross-entropy, or softmax cross-entropy from logits. */
  readonly loss: 'binary' | 'categorical'
}

export const NETS = {
  S: { sizes: [2, 16, 16, 1], batch: 32, loss: 'binary' },
  M: { sizes: [784, 128, 64, 10], batch: 64, loss: 'categorical' },
  L: { sizes: [1024, 1024, 1024, 10], batch: 256, loss: 'categorical' },
} as const satisfies Record<string, Net>

export type NetName = keyof typeof NETS

/** The network of dense layers that has this name, if one has it. */
export const netOf = (name: string): Net | undefined => (NETS as Readonly<Record<string, Net>>)[name]

export const LEARNING_RATE = 0.01

/** The number of batches in an epoch. */
export const BATCHES = 50

export const inputsOf = ({ sizes }: Net): number => sizes[0]
export const outputsOf = ({ sizes }: Net): number => sizes.at(-1) as number
export const layersOf = ({ sizes }: Net): { inputs: number; outputs: number }[] =>
  sizes.slice(1).map((outputs, i) => ({ inputs: sizes[i] as number, outputs }))

/** All samples of an epoch: x uniform in [-1, 1), targets 0 or 1, or one of the classes as one-hot. */
export function samplesOf(net: Net): { rows: number; x: Float32Array; target: Float32Array } {
  const random = randomNumbers(7)
  const rows = BATCHES * net.batch
  const outputs = outputsOf(net)
  const x = Float32Array.from({ length: rows * inputsOf(net) }, () => random() * 2 - 1)
  const target = new Float32Array(rows * outputs)
  for (let row = 0; row < rows; row++) {
    if (net.loss === 'binary') target[row] = Math.round(random())
    else target[row * outputs + Math.floor(random() * outputs)] = 1
  }
  return { rows, x, target }
}

/** The same samples, batch by batch. */
export function batchesOf(net: Net): { x: Float32Array; target: Float32Array }[] {
  const { x, target } = samplesOf(net)
  const part = (data: Float32Array, i: number) =>
    data.slice((i * data.length) / BATCHES, ((i + 1) * data.length) / BATCHES)
  return Array.from({ length: BATCHES }, (_, i) => ({ x: part(x, i), target: part(target, i) }))
}

/** Uniform numbers in ±√(6 / (inputs + outputs)), the initial values of gradstream's dense layers. */
export function kernelOf(inputs: number, outputs: number): Float32Array {
  const random = randomNumbers(inputs * 31 + outputs)
  const limit = Math.sqrt(6 / (inputs + outputs))
  return Float32Array.from({ length: inputs * outputs }, () => (random() * 2 - 1) * limit)
}

/** Mulberry32: numbers in [0, 1) that are the same in every process. */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
