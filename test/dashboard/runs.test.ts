/** The page over many runs in a real browser: recorded ones, one that goes on, and folders that cannot be read. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordRun, type Trainer } from 'gradstream'
import papaparse from 'papaparse'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type RunsPage, serveRuns } from '../../runtime/runs-page/serve-runs.ts'
import { kindOf, writeRuns } from '../support/many-runs.ts'
import { recordedTrainer } from '../support/recorded-run.ts'
import { scratchFolder } from '../support/scratch.ts'
import { axe } from './axe.ts'
import { launch, open, PACE } from './browser.ts'

const RUNS = 40

let browser: Browser
let directory: string
let served: RunsPage
let trainer: Trainer

beforeAll(async () => {
  browser = await launch()
  directory = await scratchFolder('runs-page')
  writeRuns(directory, RUNS, 3000)
  mkdirSync(join(directory, 'damaged'))
  writeFileSync(join(directory, 'damaged', 'run.json'), '{"format":"gradstream-run","version":99}')
  trainer = recordedTrainer({ epochs: 1e6, runId: 'live', stepsPerSecond: PACE })
  recordRun(trainer, directory, { name: 'the live one', author: 'Ada' })
  void trainer.run()
  served = await serveRuns(directory, { port: 0, print: () => undefined })
})

afterAll(async () => {
  trainer.dispose()
  await served.close()
  await browser.close()
  rmSync(directory, { recursive: true })
})

afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
})

async function opened(view: Record<string, string> = {}, options = {}) {
  const query = Object.keys(view).length > 0 ? `?view&${new URLSearchParams(view)}` : ''
  const { page, faults } = await open(browser, served.url.replace('/#', `/${query}#`), options)
  await page.getByText(`${RUNS + 1} runs`).waitFor()
  return { page, faults }
}

const rows = (page: Page) => page.locator('.runs tbody tr:not(.space)')
const names = (page: Page) => rows(page).locator('th .link').allInnerTexts()
const curves = (page: Page) => page.locator('.run-legend button')

test('the table has all runs, and of many rows those that are seen', async () => {
  const { page, faults } = await opened()
  expect(await page.locator('table.runs').getAttribute('aria-rowcount')).toBe(String(RUNS + 2))
  expect(await rows(page).count()).toBeLessThan(RUNS)
  expect((await names(page))[0]).toBe('the live one')
  await page.locator('.runs-box').evaluate(box => box.scrollTo(0, box.scrollHeight))
  const { learningRate, units } = kindOf(0)
  await page
    .getByRole('button', { name: `rate ${learningRate}, ${units} units`, exact: true })
    .last()
    .waitFor()
  await page.getByText('One folder cannot be read').click()
  await page.getByText(/damaged.*version 1, got 99/).waitFor()
  expect(faults).toEqual([])
})

test('columns are chosen, and the choice is closed with Escape', async () => {
  const { page, faults } = await opened()
  await page.getByText('Columns', { exact: true }).click()
  await page.getByRole('checkbox', { name: 'parameters' }).check()
  await page.getByRole('columnheader', { name: 'parameters' }).waitFor()
  await page.getByRole('checkbox', { name: 'author' }).uncheck()
  await page.getByRole('columnheader', { name: 'author' }).waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'The usual ones' }).waitFor({ state: 'hidden' })
  await page.waitForURL(/columns=/)
  expect(faults).toEqual([])
})

test('a click sorts, words and conditions leave some, and the address has it all', async () => {
  const { page, faults } = await opened()
  await page.getByRole('columnheader', { name: 'sgd1.learningRate' }).getByRole('button').click()
  await expect
    .poll(() => page.getByRole('columnheader', { name: 'sgd1.learningRate' }).getAttribute('aria-sort'))
    .toBe('descending')
  const rates = await rows(page).locator('td:nth-child(3)').allInnerTexts()
  expect(rates.map(Number)).toEqual(rates.map(Number).toSorted((a, b) => b - a))
  await page.getByRole('searchbox').fill('units<=16 learningRate=0.1|0.3 author:grace')
  const wanted = Array.from({ length: RUNS }, (_, i) => i).filter(i => {
    const { units, learningRate } = kindOf(i)
    return units <= 16 && learningRate >= 0.1 && i % 3 === 1
  })
  await expect.poll(async () => (await names(page)).length).toBe(wanted.length)
  await page.waitForURL(/sort=-sgd1.learningRate.*search=|search=.*sort=-sgd1.learningRate/)
  const shown = await names(page)
  await page.reload()
  await expect.poll(() => names(page)).toEqual(shown)
  expect(page.url()).not.toMatch(/\?.*token/)
  expect(faults).toEqual([])
})

test('what is selected is drawn, by step, epoch and time, and a link shows the same', async () => {
  const { page, faults } = await opened()
  await expect.poll(() => curves(page).count()).toBe(5)
  await page.getByRole('checkbox', { name: 'Curve of the live one' }).uncheck()
  await expect.poll(() => curves(page).count()).toBe(4)
  await page.getByRole('combobox', { name: 'Figure' }).selectOption({ label: 'batch loss' })
  const plot = page.locator('.curves-panel .plot')
  await expect.poll(() => plot.getAttribute('aria-label')).toMatch(/^batch loss over steps: rate .* 0\.\d+; /)
  for (const [axis, end] of [
    ['by epoch', 'epoch 3'],
    ['by time', /time 0:0[23]/],
  ] as const) {
    await page.getByRole('combobox', { name: 'Axis' }).selectOption({ label: axis })
    await page.locator('.curves-panel .at', { hasText: end }).waitFor()
  }
  await page.getByRole('checkbox', { name: 'log' }).check()
  await page.getByRole('slider', { name: 'smooth' }).fill('3')
  await page.waitForURL(url =>
    ['runs=', 'figure=loss', 'axis=time', 'scale=log', 'smooth=30'].every(part => url.search.includes(part)),
  )
  const before = await plot.getAttribute('aria-label')
  await page.reload()
  await expect.poll(() => plot.getAttribute('aria-label')).toBe(before)
  expect(faults).toEqual([])
})

test('the plot is zoomed by a drag and moved with Shift', async () => {
  const { page, faults } = await opened({ figure: 'loss', runs: '["run-001","run-002"]' })
  await expect.poll(() => curves(page).count()).toBe(2)
  const over = page.locator('.curves-panel .u-over')
  const { x, y, width } = (await over.boundingBox()) as { x: number; y: number; width: number }
  const drag = async (from: number, to: number) => {
    await page.mouse.move(x + from * width, y + 30)
    await page.mouse.down()
    await page.mouse.move(x + to * width, y + 30, { steps: 4 })
    await page.mouse.up()
  }
  const zoomed = async () => {
    await page.waitForURL(/zoom=/)
    const [from = 0, to = 0] = (new URL(page.url()).searchParams.get('zoom') ?? '').split('~').map(Number)
    return { from, to }
  }
  await drag(0.2, 0.6)
  const before = await zoomed()
  expect(before.to - before.from).toBeCloseTo(0.4 * 2999, -1)
  await page.keyboard.down('Shift')
  await drag(0.5, 0.25)
  await page.keyboard.up('Shift')
  await expect.poll(async () => (await zoomed()).from).toBeGreaterThan(before.from + 100)
  const after = await zoomed()
  expect(after.to - after.from).toBeCloseTo(before.to - before.from, -1)
  expect(faults).toEqual([])
})

test('a run that goes on is seen to go on', async () => {
  const { page, faults } = await opened({ search: '"the live one"', columns: '["status","steps"]' })
  const steps = async () =>
    Number((await rows(page).first().locator('td').nth(1).innerText()).replaceAll(',', ''))
  await page.locator('.run-status.running').waitFor()
  const before = await steps()
  await expect.poll(steps).toBeGreaterThan(before)
  expect(faults).toEqual([])
})

test('notes, tags and a colour are kept in the folder of the run, and found again', async () => {
  const { page, faults } = await opened()
  await rows(page).nth(2).locator('th .link').click()
  await page.getByRole('tab', { name: 'Run', exact: true, selected: true }).waitFor()
  const folder = `run-0${RUNS - 2}`
  await page.getByLabel('Tags, with commas between them').fill('good, <b>bold</b>')
  await page.getByRole('textbox', { name: 'Notes' }).fill('worth another try')
  await page.getByRole('button', { name: 'Keep' }).click()
  await page.getByText('Kept in notes.json.').waitFor()
  await page.getByRole('radio', { name: 'purple' }).check()
  await expect
    .poll(() => JSON.parse(readFileSync(join(directory, folder, 'notes.json'), 'utf8')))
    .toMatchObject({
      tags: ['good', '<b>bold</b>'],
      notes: 'worth another try',
      colour: 'purple',
    })
  await page.getByRole('searchbox').fill('tags:good worth')
  await expect.poll(async () => (await names(page)).length).toBe(1)
  await page.locator('.tag', { hasText: '<b>bold</b>' }).waitFor()
  await expect.poll(() => page.getByRole('button', { name: 'Keep' }).isDisabled()).toBe(true)
  expect(faults).toEqual([])
})

test('the difference of two runs names what differs in figures, settings and graph', async () => {
  const two = [0, 1, 2, 3, 4, 5].find(i => kindOf(i).units !== kindOf(6).units) as number
  const { page, faults } = await opened({ tab: 'Difference', from: `run-00${two}`, to: 'run-006' })
  const difference = page.locator('.difference')
  await difference.getByText('0 added, 0 removed, 1 changed, 6 alike').waitFor()
  await difference.getByText(`units ${kindOf(two).units} → ${kindOf(6).units}`).waitFor()
  const seed = difference
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name: 'seed', exact: true }) })
  expect(await seed.locator('td').allInnerTexts()).toEqual([String(two), '6', `+${6 - two}`])
  const hidden = difference.getByRole('rowheader', { name: 'kernels' })
  expect(await hidden.count()).toBe(0)
  await page.getByRole('checkbox', { name: 'also what is alike' }).check()
  await hidden.waitFor()
  expect(faults).toEqual([])
})

test('a stretch of an axis leaves the runs that pass it, in the table and in the search', async () => {
  const { page, faults } = await opened({ columns: '["sgd1.learningRate"]' })
  const axis = page.locator('.axis-hit[data-axis="sgd1.learningRate"]')
  const { x, y, width, height } = (await axis.boundingBox()) as {
    x: number
    y: number
    width: number
    height: number
  }
  await page.mouse.move(x + width / 2, y + 0.02 * height)
  await page.mouse.down()
  await page.mouse.move(x + width / 2, y + 0.3 * height, { steps: 4 })
  await page.mouse.up()
  await expect
    .poll(() => page.getByRole('searchbox').inputValue())
    .toMatch(/^sgd1.learningRate>=\S+ sgd1.learningRate<=\S+$/)
  const rates = (await rows(page).locator('td').allInnerTexts()).map(Number)
  expect(rates.length).toBeGreaterThan(0)
  expect(Math.min(...rates)).toBeGreaterThan(0.03)
  await page.getByRole('button', { name: 'All runs' }).click()
  await expect.poll(() => page.getByRole('searchbox').inputValue()).toBe('')
  expect(faults).toEqual([])
})

test.each([
  ['Curves', /runs-page-\w*-batch-loss\.(png|csv)$/],
  ['Comparison', /runs-page-\w*-hyper-parameters-against-best-validation-loss\.(png|csv)$/],
])(
  '%s are saved as a picture of a chosen size and as a table, with a link to the same runs',
  async (panel, name) => {
    const { page, faults } = await opened({ figure: 'loss' })
    await expect.poll(() => curves(page).count()).toBe(5)
    await page.getByRole('region', { name: panel }).getByRole('button', { name: 'Save …' }).click()
    const menu = page.getByRole('dialog', { name: 'Save' })
    await menu.getByLabel('Width in pixels').fill('640')
    await menu.getByLabel('Height in pixels').fill('360')
    await menu.getByLabel('Pixels', { exact: true }).selectOption({ label: '1×' })
    await menu.getByLabel('Colours').selectOption('dark')
    const fetched = async (button: string) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        menu.getByRole('button', { name: button, exact: true }).click(),
      ])
      expect(download.suggestedFilename()).toMatch(name)
      const path = join(taken, download.suggestedFilename())
      await download.saveAs(path)
      return readFileSync(path)
    }
    const taken = await scratchFolder('taken-home')
    onTestFinished(() => rmSync(taken, { recursive: true }))
    const png = await fetched('PNG')
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([640, 360])
    const { data } = papaparse.parse<Record<string, string>>((await fetched('CSV')).toString().trim(), {
      header: true,
    })
    expect(new Set(data.map(({ run }) => run)).size).toBe(panel === 'Curves' ? 5 : RUNS + 1)
    await menu.getByRole('button', { name: 'Copy link' }).click()
    const link = new URL(await page.getByLabel('Link to this view').inputValue())
    expect(JSON.parse(link.searchParams.get('runs') ?? '')).toHaveLength(5)
    expect(link.href).not.toContain(served.url.split('#')[1] as string)
    expect(faults).toEqual([])
  },
)

test('the arrow keys lead from row to row, and the table can be sorted without a mouse', async () => {
  const { page, faults } = await opened()
  await rows(page).first().locator('input').focus()
  for (let i = 0; i < 15; i++) await page.keyboard.press('ArrowDown')
  const focused = () =>
    page.evaluate(() => document.activeElement?.closest('tr')?.getAttribute('aria-rowindex'))
  expect(await focused()).toBe('17')
  const isSeen = await page.evaluate(() => {
    const [row, box] = [document.activeElement, document.querySelector('.runs-box')].map(one =>
      one?.getBoundingClientRect(),
    )
    return row && box && row.bottom <= box.bottom && row.top >= box.top
  })
  expect(isSeen).toBe(true)
  await page.getByRole('columnheader', { name: 'run', exact: true }).getByRole('button').focus()
  await page.keyboard.press('Enter')
  await expect
    .poll(() => page.getByRole('columnheader', { name: /^run/ }).first().getAttribute('aria-sort'))
    .toBe('ascending')
  expect(faults).toEqual([])
})

test.each([
  ['light', 1440, 'Hyper-parameters'],
  ['dark', 1440, 'Difference'],
  ['light', 390, 'Run'],
  ['dark', 2560, 'Run'],
] as const)('axe finds no serious fault: %s, %i px, %s', async (colorScheme, width, tab) => {
  const view = { colorScheme, viewport: { width, height: 900 } }
  const { page, faults } = await opened({ tab }, view)
  await expect.poll(() => curves(page).count()).toBe(5)
  const { violations } = await axe(page)
  expect(violations).toEqual([])
  // Nothing is wider than the window.
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
  expect(faults).toEqual([])
})

test('a wrong token, and a server that is gone, are told in words', async () => {
  const { page } = await open(browser, served.url.replace(/#.*/, '#another-token-of-somebody'))
  await page.getByRole('alert').getByText('The token is missing').waitFor()
  const { page: other } = await open(browser, served.url.replace(/#.*/, ''))
  await other.getByText('This address has no token').waitFor()
  const { page: left } = await opened()
  await left.route('**/api/**', route => route.abort())
  await left.getByRole('alert').getByText('The server does not answer').waitFor()
  expect(await rows(left).count()).toBeGreaterThan(0)
  await left.unroute('**/api/**')
  await left.getByRole('alert').waitFor({ state: 'detached' })
})
