/** Steering from the page: keys, a speed of one's own, undoing changes and making them again, presets. */
import { schedule } from 'gradstream'
import type { Page } from 'playwright-core'
import { NEVER } from 'rxjs'
import { afterAll, afterEach, expect, test } from 'vitest'
import { axe } from './axe.ts'
import { answered } from './seen.ts'
import { closeBrowser, leave, watchRun } from './watched-run.ts'

afterEach(leave)
afterAll(closeBrowser)

const controls = (page: Page) => page.getByRole('region', { name: 'Controls' })

test('the space bar pauses and resumes, a dot steps, and neither does while somebody types', async () => {
  const { trainer, page, faults } = await watchRun()
  const status = () => trainer.state.status
  await expect.poll(() => controls(page).getByRole('button', { name: 'Pause' }).isEnabled()).toBe(true)
  await page.keyboard.press('Space')
  await expect.poll(status).toBe('paused')
  await controls(page).getByRole('button', { name: 'Resume' }).waitFor()
  const { step } = trainer.state
  await controls(page).getByLabel('steps at a time').fill('3')
  await controls(page).getByLabel('steps at a time').press('.')
  await controls(page).getByLabel('learning rate').fill('')
  await controls(page).getByLabel('learning rate').pressSequentially('0.0 ')
  expect(trainer.state).toMatchObject({ status: 'paused', step })
  await page.keyboard.press('Escape')
  await page.locator('h1').click()
  await page.keyboard.press('Control+.')
  await page.keyboard.press('.')
  await expect.poll(() => trainer.state.step).toBe(step + 3)

  // A button that has the focus keeps its key.
  await page.getByRole('tab', { name: 'Metrics' }).focus()
  await page.keyboard.press('Space')
  expect(status()).toBe('paused')
  await page.locator('h1').click()
  await page.keyboard.press('Space')
  await expect.poll(status).toBe('running')
  const pause = controls(page).getByRole('button', { name: 'Pause' })
  expect(await pause.getAttribute('title')).toBe('The space bar does the same')
  expect(await controls(page).getByRole('button', { name: 'Step' }).getAttribute('title')).toContain('.')
  expect(faults).toEqual([])
})

test('any speed can be typed beside the presets', async () => {
  const { trainer, page } = await watchRun()
  const field = controls(page).getByLabel('steps per second')
  await field.fill('0')
  await field.press('Enter')
  await controls(page).getByText('speed: it must be above 0').waitFor()
  await field.fill('42.5')
  await field.press('Enter')
  await expect.poll(() => trainer.state.stepsPerSecond).toBe(42.5)
  const chosen = () => controls(page).locator('select option:checked').innerText()
  await expect.poll(chosen).toBe('42.5 steps/s')
  expect(await field.inputValue()).toBe('')
  await controls(page).getByRole('combobox').selectOption('100 steps/s')
  await expect.poll(() => trainer.state.stepsPerSecond).toBe(100)
})

test('the last change of a hyper-parameter can be undone, unless somebody else has changed it since', async () => {
  const { trainer, page, faults } = await watchRun()
  const undo = controls(page).getByRole('button', { name: 'Undo' })
  const field = controls(page).getByLabel('learning rate')
  const change = async (to: string) => {
    await field.fill(to)
    await field.press('Enter')
    await expect.poll(() => undo.isEnabled()).toBe(true)
  }
  const learningRate = () => trainer.model.node('sgd1').config.learningRate
  expect(await undo.isDisabled()).toBe(true)
  await change('0.5')
  expect(learningRate()).toBe(0.5)
  expect(await undo.getAttribute('title')).toBe('Set sgd1 learning rate back to 0.01')
  expect((await axe(page)).violations).toEqual([])
  await undo.click()
  await expect.poll(learningRate).toBe(0.01)
  await expect.poll(() => field.inputValue()).toBe('0.01')
  await expect.poll(() => undo.isDisabled()).toBe(true)

  await change('0.25')
  await trainer.set('sgd1', { learningRate: 0.125 })
  await undo.click()
  await controls(page).locator('.answer.refused').waitFor()
  expect(learningRate()).toBe(0.125)
  // More answers than fit.
  expect((await axe(page)).violations).toEqual([])
  expect(faults).toEqual([])
})

