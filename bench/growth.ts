/** Growth with depth and width: chains of 10 to 10,000 small nodes, and one dense layer of 64 to 4096 units. */
import type { Port } from 'gradstream'
import { ENDLESS, engineOf, fastKernels, gradstream, type KernelsName } from './gradstream.ts'
import { BATCHES } from './nets.ts'
import { runnable, type Section, type Settings } from './report.ts'
import { duration, figures, median, quartiles } from './statistics.ts'

const DEPTHS = [10, 100, 1_000, 10_000]
const WIDTHS = [64, 128, 256, 512, 1024, 2048, 4096]
const BATCH = { depth: 8, width: 64 }
const CHAIN_WIDTH = 4

export async function growth({ quick }: Settings): Promise<Section> {
  const rounds = quick ? 3 : 15
  const rows: string[][] = []
  for (const kernels of fastKernels()) {
    for (const depth of DEPTHS) rows.push(await deep(kernels, depth, rounds))
    for (const width of quick ? WIDTHS.slice(0, 4) : WIDTHS) rows.push(await wide(kernels, width, rounds))
  }
  return {
    title: 'Growth with depth and width',
    head: [
      'kernels',
      'network',
      'step',
      'quartiles',
      'per node and step',
      'products',
      'GFLOP/s of them',
      'of the step',
    ],
    rows,
    notes: [
      `Depth: dense and relu in turn, ${CHAIN_WIDTH} wide, batch ${BATCH.depth}, forward and backward with update; the kernels start as identities and the learning rate is 0, so that no value vanishes on the way. The time of the whole step is divided by the nodes of the chain.`,
      `Width: one dense layer on inputs of its own width, batch ${BATCH.width}, mean squared error. The products are y = x · W and dW = xᵀ · dy, together 4 · batch · width² operations.`,
      `Median and quartiles of ${rounds} measurements of 100 ms or a step, one thread.`,
    ],
  }
}

async function deep(kernels: KernelsName, depth: number, rounds: number): Promise<string[]> {
  const { dense, relu } = gradstream
  const links = Array.from({ length: depth }, (_, i) =>
    i % 2 === 0 ? dense({ units: CHAIN_WIDTH }) : relu(),
  )
  const { run, engine } = trained(
    kernels,
    CHAIN_WIDTH,
    BATCH.depth,
    x => links.reduce((y, link) => link(y), x),
    0,
  )
  const identity = Array.from({ length: CHAIN_WIDTH ** 2 }, (_, i) => (i % (CHAIN_WIDTH + 1) === 0 ? 1 : 0))
  for (const [name, parameter] of engine.parameters) {
    if (name.endsWith('.kernel')) parameter.assign(identity)
  }
  const times = await measured(run, rounds)
  const each = `${figures((median(times) / depth) * 1000)} ns`
  return [kernels, `${depth} deep`, duration(median(times)), quartiles(times, duration), each, '', '', '']
}

async function wide(kernels: KernelsName, width: number, rounds: number): Promise<string[]> {
  const layer = gradstream.dense({ units: width })
  const { run, model } = trained(kernels, width, BATCH.width, x => layer(x), 0.01)
  const times = await measured(run, rounds)
  const time = median(times)
  const { parts } = model.explain({ format: 'json' })
  const share = parts.reduce((sum, { kind, share = 0 }) => sum + (kind === 'product' ? share : 0), 0)
  const products = time * share
  const speed = (microseconds: number) => figures((4 * BATCH.width * width ** 2) / microseconds / 1000)
  return [
    kernels,
    `${width} wide`,
    duration(time),
    quartiles(times, duration),
    '',
    duration(products),
    speed(products),
    speed(time),
  ]
}

/** A network from x to a target of the same width, and its trainer. */
function trained(
  kernels: KernelsName,
  width: number,
  batch: number,
  body: (x: Port) => Port,
  learningRate: number,
) {
  const { compile, createTrainer, fromArrays, graph, input, meanSquaredError, sgd } = gradstream
  const target = input({ name: 'target', shape: [width] })
  const loss = meanSquaredError()(body(input({ name: 'x', shape: [width] })), target)
  const model = compile(graph({ loss, update: loss.pipe(sgd({ learningRate })) }), {
    kernels,
    seed: 7,
    threads: 1,
  })
  const shape = [BATCHES * batch, width]
  const x = new Float32Array(BATCHES * batch * width).map(Math.random)
  const data = fromArrays({ x: { shape, data: x }, target: { shape, data: x.map(value => value / 2) } })
  const trainer = createTrainer(model, { data, batchSize: batch, epochs: ENDLESS })
  return { engine: engineOf(model), model, run: (steps: number) => trainer.step(steps) }
}

/** The microseconds of a step in several measurements. The first steps warm up. */
async function measured(run: (steps: number) => Promise<unknown>, rounds: number): Promise<number[]> {
  const timeOf = async (steps: number) => {
    const start = performance.now()
    await run(steps)
    return ((performance.now() - start) / steps) * 1000
  }
  let steps = 2
  for (let time = 0; time * steps < 200_000; ) {
    time = await timeOf(steps)
    if (time * steps < 200_000) steps *= 2
  }
  const count = Math.max(1, Math.round((steps * 100_000) / ((await timeOf(steps)) * steps)))
  const times: number[] = []
  for (let round = 0; round < rounds; round++) times.push(await timeOf(count))
  return times
}

await runnable(import.meta.url, growth)
