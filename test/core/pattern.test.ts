/** Patterns of names, beside regular expressions. */
import { expect, test } from 'vitest'
import { fitsPattern } from '../../core/pattern.ts'
import { Dice } from '../support/dice.ts'

const expression = (pattern: string) =>
  new RegExp(
    `^${pattern
      .split('*')
      .map(part => part.replace(/[.$/]/g, '\\$&'))
      .join('.*')}$`,
    's',
  )

test('a pattern fits as the regular expression does', () => {
  const dice = new Dice(7)
  const text = (letters: string, most: number) =>
    Array.from({ length: dice.below(most) }, () => dice.pick([...letters])).join('')
  let fitting = 0
  for (let i = 0; i < 20_000; i++) {
    const [name, pattern] = [text('ab./$\n', 9), text('ab.*', 7)]
    const expected = pattern.includes('*') && expression(pattern).test(name)
    if (fitsPattern(name, pattern) !== expected) throw new Error(JSON.stringify({ name, pattern, expected }))
    if (expected) fitting++
  }
  expect(fitting).toBeGreaterThan(1000)
})

test('it takes no longer where many parts almost fit', () => {
  expect(fitsPattern('a'.repeat(100_000), `${'*a'.repeat(1000)}b`)).toBe(false)
})