test('a field says what its number follows, and a click lets a number take the place of that', async () => {
  const { trainer, page, faults } = await watchRun()
  const learningRate = schedule.cosine({ initial: 0.01, steps: 1e6, alpha: 0.5 })
  await trainer.set('sgd1', { learningRate, momentum: NEVER })
  await controls(page).getByText('follows a stream, now 0').waitFor()
  await controls(page).getByText('follows cosine, now 0.01').waitFor()
  expect(await controls(page).getByLabel('learning rate', { exact: true }).count()).toBe(0)
  expect((await axe(page)).violations).toEqual([])

  const replace = controls(page).getByRole('button', { name: 'Replace cosine of learning rate' })
  await replace.click()
  const field = controls(page).getByLabel('learning rate', { exact: true })
  await controls(page).getByText('Replaces cosine.').waitFor()
  expect(await field.evaluate(element => element === document.activeElement)).toBe(true)
  await field.press('Escape')
  await replace.click()
  expect(trainer.state.follows.sgd1).toMatchObject({ learningRate })

  // The number that is followed goes on changing, and what is selected stays so.
  await field.selectText()
  const { step } = trainer.state
  await expect.poll(() => trainer.state.step).toBeGreaterThan(step + 30)
  await page.keyboard.insertText('0.25')
  expect(await field.inputValue()).toBe('0.25')
  await field.press('Enter')
  await answered(page, 'sgd1 learning rate = 0.25 instead of cosine')
  await expect.poll(() => field.inputValue()).toBe('0.25')
  expect(trainer.state.follows.sgd1).toEqual({ momentum: 'stream' })
  expect(faults).toEqual([])
})

test('a schedule that a number replaced comes back, a stream cannot', async () => {
  const { trainer, page } = await watchRun()
  const undo = controls(page).getByRole('button', { name: 'Undo' })
  const cosine = schedule.cosine({ initial: 0.01, steps: 1e6 })
  await trainer.set('sgd1', { learningRate: cosine, weightDecay: NEVER })
  const replace = async (what: string, name: string) => {
    await controls(page)
      .getByRole('button', { name: `Replace ${what} of ${name}` })
      .click()
    await controls(page).getByLabel(name, { exact: true }).fill('0.5')
    await controls(page).getByLabel(name, { exact: true }).press('Enter')
    await answered(page, `sgd1 ${name} = 0.5`)
  }
  await replace('cosine', 'learning rate')
  await expect.poll(() => undo.getAttribute('title')).toBe('Set sgd1 learning rate back to cosine')
  await undo.click()
  await expect.poll(() => trainer.state.follows.sgd1?.learningRate).toEqual(cosine)
  await replace('a stream', 'weight decay')
  await expect.poll(() => trainer.state.follows.sgd1).toEqual({ learningRate: cosine })
  await expect.poll(() => undo.isDisabled()).toBe(true)
})

