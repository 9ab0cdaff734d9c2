/** Writes a play letter by letter, with a small transformer. `characters.ts my.txt 4000` takes a text and a number of steps, `--page` shows it. */
import { readFileSync } from 'node:fs'
import * as g from 'gradstream'
import { firstVisitor } from './support/first-visitor.ts'
import { given } from './support/given.ts'
import { alphabetOf, choose, pieces } from './support/letters.ts'

const { positionals, values } = given('characters.ts [FILE] [STEPS] [--page]', { page: { type: 'boolean' } })
const [file = new URL('data/coriolanus.txt', import.meta.url), steps = '400'] = positionals
const text = readFileSync(file, 'utf8')
const { letters, encode, decode } = alphabetOf(text)
const [LENGTH, WIDTH] = [64, 128]

function block(x: g.Port): g.Port {
  const before = g.layerNormalization()(x)
  const attention = g.multiHeadAttention({ numHeads: 4, keyDim: WIDTH / 4, useCausalMask: true })
  const seen = g.add()(x, attention(before, before))
  const thought = seen.pipe(
    g.layerNormalization(),
    g.dense({ units: 4 * WIDTH }),
    g.gelu(),
    g.dense({ units: WIDTH }),
  )
  return g.add()(seen, thought)
}
const x = g.input({ name: 'x', shape: [LENGTH] })
const meaning = x.pipe(g.embedding({ inputDim: letters.length, outputDim: WIDTH }))
const placed = g.add()(meaning, g.positionEmbedding({ sequenceLength: LENGTH })(meaning))
const next = placed.pipe(
  g.repeat(4, () => block),
  g.layerNormalization(),
  g.dense({ units: letters.length }),
)
const target = g.input({ name: 'target', shape: [LENGTH] })
const loss = g.sparseCategoricalCrossentropy({ fromLogits: true })(next, target)
const falling = g.schedule.cosine({ initial: 0.002, steps: Number(steps) })
const learningRate = g.schedule.warmUp({ steps: 50, to: falling })
const shares = next.pipe(g.scale({ factor: 1.25 }), g.softmax())
const net = g.graph({ shares, loss, update: loss.pipe(g.adam({ learningRate })) })
const model = g.compile(net, { seed: 1 })

const split = Math.floor(0.9 * text.length)
const [known, others] = [encode(text.slice(0, split)), encode(text.slice(split))]
const trainer = g.createTrainer(model, { data: pieces(known, LENGTH, 16), batchSize: 12, epochs: 1000 })
if (values.page) await firstVisitor(await g.openBridge(trainer, { text: { encode, decode } }))
const { throughput } = await trainer.step(Number(steps))
const { loss: found = 0 } = await g.evaluate(model, pieces(others, LENGTH, LENGTH))
console.log(`validation loss ${found.toFixed(3)}, ${(LENGTH * throughput).toFixed(0)} letters a second\n`)

let written = text.slice(0, LENGTH)
for (const luck of g.RandomKey.of(1).uniform(500)) {
  const { shares: told } = model.predict({ x: [encode(written.slice(-LENGTH))] })
  written += letters[choose(told.data.subarray(-letters.length), luck)]
}
console.log(written)
