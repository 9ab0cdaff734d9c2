import type { RunState } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { RunProgress } from '../../runtime/terminal/run-progress.ts'
import { FakeRun } from './fake-run.ts'

/** Follows a run from its present state on, and says what each change of it adds. */
function follow(run: FakeRun) {
  const progress = new RunProgress()
  progress.next(run.state$.value)
  return {
    become(changes: Partial<RunState>) {
      run.become(changes)
      return progress.next(run.state$.value)
    },
    endEpoch(epoch: number, step: number) {
      run.endEpoch(epoch, step, { loss: 1 })
      return progress.next(run.state$.value)
    },
  }
}

describe('the step within the epoch', () => {
  test('counts from the end of the epoch before', () => {
    const run = follow(new FakeRun())
    expect(run.become({ status: 'running' }).position.step).toBe(0)
    expect(run.become({ epoch: 1, step: 4 }).position.step).toBe(4)
    expect(run.endEpoch(1, 10).position.step).toBe(10)
    expect(run.become({ epoch: 2, step: 13 }).position.step).toBe(3)
  })

  test('stays full from the end of an epoch to the first step of the next', () => {
    const run = follow(new FakeRun({ status: 'running' }))
    run.endEpoch(1, 10)
    expect(run.become({ status: 'paused' }).position.step).toBe(10)
    expect(run.become({ status: 'running' }).position.step).toBe(10)
  })

  test('leaves out the steps of an epoch that was abandoned', () => {
    const run = follow(new FakeRun({ status: 'running', epoch: 1, step: 4 }))
    run.become({ status: 'stopped' })
    run.become({ status: 'running' })
    expect(run.become({ epoch: 2, step: 6 }).position.step).toBe(2)
  })

  test('goes on where it was after a pause and after a failure', () => {
    const run = follow(new FakeRun({ status: 'running', epoch: 1, step: 4 }))
    for (const status of ['paused', 'failed'] as const) {
      run.become({ status })
      expect(run.become({ status: 'running' }).position.step).toBe(4)
    }
  })

  test('leaves out what the model was trained before', () => {
    const run = follow(new FakeRun())
    run.become({ status: 'running', step: 900 })
    expect(run.become({ epoch: 1, step: 903 }).position.step).toBe(3)
  })
})

test('tells of each epoch once, those before it joined left out', () => {
  const past = new FakeRun({ status: 'running' })
  past.endEpoch(1, 10, { loss: 1 })
  const run = follow(past)
  expect(run.become({ epoch: 2, step: 13 }).ended).toEqual([])
  expect(run.endEpoch(2, 20).ended.map(({ epoch }) => epoch)).toEqual([2])
  expect(run.become({ epoch: 3, step: 21 }).ended).toEqual([])
})

test('tells of epochs although the history forgets old ones', () => {
  const run = follow(new FakeRun({ status: 'running', epochs: 9 }))
  const record = (epoch: number) => ({ epoch, step: 10 * epoch, metrics: {} })
  const ended = [1, 2, 3].map(
    epoch => run.become({ epoch, step: 10 * epoch, history: [record(epoch)] }).ended,
  )
  expect(ended.map(records => records.map(({ epoch }) => epoch))).toEqual([[1], [2], [3]])
})

test('says once how the run came to rest', () => {
  const run = follow(new FakeRun())
  expect(run.become({ status: 'running' }).rest).toBeUndefined()
  expect(run.become({ status: 'paused' }).rest).toBe('paused')
  expect(run.become({ throughput: 3 }).rest).toBeUndefined()
  run.become({ status: 'running' })
  expect(run.become({ status: 'finished' }).rest).toBe('finished')
})
