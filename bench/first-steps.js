// The first steps of a chain of layers in a fresh process, and how long they hold others up; see pauses.ts. Arguments: the kernels, the layers.
const { adam, compile, createTrainer, dense, fromArrays, graph, input, meanSquaredError, tanh } =
  await import('../dist/index.js')
const [kernels, layers] = process.argv.slice(2)
const STEPS = 50
let y = input({ name: 'x', shape: [16] })
for (let i = 0; i < Number(layers); i++) y = y.pipe(dense({ units: 16 }), tanh())
const loss = meanSquaredError()(y.pipe(dense({ units: 1 })), input({ name: 'target', shape: [1] }))
const model = compile(graph({ loss, update: loss.pipe(adam()) }), { kernels, seed: 1 })
const count = 32 * STEPS
const data = fromArrays({
  x: { shape: [count, 16], data: new Float32Array(16 * count).map((_, i) => Math.sin(i)) },
  target: { shape: [count, 1], data: new Float32Array(count).map((_, i) => Math.cos(i)) },
})
const trainer = createTrainer(model, { data, batchSize: 32 })
const longest = { first: 0, next: 0 }
let [began, part, isOn] = [performance.now(), 'first', true]
function turn() {
  const now = performance.now()
  longest[part] = Math.max(longest[part], now - began)
  began = now
  if (isOn) setImmediate(turn)
}
setImmediate(turn)
const start = performance.now()
await trainer.step()
const first = performance.now() - start
part = 'next'
await trainer.step(STEPS - 1)
isOn = false
process.stdout.write(JSON.stringify({ first, ...{ pause: longest.first, later: longest.next } }))
process.exit()
