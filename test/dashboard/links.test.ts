/** A link to a view: it shows a colleague the same, and whatever else stands in it breaks no page. */
import { rmSync } from 'node:fs'
import { dense, relu } from 'gradstream'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { serveRuns } from '../../runtime/runs-page/serve-runs.ts'
import { countOf } from '../support/counts.ts'
import { HOSTILE } from '../support/hostile-links.ts'
import { writeRuns } from '../support/many-runs.ts'
import { scratchFolder } from '../support/scratch.ts'
import { launch, open } from './browser.ts'
import { watch } from './support.ts'

/** How many links are tried: with each stride, other names have other values. */
const STRIDE = Math.ceil(HOSTILE.length / countOf({ usual: 2, full: HOSTILE.length }))

describe('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser.close())

  const network = (x: Parameters<Parameters<typeof watch>[0]['network']>[0]) =>
    x.pipe(dense({ units: 6 }), relu(), dense({ units: 6 }), relu(), dense({ units: 1 }))

  /** The zoom, and where a node is from the middle of the pane, in units of the graph. */
  const placeOf = (page: Page, node: string) =>
    page.evaluate(id => {
      const pane = document.querySelector('.react-flow')?.getBoundingClientRect() as DOMRect
      const box = document
        .querySelector(`.react-flow__node button[data-node="${id}"]`)
        ?.getBoundingClientRect() as DOMRect
      const { transform } = (document.querySelector('.react-flow__viewport') as HTMLElement).style
      const zoom = Number(/scale\(([\d.]+)\)/.exec(transform)?.[1])
      const away = (start: number, size: number, from: number, room: number) =>
        (start + size / 2 - from - room / 2) / zoom
      return [
        zoom,
        away(box.left, box.width, pane.left, pane.width),
        away(box.top, box.height, pane.top, pane.height),
      ]
    }, node)

  test('a link shows the same place of the graph in a window of another size, and all of it again when asked', async () => {
    const { page, bridge, faults } = await watch({ browser, network })
    await page.getByRole('button', { name: 'Zoom in' }).click()
    await page.waitForURL(/place=/)
    const place = () => new URL(page.url()).searchParams.get('place')
    const zoomed = place()
    const box = await page.locator('.react-flow').boundingBox()
    const [left, bottom] = [(box?.x ?? 0) + 20, (box?.y ?? 0) + (box?.height ?? 0) - 20]
    await page.mouse.move(left, bottom)
    await page.mouse.down()
    await page.mouse.move(left + 70, bottom - 40, { steps: 4 })
    await page.mouse.up()
    await expect.poll(place).not.toBe(zoomed)
    expect(place()).toMatch(/^\d\.\d+~-?\d+~-?\d+~\w+$/)
    const before = await placeOf(page, 'dense2')
    const link = page.url().replace(/#.*/, '')
    const token = bridge.url.split('#')[1]
    const { page: other, faults: more } = await open(browser, `${link}#${token}`, {
      viewport: { width: 1250, height: 960 },
      reducedMotion: 'reduce',
    })
    onTestFinished(() => other.context().close())
    await other.locator('button[data-node="dense2"]').waitFor()
    await expect
      .poll(async () => (await placeOf(other, 'dense2')).map(part => Math.round(part * 10) / 10))
      .toEqual(before.map(part => expect.closeTo(part, -0.4)))
    await other.getByRole('button', { name: 'Fit', exact: true }).click()
    await other.waitForURL(url => !url.searchParams.has('place'))
    expect([...faults, ...more]).toEqual([])
  })

  const NAMES = {
    run: [
      'edges',
      'limits',
      'find',
      'threshold',
      'place',
      'events',
      'part',
      'chart',
      'zoom',
      'scale',
      'axis',
      'hidden',
      'smooth',
      'outcomes',
      'output',
      'layer',
      'projection',
      'outcome',
      'cell',
      'node',
      'open',
    ],
    runs: [
      'figure',
      'axis',
      'zoom',
      'scale',
      'smooth',
      'goal',
      'from',
      'to',
      'alike',
      'search',
      'sort',
      'columns',
      'runs',
      'run',
      'tab',
    ],
  }
  /** Each name with something else, so that a few links try all of it. */
  const linkOf = (url: string, names: readonly string[], turn: number) =>
    url.replace(
      /#/,
      `?view&${new URLSearchParams(names.map((name, i) => [name, HOSTILE[(7 * i + turn) % HOSTILE.length] as string]))}#`,
    )

  test('whatever a link to a run has in it, the page is there', async () => {
    const { page, bridge, faults } = await watch({ browser, network })
    for (let turn = 0; turn < HOSTILE.length; turn += STRIDE) {
      await page.goto(linkOf(bridge.url, NAMES.run, turn))
      await page.getByText('connected as').waitFor()
      await page.locator('.charts .plot').waitFor()
      await page.locator('.react-flow__node').first().waitFor({ state: 'attached' })
    }
    expect(faults).toEqual([])
  })

  test('nor does one to many runs break theirs; and in place of the token, anything is refused in words', async () => {
    const directory = await scratchFolder('links')
    writeRuns(directory, 4, 60)
    const served = await serveRuns(directory, { port: 0, print: () => undefined })
    onTestFinished(async () => {
      await served.close()
      rmSync(directory, { recursive: true })
    })
    const { page, faults } = await open(browser, served.url)
    onTestFinished(() => page.context().close())
    for (let turn = 0; turn < HOSTILE.length; turn += STRIDE) {
      await page.goto(linkOf(served.url, NAMES.runs, turn))
      await page.getByText('4 runs').waitFor()
      await page.getByRole('region', { name: 'Table of runs' }).waitFor()
      await page.locator('.curves-panel .plot').waitFor()
    }
    expect(faults).toEqual([])
    const { bridge } = await watch({ browser, network })
    for (const url of [served.url, bridge.url])
      for (const hash of [
        '%',
        '%E0%A4%A',
        '<img src=x onerror=alert(1)>',
        '../..',
        '?token=x',
        'é\u202e',
        'x'.repeat(5000),
      ]) {
        await page.goto('about:blank')
        await page.goto(url.replace(/#.*/, `#${hash}`))
        await page.getByRole('alert').waitFor()
        expect(await page.getByRole('alert').innerText()).toMatch(/token|message|characters/)
      }
    // The browser itself tells of each answer 401, and of nothing else.
    expect(faults.filter(fault => !/status of 401/.test(fault))).toEqual([])
  })
})
