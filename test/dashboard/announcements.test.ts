/** Which events are worth a notification, and sizes of memory in words. */
import { expect, test } from 'vitest'
import { announcementOf } from '../../dashboard/announcements.ts'
import { bytes } from '../../dashboard/bytes.ts'
import { figures } from '../../dashboard/format.ts'

const at = { time: 0, epoch: 3, step: 60 }
const error = {
  code: 'NOT_FINITE',
  place: 'a',
  expected: 'b',
  got: 'c',
  hint: 'd',
  message: 'the loss is NaN',
} as const

test('an alarm and each end of a run are announced in words', () => {
  expect(announcementOf({ ...at, type: 'alarm', code: 'HOT', message: 'it is hot' }, 'mnist')).toEqual({
    title: 'Alarm in mnist',
    body: 'it is hot',
    tag: 'gradstream mnist alarm',
  })
  const words = (event: Parameters<typeof announcementOf>[0]) => {
    const { title, body } = announcementOf(event, 'mnist') ?? {}
    return `${title}: ${body}`
  }
  expect(words({ ...at, type: 'failed', error })).toBe('mnist has failed: the loss is NaN')
  expect(words({ ...at, type: 'stopped', reason: 'no improvement' })).toBe(
    'mnist was stopped: no improvement',
  )
  expect(words({ ...at, type: 'stopped' })).toBe('mnist was stopped: ')
  expect(words({ ...at, type: 'finished', metrics: { loss: 0.25, validationLoss: Number.NaN } })).toBe(
    'mnist has finished: loss 0.25, validation loss –',
  )
})

test('nothing else is', () => {
  for (const type of ['started', 'paused', 'resumed'] as const)
    expect(announcementOf({ ...at, type }, 'mnist')).toBeUndefined()
  const metrics = { loss: 1 }
  expect(
    announcementOf({ ...at, type: 'epoch', metrics, seconds: 1, samplesPerSecond: 1 }, 'mnist'),
  ).toBeUndefined()
  const command = { type: 'pause' } as const
  expect(announcementOf({ ...at, type: 'command', command, author: 'Ada' }, 'mnist')).toBeUndefined()
})

test.each([
  [0, '0 B'],
  [512, '512 B'],
  [1024, '1 KiB'],
  [183_500_800, '175 MiB'],
  [1.5 * 2 ** 30, '1.5 GiB'],
  [2 ** 60, `${figures(2 ** 20)} TiB`],
])('%d bytes are %s', (value, text) => {
  expect(bytes(value)).toBe(text)
})
