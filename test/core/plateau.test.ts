/** `reduceOnPlateau`: its numbers beside those of PyTorch, and what it refuses. */
import { readFileSync } from 'node:fs'
import { schedule } from 'gradstream'
import { expect, test } from 'vitest'
import { checkedSchedule, courseOf, isPlateau, plateauAfter, plateauOf } from '../../core/index.ts'
import { errorOf } from './support.ts'

interface Case {
  readonly course: string
  readonly options: Partial<Parameters<typeof schedule.reduceOnPlateau>[0]>
  readonly figures: readonly (number | string)[]
  readonly rates: readonly number[]
}

/** Written by `plateau.py`. */
const cases: Case[] = JSON.parse(readFileSync(new URL('../golden/plateau.json', import.meta.url), 'utf8'))

const plateau = (options: Case['options']) => {
  const made = schedule.reduceOnPlateau({ initial: 0.1, ...options })
  if (!isPlateau(made)) throw new Error('not a plateau')
  return made
}

test.each(cases)('$course, with $options, as PyTorch', ({ options, figures, rates }) => {
  const made = plateau(options)
  let state = plateauOf(made)
  const ours = figures.map(figure => {
    state = plateauAfter(made, state, Number(figure === 'inf' ? Infinity : figure))
    return state.value
  })
  expect(ours).toEqual(rates)
})

test('it is plain data with all options, and comes back as it was', () => {
  const made = schedule.reduceOnPlateau({ initial: 0.1 })
  expect(made).toEqual({
    schedule: 'reduceOnPlateau',
    initial: 0.1,
    monitor: null,
    mode: 'min',
    factor: 0.1,
    patience: 10,
    threshold: 1e-4,
    cooldown: 0,
    minimum: 0,
  })
  expect(checkedSchedule(JSON.parse(JSON.stringify(made)))).toEqual(made)
})

test('it is drawn over epochs in which nothing improves', () => {
  const drawn = courseOf(plateau({ factor: 0.5, patience: 2 }), 100)
  expect(drawn.map(([, value]) => value)).toEqual([
    ...[0.1, 0.1, 0.1, 0.1],
    ...[0.05, 0.05, 0.05],
    ...[0.025, 0.025, 0.025],
    ...[0.0125, 0.0125, 0.0125],
  ])
})

const { reduceOnPlateau, warmUp } = schedule
test.each([
  ['a figure that may be anything', { monitor: 'fit' }, 'mode to be "min" or "max"'],
  ['a factor that raises it', { factor: 1 }, 'factor to be less than 1'],
  ['a factor of 0', { factor: 0 }, 'factor'],
  ['half an epoch', { patience: 0.5 }, 'patience'],
  ['a negative cooldown', { cooldown: -1 }, 'cooldown'],
  ['a threshold of all', { threshold: 1 }, 'threshold'],
  ['a minimum above the first number', { minimum: 0.2 }, 'minimum to be at most initial, 0.1'],
  ['another mode', { mode: 'down' as never }, 'mode to be "min" or "max"'],
  ['no name', { monitor: '' }, 'monitor'],
  ['no first number', { initial: undefined as never }, 'initial'],
  ['an option of another framework', { minLr: 0 } as never, 'minLr'],
])('%s is refused', (_, options: Case['options'], expected) => {
  expect(errorOf(() => reduceOnPlateau({ initial: 0.1, ...options })).message).toContain(expected)
})

test('losses and accuracies may be watched without a mode, and a warm-up cannot lead to it', () => {
  expect(reduceOnPlateau({ initial: 1, monitor: 'validationBinaryLoss' })).toMatchObject({ mode: 'min' })
  expect(reduceOnPlateau({ initial: 1, monitor: 'validationAccuracy' })).toMatchObject({ mode: 'max' })
  const { message } = errorOf(() => warmUp({ steps: 5, to: reduceOnPlateau({ initial: 1 }) }))
  expect(message).toContain('reduceOnPlateau counts epochs: use it on its own.')
})
