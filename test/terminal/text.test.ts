import { expect, test } from 'vitest'
import { count, figure, percent, words } from '../../runtime/terminal/text.ts'

test.each([
  [0, '0.0000'],
  [0.98245, '0.9825'],
  [-0.5, '-0.5000'],
  [9.99, '9.9900'],
  [41.3, '41.30'],
  [2871.4, '2871'],
  [0.00004, '4.00e-5'],
  [123456789, '1.23e+8'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
])('writes the figure %d as %s', (value, text) => {
  expect(figure(value)).toBe(text)
})

test('writes shares in per cent, counts in groups and names in words', () => {
  expect(percent(0.9735)).toBe('97.4 %')
  expect(percent(Number.NaN)).toBe('–')
  expect(count(41230.7)).toBe('41,231')
  expect(words('validationMeanAbsoluteError')).toBe('validation mean absolute error')
  expect(words('r2')).toBe('r2')
})
