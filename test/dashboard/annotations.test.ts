/** Marks on the charts: what they say, how close ones become one, and what is seen and done in a browser. */
import type { RunNote, RunState, TrainerEvent } from 'gradstream'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { type Annotation, annotationsOf } from '../../dashboard/charts/annotations.ts'
import { gathered, worded } from '../../dashboard/charts/gathered.ts'
import { axe } from './axe.ts'
import { closeBrowser, leave, TOKENS, watchRun } from './watched-run.ts'

type Command = Extract<TrainerEvent, { type: 'command' }>

const at = (step: number) => ({ time: 1000 * step, epoch: 1, step })
const command = (step: number, command: Command['command'], more: Partial<Command> = {}): Command => ({
  type: 'command',
  ...at(step),
  command,
  author: 'Ada',
  ...more,
})
const set = (values: Record<string, unknown>, node = 'sgd1') => ({ type: 'set', node, values }) as const
const QUIET = { best: null, notes: [], hyperparameters: { batchSize: 32, sgd1: { learningRate: 0.1 } } }
const said = (events: readonly TrainerEvent[], state: Partial<RunState> = {}) =>
  annotationsOf({ ...QUIET, ...state } as RunState, events)
const texts = (annotations: readonly Annotation[]) =>
  annotations.map(({ kind, step, text }) => `${step} ${kind}: ${text}`)

describe('the words of a mark', () => {
  test('of a change tell who made it, from what, and to what', () => {
    const change = command(40, set({ learningRate: 0.05 }), { before: { learningRate: 0.1 } })
    expect(texts(said([change]))).toEqual(['40 change: Ada: learning rate 0.1 → 0.05'])
    const two = { ...QUIET.hyperparameters, adam1: { learningRate: 1 } }
    const both = command(41, set({ learningRate: 2, beta1: 0.5 }, 'adam1'), {
      before: { learningRate: 1, beta1: 0.9 },
    })
    expect(texts(said([both], { hyperparameters: two }))).toEqual([
      '41 change: Ada: adam1 learning rate 1 → 2, adam1 beta1 0.9 → 0.5',
    ])
    // A schedule is told by its name; a bridge of an earlier version did not tell what was there before.
    const cosine = { schedule: 'cosine', initial: 0.1, steps: 50 }
    expect(texts(said([command(42, set({ learningRate: cosine }))]))).toEqual([
      '42 change: Ada: learning rate → cosine',
    ])
  })

  test('name who paused and resumed, once, and say so where nobody did', () => {
    const events: TrainerEvent[] = [
      { type: 'started', ...at(0) },
      { type: 'paused', ...at(5) },
      command(5, { type: 'pause' }),
      { type: 'resumed', ...at(5) },
      command(5, { type: 'resume' }, { author: 'Bob' }),
      { type: 'paused', ...at(9) },
      { type: 'stopped', ...at(12), reason: 'early stopping' },
    ]
    for (const order of [events, events.toReversed()])
      expect(new Set(texts(said(order)))).toEqual(
        new Set([
          '5 pause: Ada: paused',
          '5 start: Bob: resumed',
          '9 pause: paused',
          '12 stop: stopped: early stopping',
        ]),
      )
  })

  test('tell alarms, failures, checkpoints and notes, in the order of their steps, and nothing that was refused', () => {
    const error = {
      code: 'NODE_FAILED',
      message: 'dense1 failed',
      place: '',
      expected: '',
      got: '',
      hint: '',
    } as const
    const note: RunNote = { id: 1, step: 15, text: 'look here', author: 'Grace', time: 5 }
    const events: TrainerEvent[] = [
      { type: 'failed', ...at(30), error },
      { type: 'alarm', ...at(20), code: 'HOT', message: 'it is hot' },
      { type: 'checkpoint', ...at(10), path: '/runs/a/checkpoint-000010' },
      command(10, { type: 'checkpoint' }),
      command(16, set({ learningRate: -1 }), { error }),
      { type: 'epoch', ...at(8), metrics: {}, seconds: 1, samplesPerSecond: 1 },
    ]
    expect(texts(said(events, { notes: [note] }))).toEqual([
      '10 checkpoint: checkpoint-000010',
      '15 note: look here',
      '20 alarm: it is hot',
      '30 alarm: failed: dense1 failed',
    ])
  })

  test('give the best figure with its epoch', () => {
    const best = { epoch: 7, step: 70, metrics: { loss: 0.01, validationLoss: 0.01234 } }
    const [mark] = said([], { best })
    expect(mark).toMatchObject({ kind: 'best', step: 70, text: 'best validation loss 0.0123 at epoch 7' })
    expect(mark?.figure).toEqual({ name: 'metrics.validationLoss', value: 0.01234 })
  })
})

test('marks that are close become one; none is lost, and none of a group is far from its first', () => {
  for (const count of [0, 1, 2, 50, 300]) {
    const places = Array.from({ length: count }, (_, i) => (i * i * 7919) % 1000).sort((a, b) => a - b)
    const groups = gathered(places, place => place, 26)
    expect(groups.flatMap(({ marks }) => marks)).toEqual(places)
    for (const [i, group] of groups.entries()) {
      for (const mark of group.marks) expect(mark - group.at).toBeLessThan(26)
      const next = groups[i + 1]
      if (next) expect(next.at - group.at).toBeGreaterThanOrEqual(26)
    }
  }
})

test('a mark has as many words as there is room for, and the fewest where there is none', () => {
  const best = { text: 'best loss 0.1 at epoch 16', briefly: ['best, epoch 16', 'best'] }
  const length = (text: string) => text.length
  for (let room = 0; room < 40; room++) {
    const words = worded(best, room, length)
    const all = [best.text, ...best.briefly]
    expect(words).toBe(all.find(text => text.length <= room) ?? 'best')
  }
  // What somebody has written has no other words.
  expect(worded({ text: 'a long note' }, 3, length)).toBe('a long note')
})

