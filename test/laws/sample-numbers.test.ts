/** An error about a sample names it by its number in the order of its source, from 0: at every window, batch size and kind. */
import { fromIterable, fromObservable, RandomKey, type Sample } from 'gradstream'
import { from, Subject } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { columnOf, epochOptions, settled } from '../runtime/data/support.ts'
import { rejectionOf } from '../runtime/support.ts'
import { countOf } from '../support/counts.ts'
import { Dice } from '../support/dice.ts'

const TRIALS = countOf({ few: 20, usual: 120, full: 2000 })

const good = (i: number): Sample => ({ x: [i, -i], target: [i], note: 'not asked for' as never })

/** Samples that cannot be used, by what is wrong with them. */
const FAULTS: Readonly<Record<string, unknown>> = {
  'one number too many': { x: [1, 2, 3], target: [1] },
  'another shape of as many numbers': { x: [[1], [2]], target: [1] },
  'ragged rows': { x: [[1], [2, 3]], target: [1] },
  NaN: { x: [1, Number.NaN], target: [1] },
  'an infinity': { x: [1, 2], target: [Number.POSITIVE_INFINITY] },
  'a column that is missing': { x: [1, 2] },
  'a column by another name': { x: [1, 2], y: [1] },
  'a text': { x: [1, 'two'], target: [1] },
  'a text for a column': { x: 'one', target: [1] },
  'null for a column': { x: null, target: [1] },
  'no object': 7,
  null: null,
  nothing: undefined,
}

/** The ways in which samples come. */
const SOURCES: Readonly<
  Record<string, (samples: Sample[], options: { shuffle?: number }) => ReturnType<typeof fromIterable>>
> = {
  'an array': fromIterable,
  'a generator': (samples, options) =>
    fromIterable(function* () {
      yield* samples
    }, options),
  'an async generator': (samples, options) =>
    fromIterable(async function* () {
      for (const sample of samples) yield await Promise.resolve(sample)
    }, options),
  'an Observable': (samples, options) => fromObservable(from(samples), options),
}

describe.each(Object.keys(SOURCES))('from %s', kind => {
  test.each(Object.keys(FAULTS))('%s', async fault => {
    const dice = new Dice(kind.length * 100 + fault.length)
    for (let trial = 0; trial < TRIALS / 10; trial++) {
      const count = 1 + dice.below(40)
      const place = dice.below(count)
      const window = 1 + dice.below(50)
      const batchSize = 1 + dice.below(50)
      const samples = Array.from({ length: count }, (_, i) =>
        i === place ? (FAULTS[fault] as Sample) : good(i),
      )
      const source = (SOURCES[kind] as (typeof SOURCES)[string])(samples, { shuffle: window })
      const shuffle = dice.below(4) > 0 ? RandomKey.of(trial) : undefined
      const cursor = source.epoch(epochOptions({ batchSize, shuffle }))
      const error = await rejectionOf(
        (async () => {
          for (let batch = await cursor.next(); batch; batch = await cursor.next());
        })(),
      )
      cursor.close()
      expect(error.place, `${count} samples, window ${window}, batches of ${batchSize}`).toMatch(
        new RegExp(`^data, sample ${place}(?!\\d)`),
      )
    }
  })
})

test.each(Object.values(SOURCES))('a batch knows the numbers of its samples', async make => {
  const dice = new Dice(7)
  for (let trial = 0; trial < 20; trial++) {
    const samples = Array.from({ length: 1 + dice.below(60) }, (_, i) => good(i))
    const cursor = make(samples, { shuffle: 1 + dice.below(30) }).epoch(
      epochOptions({ batchSize: 1 + dice.below(20) }),
    )
    for (let batch = await cursor.next(); batch; batch = await cursor.next()) {
      const { size } = batch
      const numbers = Array.from({ length: size }, (_, place) => batch?.numberOf?.(place))
      expect(numbers).toEqual(columnOf(batch))
    }
  }
})

test('samples that were left out count as well', async () => {
  const subject = new Subject<Sample>()
  const cursor = fromObservable(subject, { buffer: 3, onOverflow: 'dropOldest' }).epoch(epochOptions())
  for (let i = 0; i < 9; i++) subject.next(good(i))
  subject.next({ x: [1, Number.NaN], target: [1] })
  subject.complete()
  await cursor.next()
  await settled()
  const error = await rejectionOf((async () => cursor.next())())
  expect(error.place).toBe('data, sample 9, x, entry 1')
})
