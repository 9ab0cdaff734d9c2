/** A page: trains, reads a table by its address, saves a model, and hears of what needs Node. */
import { compile, csv, dense, graph, input, loadModel, openBridge, saveModel } from 'gradstream'
import { connectBridge } from 'gradstream/client'
import { showProgress } from 'gradstream/terminal'
import { train } from './train.js'

const errorOf = async work => {
  try {
    await work()
  } catch ({ code, message }) {
    return { code, message }
  }
}

/** What a wide layer predicts, as one number for all bytes, and by what. */
function predictedBy(threads) {
  const net = graph({ y: input({ name: 'x', shape: [256] }).pipe(dense({ units: 256 })) })
  const model = compile(net, { seed: 1, threads })
  const x = { shape: [64, 256], data: Float32Array.from({ length: 64 * 256 }, (_, i) => Math.sin(i)) }
  const { data } = model.predict({ x }).y
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const sum = bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, 0)
  const kernels = model.summary().split('\n').at(-1)
  model.dispose()
  return { sum, kernels }
}

/** Whether a model predicts as before that was saved as a Blob, and as a file that the browser keeps. */
async function savedAndLoaded() {
  const model = compile(graph({ y: input({ name: 'x', shape: [2] }).pipe(dense({ units: 3 })) }), { seed: 1 })
  const blob = await saveModel(model)
  const storage = await navigator.storage.getDirectory()
  const handle = await storage.getFileHandle('model', { create: true })
  const file = await handle.createWritable()
  await file.write(blob)
  await file.close()
  const loaded = await Promise.all([blob, await handle.getFile()].map(source => loadModel(source)))
  const [expected, ...same] = [model, ...loaded].map(each => String(each.predict({ x: [[1, 2]] }).y))
  return {
    same: same.map(each => each === expected),
    folder: await errorOf(() => saveModel(model, 'model/')),
  }
}

async function main() {
  const table = await csv('table.csv', { target: 'b' })
  return {
    ...(await train()),
    rows: table.size,
    alone: predictedBy(1),
    together: predictedBy(2),
    bridge: await errorOf(() => openBridge()),
    terminal: await errorOf(() => showProgress()),
    missing: await errorOf(() => csv('missing.csv', { target: 'b' })),
    saved: await savedAndLoaded(),
    absent: await errorOf(() => loadModel('missing/')),
    client: typeof connectBridge,
  }
}

globalThis.outcome = main()
