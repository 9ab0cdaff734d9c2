/** Watches gradients during training: norms by layer, a warning about large ones, and a pause. */
import { binaryCrossentropy, compile, createTrainer, csv, dense, graph, input, sgd, tanh } from 'gradstream'
import { bufferCount, filter, map, merge, share, take, throttleTime, zip } from 'rxjs'

const data = await csv(new URL('data/breast_cancer.csv', import.meta.url), { target: 'benign' })

const x = input({ name: 'x', shape: [30] })
const target = input({ name: 'target', shape: [1] })
const logit = x.pipe(dense({ units: 16 }), tanh(), dense({ units: 16 }), tanh(), dense({ units: 1 }))
const loss = binaryCrossentropy({ fromLogits: true })(logit, target)
const model = compile(graph({ logit, loss, update: loss.pipe(sgd({ learningRate: 0.2 })) }))
const trainer = createTrainer(model, { data: data.standardize(), epochs: 40, metrics: ['accuracy'] })

// Each gradient is a stream of frames. The tensor in a frame is lent, so its norm is computed immediately.
const layers = ['dense1', 'dense2', 'dense3']
const norms = layers.map(layer => {
  const { gradient$ } = model.node(layer).parameters.kernel
  return gradient$.pipe(map(({ step, tensor }) => ({ layer, step, norm: tensor.norm() })))
})

const say = (step: number | string, text: string) => console.log(`${String(step).padStart(5)}  ${text}`)

// One row per 60 steps: the mean norm of each layer.
const mean = (frames: { norm: number }[]) => frames.reduce((sum, { norm }) => sum + norm, 0) / frames.length
const rows$ = zip(norms.map(norm$ => norm$.pipe(bufferCount(60), map(mean)))).pipe(share())
say('steps', layers.join('  '))
rows$
  .pipe(map((row, i) => ({ step: 60 * (i + 1), row })))
  .subscribe(({ step, row }) => say(step, row.map(norm => norm.toFixed(4)).join('  ')))

// A warning about large gradients, at most a few times a second.
const large$ = merge(...norms).pipe(
  filter(({ norm }) => norm > 0.5),
  throttleTime(200),
)
large$.subscribe(({ layer, step, norm }) => say(step, `large gradient at ${layer}: norm ${norm.toFixed(2)}`))

// When the gradients of the output layer are small, the run pauses, reports, and resumes.
const calm$ = rows$.pipe(filter(([, , output = 0]) => output < 0.03))
calm$.pipe(take(1)).subscribe(async () => {
  const { step, metrics } = await trainer.pause()
  say(step, `paused: accuracy ${metrics.accuracy?.toFixed(4)} in this epoch`)
  trainer.resume()
})

const { status, metrics } = await trainer.run()
console.log(`${status}: loss ${metrics.loss?.toFixed(4)}, accuracy ${metrics.accuracy?.toFixed(4)}`)
