/** Marks the brackets without a partner, in texts of different lengths, by a GRU that reads in both directions. */
import {
  adam,
  bidirectional,
  binaryCrossentropy,
  compile,
  createTrainer,
  dense,
  embedding,
  evaluate,
  fromArrays,
  graph,
  gru,
  input,
  RandomKey,
} from 'gradstream'

const [COUNT, LONGEST] = [3000, 24]
const texts = Array.from(RandomKey.of(1).uniform(COUNT, 4, LONGEST + 1), (length, i) =>
  Array.from(RandomKey.of(2).child(i).bits(Math.floor(length)), bit => '()'[bit % 2]).join(''),
)

/** For each bracket a 1 if it has no partner, else a 0. */
function labels(text: string): number[] {
  const [opened, lonely]: [number[], number[]] = [[], []]
  for (const [t, bracket] of [...text].entries())
    if (bracket === '(') opened.push(t)
    else if (opened.pop() === undefined) lonely.push(t)
  return Array.from(text, (_, t) => ([...opened, ...lonely].includes(t) ? 1 : 0))
}

// All texts are padded to one length. Where the mask is 0, the layers keep their state, and loss and metrics count nothing.
const padded = (row: number[]) => [...row, ...Array<number>(LONGEST - row.length).fill(0)]
const columns = (some: string[]) => ({
  x: some.map(text => padded(Array.from(text, bracket => '()'.indexOf(bracket)))),
  mask: some.map(text => padded(Array.from(text, () => 1))),
  target: some.map(text => padded(labels(text)).map(label => [label])),
})

const [x, mask] = [input({ name: 'x', shape: [null] }), input({ name: 'mask', shape: [null] })]
const brackets = x.pipe(embedding({ inputDim: 2, outputDim: 4 }))
const read = bidirectional(gru, { units: 24, returnSequences: true })(brackets, mask)
const isLonely = dense({ units: 1 })(read)
const entropy = binaryCrossentropy({ fromLogits: true, reduction: 'weightedMean' })
const loss = entropy(isLonely, input({ name: 'target', shape: [null, 1] }), mask)
const model = compile(graph({ isLonely, loss, update: loss.pipe(adam({ learningRate: 0.01 })) }), { seed: 1 })
const [known, others] = [texts.slice(600), texts.filter(text => !texts.includes(text, 600))]
await createTrainer(model, { data: fromArrays(columns(known)), epochs: 15, batchSize: 64 }).run()

const { x: rows, mask: masks } = columns(others)
const scores = model.predict({ x: rows, mask: masks }).isLonely.toNested() as number[][][]
const marks = others.map((text, i) => Array.from(text, (_, t) => ((scores[i]?.[t]?.[0] ?? 0) > 0 ? 1 : 0)))
for (const i of [0, 1, 2, 3]) console.log(`${others[i]}\n${marks[i]?.map(mark => ' ^'[mark]).join('')}`)
const { accuracy = 0 } = await evaluate(model, fromArrays(columns(others)), { metrics: ['accuracy'] })
console.log(`right at ${(100 * accuracy).toFixed(2)} % of the brackets in ${others.length} new texts`)
