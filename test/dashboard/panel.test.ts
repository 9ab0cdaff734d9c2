/** A node opened, and what is given to the run by hand, in a browser. */
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { History } from '../../dashboard/panel/history.ts'
import { isFull } from '../support/counts.ts'
import { axe } from './axe.ts'
import { closeBrowser, inkOf, leave, openNode, watchRun } from './watched-run.ts'

describe('a history', () => {
  test('is bounded, spans all that was seen, evenly, and ends with the newest', () => {
    const history = new History<number>(16)
    for (let step = 0; step < 1000; step++) history.add({ step, value: step })
    const steps = history.entries.map(entry => entry.step)
    expect(steps.length).toBeLessThanOrEqual(17)
    expect(steps.length).toBeGreaterThanOrEqual(8)
    expect(steps[0]).toBe(0)
    expect(steps.at(-1)).toBe(999)
    const gaps = steps.slice(1, -1).map((step, i) => step - (steps[i] as number))
    expect(new Set(gaps).size).toBe(1)
  })

  test('begins anew with another run', () => {
    const history = new History<number>()
    for (const step of [5, 6, 1, 2]) history.add({ step, value: step })
    expect(history.entries.map(({ step }) => step)).toEqual([1, 2])
  })
})

afterEach(leave)
afterAll(closeBrowser)

test('histograms, quantiles and numbers are shown of values, gradients and parameters', async () => {
  const { page, faults } = await watchRun()
  const panel = await openNode(page, 'first')
  for (const name of ['values', 'gradients', 'kernel', '∇ kernel', 'bias']) {
    await panel.getByRole('tab', { name, exact: true }).click()
    await panel.getByText(`${name} from`).waitFor()
    for (const look of ['ridges', 'fan']) {
      await expect.poll(async () => (await inkOf(panel.locator(`canvas.${look}`))).colours).toBeGreaterThan(3)
    }
    for (const fact of ['median', '95 %', 'zeros', 'norm']) {
      await panel.locator('.statistics').getByText(fact, { exact: true }).waitFor()
    }
  }
  expect(faults).toEqual([])
})

test.runIf(isFull)('tabs are moved through by arrows, and what was seen stays', async () => {
  const { page } = await watchRun()
  const panel = await openNode(page, 'first')
  const ridges = panel.locator('canvas.ridges')
  const seen = async () => Number(await ridges.getAttribute('data-histograms'))
  await expect.poll(seen).toBeGreaterThan(4)
  const values = panel.getByRole('tab', { name: 'values' })
  await values.press('ArrowLeft')
  const last = panel.getByRole('tab', { name: '∇ bias' })
  expect(await last.getAttribute('aria-selected')).toBe('true')
  expect(await last.evaluate(tab => tab === document.activeElement)).toBe(true)
  const shown = panel.getByRole('tabpanel', { name: '∇ bias' })
  expect(await last.getAttribute('aria-controls')).toBe(await shown.getAttribute('id'))
  await last.press('ArrowRight')
  await panel.getByText('values from').waitFor()
  expect(await seen()).toBeGreaterThan(4)
})

test('weights have a key with numbers, and tell what is pointed at', async () => {
  const { page } = await watchRun()
  const panel = await openNode(page, 'first')
  await panel.getByRole('tab', { name: 'kernel', exact: true }).click()
  const weights = panel.locator('.weights')
  await weights.getByText('2 inputs downwards, 6 units to the right').waitFor()
  const [least = 0, most = 0] = (await weights.locator('.key').innerText()).trim().split(/\s+/).map(Number)
  expect(most).toBeGreaterThan(0)
  expect(least).toBe(-most)
  // What is drawn above them for the first time moves the weights away from the pointer.
  const told = async () => {
    await weights.locator('canvas').hover({ position: { x: 3, y: 3 } })
    return weights.getByText(/input 0, unit 0: /).count()
  }
  await expect.poll(told).toBe(1)
})

test.runIf(isFull)('a tensor with very many numbers is not asked for whole', async () => {
  const { page, trainer } = await watchRun({ batchSize: 4 }, {}, { units: 40_000 })
  await expect.poll(() => trainer.state.step).toBeGreaterThan(0)
  const panel = await openNode(page, 'first')
  await panel.getByRole('tab', { name: 'kernel', exact: true }).click()
  await panel.getByText('kernel has 80,000 numbers').waitFor()
})

test('a run that rests is said to rest', async () => {
  const { page, trainer } = await watchRun()
  await trainer.pause()
  const panel = await openNode(page, 'first')
  await panel.getByText(/the run is paused|values from/).waitFor()
})

test('fields tell their limits, and why what is typed is refused', async () => {
  const { page, trainer } = await watchRun()
  const momentum = page.getByLabel('momentum')
  const told = async () =>
    page.locator(`[id="${await momentum.getAttribute('aria-describedby')}"]`).innerText()
  expect(await told()).toBe('0 or more, below 1')
  await momentum.fill('1.5')
  await momentum.press('Enter')
  await page.getByRole('alert').getByText('it must be 0 or more, below 1').waitFor()
  expect(await momentum.inputValue()).toBe('1.5')
  expect(await momentum.getAttribute('aria-invalid')).toBe('true')
  await momentum.press('Escape')
  expect(await momentum.inputValue()).toBe('0')
  // Within its limits, and yet not possible in a run without velocities.
  await momentum.fill('0.5')
  await momentum.press('Enter')
  await page.locator('.answer.refused').getByText('sgd1 momentum = 0.5').waitFor()
  expect(trainer.state.revision).toBe(0)
})

test('a small value is shown and edited in full, and sent once', async () => {
  const { page, trainer } = await watchRun()
  const rate = page.getByLabel('learning rate')
  await rate.fill('0.000125')
  await rate.press('Enter')
  await rate.press('Tab')
  await page.locator('.answer.done').getByText('sgd1 learning rate = 0.000125').waitFor()
  await expect.poll(() => rate.inputValue()).toBe('0.000125')
  expect(trainer.state.revision).toBe(1)
  expect(await page.locator('.answer').count()).toBe(1)
})

test('answers are kept, the newest first; what goes on is accepted, not done', async () => {
  const { page, trainer } = await watchRun()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.locator('.answer.done').getByText(/pause/).waitFor()
  const steps = page.getByLabel('steps at a time')
  await steps.fill('')
  await page.getByRole('button', { name: 'Step', exact: true }).click()
  await page.getByRole('alert').getByText('steps: "" is not a number').waitFor()
  const { step } = trainer.state
  await steps.fill('12')
  await steps.press('Enter')
  await expect.poll(() => trainer.state.step).toBe(step + 12)
  await page.locator('.answer').getByText('step 12', { exact: true }).waitFor()
  await expect
    .poll(() => page.locator('.answer').allInnerTexts())
    .toEqual([expect.stringMatching(/step 12 accepted at step/), expect.stringMatching(/pause done at step/)])
})

test('a controller without a connection is told so, and not that it may only watch', async () => {
  const { page, bridge } = await watchRun()
  await bridge.close()
  await page.getByText('Not connected: commands have to wait').waitFor()
  expect(await page.getByText('You can watch').count()).toBe(0)
})

test.each(['light', 'dark'] as const)(
  'axe finds no serious fault beside an open node, in %s',
  async colorScheme => {
    const { page } = await watchRun({}, { colorScheme })
    await openNode(page, 'first')
    expect((await axe(page)).violations).toEqual([])
  },
)
