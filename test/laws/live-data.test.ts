/** Whatever is asked of a run meanwhile: what a live stream tells is trained on once and in its order, and nothing stays open. */
import { fromObservable, type Sample } from 'gradstream'
import { defer, finalize, Subject } from 'rxjs'
import { expect, test } from 'vitest'
import { settled } from '../runtime/data/support.ts'
import { trial } from '../runtime/support.ts'
import { countOf } from '../support/counts.ts'
import { Dice } from '../support/dice.ts'

const LIVES = countOf({ few: 5, usual: 40, full: 150 })
const ACTIONS = 60

test(`${LIVES} lives of a run over a live stream`, async () => {
  for (let seed = 0; seed < LIVES; seed++) {
    const dice = new Dice(seed)
    const batchSize = 1 + dice.below(4)
    /** Of whom it is subscribed to at present, and how many subscriptions there are. */
    let subject = new Subject<Sample>()
    let open = 0
    const stream$ = defer(() => {
      subject = new Subject()
      open++
      return subject.pipe(finalize(() => open--))
    })
    const { trainer, model, scheduler } = trial({ data: fromObservable(stream$), batchSize, epochs: 1000 })
    const seen: number[] = []
    model.node('target').forward$.subscribe(({ tensor }) => seen.push(...tensor.data))
    const settle = async () => {
      for (let i = 0; i < 3; i++) {
        scheduler.flush()
        await settled()
      }
    }
    /** What has been told since the epoch began, and what was trained on before. */
    let told: number[] = []
    let before: number[] = []
    let count = 0
    const check = () => {
      const { status } = trainer.state
      expect(open).toBe(status === 'running' || status === 'paused' ? 1 : 0)
      const own = seen.slice(before.length)
      expect(seen.slice(0, before.length)).toEqual(before)
      expect(own).toEqual(told.slice(0, own.length))
      if (status === 'running') expect(told.length - own.length).toBeLessThan(batchSize)
    }
    const epochOver = () => {
      before = [...seen]
      told = []
    }
    const history: string[] = []
    for (let i = 0; i < ACTIONS; i++) {
      const { status } = trainer.state
      const action = dice.pick([
        'tell',
        'tell',
        'tell',
        'run',
        'pause',
        'resume',
        'stop',
        'complete',
        'fail',
      ] as const)
      history.push(`${action} (${status})`)
      const isOpen = subject.observed
      switch (action) {
        case 'tell':
          for (let told_ = 0, most = 1 + dice.below(9); told_ < most; told_++) {
            const number = count++
            if (isOpen) told.push(number)
            subject.next({ x: [number / 1000, 1], target: [number] })
          }
          break
        case 'run':
          trainer.run().catch(() => undefined)
          break
        case 'complete':
          // One without samples is an error of its own.
          if (!isOpen || told.length === 0 || status !== 'running') break
          subject.complete()
          await settle()
          expect(seen, history.join()).toEqual([...before, ...told])
          epochOver()
          break
        case 'fail':
          if (!isOpen || status !== 'running') break
          subject.error(new Error('gone'))
          await settle()
          expect(trainer.state.status).toBe('failed')
          break
        case 'stop':
          await trainer.stop()
          if (status === 'running' || status === 'paused') epochOver()
          break
        default:
          await trainer[action]()
      }
      if (dice.below(3) > 0 || action !== 'tell') await settle()
      if (dice.below(3) > 0) {
        await settle()
        check()
      }
    }
    trainer.dispose()
    expect(open, history.join()).toBe(0)
    model.dispose()
  }
})