test('several changes are undone in turn and made again, in words, by buttons and keys', async () => {
  const { trainer, page, faults } = await watchRun()
  const undo = controls(page).getByRole('button', { name: 'Undo' })
  const redo = controls(page).getByRole('button', { name: 'Redo' })
  const present = () => {
    const { learningRate, weightDecay } = trainer.model.node('sgd1').config
    return [learningRate, weightDecay]
  }
  const change = async (name: string, to: string) => {
    await controls(page).getByLabel(name, { exact: true }).fill(to)
    await controls(page).getByLabel(name, { exact: true }).press('Enter')
    await answered(page, `sgd1 ${name} = ${to}`)
  }
  await change('learning rate', '0.5')
  await change('weight decay', '0.9')
  await change('learning rate', '0.25')
  expect(present()).toEqual([0.25, 0.9])
  await expect.poll(() => undo.getAttribute('title')).toBe('Set sgd1 learning rate back to 0.5')
  await undo.click()
  await expect.poll(present).toEqual([0.5, 0.9])
  await expect.poll(() => undo.getAttribute('title')).toBe('Set sgd1 weight decay back to 0')
  expect(await redo.getAttribute('title')).toBe('Set sgd1 learning rate to 0.25 again')
  await page.locator('h1').click()
  // Faster than the answers.
  await page.keyboard.press('Control+z')
  await page.keyboard.press('Control+z')
  await expect.poll(present).toEqual([0.01, 0])
  await expect.poll(() => undo.isDisabled()).toBe(true)
  await page.keyboard.press('Control+Shift+z')
  await expect.poll(present).toEqual([0.5, 0])
  await page.keyboard.press('Control+y')
  await expect.poll(present).toEqual([0.5, 0.9])
  await redo.click()
  await expect.poll(present).toEqual([0.25, 0.9])
  await expect.poll(() => redo.isDisabled()).toBe(true)
  // A new change ends what could be made again.
  await undo.click()
  await expect.poll(() => redo.isDisabled()).toBe(false)
  await change('weight decay', '0.75')
  await expect.poll(() => redo.isDisabled()).toBe(true)
  // In a field, these keys belong to the field.
  await controls(page).getByLabel('weight decay').press('Control+z')
  expect(present()).toEqual([0.5, 0.75])
  expect(faults).toEqual([])
})

test('a preset is one command that can be undone; own ones are kept by the browser', async () => {
  const { trainer, page, faults } = await watchRun()
  const sheet = page.getByRole('dialog', { name: 'Presets' })
  const open = () => controls(page).getByRole('button', { name: 'Presets' }).click()
  const learningRate = () => trainer.model.node('sgd1').config.learningRate
  await open()
  expect(await sheet.getByRole('button', { name: 'Apply as at the start' }).isDisabled()).toBe(true)
  await sheet.getByText('sgd1 learning rate 0.01 → 0.001').waitFor()
  expect((await axe(page)).violations).toEqual([])
  await sheet.getByRole('button', { name: 'Apply fine-tune' }).click()
  await expect.poll(learningRate).toBe(0.001)
  await page.locator('.log').getByText('dashboard: fine-tune: sgd1 learning rate = 0.001').waitFor()
  const undo = controls(page).getByRole('button', { name: 'Undo' })
  await expect
    .poll(() => undo.getAttribute('title'))
    .toBe('Take back preset fine-tune: sgd1 learning rate = 0.01')

  await trainer.set('sgd1', { weightDecay: 0.5 })
  await open()
  await sheet.getByLabel('Save the present values as').fill('mine')
  await sheet.getByLabel('Save the present values as').press('Enter')
  await sheet.getByRole('button', { name: 'Delete mine' }).waitFor()
  await sheet.getByLabel('Save the present values as').fill('fine-tune')
  await sheet.getByRole('button', { name: 'Save' }).click()
  await sheet.getByText('that name is taken').waitFor()
  // A key that is pressed here does nothing behind the dialog.
  await sheet.getByRole('button', { name: 'Close' }).focus()
  await page.keyboard.press('1')
  await page.keyboard.press('Escape')
  await sheet.waitFor({ state: 'detached' })
  expect(learningRate()).toBe(0.001)

  const state = () => trainer.state.hyperparameters.sgd1
  await page.locator('h1').click()
  await page.keyboard.press('1')
  await expect.poll(state).toMatchObject({ learningRate: 0.01, weightDecay: 0 })
  await page.reload()
  await page.getByText('connected as').waitFor()
  await page.keyboard.press('3')
  await expect.poll(state).toMatchObject({ learningRate: 0.001, weightDecay: 0.5 })
  await page.keyboard.press('Control+z')
  await expect.poll(state).toMatchObject({ learningRate: 0.01, weightDecay: 0 })
  await open()
  await sheet.getByRole('button', { name: 'Delete mine' }).click()
  await expect.poll(() => sheet.getByText('mine', { exact: true }).count()).toBe(0)
  expect(faults).toEqual([])
})

