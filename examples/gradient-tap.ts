/** Watches gradients while a network learns: their norms layer by layer, a warning on large ones, and a pause. */
import { binaryCrossentropy, compile, createTrainer, csv, dense, graph, input, sgd, tanh } from 'gradstream'
import { bufferCount, filter, map, merge, share, take, throttleTime, zip } from 'rxjs'

const data = await csv(new URL('data/breast_cancer.csv', import.meta.url), { target: 'benign' })

const x = input({ name: 'x', shape: [30] })
const target = input({ name: 'target', shape: [1] })
const logit = x.pipe(dense({ units: 16 }), tanh(), dense({ units: 16 }), tanh(), dense({ units: 1 }))
const loss = binaryCrossentropy({ fromLogits: true })(logit, target)
const model = compile(graph({ logit, loss, update: loss.pipe(sgd({ learningRate: 0.2 })) }))
const trainer = createTrainer(model, { data: data.standardize(), epochs: 40, metrics: ['accuracy'] })

// Each gradient is a stream of frames. The tensor of a frame is lent, so its norm is taken at once.
const layers = ['dense1', 'dense2', 'dense3']
const norms = layers.map(layer => {
  const { gradient$ } = model.node(layer).parameters.kernel
  return gradient$.pipe(map(({ step, tensor }) => ({ layer, step, norm: tensor.norm() })))
})

const say = (step: number | string, text: string) => console.log(`${String(step).padStart(5)}  ${text}`)

// A row for each 60 steps: the mean norm of each layer.
const mean = (frames: { norm: number }[]) => frames.reduce((sum, { norm }) => sum + norm, 0) / frames.length
const rows$ = zip(norms.map(norm$ => norm$.pipe(bufferCount(60), map(mean)))).pipe(share())
say('steps', layers.join('  '))
rows$
  .pipe(map((row, i) => ({ step: 60 * (i + 1), row })))
  .subscribe(({ step, row }) => say(step, row.map(norm => norm.toFixed(4)).join('  ')))

// A warning on large gradients, a few times a second at most.
const large$ = merge(...norms).pipe(
  filter(({ norm }) => norm > 0.5),
  throttleTime(200),
)
large$.subscribe(({ layer, step, norm }) => say(step, `large gradient at ${layer}: norm ${norm.toFixed(2)}`))

// Once the output layer has settled, the run pauses for inspection, and resumes on command.
const calm$ = rows$.pipe(filter(([, , output = 0]) => output < 0.03))
calm$.pipe(take(1)).subscribe(async () => {
  const { step, metrics } = await trainer.pause()
  say(step, `paused: accuracy ${metrics.accuracy?.toFixed(4)} in this epoch`)
  trainer.resume()
})

const { status, metrics } = await trainer.run()
console.log(`${status}: loss ${metrics.loss?.toFixed(4)}, accuracy ${metrics.accuracy?.toFixed(4)}`)
