/** Numbers that JSON has not, there and back. */
import { describe, expect, test } from 'vitest'
import { decode, encode } from '../../../runtime/bridge/json.ts'

const ODD = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]

test('every number comes back as it was, wherever it stands', () => {
  for (const number of [...ODD, 0, 1.5, -1e308, 5e-324]) {
    expect(decode(encode(number))).toBe(number)
    const message = {
      a: [number, { b: number, c: [[number]] }],
      metrics: { r2: number },
      text: 'NaN',
      none: null,
    }
    expect(decode(encode(message))).toStrictEqual(message)
  }
})

test('a text without them is that of JSON', () => {
  const message = { type: 'ack', version: 3, list: [1, 'x', null, true, { y: 0.1 }] }
  expect(encode(message)).toBe(JSON.stringify(message))
})

test('they are written as the page of the protocol says', () => {
  expect(encode(ODD)).toBe(
    '[{"$number":"NaN"},{"$number":"Infinity"},{"$number":"-Infinity"},{"$number":"-0"}]',
  )
})

describe('what only resembles them stays what it is:', () => {
  test.each([
    ['{"$number":"7"}', { $number: '7' }],
    ['{"$number":7}', { $number: 7 }],
    ['{"$number":"NaN","more":1}', { $number: 'NaN', more: 1 }],
    ['["$number","NaN"]', ['$number', 'NaN']],
  ])('%s', (text, value) => {
    expect(decode(text)).toStrictEqual(value)
  })
})
