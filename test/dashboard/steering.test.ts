/** Steering from the page: keys, a speed of one's own, and undoing a change. */
import { schedule } from 'gradstream'
import type { Page } from 'playwright-core'
import { NEVER } from 'rxjs'
import { afterAll, afterEach, expect, test } from 'vitest'
import { axe } from './axe.ts'
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
  expect(await undo.isDisabled()).toBe(true)

  await change('0.25')
  await trainer.set('sgd1', { learningRate: 0.125 })
  await undo.click()
  await controls(page).locator('.answer.refused').waitFor()
  expect(learningRate()).toBe(0.125)
  // More answers than fit.
  expect((await axe(page)).violations).toEqual([])
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
    await controls(page).getByText(`sgd1 ${name} = 0.5`).waitFor()
  }
  await replace('cosine', 'learning rate')
  await expect.poll(() => undo.getAttribute('title')).toBe('Set sgd1 learning rate back to cosine')
  await undo.click()
  await expect.poll(() => trainer.state.follows.sgd1?.learningRate).toEqual(cosine)
  await replace('a stream', 'weight decay')
  await expect.poll(() => trainer.state.follows.sgd1).toEqual({ learningRate: cosine })
  expect(await undo.isDisabled()).toBe(true)
})
