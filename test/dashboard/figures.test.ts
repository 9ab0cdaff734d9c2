/** The laws of what is told by statistics and events: scales, ailments, norms, the log. */
import { BehaviorSubject, Subject } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { ConnectionState, Measured, NodeInfo, TrainerEvent } from '../../client.ts'
import { EventLog } from '../../dashboard/event-log.ts'
import { colourOf, scaleOf, shareOf, widthOf } from '../../dashboard/flow-scale.ts'
import {
  type Ailment,
  ailmentOf,
  ailmentText,
  THRESHOLDS,
  textOfThresholds,
  thresholdsBy,
  worstOf,
} from '../../dashboard/health.ts'
import { Norms } from '../../dashboard/norms.ts'
import { thresholdOf } from '../../dashboard/outcome/threshold.tsx'
import { HOSTILE } from '../support/hostile-links.ts'

test('a threshold of answers is between 0 and 1, and an even one for whatever else stands in an address', () => {
  expect([thresholdOf('0.05'), thresholdOf('0.9')]).toEqual([0.05, 0.9])
  for (const odd of [...HOSTILE, '0', '1', '0.0', '0.00000001', '.5', ' 0.3', '1e-3'])
    expect(thresholdOf(odd)).toBe(0.5)
})

describe('the scale of the edges', () => {
  test('spans whole powers of ten around all norms, at least one', () => {
    expect(scaleOf([1, 1.01])).toEqual({ low: 0, high: 1 })
    expect(scaleOf([0.02, 3])).toEqual({ low: -2, high: 1 })
    expect(scaleOf([10])).toEqual({ low: 0, high: 1 })
    expect(scaleOf([])).toEqual({ low: 0, high: 1 })
  })

  test('1.00 and 1.01 look alike, and a tenfold norm does not', () => {
    const scale = scaleOf([1, 1.01, 10])
    const share = (norm: number) => shareOf(norm, scale) as number
    expect(share(1.01) - share(1)).toBeLessThan(0.01)
    expect(share(10) - share(1)).toBe(1)
  })

  test('is kept while it fits, and given up when it is much too long', () => {
    const scale = scaleOf([0.5, 50])
    expect(scaleOf([1.5, 40], scale)).toBe(scale)
    expect(scaleOf([5, 9], scale)).toBe(scale)
    expect(scaleOf([0.05, 50], scale)).toEqual({ low: -2, high: 2 })
    expect(scaleOf([1.1, 1.2], { low: -3, high: 2 })).toEqual({ low: 0, high: 1 })
  })

  test('is no longer than six powers of ten, below which all look alike', () => {
    const scale = scaleOf([1e-30, 1e-12, 100])
    expect(scale).toEqual({ low: -4, high: 2 })
    expect(shareOf(1e-30, scale)).toBe(0)
  })

  test('what is 0, not finite or unknown is no flow', () => {
    const scale = scaleOf([0, Number.NaN, Infinity, undefined, 2])
    expect(scale).toEqual({ low: 0, high: 1 })
    for (const norm of [0, Number.NaN, Infinity, undefined]) expect(shareOf(norm, scale)).toBeUndefined()
  })

  test('the greater the share, the wider the edge and the further its colour', () => {
    expect(widthOf(undefined)).toBeLessThan(widthOf(0))
    expect(widthOf(0)).toBeLessThan(widthOf(0.5))
    expect(widthOf(0.5)).toBeLessThan(widthOf(1))
    expect(new Set([undefined, 0, 0.25, 0.5, 0.75, 1].map(colourOf)).size).toBe(6)
  })
})

const measured = (some: Partial<Measured>): Measured => ({
  step: 1,
  count: 100,
  mean: 0,
  standardDeviation: 1,
  minimum: -1,
  maximum: 1,
  norm: 1,
  zeros: 0,
  nonFinite: 0,
  ...some,
})

interface Found {
  readonly type?: string
  readonly shape?: NodeInfo['shape']
  readonly forward?: Partial<Measured>
  readonly backward?: Partial<Measured>
}

const kindOf = ({ type = 'dense', shape = [null, 4], forward = {}, backward = {} }: Found) =>
  ailmentOf('n', { type, shape, forward: measured(forward), backward: measured(backward) }, THRESHOLDS)?.kind

