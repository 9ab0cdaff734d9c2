/** A link to a view: it shows a colleague the same, and whatever else stands in it breaks no page. */
import { rmSync } from 'node:fs'
import { dense, relu } from 'gradstream'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { textOfPlace, viewAt } from '../../dashboard/graph-place.ts'
import { type Placed, SIZE } from '../../dashboard/layout.ts'
import { serveRuns } from '../../runtime/runs-page/serve-runs.ts'
import { countOf } from '../support/counts.ts'
import { QuickDice } from '../support/dice.ts'
import { writeRuns } from '../support/many-runs.ts'
import { scratchFolder } from '../support/scratch.ts'
import { launch, open } from './browser.ts'
import { watch } from './support.ts'

/** What nobody would write into a link, except to see what it does. */
const HOSTILE = [
  ...[
    '%',
    '%E0%A4%A',
    '<img src=x onerror=alert(1)>',
    '__proto__',
    'constructor',
    'null',
    'NaN',
    '-1',
    '1e999',
  ],
  ...[
    '~~~',
    '9~0~0~',
    '0~0~0~dense1',
    '99.9999~99999~-99999~dense1',
    '-',
    '*',
    ',',
    '[]',
    '{}',
    '["__proto__"]',
  ],
  ...[
    '[[]]',
    '{"length":1e9}',
    '0-0',
    '5-2',
    '1~1',
    'Infinity~Infinity',
    '\u0000',
    '\ud800',
    '\u202e',
    'x'.repeat(300),
  ],
]

/** How many links are tried: with each stride, other names have other values. */
const STRIDE = Math.ceil(HOSTILE.length / countOf({ usual: 2, full: HOSTILE.length }))

describe('the place in the graph', () => {
  const random = (seed: number) => {
    const dice = new QuickDice(seed)
    const within = (most: number) => dice.below(2 * most) - most
    const item = (i: number) => ({
      id: ['a', 'b~c', '1~2~3~d', ' ', 'é'][i % 5] + String(i),
      x: within(4000),
      y: within(900),
    })
    const plan = { items: Array.from({ length: 1 + dice.below(40) }, (_, i) => item(i)) } as unknown as Placed
    const pane = () => ({ width: 200 + dice.below(2000), height: 150 + dice.below(1200) })
    const [item0] = plan.items
    const zoom = 0.02 + dice.below(1900) / 1000
    const near = { x: (item0?.x ?? 0) + within(200), y: (item0?.y ?? 0) + within(200) }
    return { plan, pane, zoom, near }
  }
  const middleOf = (
    { x, y, zoom }: { x: number; y: number; zoom: number },
    pane: { width: number; height: number },
  ) => ({
    x: (pane.width / 2 - x) / zoom,
    y: (pane.height / 2 - y) / zoom,
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('is the same in a window of any size (%i)', seed => {
    const { plan, pane, zoom, near } = random(seed)
    const one = pane()
    const view = { zoom, x: one.width / 2 - near.x * zoom, y: one.height / 2 - near.y * zoom }
    const text = textOfPlace(view, plan, one)
    for (const other of [one, pane(), pane()]) {
      const there = viewAt(text, plan, other)
      expect(there?.zoom).toBeCloseTo(zoom, 3)
      const middle = middleOf(there as NonNullable<typeof there>, other)
      expect(Math.abs(middle.x - near.x)).toBeLessThanOrEqual(0.5)
      expect(Math.abs(middle.y - near.y)).toBeLessThanOrEqual(0.5)
      // Nothing moves when such a link is copied again.
      expect(textOfPlace(there as NonNullable<typeof there>, plan, other)).toBe(text)
    }
  })

  test('moves with its node where the layout is another one', () => {
    const pane = { width: 800, height: 400 }
    const at = (x: number, y: number) => ({ items: [{ id: 'a', x, y }] }) as unknown as Placed
    const text = textOfPlace({ x: 30, y: 40, zoom: 1 }, at(0, 0), pane)
    const [before, after] = [viewAt(text, at(0, 0), pane), viewAt(text, at(500, -70), pane)]
    expect(after).toEqual({ x: (before?.x ?? 0) - 500, y: (before?.y ?? 0) + 70, zoom: 1 })
  })

  test('of any text is none, or a view that can be drawn', () => {
    const { plan, pane } = random(9)
    const ids = plan.items.map(({ id }) => id)
    for (const text of [...HOSTILE, ...HOSTILE.map(part => `${part}~1~1~${ids[0]}`), `5~1~1~${ids[0]}`]) {
      const view = viewAt(text, plan, pane())
      if (view)
        expect(Object.values(view).every(Number.isFinite) && view.zoom >= 0.02 && view.zoom <= 2).toBe(true)
    }
    expect(viewAt(`5~1~1~${ids[0]}`, plan, pane())?.zoom).toBe(2)
    expect(viewAt('1~0~0~nobody', plan, pane())).toBeUndefined()
    expect(textOfPlace({ x: 0, y: 0, zoom: 1 }, { items: [] }, pane())).toBe('')
    expect(SIZE.width).toBeGreaterThan(0)
  })
})

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
