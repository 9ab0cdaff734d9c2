/**
 * The cost of one emission: chains of nodes that compute nothing, trained step by step without subscribers.
 *
 * Each step fires every node once forward and once backward, and each firing is one emission: a frame on a wire, its
 * latch, the queue, and the node's own (empty) function. Run with `npm run bench:streams`.
 */
import Table from 'cli-table3'
import { compile, defineLoss, dense, graph, input, linear, sgd } from 'gradstream'
import { engineOf } from '../runtime/engine/model.ts'

const LENGTHS = [10, 100, 1_000, 10_000]
const ROUNDS = 60

/** A loss that returns its one number unchanged. */
const total = defineLoss({
  type: 'total',
  inputs: ['x'],
  shapes: () => ({ loss: [] }),
  forward: ({ x }, _, { kernels: k }) => ({ loss: k.reshape(x, []) }),
  backward: ({ loss: dx }, { x }, _, { kernels: k }) => ({ x: k.reshape(dx, x.shape) }),
})

/** A chain of `length` nodes, with a function that runs some steps. */
function chain(length: number): { emissions: number; steps: number; run(): number } {
  const x = input({ name: 'x', shape: [1] })
  const links = Array.from({ length }, () => linear())
  const loss = total()(x.pipe(dense({ units: 1 }), ...links, linear()))
  const model = compile(graph({ loss, update: loss.pipe(sgd({ learningRate: 0 })) }), { nodes: [total] })
  const engine = engineOf(model)
  const first = engine.nodes.get('x') as NonNullable<ReturnType<typeof engine.nodes.get>>
  const steps = Math.max(1, Math.round(20_000 / (length + 1)))
  return {
    emissions: 2 * length,
    steps,
    run() {
      const start = performance.now()
      for (let step = 0; step < steps; step++) {
        const batch = engine.lendInput(first, [1, 1])
        batch.data[0] = 1
        engine.run('train', [{ input: first, tensor: batch }])
      }
      return ((performance.now() - start) * 1e6) / steps
    },
  }
}

// The chains take turns, so that noise affects all equally. The cost of everything outside the chain (the
// dense layer, the loss, the optimizer) is measured with an empty chain and subtracted.
const empty = chain(0)
const chains = LENGTHS.map(chain)
const times = [empty, ...chains].map(() => [] as number[])
for (let round = -10; round < ROUNDS; round++) {
  for (const [i, each] of [empty, ...chains].entries()) {
    const time = each.run()
    if (round >= 0) times[i]?.push(time)
  }
}
const quantile = (values: readonly number[] | undefined, share: number) =>
  [...(values ?? [])].sort((a, b) => a - b)[Math.floor(share * ((values?.length ?? 1) - 1))] as number

const rest = quantile(times[0], 0.5)
const table = new Table({ head: ['nodes', 'ns per emission (median)', '10 % to 90 %'], style: { head: [] } })
chains.forEach(({ emissions }, i) => {
  const cost = (share: number) => ((quantile(times[i + 1], share) - rest) / emissions).toFixed(0)
  table.push([LENGTHS[i], cost(0.5), `${cost(0.1)} to ${cost(0.9)}`])
})
console.log(table.toString())
console.log(`${ROUNDS} rounds, Node ${process.version}, ${process.arch}`)