describe('the health of a node', () => {
  test('nothing is said of a node that is well, nor of one that is not known', () => {
    expect(kindOf({})).toBeUndefined()
    expect(ailmentOf('n', { type: 'dense', shape: [null, 4] }, THRESHOLDS)).toBeUndefined()
  })

  test('gradients above a threshold explode, and below one vanish', () => {
    expect(kindOf({ backward: { norm: 10.1 } })).toBe('exploding')
    expect(kindOf({ backward: { norm: 9.9 } })).toBeUndefined()
    expect(kindOf({ backward: { norm: 0 } })).toBe('vanishing')
  })

  test('a layer with half of its units dead is marked, one whose units are 0 half of the time is not', () => {
    expect(kindOf({ type: 'relu', forward: { zeros: 0.75 } })).toBe('dead units')
    expect(kindOf({ type: 'relu', forward: { zeros: 0.5 } })).toBeUndefined()
  })

  test('an input is neither dead nor without gradients, and a loss of 0 is no unit', () => {
    expect(kindOf({ type: 'input', forward: { zeros: 1 }, backward: { norm: 0 } })).toBeUndefined()
    expect(kindOf({ type: 'loss', shape: [], forward: { zeros: 1 } })).toBeUndefined()
  })

  test('what is not finite comes before all else', () => {
    expect(kindOf({ forward: { nonFinite: 1, zeros: 1 }, backward: { norm: 100 } })).toBe('not finite')
    expect(kindOf({ type: 'input', backward: { nonFinite: 3 } })).toBe('not finite')
  })

  test('its thresholds are in the address, unless they are the usual ones; what is no threshold is not taken', () => {
    expect(textOfThresholds(THRESHOLDS)).toBe('')
    for (const limits of [
      { vanishing: 0, exploding: 1e9, dead: 1 },
      { vanishing: 3e-7, exploding: 10, dead: 0.7 },
      { vanishing: 1e-6, exploding: 0.25, dead: 0.065 },
    ])
      expect(thresholdsBy(textOfThresholds(limits))).toEqual(limits)
    for (const odd of [...HOSTILE, '1~1', '1~1~2', '-1~1~1', '1~1e999~1', '1~1~1~1', '1~ ~1'])
      expect(thresholdsBy(odd)).toEqual(THRESHOLDS)
  })

  test('of several, the worst counts, and of those that are as bad the first', () => {
    const ailments: (Ailment | undefined)[] = [
      undefined,
      { kind: 'dead units', node: 'a', zeros: 0.8 },
      { kind: 'exploding', node: 'b' },
      { kind: 'vanishing', node: 'c' },
      { kind: 'exploding', node: 'd' },
    ]
    expect(worstOf(ailments)?.node).toBe('b')
    expect(worstOf([undefined])).toBeUndefined()
  })

  test('a group tells which of its members it is', () => {
    expect(ailmentText({ kind: 'vanishing', node: 'dense3' }, true)).toBe('dense3: vanishing')
    expect(ailmentText({ kind: 'dead units', node: 'relu1', zeros: 0.752 }, false)).toBe(
      'dead units: 75 % zeros',
    )
  })
})

describe('the norms of a node', () => {
  const nodes = (step: number, norm: number) => ({ n: { backward: measured({ step, norm }) } as NodeInfo })

  test('are kept by step, each once', () => {
    const norms = new Norms()
    for (const step of [1, 1, 2]) norms.take(nodes(step, 10 * step))
    expect(norms.of('n')).toEqual([10, 20])
  })

  test('are the latest 48, and the same list until another comes', () => {
    const norms = new Norms()
    for (let step = 0; step < 100; step++) norms.take(nodes(step, step))
    expect(norms.of('n')).toHaveLength(48)
    expect(norms.of('n').at(-1)).toBe(99)
    expect(norms.of('n')).toBe(norms.of('n'))
    expect(norms.of('unknown')).toBe(norms.of('another'))
  })
})

describe('the log', () => {
  const at = { time: 0, epoch: 1, step: 1 }
  function logged(events: readonly TrainerEvent[]) {
    const events$ = new Subject<TrainerEvent>()
    const connection$ = new BehaviorSubject({ run: 'one' } as ConnectionState)
    const log = new EventLog({ events$, connection$ })
    for (const event of events) events$.next(event)
    return { entries: log.entries$.value, log, events$, connection$ }
  }
  const epoch: TrainerEvent = { ...at, type: 'epoch', metrics: {}, seconds: 1, samplesPerSecond: 1 }

  test('has the newest first, each with a key of its own', () => {
    const { entries } = logged([{ ...at, type: 'started' }, epoch, { ...at, type: 'paused' }])
    expect(entries.map(({ event }) => event.type)).toEqual(['paused', 'epoch', 'started'])
    expect(new Set(entries.map(({ key }) => key)).size).toBe(3)
  })

  test('is bounded, and a thousand epochs push nothing else out', () => {
    const { entries } = logged([{ ...at, type: 'started' }, ...Array<TrainerEvent>(1000).fill(epoch)])
    expect(entries).toHaveLength(101)
    expect(entries.at(-1)?.event.type).toBe('started')
  })

  test('is of one run: another begins empty, the same one that is met again goes on', () => {
    const { log, events$, connection$ } = logged([{ ...at, type: 'started' }])
    connection$.next({ run: 'one', status: 'waiting' } as ConnectionState)
    expect(log.entries$.value).toHaveLength(1)
    connection$.next({ run: 'two', status: 'open' } as ConnectionState)
    expect(log.entries$.value).toEqual([])
    events$.next({ ...at, type: 'paused' })
    expect(log.entries$.value.map(({ event }) => event.type)).toEqual(['paused'])
  })
})
