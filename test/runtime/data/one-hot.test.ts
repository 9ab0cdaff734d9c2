import {
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  oneHot,
  sgd,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { errorOf } from '../../core/support.ts'

describe('oneHot', () => {
  test('gives each label a row with a single one', () => {
    const { shape, data, classes } = oneHot(['cat', 'dog', 'cat'])
    expect(shape).toEqual([3, 2])
    expect([...data]).toEqual([1, 0, 0, 1, 1, 0])
    expect(classes).toEqual(['cat', 'dog'])
  })

  test('orders numbers by value, also in quotes, and sorts texts', () => {
    expect(oneHot([10, 9, 2]).classes).toEqual([2, 9, 10])
    expect(oneHot(['10', '9', '2']).classes).toEqual(['2', '9', '10'])
    expect(oneHot(['b', 'B', 'a']).classes).toEqual(['B', 'a', 'b'])
    expect(oneHot(['b', 3, '10', 1]).classes).toEqual([1, 3, '10', 'b'])
  })

  test('takes typed arrays', () => {
    expect(oneHot(Uint8Array.of(2, 0, 2))).toMatchObject({ shape: [3, 2], classes: [0, 2] })
  })

  test('encodes other labels as those that the classes come from', () => {
    const { classes } = oneHot(['a', 'b', 'c'])
    expect([...oneHot(['c'], { classes }).data]).toEqual([0, 0, 1])
    expect([...oneHot(['a'], { classes: ['c', 'a'] }).data]).toEqual([0, 1])
  })

  test('gives a column of data to train on', async () => {
    const target = oneHot(['no', 'yes', 'yes'])
    const data = fromArrays({ x: [Float32Array.of(0), Float32Array.of(1), Float32Array.of(2)], target })
    const x = input({ name: 'x', shape: [1] })
    const loss = meanSquaredError()(x.pipe(dense({ units: 2 })), input({ name: 'target', shape: [2] }))
    const model = compile(graph({ loss, update: loss.pipe(sgd()) }), { seed: 1 })
    expect((await createTrainer(model, { data, epochs: 1 }).run()).status).toBe('finished')
  })

  test.each([
    ['an unknown label', ['cow'], { classes: ['cat', 'cot'] }, 'UNKNOWN_NAME', 'Did you mean "cot"?'],
    [
      'a number among texts',
      [1],
      { classes: ['1', '2'] },
      'UNKNOWN_NAME',
      'The class is the text "1", the label the number 1.',
    ],
    ['a text', 'cat', {}, 'INVALID_OPTION', 'Pass a list: oneHot(["cat"]).'],
    ['lists in a list', [['cat']], {}, 'INVALID_OPTION', 'Pass a plain list, one label for each sample.'],
    ['a hole', [undefined], {}, 'INVALID_OPTION', 'Pass a string or a finite number for each sample.'],
    ['a class twice', ['a'], { classes: ['a', 'a'] }, 'INVALID_OPTION', 'Correct this value.'],
    ['no label', [], {}, 'DATA_EMPTY', 'Check the source of the data, and the share passed to split().'],
    ['an option that is misspelt', ['a'], { clases: ['a'] }, 'INVALID_OPTION', 'Did you mean "classes"?'],
  ])('refuses %s', (_, labels, options, code, hint) => {
    expect(errorOf(() => oneHot(labels as never, options as never))).toMatchObject({ code, hint })
  })
})
