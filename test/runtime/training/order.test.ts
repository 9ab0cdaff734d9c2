/** Whatever subscribers do: all of them hear one order, the true one, on every stream. */
import type { RunState, Trainer, TrainerEvent } from 'gradstream'
import { expect, test } from 'vitest'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { samples, trial } from '../support.ts'

const RUNS = countOf({ usual: 60, full: 200 })

/** What one who only listens hears, on all streams together. */
function listen(trainer: Trainer): string[] {
  const heard: string[] = []
  trainer.events$.subscribe({
    next: event => heard.push(nameOf(event)),
    complete: () => heard.push('end of events'),
  })
  trainer.milestones$.subscribe(event => heard.push(`milestone ${nameOf(event)}`))
  trainer.state$.subscribe({
    next: ({ status, step, revision }) => heard.push(`state ${status} ${step} ${revision}`),
    complete: () => heard.push('end of states'),
  })
  trainer.patches$.subscribe(({ version }) => heard.push(`patch ${version}`))
  return heard
}

const nameOf = (event: TrainerEvent) =>
  `${event.type} ${event.step}${event.type === 'command' ? ` ${event.command.type}` : ''}`

/** Does something to a trainer, from within one of its subscribers. */
function meddle(trainer: Trainer, dice: Dice): void {
  const nothing = () => undefined
  const acts = [
    () => trainer.pause().catch(nothing),
    () => trainer.resume().catch(nothing),
    () => trainer.run().catch(nothing),
    () => trainer.step(1 + dice.below(3)).catch(nothing),
    () => trainer.send({ type: 'pause' }).catch(nothing),
    () => trainer.set('sgd1', { learningRate: dice.next() }).catch(nothing),
    () => trainer.setStepsPerSecond(dice.below(2) === 0 ? null : 1000),
    () => trainer.state,
    () => trainer.state$.subscribe().unsubscribe(),
  ]
  dice.pick(acts)()
}

test('subscribers before and behind one that meddles hear the same as each other', async () => {
  let changes = 0
  for (let seed = 0; seed < RUNS; seed++) {
    const dice = new Dice(seed)
    const { trainer, scheduler } = trial({ epochs: 3, sliceTime: 1, validation: samples(3, 2) })
    const before = listen(trainer)
    // Nobody disturbs before all have subscribed.
    let left = 0
    const disturb = () => {
      scheduler.frame += dice.below(30)
      if (left === 0 || dice.below(3) > 0) return
      left--
      meddle(trainer, dice)
    }
    trainer.events$.subscribe(disturb)
    trainer.state$.subscribe(disturb)
    trainer.patches$.subscribe(disturb)
    const behind = listen(trainer)
    const late: string[][] = []
    trainer.events$.subscribe(({ type, step }) => {
      if (type === 'step' && step === 3) late.push(listen(trainer))
    })
    left = 12
    void trainer.run().catch(() => undefined)
    for (let i = 0; i < 20; i++) {
      scheduler.flush()
      await new Promise(resolve => setImmediate(resolve))
    }
    await trainer.stop()
    trainer.dispose()
    expect(behind, `run ${seed}`).toEqual(before)
    // What one hears who came later is the end of it, but for the state that greets.
    const [heard = []] = late
    expect(before.join('\\n').endsWith(heard.slice(1).join('\\n')), `run ${seed}`).toBe(true)
    expectTrue(before, seed)
    changes += before.filter(text => /paused|resumed/.test(text)).length
  }
  expect(changes).toBeGreaterThan(RUNS)
})

/** The order in which things happen: each transition follows from the one before, versions and steps go up. */
function expectTrue(heard: readonly string[], seed: number): void {
  const after: Readonly<Record<string, readonly string[]>> = {
    started: ['paused', 'stopped', 'finished'],
    resumed: ['paused', 'stopped', 'finished'],
    paused: ['resumed', 'stopped'],
    stopped: ['started'],
    finished: ['started'],
  }
  let last = 'stopped'
  let [step, version] = [0, 0]
  let status = ''
  for (const text of heard) {
    const [kind = '', number] = text.split(' ')
    if (kind in after) {
      if (!after[last]?.includes(kind)) expect.fail(`run ${seed}: ${kind} after ${last}`)
      // The state that a transition makes is told before the transition.
      const made = kind === 'started' || kind === 'resumed' ? 'running' : kind
      expect(status, `run ${seed}: ${text}`).toBe(made)
      last = kind
    }
    if (kind === 'state') status = number as string
    if (kind === 'step') {
      expect(Number(number)).toBe(step + 1)
      step = Number(number)
    }
    if (kind === 'patch') {
      expect(Number(number)).toBe(version + 1)
      version = Number(number)
    }
  }
}

test('who subscribes in the middle hears the present state, and nothing of before', async () => {
  const { trainer, scheduler } = trial({ epochs: 1 })
  const seen: RunState[] = []
  const events: string[] = []
  trainer.events$.subscribe(event => {
    if (event.type !== 'step' || event.step !== 2) return
    // Waits until this event has been told to all.
    void trainer.set('sgd1', { learningRate: 0.5 })
    trainer.state$.subscribe(state => seen.push(state))
    trainer.events$.subscribe(({ type }) => events.push(type))
  })
  void trainer.run()
  scheduler.flush()
  expect(seen.map(({ step, revision }) => [step, revision])).toEqual([
    [2, 0],
    [2, 1],
    [3, 1],
  ])
  expect(events).toEqual(['step', 'epoch', 'finished'])
})
