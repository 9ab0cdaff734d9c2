/** Schedules: their numbers, against formulas written out by hand, and what they refuse. */
import {
  adam,
  graph,
  graphFromJson,
  graphToJson,
  input,
  meanSquaredError,
  type Schedule,
  schedule,
  sgd,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { courseOf, valueAt } from '../../core/index.ts'
import { errorOf } from './support.ts'

const half = (share: number) => (1 + Math.cos(Math.PI * share)) / 2

describe('the numbers of', () => {
  test.each([
    ['constant', schedule.constant({ value: 0.3 }), { 0: 0.3, 1000: 0.3 }],
    [
      'piecewise',
      schedule.piecewise({ boundaries: [10, 20], values: [1, 0.5, 0.1] }),
      { 0: 1, 9: 1, 10: 0.5, 19: 0.5, 20: 0.1, 99: 0.1 },
    ],
    [
      'exponential',
      schedule.exponential({ initial: 2, rate: 0.5, steps: 10 }),
      { 0: 2, 5: 2 * Math.SQRT1_2, 10: 1, 30: 0.25 },
    ],
    [
      'exponential in stairs',
      schedule.exponential({ initial: 2, rate: 0.5, steps: 10, staircase: true }),
      { 9: 2, 10: 1, 19: 1, 20: 0.5 },
    ],
    [
      'inverseTime',
      schedule.inverseTime({ initial: 1, rate: 2, steps: 10 }),
      { 0: 1, 5: 0.5, 10: 1 / 3, 20: 0.2 },
    ],
    [
      'polynomial',
      schedule.polynomial({ initial: 1, steps: 10, end: 0.2, power: 2 }),
      { 0: 1, 5: 0.2 + 0.8 / 4, 10: 0.2, 50: 0.2 },
    ],
    [
      'cosine',
      schedule.cosine({ initial: 4, steps: 8, alpha: 0.1 }),
      { 0: 4, 2: 4 * (0.1 + 0.9 * half(0.25)), 4: 2.2, 8: 0.4, 80: 0.4 },
    ],
    [
      'cosineRestarts',
      schedule.cosineRestarts({ initial: 1, steps: 4, factor: 2, decay: 0.5 }),
      { 0: 1, 2: 0.5, 3: half(0.75), 4: 0.5, 8: 0.25, 11: 0.5 * half(7 / 8), 12: 0.25, 20: 0.125, 28: 0.125 },
    ],
    [
      'cosineRestarts of one length',
      schedule.cosineRestarts({ initial: 1, steps: 4, factor: 1 }),
      { 0: 1, 2: 0.5, 4: 1, 6: 0.5, 400: 1 },
    ],
    ['warmUp', schedule.warmUp({ steps: 4, to: 0.8 }), { 0: 0, 1: 0.2, 3: 0.6, 4: 0.8, 9: 0.8 }],
    [
      'warmUp before another one',
      schedule.warmUp({ steps: 2, from: 0.5, to: schedule.polynomial({ initial: 1, steps: 10, end: 0 }) }),
      { 0: 0.5, 1: 0.75, 2: 1, 7: 0.5, 12: 0 },
    ],
    // PyTorch's OneCycleLR(max_lr=1, total_steps=11, pct_start=0.3), which rises until step 2.3.
    [
      'oneCycle',
      schedule.oneCycle({ maximum: 1, steps: 11 }),
      { 0: 0.04, 1: 0.04 + 0.96 * (1 - half(1 / 2.3)), 3: 4e-6 + (1 - 4e-6) * half(0.7 / 7.7), 10: 4e-6 },
    ],
    [
      'cyclic',
      schedule.cyclic({ minimum: 1, maximum: 3, steps: 4 }),
      { 0: 1, 2: 2, 4: 3, 6: 2, 8: 1, 12: 3 },
    ],
    [
      'cyclic by halves',
      schedule.cyclic({ minimum: 1, maximum: 3, steps: 4, mode: 'triangular2' }),
      { 4: 3, 12: 2, 20: 1.5 },
    ],
    [
      'cyclic that falls',
      schedule.cyclic({ minimum: 0, maximum: 1, steps: 2, mode: 'exponential', gamma: 0.5 }),
      { 2: 0.25, 1: 0.25 },
    ],
  ])('%s', (_, made, numbers) => {
    for (const [step, number] of Object.entries(numbers))
      expect(valueAt(made, Number(step))).toBeCloseTo(number, 12)
  })

  test('each kind is finite, however many steps there are', () => {
    for (const kind of [
      schedule.cosineRestarts({ initial: 1, steps: 3, factor: 1.5 }),
      schedule.oneCycle({ maximum: 1, steps: 2 }),
      schedule.exponential({ initial: 1, rate: 0.1, steps: 1 }),
      schedule.cyclic({ minimum: 0, maximum: 1, steps: 1 }),
    ])
      for (const step of [0, 1, 2, 3, 1e3, 1e6, 1e9]) expect(valueAt(kind, step)).toSatisfy(Number.isFinite)
  })

  test('a cycle rises to its maximum and falls, for every share and count of steps', () => {
    for (const steps of [1, 2, 3, 4, 5, 7, 10, 20, 100])
      for (const rising of [0, 0.1, 0.2, 0.25, 0.3, 0.5, 0.75, 0.9]) {
        const cycle = schedule.oneCycle({ maximum: 1, steps, rising })
        const numbers = Array.from({ length: steps + 2 }, (_, step) => valueAt(cycle, step))
        const label = `steps ${steps}, rising ${rising}`
        for (const number of numbers) expect(number > 0 && number <= 1 + 1e-12, label).toBe(true)
        const top = rising * steps - 1
        const whole = Math.round(top)
        if (whole >= 0 && Math.abs(top - whole) < 1e-9) expect(numbers[whole], label).toBeCloseTo(1, 9)
        for (let step = 1; step < numbers.length; step++) {
          const [before, here] = [numbers[step - 1] as number, numbers[step] as number]
          if (step <= top + 1e-9) expect(here, label).toBeGreaterThanOrEqual(before)
          if (step - 1 >= top - 1e-9) expect(here, label).toBeLessThanOrEqual(before)
        }
      }
  })
})

test('a course has the numbers of its steps, from the first to the last, and no more than are asked for', () => {
  const warm = schedule.warmUp({ steps: 50, to: schedule.exponential({ initial: 1, rate: 0.5, steps: 40 }) })
  const kinds: [kind: Schedule, span: number][] = [
    [schedule.constant({ value: 0.1 }), 100],
    [schedule.piecewise({ boundaries: [10, 20], values: [1, 2, 3] }), 22],
    [schedule.cosine({ initial: 1, steps: 1000 }), 1100],
    [schedule.oneCycle({ maximum: 1, steps: 1 }), 1],
    [schedule.cyclic({ minimum: 0, maximum: 1, steps: 3 }), 12],
    [schedule.cosineRestarts({ initial: 1, steps: 100 }), 700],
    [warm, 250],
  ]
  for (const [kind, span] of kinds)
    for (const most of [1, 7, 1000])
      for (const steps of [undefined, 1, 12, 5000]) {
        const course = courseOf(kind, most, steps)
        expect([course[0]?.[0], course.at(-1)?.[0]]).toEqual([0, steps ?? span])
        expect(course.length).toBeLessThanOrEqual(most + 1)
        course.forEach(([step, value], i) => {
          if (i > 0) expect(step).toBeGreaterThan(course[i - 1]?.[0] as number)
          expect(value).toBe(valueAt(kind, step))
        })
      }
})

test('a graph with schedules is plain data', () => {
  const loss = meanSquaredError()(input({ name: 'x', shape: [1] }), input({ name: 'target', shape: [1] }))
  const learningRate = schedule.warmUp({ steps: 5, to: schedule.cosine({ initial: 0.1, steps: 50 }) })
  const net = graph({ loss, update: loss.pipe(adam({ learningRate })) })
  expect(graphFromJson(graphToJson(net))).toEqual(net)
  expect(net.nodes.at(-1)?.config).toMatchObject({ learningRate, beta1: 0.9 })
})

describe('it is refused', () => {
  test.each([
    [
      'a schedule that never ends',
      () => schedule.cosine({ initial: 1, steps: Number.POSITIVE_INFINITY }),
      'schedule.cosine',
      'steps',
    ],
    [
      'one without a length',
      () => schedule.polynomial({ initial: 1 } as never),
      'schedule.polynomial',
      'steps',
    ],
    [
      'an unknown option',
      () => schedule.cosine({ initial: 1, steps: 2, alhpa: 1 } as never),
      'schedule.cosine',
      'alpha',
    ],
    [
      'stairs that are neither on nor off',
      () => schedule.exponential({ initial: 1, rate: 0.5, steps: 2, staircase: 'yes' as never }),
      'schedule.exponential',
      'staircase',
    ],
    [
      'a schedule as the options of another',
      () => schedule.constant(schedule.constant({ value: 1 }) as never),
      'schedule.constant',
      '"schedule"',
    ],
    [
      'boundaries out of order',
      () => schedule.piecewise({ boundaries: [5, 3], values: [1, 2, 3] }),
      'schedule.piecewise',
      'grow',
    ],
    [
      'too few values',
      () => schedule.piecewise({ boundaries: [5], values: [1] }),
      'schedule.piecewise',
      '1 values',
    ],
    [
      'a rate below 0',
      () => sgd({ learningRate: schedule.polynomial({ initial: 0.1, steps: 500, end: -0.1 }) }),
      'sgd',
      'in step 501 of the schedule "polynomial"',
    ],
    ['a share of 1', () => adam({ beta1: schedule.constant({ value: 1 }) }), 'adam', 'beta1'],
    [
      'an unknown kind',
      () => sgd({ learningRate: { schedule: 'cosin', initial: 1, steps: 2 } }),
      'sgd',
      'Did you mean "cosine"?',
    ],
  ])('%s', (_, make, place, says) => {
    const { message } = errorOf(make)
    expect(message).toContain(place)
    expect(message).toContain(says)
  })
})
