/** What the page tells of the system, and notifications of the browser. */
import { dense } from 'gradstream'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { axe } from './axe.ts'
import { launch } from './browser.ts'
import { watch } from './support.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const network = dense({ units: 1 })

test('the figures of the system are there, in words that have units, and the bar is made of them', async () => {
  const { page, faults } = await watch({ browser, network })
  const figure = (name: string) => page.locator(`[data-system="${name}"]`)
  await expect.poll(() => figure('memory').textContent()).toMatch(/^[\d.,]+ [MG]iB$/)
  await expect.poll(() => figure('step').textContent()).toMatch(/^[\d.]+ ms$/)
  expect(await figure('CPU').textContent()).toMatch(/^\d+ %$/)
  for (const name of ['training', 'waiting', 'watching'])
    expect(await figure(name).textContent()).toMatch(/^[\d.]+ %$/)
  const widths = await page
    .locator('.system .shares i')
    .evaluateAll(parts => parts.map(part => Number.parseFloat((part as HTMLElement).style.width)))
  expect(widths).toHaveLength(3)
  expect(widths[0]).toBeGreaterThan(0)
  // Each name has one line, at the widths of common screens.
  for (const width of [1920, 1440, 1366, 1280, 390]) {
    await page.setViewportSize({ width, height: 800 })
    const heights = await page
      .locator('.system dt')
      .evaluateAll(names => names.map(name => name.getBoundingClientRect().height))
    expect(Math.max(...heights)).toBeLessThan(25)
  }
  expect((await axe(page)).violations).toEqual([])
  expect(faults).toEqual([])
})

/** Takes the place of notifications of the browser, which nobody sees in a test. */
const prepare = (answer: NotificationPermission) => (page: Page) =>
  page.addInitScript(permission => {
    const shown: unknown[] = []
    class Fake {
      static permission = 'default'
      static asked = 0
      static shown = shown
      static requestPermission() {
        Fake.asked++
        return Promise.resolve(permission)
      }
      constructor(title: string, options: object) {
        shown.push({ title, ...options })
      }
    }
    Object.assign(globalThis, { Notification: Fake })
    document.hasFocus = () => false
  }, answer)

interface Fake {
  readonly asked: number
  readonly shown: readonly { readonly title: string; readonly body: string }[]
}
const told = (page: Page) =>
  page.evaluate(() => {
    const { asked, shown } = (globalThis as unknown as { Notification: Fake }).Notification
    return { asked, shown }
  })

test('notifications come only after the button, for what happens from then on', async () => {
  const { page, trainer, faults } = await watch({
    browser,
    network,
    runId: 'mnist',
    prepare: prepare('granted') as (page: Page) => void,
  })
  trainer.alarm({ code: 'HOT', message: 'it is hot' })
  await page.getByText('it is hot').first().waitFor()
  expect(await told(page)).toEqual({ asked: 0, shown: [] })
  await page.getByRole('button', { name: 'Notify me' }).click()
  await page.getByRole('button', { name: 'Notifying', pressed: true }).waitFor()
  trainer.alarm({ code: 'HOT', message: 'it is hotter' })
  await expect.poll(async () => (await told(page)).shown.map(({ body }) => body)).toEqual(['it is hotter'])
  await trainer.stop('no improvement')
  await expect.poll(async () => (await told(page)).shown.at(-1)?.title).toBe('mnist was stopped')
  await page.getByRole('button', { name: 'Notifying' }).click()
  trainer.alarm({ code: 'HOT', message: 'it is too hot' })
  await page.getByText('it is too hot').first().waitFor()
  expect(await told(page)).toMatchObject({ asked: 1, shown: [{}, {}] })
  expect(faults).toEqual([])
})

test('where the browser refuses, the button says so and asks no more', async () => {
  const { page } = await watch({ browser, network, prepare: prepare('denied') as (page: Page) => void })
  await page.getByRole('button', { name: 'Notify me' }).click()
  const button = page.getByRole('button', { name: 'Notify me', disabled: true })
  await button.waitFor()
  expect(await button.getAttribute('title')).toContain('settings of this browser')
  expect((await told(page)).asked).toBe(1)
})
