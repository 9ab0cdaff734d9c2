/** Schedules with larger or smaller numbers are what they were, times a factor. */
import { type Schedule, schedule } from 'gradstream'
import { expect, test } from 'vitest'
import { scaled, valueAt } from '../../core/index.ts'

const kinds: Record<keyof typeof schedule, Schedule> = {
  constant: schedule.constant({ value: 0.3 }),
  cosine: schedule.cosine({ initial: 0.3, steps: 20, alpha: 0.1 }),
  cosineRestarts: schedule.cosineRestarts({ initial: 0.3, steps: 7, decay: 0.5 }),
  cyclic: schedule.cyclic({ minimum: 0.1, maximum: 0.4, steps: 6, mode: 'triangular2' }),
  exponential: schedule.exponential({ initial: 0.3, rate: 0.5, steps: 10 }),
  inverseTime: schedule.inverseTime({ initial: 0.3, rate: 0.5, steps: 10, staircase: true }),
  oneCycle: schedule.oneCycle({ maximum: 0.3, steps: 30 }),
  piecewise: schedule.piecewise({ boundaries: [5, 9], values: [0.3, 0.2, 0.1] }),
  polynomial: schedule.polynomial({ initial: 0.3, steps: 20, end: 0.05, power: 2 }),
  reduceOnPlateau: schedule.reduceOnPlateau({ initial: 0.3 }),
  warmUp: schedule.warmUp({ steps: 5, to: schedule.cosine({ initial: 0.3, steps: 20 }), from: 0.01 }),
}

test.each(Object.entries(kinds))('%s has the factor in each step', (_, written) => {
  for (let step = 0; step < 40; step++)
    expect(valueAt(scaled(written, 0.25, valueAt(written, 0)), step)).toBeCloseTo(
      0.25 * valueAt(written, step),
      12,
    )
})

test('one that watches a figure begins anew, below its present number', () => {
  const written = schedule.reduceOnPlateau({ initial: 1, minimum: 0.05 })
  expect(scaled(written, 0.5, 0.08)).toEqual({ ...written, initial: 0.04, minimum: 0.025 })
})

test('a number is multiplied', () => {
  expect(scaled(0.5, 0.5, 0.5)).toBe(0.25)
})
