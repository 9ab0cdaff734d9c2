import {
  compile,
  createTrainer,
  dense,
  type EpochRecord,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  type RunState,
  sgd,
  type TrainerEvent,
} from 'gradstream'
import { showProgress } from 'gradstream/terminal'
import { Subject, VirtualTimeScheduler } from 'rxjs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Dice } from '../support/dice.ts'
import { FakeRun } from './fake-run.ts'
import { FakePipe, FakeTerminal } from './fake-terminal.ts'

const FIGURES = { loss: 0.5, accuracy: 0.75, validationLoss: 0.25, validationAccuracy: 1 }

describe('into a pipe', () => {
  test('writes a labelled line for each epoch, and nothing else', () => {
    const run = new FakeRun()
    const stream = new FakePipe()
    showProgress(run, { stream })
    run.become({ status: 'running' })
    run.become({ epoch: 1, step: 5, throughput: 1234.5 })
    run.endEpoch(1, 10, FIGURES)
    run.endEpoch(2, 20, { loss: 0.4 })
    run.become({ status: 'finished' })
    expect(stream.written).toBe(
      'epoch 1/3  loss 0.5000  accuracy 0.7500  validation loss 0.2500  validation accuracy 1.0000  1,235 samples/s\n' +
        'epoch 2/3  loss 0.4000  1,235 samples/s\n' +
        'best epoch 1/3: validation loss 0.2500\n',
    )
  })

  test('writes alarms where they come, and the best epoch by the loss where nothing is validated', () => {
    const milestones$ = new Subject<TrainerEvent>()
    const run = Object.assign(new FakeRun(), { milestones$ })
    const stream = new FakePipe()
    showProgress(run, { stream })
    run.become({ status: 'running' })
    run.endEpoch(1, 10, { loss: 0.5 })
    milestones$.next({ type: 'alarm', time: 0, epoch: 2, step: 14, code: 'PLATEAU', message: 'no better' })
    run.endEpoch(2, 20, { loss: Number.NaN })
    run.endEpoch(3, 30, { loss: 0.7 })
    run.become({ status: 'stopped' })
    expect(stream.written.split('\n').filter(line => !line.startsWith('epoch'))).toEqual([
      'alarm in epoch 2, after step 14: no better',
      'stopped in epoch 3/3, after step 30',
      'best epoch 1/3: loss 0.5000',
      '',
    ])
  })

  test.each([
    ['paused', null, 'paused in epoch 2/3, after step 14\n'],
    ['stopped', null, 'stopped in epoch 2/3, after step 14\n'],
    [
      'failed',
      { message: 'loss: expected finite numbers' },
      'failed in epoch 2/3, after step 14: loss: expected finite numbers\n',
    ],
    ['finished', null, ''],
  ] as const)('says where the run was %s', (status, error, line) => {
    const run = new FakeRun({ status: 'running', epoch: 2, step: 14 })
    const stream = new FakePipe()
    showProgress(run, { stream })
    run.become({ status, error: error as never })
    expect(stream.written).toBe(line)
  })

  test('is silent after unsubscribe', () => {
    const run = new FakeRun({ status: 'running' })
    const stream = new FakePipe()
    showProgress(run, { stream }).unsubscribe()
    run.endEpoch(1, 10, FIGURES)
    expect(stream.written).toBe('')
  })

  test('follows a trainer from its first epoch to its last', async () => {
    const x = input({ name: 'x', shape: [1] })
    const target = input({ name: 'target', shape: [1] })
    const prediction = x.pipe(dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, target)
    const model = compile(graph({ prediction, loss, update: loss.pipe(sgd()) }))
    const data = fromArrays({ x: [[1], [2], [3]], target: [[2], [4], [6]] })
    const scheduler = new VirtualTimeScheduler()
    const trainer = createTrainer(model, { data, validation: data, epochs: 3, batchSize: 2, scheduler })
    const stream = new FakePipe()
    showProgress(trainer, { stream })
    const done = trainer.run()
    scheduler.flush()
    await done
    expect(
      stream.written.match(/^epoch \d\/3 {2}loss \S+ {2}validation loss \S+ {2}\S+ samples\/s$/gm),
    ).toHaveLength(3)
  })
})

