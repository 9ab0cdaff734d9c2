/** Several people on one run: who is there, under which name and colour, and who did what. */
import { connectBridge } from 'gradstream'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, expect, onTestFinished, test } from 'vitest'
import { axe } from './axe.ts'
import { open } from './browser.ts'
import { closeBrowser, leave, watchRun } from './watched-run.ts'

afterEach(leave)
afterAll(closeBrowser)

const crew = (page: Page) => page.getByRole('list', { name: 'Connected' }).getByRole('listitem')
const colourIn = (page: Page, selector: string) =>
  page
    .locator(selector)
    .first()
    .evaluate(dot => getComputedStyle(dot).borderTopColor)

test('each sees the others with names and colours, and who changed what', async () => {
  const { bridge, page, faults } = await watchRun()
  const bo = connectBridge(bridge.url, { name: 'Bo' })
  const eve = connectBridge(bridge.viewerUrl, { name: 'Eve' })
  onTestFinished(() => {
    bo.close()
    eve.close()
  })
  await expect.poll(() => crew(page).count()).toBe(3)
  expect(await crew(page).nth(1).innerText()).toBe('Bo')
  expect(await crew(page).nth(2).innerText()).toBe('Eve')
  expect(await crew(page).nth(1).getAttribute('title')).toBe('Bo, can steer')
  expect(await crew(page).nth(2).getAttribute('title')).toBe('Eve, watches')
  await bo.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.5 } })
  await page.locator('.log li', { hasText: 'Bo: set sgd1 learning rate = 0.5' }).waitFor()
  const inList = await colourIn(page, '.people li:nth-child(2) .dot')
  expect(await colourIn(page, '.log .what .dot')).toBe(inList)

  await page.getByLabel('learning rate').fill('0.25')
  await page.getByLabel('learning rate').press('Enter')
  await page.locator('.log li', { hasText: 'dashboard: set sgd1 learning rate = 0.25' }).waitFor()
  const own = await colourIn(page, '.people li:nth-child(1) .dot')
  expect(own).not.toBe(inList)
  expect(await colourIn(page, '.answer .dot')).toBe(own)
  expect(await colourIn(page, '.log .what .dot')).toBe(own)

  expect((await axe(page)).violations).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  expect((await axe(page)).violations).toEqual([])
  // Who has left keeps the colour in the log.
  bo.close()
  await expect.poll(() => crew(page).count()).toBe(2)
  expect(
    await page.locator('.log li', { hasText: 'Bo: set' }).locator('.dot').getAttribute('data-colour'),
  ).toMatch(/\d/)
  expect(faults).toEqual([])
})

test('a name can be typed, is refused where others could not see it, and is remembered', async () => {
  const { bridge, page, faults } = await watchRun()
  const button = page.getByRole('button', { name: 'your name' })
  const field = page.getByLabel('Your name')
  await button.focus()
  await page.keyboard.press('Enter')
  await field.fill('A\u202eda')
  await field.press('Enter')
  await page.getByText('It must be a name of 1 to 64 characters that can all be seen.').waitFor()
  await field.press('Escape')
  expect(await button.innerText()).toContain('dashboard')
  await button.click()
  await field.fill('  Ada  Lovelace ')
  await field.press('Enter')
  await expect.poll(() => button.innerText()).toContain('Ada Lovelace')
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.locator('.log li', { hasText: 'Ada Lovelace: pause' }).waitFor()
  expect(bridge.clients.map(({ author }) => author)).toEqual(['Ada Lovelace (controller 1)'])

  // A second page of the same browser.
  const second = await page.context().newPage()
  await second.goto(bridge.url)
  await expect
    .poll(() => second.getByRole('button', { name: 'your name' }).innerText())
    .toContain('Ada Lovelace 2')
  // Who watches has a name, too.
  const { page: watching } = await open(page.context().browser() as never, bridge.viewerUrl)
  onTestFinished(() => watching.context().close())
  await watching.getByRole('button', { name: 'your name' }).click()
  await watching.getByLabel('Your name').fill('<i>Eve</i>')
  await watching.getByLabel('Your name').press('Enter')
  await crew(page).getByText('<i>Eve</i>').waitFor()
  await page.reload()
  await expect.poll(() => button.innerText()).toContain('Ada Lovelace')
  expect(faults).toEqual([])
})
