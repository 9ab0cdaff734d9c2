/** Learns a wave with noise by a GRU, and then continues it by itself, value after value. */
import {
  adam,
  clipByGlobalNorm,
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  gru,
  input,
  meanSquaredError,
  RandomKey,
} from 'gradstream'

const [WINDOW, LENGTH, AHEAD] = [24, 720, 72]
const noise = RandomKey.of(3).normal(LENGTH)
const wave = (t: number) => 0.6 * Math.sin((2 * Math.PI * t) / 24) + 0.3 * Math.sin((2 * Math.PI * t) / 8)
const series = Array.from({ length: LENGTH }, (_, t) => wave(t) + 0.05 * (noise[t] as number))
const windowAt = (t: number) => series.slice(t, t + WINDOW).map(value => [value])
const starts = Array.from({ length: LENGTH - WINDOW }, (_, t) => t)
const data = fromArrays({ x: starts.map(windowAt), target: starts.map(t => [series[t + WINDOW] as number]) })
const { train, validation } = data.split({ validation: 0.2, seed: 1 })

const x = input({ name: 'x', shape: [WINDOW, 1] })
const prediction = x.pipe(gru({ units: 16 }), dense({ units: 1 }))
const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
const net = graph({
  prediction,
  update: loss.pipe(clipByGlobalNorm({ norm: 1 }), adam({ learningRate: 0.01 })),
})

const model = compile(net, { seed: 1 })
const trainer = createTrainer(model, { data: train, validation, epochs: 20, metrics: ['r2'] })
const { metrics } = await trainer.run()

const future = series.slice(-WINDOW)
for (let t = 0; t < AHEAD; t++) {
  const next = model.predict({ x: [future.slice(-WINDOW).map(value => [value])] }).prediction
  future.push(next.item())
}
const continued = future.slice(WINDOW)
const picture = Array.from({ length: 13 }, () => Array<string>(AHEAD).fill(' '))
const put = (mark: string) => (value: number, t: number) => {
  const row = picture[Math.round(6 - 6 * Math.min(Math.max(value, -1), 1))] as string[]
  row[t] = mark
}
for (const [t, value] of continued.map((_, t) => wave(LENGTH + t)).entries()) put('·')(value, t)
for (const [t, value] of continued.entries()) put('•')(value, t)
console.log(`${picture.map(row => row.join('')).join('\n')}\n\n• predicted   · what would have come`)
const errors = continued.map((value, t) => Math.abs(value - wave(LENGTH + t)))
const mean = errors.reduce((sum, error) => sum + error, 0) / AHEAD
console.log(
  `validation R2 ${metrics.validationR2?.toFixed(4)}, mean error ${mean.toFixed(3)} over ${AHEAD} steps ahead`,
)
