/** Nodes one by one, forward and backward, and updates of optimizers: beside PyTorch, in turns, one thread each. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Kernels, NodeDefinition, OptimizerDefinition, Tensor } from '../core/index.ts'
import { pythonWithTorch } from './contestants.ts'
import { inside } from './gradstream.ts'
import { runnable, type Section, type Settings } from './report.ts'
import { duration, median, quartiles } from './statistics.ts'

const { catalogue, createKernels, RandomKey } = inside

/** By the name that the peer knows, too: a node, and the shapes of its inputs and parameters. */
const NODES: Readonly<Record<string, { type: string; config?: object; shapes: Record<string, number[]> }>> = {
  'gelu, 1M entries': { type: 'gelu', config: { approximate: true }, shapes: { x: [2 ** 20] } },
  'gelu, 16K entries': { type: 'gelu', config: { approximate: true }, shapes: { x: [2 ** 14] } },
  'silu, 1M entries': { type: 'silu', shapes: { x: [2 ** 20] } },
  'silu, 16K entries': { type: 'silu', shapes: { x: [2 ** 14] } },
  'softmax [256, 1000], forward': { type: 'softmax', shapes: { x: [256, 1000] } },
  'softmax cross-entropy [256, 1000]': {
    type: 'categoricalCrossentropy',
    config: { fromLogits: true },
    shapes: { prediction: [256, 1000], target: [256, 1000] },
  },
  'layer normalization [512, 256]': {
    type: 'layerNormalization',
    shapes: { x: [512, 256], gamma: [256], beta: [256] },
  },
  'batch normalization [50176, 8]': {
    type: 'batchNormalization',
    shapes: { x: [50176, 8], gamma: [8], beta: [8], movingMean: [8], movingVariance: [8] },
  },
}

/** Written with kernels alone, as a node of one's own is: forward and backward. */
const FORMULAS: Readonly<Record<string, (kernels: Kernels) => () => readonly Tensor[]>> = {
  'mish, 1M entries': k => mish(k, 2 ** 20),
  'mish, 16K entries': k => mish(k, 2 ** 14),
  'bias, relu, dropout [1024, 512]': biasReluDropout,
  'LSTM cell 32 x 64, without its products': lstmCell,
}
const PARAMETERS = { 'Adam, 1M parameters': 1_000_000, 'Adam, 10K parameters': 10_000 }

/** Milliseconds before the first round, and microseconds of a round. */
const [WARM_UP, ROUND] = [200, 3000]

export async function operations({ quick }: Settings): Promise<Section> {
  const rounds = quick ? 5 : 41
  const python = await pythonWithTorch()
  const peer = python === undefined ? undefined : new Peer(python)
  const kernels = createKernels({ kernels: 'wasm', threads: 1 })
  const rows: string[][] = []
  const measure = async (name: string, run: () => void) => {
    // Code that has run for a while is compiled again, faster.
    for (const end = performance.now() + WARM_UP; performance.now() < end; ) run()
    const [own, theirs]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      // As the peer does, once beside it, so that what it needs is in the caches.
      const repeat = Math.max(1, Math.round(ROUND / timeOf(run, 1)))
      own.push(timeOf(run, repeat))
      if (peer) theirs.push(await peer.time(name))
    }
    const ratios = own.map((time, i) => (theirs[i] ?? Number.NaN) / time)
    const times = (value: number) => value.toFixed(2)
    rows.push([
      name,
      duration(median(own)),
      ...(peer ? [duration(median(theirs)), times(median(ratios)), quartiles(ratios, times)] : ['', '', '']),
    ])
  }
  for (const [name, node] of Object.entries(NODES))
    await measure(name, stepOf(kernels, node, name.endsWith('forward')))
  for (const [name, formula] of Object.entries(FORMULAS))
    await measure(name, recorded(kernels, formula(kernels)))
  for (const [name, count] of Object.entries(PARAMETERS)) await measure(name, updateOf(kernels, count))
  peer?.close()
  return {
    title: 'Nodes one by one',
    head: ['node', 'gradstream', 'PyTorch', 'PyTorch / gradstream', 'quartiles'],
    rows,
    notes: [
      'Forward and backward, or an update, on WebAssembly kernels and PyTorch in turns, one thread each.',
      `Median and quartiles of ${rounds} rounds of about 3 milliseconds.`,
    ],
  }
}

/** Microseconds of a run. */
function timeOf(run: () => void, repeat: number): number {
  const start = performance.now()
  for (let i = 0; i < repeat; i++) run()
  return ((performance.now() - start) / repeat) * 1000
}

const definitionOf = (type: string) =>
  catalogue.find(({ definition }) => definition.type === type)?.definition

