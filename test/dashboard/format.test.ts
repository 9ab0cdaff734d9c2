/** Numbers as people read and type them. */
import { describe, expect, test } from 'vitest'
import {
  brief,
  cellText,
  count,
  figures,
  limitsText,
  numberIn,
  plain,
  share,
  ticks,
  words,
} from '../../dashboard/format.ts'

test.each([
  [0.0123456, '0.0123'],
  [0.000125, '1.25e-4'],
  [-0.0001, '-1e-4'],
  [1.5, '1.5'],
  [12_345.6, '12,346'],
  [1.234e7, '1.23e7'],
  [0, '0'],
  [Number.NaN, '–'],
  [undefined, '–'],
])('%d has the figures %s', (value, text) => {
  expect(figures(value)).toBe(text)
})

test.each([
  [2011, '2011'],
  [9_007_199_254_740_991, '9007199254740991'],
  [Math.fround(36.6), '36.6'],
  [-1234.5678, '-1234.57'],
  ['Paris', 'Paris'],
  ['', 'empty'],
  [null, '–'],
  [undefined, '–'],
])('the cell %o of a table reads %s', (cell, text) => {
  expect(cellText(cell)).toBe(text)
})

test('counts are grouped, however large', () => {
  expect(count(12_000_000)).toBe('12,000,000')
})

describe('the marks of an axis', () => {
  test.each([
    [
      [0.6941, 0.6942, 0.6943],
      ['0.6941', '0.6942', '0.6943'],
    ],
    [
      [0, 0.5, 1],
      ['0', '0.5', '1'],
    ],
    [
      [2e-5, 4e-5],
      ['2e-5', '4e-5'],
    ],
    [
      [1_200_000, 1_200_001],
      ['1,200,000', '1,200,001'],
    ],
    [
      [-0.1, 2.7e-17, 0.1],
      ['-0.1', '0', '0.1'],
    ],
    [
      [0.001, null, 0.1],
      ['0.001', '', '0.1'],
    ],
    [[], []],
    [[5], ['5']],
  ])('%j are told apart', (values, texts) => {
    expect(ticks(values)).toEqual(texts)
  })

  test('of any size and distance are all different', () => {
    for (let exponent = -12; exponent < 12; exponent++) {
      for (const base of [0, 1, 12_345.678]) {
        const values = [0, 1, 2, 3].map(i => base + i * 10 ** exponent)
        const areDifferent = new Set(values).size === 4 && base / 10 ** exponent < 1e12
        if (areDifferent) expect(new Set(ticks(values)).size).toBe(4)
      }
    }
  })
})

describe('what is typed', () => {
  const limits = { minimum: 0, below: 1 }

  test.each([
    ['0.000125', 0.000125],
    [' 1e-3 ', 0.001],
    ['0', 0],
    ['1', 'it must be 0 or more, below 1'],
    ['-0.1', 'it must be 0 or more, below 1'],
    ['', '"" is not a number'],
    ['0,5', '"0,5" is not a number'],
    ['Infinity', '"Infinity" is not a number'],
  ])('%j within limits is %j', (typed, outcome) => {
    expect(numberIn(typed, limits)).toBe(outcome)
  })

  test('is whole where it has to be', () => {
    expect(numberIn('2.5', { minimum: 1, isWhole: true })).toBe('it must be whole, 1 or more')
    expect(numberIn('3', { minimum: 1, isWhole: true })).toBe(3)
  })

  test('is anything where there are no limits', () => {
    expect(numberIn('-7')).toBe(-7)
    expect(limitsText({})).toBe('')
    expect(limitsText({ above: 0 })).toBe('above 0')
  })
})

test('configs are read as JSON, names as words, shares as percent', () => {
  expect(plain({ a: [1] })).toBe('{"a":[1]}')
  expect(plain('zeros')).toBe('zeros')
  expect(words('validationLoss')).toBe('validation loss')
  expect(words('validationR2')).toBe('validation r²')
  expect([500, 99_999, 100_000, 1_500_000].map(brief)).toEqual(['500', '99,999', '100k', '1.5M'])
  expect([0, 0.0123, 0.5, 1].map(share)).toEqual(['0 %', '1.23 %', '50 %', '100 %'])
})
