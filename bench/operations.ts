/** Nodes one by one, forward and backward, and updates of optimizers: beside PyTorch, in turns, one thread each. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Kernels, NodeDefinition, OptimizerDefinition, Tensor } from '../core/index.ts'
import { pythonWithTorch } from './contestants.ts'
import { built } from './gradstream.ts'
import { runnable, type Section, type Settings } from './report.ts'
import { duration, median, quartiles } from './statistics.ts'

const { createKernels }: typeof import('../kernels/index.ts') = await built('kernels/index.js')
const { catalogue }: typeof import('../nodes/index.ts') = await built('nodes/index.js')
const { RandomKey }: typeof import('../core/index.ts') = await built('core/index.js')

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
const PARAMETERS = { 'Adam, 1M parameters': 1_000_000, 'Adam, 10K parameters': 10_000 }

export async function operations({ quick }: Settings): Promise<Section> {
  const rounds = quick ? 5 : 41
  const python = await pythonWithTorch()
  const peer = python === undefined ? undefined : new Peer(python)
  const kernels = createKernels({ kernels: 'wasm', threads: 1 })
  const rows: string[][] = []
  const measure = async (name: string, run: () => void) => {
    const repeat = Math.max(1, Math.round(1000 / timeOf(run, 1)))
    const [own, theirs]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
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
  for (const [name, count] of Object.entries(PARAMETERS)) await measure(name, updateOf(kernels, count))
  peer?.close()
  return {
    title: 'Nodes one by one',
    head: ['node', 'gradstream', 'PyTorch', 'PyTorch / gradstream', 'quartiles'],
    rows,
    notes: [
      'Forward and backward, or an update, on WebAssembly kernels and PyTorch in turns, one thread each.',
      `Median and quartiles of ${rounds} rounds of about a millisecond.`,
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
