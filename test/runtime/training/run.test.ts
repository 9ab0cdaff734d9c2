/** The run as a machine: all that can be asked of it, from inside a step and from outside, against a model of a few lines. */
import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { GradstreamError } from '../../../core/index.ts'
import { type Piece, Run, type Transition } from '../../../runtime/training/run.ts'
import type { RunStatus } from '../../../runtime/training/run-state.ts'
import { countOf } from '../../support/counts.ts'

/** A scheduler whose turns are taken by hand, one after another. */
class Turns implements SchedulerLike {
  private readonly waiting: (() => void)[] = []
  now = () => 0

  schedule<State>(work: (this: SchedulerAction<State>, state?: State) => void): Subscription {
    const run = () => work.call(undefined as never)
    this.waiting.push(run)
    return new Subscription(() => {
      const place = this.waiting.indexOf(run)
      if (place >= 0) this.waiting.splice(place, 1)
    })
  }

  get length(): number {
    return this.waiting.length
  }

  take(): void {
    this.waiting.shift()?.()
  }
}

/** So many steps has an epoch, and so many epochs are planned at a time. */
const STEPS = 3
const EPOCHS = 2

/** What happens to a run. */
interface Told {
  readonly transitions: Transition[]
  status: RunStatus
}

const REQUESTS = ['run', 'pause', 'resume', 'step', 'step2', 'stop'] as const
type RequestName = (typeof REQUESTS)[number]

/** What a run is supposed to be. */
class Model implements Told {
  readonly transitions: Transition[] = []
  status: RunStatus = 'idle'
  private left = Number.POSITIVE_INFINITY
  private inEpoch = 0
  private epochs = 0
  private planned = EPOCHS

  ask(request: RequestName): void {
    const { status } = this
    const isRunning = status === 'running'
    const start = (left: number) => {
      this.left = left
      if (isRunning) return
      if (this.epochs >= this.planned && this.inEpoch === 0) this.planned += EPOCHS
      this.become('running', status === 'paused' ? 'resumed' : 'started')
    }
    const steps = (count: number) =>
      start(isRunning && Number.isFinite(this.left) ? this.left + count : count)
    if (request === 'run' || (request === 'resume' && status === 'paused')) start(Number.POSITIVE_INFINITY)
    if (request === 'step') steps(1)
    if (request === 'step2') steps(2)
    if (request === 'pause' && isRunning) this.become('paused', 'paused')
    if (request === 'stop' && (isRunning || status === 'paused')) {
      this.inEpoch = 0
      this.become('stopped', 'stopped')
    }
  }

  /** One piece of work. What is asked for inside of it comes after it. */
  piece(requests: readonly RequestName[]): void {
    if (this.inEpoch === STEPS) {
      this.inEpoch = 0
      this.epochs++
      if (this.epochs >= this.planned) this.become('finished', 'finished')
    } else {
      this.inEpoch++
      if (--this.left === 0) this.become('paused', 'paused')
    }
    for (const request of requests) this.ask(request)
  }

  private become(status: RunStatus, transition: Transition): void {
    this.status = status
    this.transitions.push(transition)
  }
}

/** A run over work that does nothing, so that thousands of them take no time. */
function bed(during: () => void = () => undefined, fails: () => boolean = () => false) {
  const scheduler = new Turns()
  const told: Told & { slices: boolean[] } = { transitions: [], status: 'idle', slices: [] }
  let [inEpoch, epochs, planned] = [0, 0, EPOCHS]
  const run: Run<RunStatus> = new Run<RunStatus>({
    work: {
      advance(): Piece {
        if (inEpoch === STEPS) {
          inEpoch = 0
          epochs++
          during()
          return 'epoch'
        }
        during()
        if (fails()) throw new Error('out of order')
        inEpoch++
        return 'step'
      },
      get isOver() {
        return epochs >= planned && inEpoch === 0
      },
      plan() {
        planned += EPOCHS
      },
      abandon() {
        inEpoch = 0
      },
      endSlice: goesOn => told.slices.push(goesOn),
      failure: cause =>
        new GradstreamError('NODE_FAILED', { place: 'test', expected: 'a step', got: 'none', cause }),
    },
    scheduler,
    sliceTime: 0,
    stepsPerSecond: undefined,
    onTransition(transition) {
      told.transitions.push(transition)
      told.status = run.status
    },
    answer: () => run.status,
  })
  const ask = (request: RequestName): Promise<unknown> => {
    const between = (act: () => void) => run.ask(act)
    switch (request) {
      case 'run':
        return run.untilEnd()
      case 'step':
        return run.untilDone(1)
      case 'step2':
        return run.untilDone(2)
      default:
        return between(() => run[request]())
    }
  }
  return { scheduler, told, run, ask }
}

/** Where a request is made: between two slices, inside the next step, or inside the same one as the request before. */
const PLACES = ['outside', 'inside', 'beside'] as const

interface Asked {
  readonly request: RequestName
  readonly place: (typeof PLACES)[number]
}