describe('in a browser', () => {
  afterEach(leave)
  afterAll(closeBrowser)

  const marks = (page: Page) => page.getByRole('list', { name: 'Marks' }).getByRole('button')
  const markOf = (page: Page, name: RegExp) =>
    page
      .getByRole('list', { name: 'Marks' })
      .getByRole('listitem')
      .filter({ has: page.locator('.hidden', { hasText: name }) })
      .getByRole('button')
  const words = (page: Page) => page.locator('.rail .words')

  test('what happened is read by pointer, by keys and by a screen reader, and close marks have a number', async () => {
    const { page, trainer, faults } = await watchRun({}, {}, { ahead: 3000 })
    await trainer.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.05 } }, 'Ada')
    const { step } = trainer.state
    await trainer.step(2000)
    trainer.alarm({ code: 'HOT', message: 'the machine is at 95 °C' })
    trainer.alarm({ code: 'LOUD', message: 'so is its fan' })
    await markOf(page, /Ada: learning rate 0\.01 → 0\.05, step/).waitFor()
    await markOf(page, /best validation loss \d\S* at epoch \d+/).waitFor()
    await expect
      .poll(() => page.locator('.legend .at').innerText())
      .toContain(trainer.state.step.toLocaleString('en'))
    await markOf(page, /marks: .*the machine is at 95 °C.*so is its fan/).waitFor()

    // A chart that is drawn once more may take the mark away from under the pointer.
    const pointedAt = async () => {
      await markOf(page, /^Ada/).hover()
      return (await words(page).allInnerTexts()).join()
    }
    await expect
      .poll(pointedAt)
      .toMatch(
        new RegExp(`Ada: learning rate 0.01 → 0.05 step ${step.toLocaleString('en')}, \\d\\d:\\d\\d:\\d\\d`),
      )
    await page.mouse.move(0, 0)
    await expect.poll(() => words(page).isVisible()).toBe(false)
    const count = await marks(page).count()
    await markOf(page, /^Ada/).focus()
    expect(await words(page).innerText()).toContain('Ada: learning rate')
    await page.keyboard.press('End')
    expect(
      await marks(page)
        .nth(count - 1)
        .evaluate(mark => mark === document.activeElement),
    ).toBe(true)
    expect(await words(page).innerText()).toContain('95 °C')
    await page.keyboard.press('Home')
    // One stop for the Tab key, however many marks there are.
    expect(
      await marks(page).evaluateAll(all => all.filter(({ tabIndex }) => (tabIndex as number) === 0).length),
    ).toBe(1)
    expect((await axe(page)).violations).toEqual([])
    expect(faults).toEqual([])
  })

  test('a note is made by keys or at the pointer, reaches everyone, and is taken back', async () => {
    const { page, trainer, bridge, faults } = await watchRun({}, {}, { ahead: 2000 })
    await trainer.pause()
    const { step } = trainer.state
    await expect.poll(() => page.locator('.legend .at').innerText()).toContain(step.toLocaleString('en'))
    await page.mouse.move(0, 0)
    await page.keyboard.press('n')
    const field = page.getByRole('textbox', { name: 'Note', exact: true })
    await expect.poll(() => field.evaluate(element => element === document.activeElement)).toBe(true)
    await page.keyboard.type('n is a letter')
    const where = page.getByRole('spinbutton', { name: 'at step' })
    expect(await where.inputValue()).toBe(String(step))
    await where.fill(String(step + 1))
    await page.keyboard.press('Enter')
    await page.getByText(/step: it must be/).waitFor()
    const box = await page.locator('.plot .u-over').boundingBox()
    if (!box) throw new Error('there is no plot')
    await page.mouse.click(box.x + box.width / 2, box.y + 30)
    await expect
      .poll(async () => Math.abs(Number(await where.inputValue()) - step / 2))
      .toBeLessThan(step / 50)
    expect((await axe(page)).violations).toEqual([])
    await field.press('Enter')
    await expect.poll(() => trainer.state.notes.length).toBe(1)
    const [note] = trainer.state.notes
    expect(note).toMatchObject({ text: 'n is a letter', author: expect.stringContaining('dashboard') })
    expect(Math.abs((note?.step ?? 0) - step / 2)).toBeLessThan(step / 50)

    await page.locator('.noted').getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => trainer.state.notes.length).toBe(0)
    await trainer.send({ type: 'note', text: 'of somebody else', step: 100 }, 'Grace')
    const other = await page.context().newPage()
    await other.goto(bridge.url.replace(TOKENS.controller, TOKENS.viewer))
    await markOf(other, /^of somebody else, Grace, step 100/).click()
    await other.locator('.rail .words').getByText('of somebody else').waitFor()
    // Who may only watch can neither make nor delete one.
    expect(await other.getByRole('button', { name: 'Delete' }).count()).toBe(0)
    expect(await other.getByRole('button', { name: 'Note', exact: true }).isDisabled()).toBe(true)
    await other.close()

    await markOf(page, /^of somebody else, Grace, step 100/).press('Enter')
    await page.getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => trainer.state.notes.length).toBe(0)
    await page.locator('.noted').getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => trainer.state.notes[0]).toMatchObject({ text: 'of somebody else', step: 100 })
    await page.keyboard.press('n')
    await page.keyboard.press('Escape')
    expect(await field.count()).toBe(0)
    expect(faults).toEqual([])
  })
})
