/** Durations in words, estimated, and as a clock shows them. */
import { expect, test } from 'vitest'
import { clock, duration, roughly, taken } from '../../core/duration.ts'
import { countOf } from '../support/counts.ts'
import { Dice } from '../support/dice.ts'

test('they have their two largest units, and estimates one', () => {
  expect([0.9, 59, 65, 3600, 12_000, 93_600].map(duration)).toEqual([
    ...['0 s', '59 s', '1 min 05 s', '1 h 00 min', '3 h 20 min', '1 d 02 h'],
  ])
  expect([0.2, 42, 119, 150, 7300, 200_000].map(roughly)).toEqual([
    ...['1 s', '40 s', '120 s', '3 min', '2 h', '2 d'],
  ])
})

test('what is over may have been short', () => {
  expect([-1, 0, 0.04, 0.32, 9.94, 9.96, 65].map(taken)).toEqual([
    ...['0.0 s', '0.0 s', '0.0 s', '0.3 s', '9.9 s', '10 s', '1 min 05 s'],
  ])
})

test('a clock shows hours only where there are any', () => {
  expect([0, 5, 0.25, 65, 3600, 3725.5].map(clock)).toEqual([
    '0:00',
    '0:05',
    '0:00.25',
    '1:05',
    '1:00:00',
    '1:02:05.5',
  ])
})

const LENGTHS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600, d: 86_400 }

/** Seconds in a text such as "3 h 20 min". */
const secondsIn = (text: string): number =>
  [...text.replaceAll(',', '').matchAll(/(\d+) (\w+)/g)].reduce(
    (sum, [, figure, unit]) => sum + Number(figure) * (LENGTHS[unit as string] as number),
    0,
  )

test('any duration can be read again, as exactly as it is written', () => {
  const dice = new Dice(5)
  for (let i = 0; i < countOf({ usual: 500, full: 50_000 }); i++) {
    const seconds = Math.floor(10 ** (7 * dice.next()))
    const parts = duration(seconds).split(' ')
    const smallest = LENGTHS[parts.at(-1) as string] as number
    expect(seconds - secondsIn(duration(seconds))).toBeLessThan(smallest)
    expect(seconds - secondsIn(duration(seconds))).toBeGreaterThanOrEqual(0)
    const figures = clock(seconds).split(':').map(Number)
    expect(figures.reduce((sum, figure) => 60 * sum + figure, 0)).toBe(seconds)
    expect(Math.abs(secondsIn(roughly(seconds)) - seconds)).toBeLessThanOrEqual(Math.max(0.26 * seconds, 1))
  }
})