async function follow(script: readonly Asked[]): Promise<void> {
  const model = new Model()
  const promises: Promise<unknown>[] = []
  let inside: RequestName[] = []
  const { scheduler, told, run, ask } = bed(() => {
    for (const request of inside) promises.push(ask(request))
  })
  const compare = (when: string) => {
    const same = run.status === model.status && told.transitions.join() === model.transitions.join()
    if (same) return
    const asked = script.map(({ request, place }) => `${request} ${place}`).join(', ')
    expect.fail(
      `${asked}; ${when}: ${run.status} by ${told.transitions}, instead of ${model.status} by ${model.transitions}`,
    )
  }
  const outside = (request: RequestName) => {
    promises.push(ask(request))
    model.ask(request)
  }
  const turn = () => {
    // There is a turn to take where the run runs, and only there.
    if (scheduler.length !== (model.status === 'running' ? 1 : 0))
      compare(`${scheduler.length} turns are left`)
    if (scheduler.length === 0) {
      for (const request of inside) outside(request)
    } else {
      scheduler.take()
      model.piece(inside)
    }
    inside = []
    compare('after a turn')
  }
  outside('run')
  for (const { request, place } of script) {
    if (place === 'beside' && inside.length > 0) inside.push(request)
    else {
      if (inside.length > 0) turn()
      if (place === 'outside') {
        outside(request)
        turn()
      } else inside = [request]
    }
  }
  turn()
  turn()
  outside('stop')
  compare('in the end')
  expect(scheduler.length, 'nothing keeps the process alive').toBe(0)
  // Whoever asked for something has got an answer.
  await Promise.all(promises)
}

function* scripts(length: number): Generator<readonly Asked[]> {
  if (length === 0) {
    yield []
    return
  }
  for (const before of scripts(length - 1))
    for (const request of REQUESTS) for (const place of PLACES) yield [...before, { request, place }]
}

describe('requests', () => {
  const most = countOf({ usual: 3, full: 4 })

  test(`every sequence of up to ${most}, from inside and outside of steps, does what the model says`, async () => {
    let count = 0
    for (let length = 0; length <= most; length++) {
      for (const script of scripts(length)) {
        await follow(script)
        count++
      }
    }
    expect(count).toBe(Array.from({ length: most + 1 }, (_, length) => 18 ** length).reduce((a, b) => a + b))
  })

  test('of subscribers who answer each change with another are done in their order, as long as they like', async () => {
    const { scheduler, told, run, ask } = bed(() => {
      if (told.transitions.length < 40) void ask('pause')
    })
    const { length } = told.transitions
    const tell = told.transitions.push.bind(told.transitions)
    told.transitions.push = transition => {
      const count = tell(transition)
      if (transition === 'paused' && count < 40) void ask('resume')
      if (transition === 'resumed' && count < 40) void ask('pause')
      return count
    }
    expect(length).toBe(0)
    void ask('run')
    scheduler.take()
    expect(told.transitions.slice(0, 5)).toEqual(['started', 'paused', 'resumed', 'paused', 'resumed'])
    expect(told.transitions).toHaveLength(40)
    expect(run.status).toBe('resumed' === told.transitions.at(-1) ? 'running' : 'paused')
    await ask('stop')
  })

  test('that never end let other things have their turn', () => {
    const { scheduler, told, ask } = bed()
    const tell = told.transitions.push.bind(told.transitions)
    told.transitions.push = transition => {
      void ask(transition === 'paused' ? 'resume' : 'pause')
      return tell(transition)
    }
    void ask('run')
    expect(told.transitions.length).toBeLessThan(3000)
    expect(scheduler.length).toBeGreaterThan(0)
  })

  test('inside a step that fails are done after the failure', async () => {
    let isBroken = true
    const asked: Promise<unknown>[] = []
    const { scheduler, told, run, ask } = bed(
      () => {
        if (isBroken) asked.push(ask('pause'), ask('run'))
      },
      () => isBroken,
    )
    const first = ask('run').catch(error => (error as GradstreamError).code)
    scheduler.take()
    isBroken = false
    expect(await first).toBe('NODE_FAILED')
    expect(told.transitions).toEqual(['started', 'failed', 'started'])
    while (scheduler.length > 0) scheduler.take()
    expect(await Promise.all(asked)).toEqual([undefined, 'finished'])
    expect(run.status).toBe('finished')
  })

  test('for steps are kept one by one', async () => {
    const { scheduler, run, ask } = bed()
    const kept: string[] = []
    for (const [name, request] of [
      ['first', 'step'],
      ['second', 'step2'],
    ] as const)
      void ask(request).then(status => kept.push(`${name} ${status}`))
    scheduler.take()
    await Promise.resolve().then(() => undefined)
    await new Promise(resolve => setImmediate(resolve))
    expect(kept).toEqual(['first running'])
    scheduler.take()
    scheduler.take()
    await new Promise(resolve => setImmediate(resolve))
    expect(kept).toEqual(['first running', 'second paused'])
    expect(run.status).toBe('paused')
  })
})
