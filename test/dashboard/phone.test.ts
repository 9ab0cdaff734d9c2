/** The page for a phone: how much it loads, what it shows, and how it steers. */
import { arrayOf } from 'gradstream'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, expect, test } from 'vitest'
import { count, figures } from '../../dashboard/format.ts'
import { axe } from './axe.ts'
import { closeBrowser, leave, TOKENS, watchRun } from './watched-run.ts'

afterEach(leave)
afterAll(closeBrowser)

/** A phone beside the page that is watched anyway. Counts the bytes of what it loads, as they come over the network. */
async function phone(page: Page, url: string) {
  const context = await page
    .context()
    .browser()
    ?.newContext({
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      hasTouch: true,
      colorScheme: 'dark',
      locale: 'en-GB',
    })
  if (!context) throw new Error('there is no browser')
  const own = await context.newPage()
  const faults: string[] = []
  own.on('pageerror', error => faults.push(String(error)))
  own.on('console', message => message.type() === 'error' && faults.push(message.text()))
  const session = await context.newCDPSession(own)
  await session.send('Network.enable')
  const loaded = { bytes: 0, files: 0 }
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    loaded.bytes += encodedDataLength
    loaded.files++
  })
  await own.goto(url)
  await own.getByText('connected as').waitFor()
  return { page: own, faults, loaded, close: () => context.close() }
}

test('a phone loads less than 100 KB, and shows how the run is going', async () => {
  const { page, trainer, bridge } = await watchRun({}, {}, { ahead: 2000 })
  const { page: own, loaded, faults, close } = await phone(page, bridge.url)
  const chart = own.getByRole('region', { name: 'Loss' }).getByRole('img')
  await chart.waitFor()
  expect(loaded.files).toBeGreaterThanOrEqual(3)
  expect(loaded.bytes).toBeGreaterThan(30_000)
  expect(loaded.bytes).toBeLessThan(100_000)
  expect(await chart.getAttribute('alt')).toMatch(/^batch loss \S+, smoothed \S+; loss .*; validation loss /)
  expect(await chart.evaluate(image => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(300)
  const fact = (name: string) => own.locator(`[data-fact="${name}"]`).innerText()
  await trainer.pause()
  const { best } = trainer.state
  await expect
    .poll(() => fact('best validation loss'))
    .toBe(`${figures(best?.metrics.validationLoss)} epoch ${count(best?.epoch ?? 0)}`)
  for (const name of ['epoch', 'step', 'elapsed', 'remaining']) expect(await fact(name)).toMatch(/\d/)
  expect(await own.locator('.diagnosis').innerText()).toMatch(/\.$/)
  trainer.alarm({ code: 'HOT', message: 'the machine is at 95 °C' })
  await own.getByRole('region', { name: 'Alarms' }).getByText('95 °C').waitFor()
  expect((await axe(own)).violations).toEqual([])
  // Nothing is wider than the phone.
  expect(await own.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  expect(faults).toEqual([])
  await close()
})

test('a phone pauses and resumes a run, stops it at the second tap, and shows everything when asked', async () => {
  const { page, trainer, bridge } = await watchRun()
  const { page: own, faults, close } = await phone(page, bridge.url)
  const tap = (name: string) => own.getByRole('button', { name, exact: true }).tap()
  await tap('Pause')
  await expect.poll(() => trainer.state.status).toBe('paused')
  await tap('Resume')
  await expect.poll(() => trainer.state.status).toBe('running')
  await tap('Stop')
  await own.getByRole('button', { name: 'Really stop?' }).waitFor()
  expect(trainer.state.status).toBe('running')
  await tap('Really stop?')
  await expect.poll(() => trainer.state.status).toBe('stopped')
  await own.getByText('stopped', { exact: true }).waitFor()
  await own.getByRole('button', { name: /^Everything/ }).tap()
  await own.getByRole('region', { name: 'Charts' }).waitFor()
  // The whole page stays when it is loaded again.
  await own.reload()
  await own.getByRole('region', { name: 'Controls' }).getByRole('button', { name: 'Start' }).waitFor()
  await expect.poll(() => bridge.clients.length).toBe(2)
  expect(faults).toEqual([])
  await close()
})

test('a phone calls what is predicted by the name that it has in the data', async () => {
  const rows = Array.from({ length: 64 }, (_, i) => ({
    sine: Math.sin(3 * i),
    cosine: Math.cos(7 * i),
    benign: i % 2,
  }))
  const { page, bridge } = await watchRun({ data: arrayOf(rows, { target: 'benign' }) })
  const { page: own, faults, close } = await phone(page, bridge.url)
  await own.getByText('Predicts benign or not from 2 numbers').waitFor()
  expect(faults).toEqual([])
  await close()
})

test('a viewer watches on a phone, and an address without a token says so', async () => {
  const { page, bridge } = await watchRun()
  const { page: own, close } = await phone(page, bridge.url.replace(TOKENS.controller, TOKENS.viewer))
  await own.getByText('connected as viewer').waitFor()
  expect(await own.getByRole('button', { name: 'Pause' }).count()).toBe(0)
  await own.goto('about:blank')
  await own.goto(bridge.url.split('#')[0] as string)
  await own.getByText('This address has no token').waitFor()
  await close()
})
