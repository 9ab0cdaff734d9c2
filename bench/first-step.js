// One cold start in a fresh process, as a user's file would make it; see startup.ts. Argument: the kernels.
const began = performance.now()
const gradstream = await import('../dist/index.js')
const imported = performance.now()
const { binaryCrossentropy, compile, createTrainer, dense, fromArrays, graph, input, relu, sgd, sigmoid } =
  gradstream
const x = input({ name: 'x', shape: [2] })
const hidden = x.pipe(dense({ units: 16 }), relu(), dense({ units: 16 }), relu())
const prediction = hidden.pipe(dense({ units: 1 }), sigmoid())
const loss = binaryCrossentropy()(prediction, input({ name: 'target', shape: [1] }))
const model = compile(graph({ loss, update: loss.pipe(sgd({ learningRate: 0.01 })) }), {
  kernels: process.argv[2],
})
const data = fromArrays({
  x: { shape: [1600, 2], data: new Float32Array(3200).map(Math.random) },
  target: { shape: [1600, 1], data: new Float32Array(1600).map(Math.random) },
})
await createTrainer(model, { data, batchSize: 32 }).step()
const trained = performance.now()
// The clock of performance begins with the process.
process.stdout.write(
  JSON.stringify({
    importing: imported - began,
    training: trained - imported,
    all: trained - began,
    process: trained,
  }),
)
process.exit()
