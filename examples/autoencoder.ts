/** Squeezes digits of 64 pixels through a code of eight numbers, and draws what comes out beside what went in. */
import {
  adam,
  block,
  compile,
  createTrainer,
  csv,
  dense,
  graph,
  input,
  meanSquaredError,
  type Port,
  relu,
  rescaling,
  sigmoid,
} from 'gradstream'

const data = await csv(new URL('data/digits.csv', import.meta.url), {
  target: 'digit',
  categorical: ['digit'],
})
const { train, validation } = data.split({ validation: 0.2, seed: 1 })

const x = input({ name: 'x', shape: [64] })
const pixels = x.pipe(rescaling({ scale: 1 / 16 }))
const encoder = block('encoder', (image: Port) =>
  image.pipe(dense({ units: 96 }), relu(), dense({ units: 8 })),
)
const decoder = block('decoder', (code: Port) =>
  code.pipe(dense({ units: 96 }), relu(), dense({ units: 64 }), sigmoid()),
)
const code = encoder(pixels)
const copy = decoder(code)
const loss = meanSquaredError()(copy, pixels)
const net = graph({ code, copy, pixels, loss, update: loss.pipe(adam({ learningRate: 0.003 })) })

const model = compile(net, { seed: 1 })
const metrics = [{ metric: 'r2', prediction: 'copy', target: 'pixels' }] as const
const trainer = createTrainer(model, { data: train, validation, epochs: 60, metrics })
const result = await trainer.run()

const shown = model.predict({ x: (validation.column('x').toNested() as number[][]).slice(0, 6) })
const lineOf = (image: number[] = [], row: number) =>
  image
    .slice(8 * row, 8 * row + 8)
    .map(ink => ' ░▒▓█'.charAt(Math.round(4 * ink)).repeat(2))
    .join('')
const draw = (images: number[][]) => {
  for (let row = 0; row < 8; row++) console.log(images.map(image => lineOf(image, row)).join('  '))
}
draw(shown.pixels.toNested() as number[][])
console.log('\nfrom a code of 8 numbers each:\n')
draw(shown.copy.toNested() as number[][])
console.log(`\nvalidation R2 ${result.metrics['validationCopy.r2']?.toFixed(3)} on ${validation.size} digits`)