test('what the browser has kept may be anything, and may be of another run', async () => {
  const { trainer, page, faults } = await watchRun()
  const kept = async (text: string) => {
    await page.evaluate(given => localStorage.setItem('gradstream.presets', given), text)
    await page.reload()
    await page.getByText('connected as').waitFor()
    await controls(page).getByRole('button', { name: 'Presets' }).click()
    return page.getByRole('dialog', { name: 'Presets' }).getByRole('listitem').allInnerTexts()
  }
  for (const text of [
    '',
    '{',
    'null',
    '7',
    '[null, 7, {}, {"name": "x"}, {"name": "", "values": {}}, {"name": "y", "values": {"a": 1}}]',
  ])
    expect(await kept(text)).toHaveLength(2)
  const other = {
    name: 'other',
    values: { sgd1: { learningRate: 0.5, speed: 2 }, adam1: { beta1: 0.5 }, __proto__: {} },
  }
  const texts = await kept(JSON.stringify([other]))
  expect(texts[2]).toContain('learning rate 0.01 → 0.5')
  expect(texts[2]).toContain('This run has no sgd1 speed, adam1 beta1.')
  await page.getByRole('button', { name: 'Apply other' }).click()
  await expect.poll(() => trainer.state.hyperparameters.sgd1).toMatchObject({ learningRate: 0.5 })
  // Values that it refuses change nothing, and the reason is told.
  await kept(JSON.stringify([{ name: 'bad', values: { sgd1: { learningRate: -1, weightDecay: 0.5 } } }]))
  await page.getByRole('button', { name: 'Apply bad' }).click()
  await controls(page).locator('.answer.refused').waitFor()
  expect(trainer.state.hyperparameters.sgd1).toMatchObject({ learningRate: 0.5, weightDecay: 0 })
  expect(faults).toEqual([])
})

test('the keys are listed, and can be turned off', async () => {
  const { trainer, page, faults } = await watchRun()
  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog', { name: 'Keys' })
  for (const text of ['pauses the run, and resumes it', 'apply the presets', 'undoes your last change'])
    await sheet.getByText(text).waitFor()
  expect((await axe(page)).violations).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  expect((await axe(page)).violations).toEqual([])
  await sheet.getByRole('checkbox').uncheck()
  await page.keyboard.press('Escape')
  await sheet.waitFor({ state: 'detached' })
  await page.locator('h1').click()
  await page.keyboard.press('2')
  await page.keyboard.press('Space')
  // Those with Ctrl stay.
  await controls(page).getByLabel('weight decay').fill('0.5')
  await controls(page).getByLabel('weight decay').press('Enter')
  await expect.poll(() => trainer.state.hyperparameters.sgd1).toMatchObject({ weightDecay: 0.5 })
  await page.locator('h1').click()
  await page.keyboard.press('Control+z')
  await expect
    .poll(() => trainer.state.hyperparameters.sgd1)
    .toMatchObject({ weightDecay: 0, learningRate: 0.01 })
  expect(trainer.state.status).toBe('running')
  await controls(page).getByRole('button', { name: 'Keys' }).click()
  await sheet.getByRole('checkbox').check()
  await sheet.getByRole('button', { name: 'Close' }).click()
  await page.locator('h1').click()
  await page.keyboard.press('Space')
  await expect.poll(() => trainer.state.status).toBe('paused')
  expect(faults).toEqual([])
})
