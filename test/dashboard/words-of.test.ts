/** Names in lines of whole words, and what a run is said to learn. */
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  type Port,
  sgd,
  sigmoid,
  softmax,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { purposeOf } from '../../dashboard/purpose.ts'
import { linesOf, wordsOf } from '../../dashboard/words-of.ts'

const NAMES = [
  'x',
  'dense12',
  'categoricalCrossentropy1',
  'residual3/dense1',
  'dense100 … meanSquaredError1',
  'height of it',
  'leakyReLU',
  'a/b/c/d',
  '',
]

describe('the words of a name', () => {
  test('are all of it', () => {
    for (const name of NAMES) expect(wordsOf(name).join('')).toBe(name)
  })

  test('begin at capitals, and after slashes and spaces', () => {
    expect(wordsOf('categoricalCrossentropy1')).toEqual(['categorical', 'Crossentropy1'])
    expect(wordsOf('residual3/dense1')).toEqual(['residual3/', 'dense1'])
    expect(wordsOf('height of it')).toEqual(['height ', 'of ', 'it'])
  })

  test('are whole in lines that are no wider and no more than they may be', () => {
    for (const name of NAMES) {
      for (let width = 1; width < 32; width++) {
        for (const most of [1, 2, 3]) {
          const words = wordsOf(name)
          const lines = linesOf(words, word => word.length, width, most)
          if (!lines) continue
          expect(lines.length).toBeLessThanOrEqual(most)
          expect(lines.join('').replaceAll(' ', '')).toBe(name.replaceAll(' ', ''))
          for (const line of lines) {
            expect(line.length).toBeLessThanOrEqual(width)
            for (const word of wordsOf(line))
              expect(words.map(own => own.trimEnd())).toContain(word.trimEnd())
          }
        }
      }
      // All of it fits into one line that is wide enough.
      expect(linesOf(wordsOf(name), word => word.length, 32, 1)).toEqual(name === '' ? [''] : [name])
    }
  })

  test('are left out where one is too wide, or they are too many', () => {
    expect(linesOf(['dense', 'Again'], word => word.length, 4, 9)).toBeUndefined()
    expect(linesOf(['dense', 'Again'], word => word.length, 5, 1)).toBeUndefined()
    expect(linesOf(['dense', 'Again'], word => word.length, 5, 2)).toEqual(['dense', 'Again'])
  })
})

describe('what a run learns', () => {
  const x = () => input({ name: 'x', shape: [4] })
  const target = (size: number) => input({ name: 'target', shape: [size] })

  function stateOf(loss: Port<'loss'>, outputs: Record<string, Port<'value'>>, width: number) {
    const data = fromArrays({
      x: [
        [0, 1, 2, 3],
        [1, 0, 3, 2],
      ],
      target: [0, 1].map(i => Array.from({ length: width }, (_, j) => (width > 1 ? Number(i === j) : i))),
    })
    const trainer = createTrainer(
      compile(graph({ ...outputs, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })),
      { data },
    )
    const { state } = trainer
    trainer.dispose()
    return state
  }

  const yes = () => {
    const prediction = x().pipe(dense({ units: 1 }), sigmoid())
    return stateOf(binaryCrossentropy()(prediction, target(1)), { prediction }, 1)
  }
  const classes = (count: number) => {
    const prediction = x().pipe(dense({ units: count }), softmax())
    return stateOf(categoricalCrossentropy()(prediction, target(count)), { prediction }, count)
  }
  const number = () => {
    const prediction = x().pipe(dense({ units: 1 }))
    return stateOf(meanSquaredError()(prediction, target(1)), { prediction }, 1)
  }

  test('is said by the kind of its answer, and by the names that the data have', () => {
    expect(purposeOf(yes())).toBe('Predicts yes or no from 4 numbers')
    expect(purposeOf(yes(), { target: ['benign'] })).toBe('Predicts benign or not from 4 numbers')
    expect(purposeOf(classes(3))).toBe('Predicts class 0, 1 or 2 from 4 numbers')
    expect(purposeOf(classes(3), { target: ['setosa', 'versicolor', 'virginica'] })).toBe(
      'Predicts setosa, versicolor or virginica from 4 numbers',
    )
    expect(purposeOf(classes(10))).toBe('Predicts one of 10 classes from 4 numbers')
    expect(purposeOf(number())).toBe('Predicts a number from 4 numbers')
    expect(purposeOf(number(), { target: ['price'] })).toBe('Predicts price from 4 numbers')
  })
})
