/** The sentence at the top of the page, and the time that remains: `header.test.ts` looks at them in a browser. */
import type { RunState, TrainerEvent } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { diagnosisOf } from '../../dashboard/diagnosis.ts'
import { remainingOf } from '../../dashboard/remaining.ts'

const NODES = {
  relu1: { type: 'relu', shape: [null, 8], parameters: 0, weights: {}, inputs: [], config: {} },
} as const satisfies RunState['nodes']

/** A run whose epochs had these losses, and these validation losses. */
function run(losses: readonly number[], validation?: readonly number[], more: Partial<RunState> = {}) {
  const history = losses.map((loss, i) => ({
    epoch: i + 1,
    step: 10 * (i + 1),
    metrics: { loss, ...(validation && { validationLoss: validation[i] as number }) },
  }))
  const name = validation ? 'validationLoss' : 'loss'
  const figure = (at: (typeof history)[number]) => (at.metrics as Record<string, number>)[name] as number
  const best = history.reduce<(typeof history)[number] | null>(
    (a, b) => (a && !(figure(b) < figure(a)) ? a : b),
    null,
  )
  const state = { status: 'running', epochs: 60, history, best, nodes: NODES, reason: null, metrics: {} }
  return { ...state, ...more } as RunState
}
const said = (state: RunState, events: readonly TrainerEvent[] = []) => diagnosisOf(state, events)
const many = (length: number, at: (i: number) => number) => Array.from({ length }, (_, i) => at(i))

describe('the sentence', () => {
  test('before the first epoch tells what will be done', () => {
    expect(said(run([], undefined, { status: 'idle' })).text).toBe('Ready to train for 60 epochs.')
    expect(said(run([])).text).toBe('The first epoch is not over yet.')
  })

  test('of a run that learns tells from where to where', () => {
    const losses = many(30, i => 1 / (i + 1))
    expect(said(run(losses, losses))).toEqual({
      tone: 'good',
      text: 'Learns: the validation loss has fallen from 1 to 0.0333.',
    })
    expect(said(run(losses, undefined, { status: 'finished' })).text).toBe(
      'Finished: the loss fell from 1 to 0.0333.',
    )
  })

  test('says that it overfits after ten epochs in a row, as watchTraining does, and leads to the loss', () => {
    const losses = many(40, i => 1 / (i + 1))
    const validation = many(40, i => (i < 20 ? 1 - i / 40 : 0.8))
    const { tone, text, place } = said(run(losses, validation))
    expect({ tone, place }).toEqual({ tone: 'bad', place: { chart: 'Loss' } })
    expect(text).toBe('Overfits: the validation loss is 52 % above its best, and the loss still falls.')
    expect(said(run(losses.slice(0, 29), validation.slice(0, 29))).text).toMatch(/^Learns/)
    expect(said(run(losses.slice(0, 30), validation.slice(0, 30))).text).toMatch(/^Overfits/)
    // A validation loss that came back down, and a loss that no longer falls.
    expect(said(run(losses, [...validation.slice(0, 39), 0.51])).text).not.toMatch(/^Overfits/)
    const flat = losses.map((loss, i) => (i > 18 ? 0.2 : loss))
    expect(said(run(flat, validation)).text).not.toMatch(/^Overfits/)
  })

  test('says that it diverges where the loss has lost half of what it had gained', () => {
    const good = many(10, i => 1 - i / 10)
    expect(said(run([...good, 0.7, 0.8, 0.9]))).toEqual({
      tone: 'bad',
      text: 'Diverges: the loss has risen from 0.1 to 0.9.',
      place: { chart: 'Loss' },
    })
    expect(said(run([...good, 0.7, 0.8, 0.2])).text).toMatch(/^Learns/)
    expect(said(run([...good, Number.NaN])).text).toBe('Diverges: the loss is not finite.')
  })

  test('says for how long it has not improved, whatever little it improves', () => {
    const losses = many(50, i => (i < 20 ? 1 - i / 40 : 0.525 - 1e-9 * i))
    expect(said(run(losses))).toEqual({
      tone: 'quiet',
      text: 'Plateau: the loss has not improved for 30 epochs.',
      place: { chart: 'Loss' },
    })
  })

  test('names the node that is dead', () => {
    const forward = { zeros: 1 } as RunState['nodes'][string]['forward']
    const nodes = { relu1: { ...NODES.relu1, ...(forward && { forward }) } }
    expect(said(run([1, 0.9], undefined, { nodes }))).toEqual({
      tone: 'bad',
      text: 'relu1 is dead: 100 % of its values are 0.',
      place: { node: 'relu1' },
    })
  })

  test('leads to the node that failed', () => {
    const at = { time: 0, epoch: 2, step: 20, type: 'alarm', code: 'NOT_FINITE', message: 'no' } as const
    const alarm: TrainerEvent = { ...at, node: 'relu1', direction: 'backward' }
    expect(said(run([1], undefined, { status: 'failed' }), [alarm])).toEqual({
      tone: 'bad',
      text: 'The run has failed: a gradient in relu1 is not finite.',
      place: { node: 'relu1' },
    })
    expect(said(run([1], undefined, { status: 'failed' })).place).toBeUndefined()
  })

  test('passes on the alarms of a program for ten epochs', () => {
    const losses = many(30, i => 1 / (i + 1))
    const alarm: TrainerEvent = {
      ...{ time: 0, epoch: 25, step: 250, type: 'alarm', code: 'DEAD_UNITS' },
      ...{ message: '5 of 8 units of relu1 are dead', node: 'relu1' },
    }
    expect(said(run(losses), [alarm])).toEqual({
      tone: 'bad',
      text: '5 of 8 units of relu1 are dead.',
      place: { node: 'relu1' },
    })
    expect(said(run(losses), [{ ...alarm, epoch: 20 }]).text).toMatch(/^Learns/)
    // It has improved since.
    const { node: _, ...rest } = alarm
    const plateau = { ...rest, code: 'PLATEAU', figure: 'loss' } as TrainerEvent
    expect(said(run(losses), [plateau]).text).toMatch(/^Learns/)
  })

  test('gives the reason of a program that stopped the run', () => {
    const reason = 'loss has not improved for 3 epochs'
    expect(said(run([1, 1], undefined, { status: 'stopped', reason })).text).toBe(`Stopped: ${reason}.`)
  })
})

describe('times', () => {
  test('that remain follow from the recent speed, or from the epochs that took so long', () => {
    const history = run([1, 1]).history
    const data = { source: 'arrays', samples: 320 }
    const timed = { status: 'running', epochs: 10, history, step: 25, elapsed: 60, data } as const
    const more = { throughput: 64, hyperparameters: { batchSize: 32 } }
    // 75 steps, two a second.
    expect(remainingOf({ ...timed, ...more, stepsPerEpoch: 10 })).toBe(37.5)
    // Batches that are not full take less time.
    const few = { source: 'arrays', samples: 160 }
    expect(remainingOf({ ...timed, ...more, stepsPerEpoch: 10, data: few })).toBe(37.5 / 2)
    const some = { source: null, samples: null }
    expect(remainingOf({ ...timed, ...more, stepsPerEpoch: 10, data: some })).toBe(37.5)
    expect(remainingOf({ ...timed, ...more, stepsPerEpoch: null })).toBe(240)
    expect(remainingOf({ ...timed, ...more, history: [], stepsPerEpoch: null })).toBeUndefined()
  })
})
