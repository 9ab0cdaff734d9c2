/** The header of the page in a browser: how the run is going, its figures, and what it is made of. */
import { afterAll, afterEach, expect, test } from 'vitest'
import { axe } from './axe.ts'
import { atRest } from './seen.ts'
import { closeBrowser, leave, watchRun } from './watched-run.ts'

afterEach(leave)
afterAll(closeBrowser)

test('the page tells the best epoch, the time, and what the run is made of; its sentence leads to the loss', async () => {
  const { trainer, page, faults } = await watchRun({ stepsPerSecond: 1000, seed: 3 })
  const fact = (name: string) => page.locator(`[data-fact="${name}"]`)
  await page.locator('.diagnosis').getByText('Learns: the validation loss').waitFor()
  await expect.poll(() => fact('elapsed').innerText()).toMatch(/^[1-9].* s$/)
  // On a busy machine, a million epochs take days.
  expect(await fact('remaining').innerText()).toMatch(/^≈ \d+ (d|h|min)$/)
  const setup = await page.locator('.setup div').allInnerTexts()
  expect(setup.map(text => text.replace(/\s+/g, ' '))).toEqual([
    'training samples 256',
    'validation samples 32',
    'batch size 32',
    'parameters 25',
    'seed 3',
    expect.stringMatching(/^kernels \w+, float32$/),
  ])
  await atRest(page, trainer)
  const { best } = trainer.state
  await expect
    .poll(() => fact('best validation loss').innerText())
    .toContain(`epoch ${best?.epoch.toLocaleString('en')}`)

  // Figures that get longer move nothing.
  const left = async () => (await fact('remaining').boundingBox())?.x
  const before = await left()
  await fact('step').evaluate(element => {
    element.textContent = '123,456,789'
  })
  expect(await left()).toBe(before)

  await page.getByRole('tab', { name: 'Metrics' }).click()
  await trainer.alarm({ code: 'ODD', message: 'the loss looks odd', figure: 'loss' })
  await page.getByRole('button', { name: 'Show the loss' }).click()
  const tab = page.getByRole('tab', { name: 'Loss' })
  await expect.poll(() => tab.getAttribute('aria-selected')).toBe('true')
  expect(await tab.evaluate(element => element === document.activeElement)).toBe(true)
  expect((await axe(page)).violations).toEqual([])
  expect(faults).toEqual([])
})