describe('where epochs are short', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A run whose epochs take so long, in milliseconds, and how many of them each state brings; the epochs that have a line. */
  function shown(durations: readonly number[], together: () => number, status: RunState['status']) {
    const run = new FakeRun({ status: 'running', epochs: durations.length })
    const stream = new FakePipe()
    showProgress(run, { stream })
    const history: EpochRecord[] = []
    let due = 0
    durations.forEach((duration, i) => {
      vi.advanceTimersByTime(duration)
      history.push({ epoch: i + 1, step: i, metrics: {} })
      if (i < due) return
      run.become({ epoch: i + 1, step: i, history: history.slice(-1000) })
      due = i + together()
    })
    run.become({ status, epoch: history.length, history: history.slice(-1000) })
    return [...stream.written.matchAll(/^epoch +(\d+)/gm)].map(match => Number(match[1]))
  }

  test.each([0.01, 0.5, 3, 40, 200])('of %d ms, a few a second have a line, and the last', duration => {
    const dice = new Dice(Math.round(100 * duration))
    const durations = Array.from({ length: 5000 }, () => 2 * duration * dice.next())
    const seconds = durations.reduce((sum, ms) => sum + ms, 0) / 1000
    for (const status of ['finished', 'stopped', 'failed', 'paused'] as const) {
      const epochs = shown(durations, () => 1 + dice.below(60), status)
      expect(epochs.length).toBeLessThanOrEqual(100 + 4 * seconds + 1)
      expect(epochs.at(-1)).toBe(5000)
      expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b))
    }
  })

  test('and there are only a few, each has a line, as where they are long', () => {
    const all = (count: number) => Array.from({ length: count }, (_, i) => i + 1)
    expect(shown(all(100).fill(0), () => 1, 'finished')).toEqual(all(100))
    expect(shown(all(100).fill(0), () => 7, 'finished')).toEqual(all(100))
    expect(shown(all(400).fill(251), () => 1, 'finished')).toEqual(all(400))
  })
})

describe('on a terminal', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A run under way, and the terminal that shows it. */
  function started(columns?: number) {
    const run = new FakeRun()
    const stream = new FakeTerminal(columns)
    const subscription = showProgress(run, { stream })
    run.become({ status: 'running' })
    run.become({ epoch: 1, step: 4, metrics: { loss: 0.5 }, throughput: 1000 })
    vi.advanceTimersByTime(200)
    return { run, stream, subscription }
  }

  test('draws a bar with epoch, step and loss', () => {
    const { stream } = started()
    expect(stream.lines).toHaveLength(1)
    expect(stream.lines[0]).toMatch(/^epoch 1\/3 ━+─+ {2}13 % {2}step {2}4\/10 {2}loss 0\.5000/)
    expect(stream.cursorVisible).toBe(false)
  })

  test('keeps a row for each epoch above the bar, under one header', () => {
    const { run, stream } = started()
    run.endEpoch(1, 10, FIGURES)
    vi.advanceTimersByTime(200)
    run.endEpoch(2, 20, FIGURES)
    run.become({ epoch: 3, step: 21 })
    vi.advanceTimersByTime(200)
    expect(stream.lines).toEqual([
      'epoch    loss  validation  accuracy  validation  samples/s',
      '  1/3  0.5000      0.2500    0.7500      1.0000      1,000',
      '  2/3  0.5000      0.2500    0.7500      1.0000      1,000',
      expect.stringMatching(/^epoch 3\/3 ━+─+/),
    ])
  })

  test('leaves the rows alone at the end, with the cursor below them', () => {
    const { run, stream } = started()
    run.endEpoch(1, 10, FIGURES)
    run.become({ status: 'finished' })
    stream.write('$')
    expect(stream.lines).toHaveLength(3)
    expect(stream.lines.at(-1)).toBe('$')
    expect(stream.cursorVisible).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each(['paused', 'stopped', 'failed'] as const)('takes the bar away when the run is %s', status => {
    const { run, stream } = started()
    run.become({ status })
    expect(stream.lines).toEqual([`${status} in epoch 1/3, after step 4`])
    expect(stream.cursorVisible).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('brings the bar back when the run goes on', () => {
    const { run, stream } = started()
    run.become({ status: 'paused' })
    run.become({ status: 'running' })
    run.become({ step: 7 })
    vi.advanceTimersByTime(200)
    expect(stream.lines[1]).toMatch(/step {2}7\/10/)
  })

  test('takes the bar away on unsubscribe, and when the trainer is disposed of', () => {
    for (const end of ['unsubscribe', 'complete'] as const) {
      const { run, stream, subscription } = started()
      if (end === 'unsubscribe') subscription.unsubscribe()
      else run.state$.complete()
      expect(stream.lines).toEqual([''])
      expect(stream.cursorVisible).toBe(true)
      expect(vi.getTimerCount()).toBe(0)
    }
  })

  test('counts steps without an end while the length of an epoch is not known', () => {
    const { run, stream } = started()
    run.become({ stepsPerEpoch: null, step: 1234 })
    vi.advanceTimersByTime(200)
    expect(stream.lines[0]).toMatch(/ {2}0 % {2}step 1234 {2}loss/)
  })

  test.each([20, 40, 80, 120])('keeps to a terminal of %d columns', columns => {
    const { run, stream } = started(columns)
    run.endEpoch(1, 10, FIGURES)
    run.become({ epoch: 2, step: 12 })
    vi.advanceTimersByTime(200)
    expect(stream.lines).toHaveLength(3)
    expect(stream.lines.at(-1)).toMatch(/^epoch 2\/3/)
    for (const line of stream.lines) expect(line.length).toBeLessThan(columns)
  })

  test('tells how long the run will take', () => {
    const { run, stream } = started()
    for (let step = 5; step <= 9; step++) {
      vi.advanceTimersByTime(10_000)
      run.become({ step })
    }
    vi.advanceTimersByTime(100)
    expect(stream.lines[0]).toMatch(/ 1:5\d left/)
  })
})