/** A forward pass and a backward pass, again and again. */
function stepOf(
  kernels: Kernels,
  { type, config = {}, shapes }: (typeof NODES)[string],
  isForward: boolean,
): () => void {
  const definition = definitionOf(type) as NodeDefinition
  const settings = definition.config(config)
  const tensors = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, randomly(kernels, shape, name)]),
  )
  const context = {
    ...({
      kernels,
      mode: 'train',
      step: 1,
      iteration: kernels.tensor([], [1]),
      random: RandomKey.of(1),
    } as const),
    needs: Object.fromEntries(Object.keys(shapes).map(name => [name, true])),
  }
  const output = definition.outputs[0] as string
  const isLoss = definition.role === 'loss'
  const arrived = randomly(kernels, isLoss ? [] : (shapes.x as number[]), 'gradient')
  return recorded(kernels, () => {
    const made = definition.forward(tensors, settings, context)
    const results = [made[output]]
    if (!isForward) {
      const gradients = definition.backward({ [output]: arrived }, { ...tensors, ...made }, settings, context)
      results.push(...Object.values(gradients).filter(gradient => typeof gradient === 'object'))
    }
    return results as Tensor[]
  })
}

/** y = x t with t = tanh ln (1 + eˣ) = q / (q + 2) and q = eˣ (eˣ + 2). Misra (2019). */
function mish(k: Kernels, count: number): () => readonly Tensor[] {
  const [x, dy] = [randomly(k, [count], 'x'), randomly(k, [count], 'dy')]
  return () => {
    // From 20 on, t is 1 in float32.
    const e = k.exp(k.minimum(x, 20))
    const q = k.mul(e, k.add(e, 2))
    const r = k.div(1, k.add(q, 2))
    const t = k.mul(q, r)
    const slope = k.mul(k.mul(k.mul(e, k.add(e, 1)), 4), k.square(r))
    return [k.mul(x, t), k.mul(dy, k.add(t, k.mul(x, slope)))]
  }
}

function biasReluDropout(k: Kernels): () => readonly Tensor[] {
  const [x, bias, dy] = [
    randomly(k, [1024, 512], 'x'),
    randomly(k, [512], 'bias'),
    randomly(k, [1024, 512], 'dy'),
  ]
  const keep = 0.8
  return () => {
    const h = k.relu(k.add(x, bias))
    const mask = k.scale(k.bernoulli(x.shape, keep, RandomKey.of(3)), 1 / keep)
    const dx = k.wherePositive(h, k.mul(dy, mask), 0)
    return [k.mul(h, mask), dx, k.sumTo(dx, bias.shape)]
  }
}

/** From the sums of its products, with gates in the order i, f, g, o. Hochreiter and Schmidhuber (1997). */
function lstmCell(k: Kernels): () => readonly Tensor[] {
  const units = 64
  const z = randomly(k, [32, 4 * units], 'z')
  const [before, dh, dcNext] = ['c', 'dh', 'dc'].map(name => randomly(k, [32, units], name)) as [
    Tensor,
    Tensor,
    Tensor,
  ]
  const slope = (gate: Tensor) => k.mul(gate, k.oneMinus(gate))
  return () => {
    const part = (place: number) => k.slice(z, 1, place * units, units)
    const [i, f, g, o] = [k.sigmoid(part(0)), k.sigmoid(part(1)), k.tanh(part(2)), k.sigmoid(part(3))]
    const c = k.add(k.mul(f, before), k.mul(i, g))
    const t = k.tanh(c)
    const dc = k.add(dcNext, k.mul(k.mul(dh, o), k.oneMinus(k.square(t))))
    const dz = [
      k.mul(k.mul(dc, g), slope(i)),
      k.mul(k.mul(dc, before), slope(f)),
      k.mul(k.mul(dc, i), k.oneMinus(k.square(g))),
      k.mul(k.mul(dh, t), slope(o)),
    ]
    return [c, k.mul(o, t), k.concatenate(dz, 1), k.mul(dc, f)]
  }
}

/** A step of Adam, again and again. */
function updateOf(kernels: Kernels, count: number): () => void {
  const definition = definitionOf('adam') as OptimizerDefinition
  const config = definition.config({})
  const [value, gradient, m] = ['value', 'gradient', 'm'].map(name => randomly(kernels, [count], name))
  const values = { value, gradient, m, v: kernels.tensor([count], new Float32Array(count).fill(0.5)) }
  const context = { kernels, step: 1, iteration: kernels.tensor([], [3]) }
  return recorded(kernels, () => {
    const { largest, ...made } = definition.update(values as Record<string, Tensor>, config, context)
    return Object.values(made) as Tensor[]
  })
}

function recorded(kernels: Kernels, work: () => readonly Tensor[]): () => void {
  kernels.lend(kernels.lease())
  const recording = kernels.record?.()
  const results = work()
  kernels.close()
  for (const result of results) kernels.keep(result)
  kernels.settle()
  const calls = recording?.end() ?? []
  return () => {
    for (const call of calls) call()
  }
}

function randomly(kernels: Kernels, shape: readonly number[], name: string): Tensor {
  const size = shape.reduce((product, length) => product * length, 1)
  return kernels.tensor(shape, RandomKey.of(7).child(name).normal(size))
}

/** PyTorch in a process of its own, which times what it is asked for. */
class Peer {
  private readonly child: ChildProcessWithoutNullStreams
  private readonly answers: AsyncIterator<string>

  constructor(python: string) {
    const env = { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' }
    this.child = spawn(python, ['bench/peers/operations.py'], { env })
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
  }

  /** Microseconds. */
  async time(name: string): Promise<number> {
    this.child.stdin.write(`${name}\n`)
    return Number((await this.answers.next()).value)
  }

  close(): void {
    this.child.kill()
  }
}

await runnable(import.meta.url, operations)
