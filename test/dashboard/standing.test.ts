/** The page in every status of a run, in every size of a window, beside runs that end, and with any name. */
import {
  type Bridge,
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  openBridge,
  type Port,
  relu,
  sgd,
  type Trainer,
} from 'gradstream'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { countOf } from '../support/counts.ts'
import { axe } from './axe.ts'
import { launch, open, PACE } from './browser.ts'
import { hasFirefox, launchFirefox } from './firefox.ts'

const STATUSES = ['idle', 'running', 'paused', 'stopped', 'finished', 'failed'] as const
type Status = (typeof STATUSES)[number]
const TOKENS = { controller: 'controller-of-the-tests', viewer: 'viewer-of-the-tests' }

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

interface Options {
  readonly layers?: number
  readonly names?: readonly string[]
  readonly port?: number
  readonly runId?: string
}

/** A run in this status, and its bridge. */
async function runThatIs(
  status: Status,
  { layers = 2, names = [], port = 0, runId = 'a run' }: Options = {},
) {
  let y: Port<'value'> = input({ name: 'x', shape: [2] })
  for (const name of names) y = y.pipe(dense({ name, units: 2 }))
  for (let i = 0; i < layers; i++) y = y.pipe(dense({ units: 3 }), relu())
  const prediction = y.pipe(dense({ units: 1 }))
  const loss = meanSquaredError({ name: 'loss' })(prediction, input({ name: 'target', shape: [1] }))
  const definition = graph({ prediction, loss, update: loss.pipe(sgd({ name: 'update', momentum: 0.5 })) })
  const places = [0, 1, 2, 3].map(i => [Math.sin(i), Math.cos(i)])
  const data = fromArrays({ x: places, target: places.map(([a = 0]) => [a * a]) })
  const trainer = createTrainer(compile(definition, { seed: 3 }), {
    data,
    epochs: status === 'finished' ? 3 : 1e6,
    ...(status !== 'finished' && { stepsPerSecond: PACE }),
    runId,
  })
  const bridge = await openBridge(trainer, { port, tokens: TOKENS, print: () => undefined })
  onTestFinished(async () => {
    await bridge.close()
    trainer.dispose()
  })
  await become(trainer, status)
  return { trainer, bridge, definition }
}

async function become(trainer: Trainer, status: Status): Promise<void> {
  if (status === 'idle') return
  const run = trainer.run()
  run.catch(() => undefined)
  if (status === 'finished') await run
  await expect.poll(() => trainer.state.step).toBeGreaterThan(0)
  if (status === 'paused') await trainer.pause()
  if (status === 'stopped') await trainer.stop()
  // So large a step that the next one overflows.
  if (status === 'failed') await trainer.set('update', { learningRate: 1e38 })
  await expect.poll(() => trainer.state.status).toBe(status)
}

async function opened(bridge: Bridge, width = 1400, height = 900) {
  const view = { reducedMotion: 'reduce' as const, viewport: { width, height } }
  const { page, faults } = await open(browser, bridge.url, view)
  onTestFinished(() => page.context().close())
  await page.locator('.node').first().waitFor()
  return { page, faults }
}

/** The lengths of the edges that are drawn. */
const EDGES = `[...document.querySelectorAll('.react-flow__edge .flow-line')].map(line => line.getTotalLength())`
/** What names what is drawn: these are seen by both browsers. */
const NODES = `document.querySelectorAll('.node').length`

describe('the graph is complete', () => {
  const TRIED = countOf<readonly Status[]>({ usual: ['idle'], full: STATUSES })

  test.each(TRIED)('when the page is opened and reloaded on a run that is %s', async status => {
    const { bridge, definition } = await runThatIs(status)
    const wanted = definition.nodes.flatMap(({ inputs }) => Object.values(inputs)).length
    const { page, faults } = await opened(bridge)
    for (const _ of ['opened', 'reloaded']) {
      await expect.poll(() => page.evaluate(NODES)).toBe(definition.nodes.length)
      await expect.poll(async () => (await page.evaluate<number[]>(EDGES)).length).toBe(wanted)
      for (const length of await page.evaluate<number[]>(EDGES)) expect(length).toBeGreaterThan(5)
      expect(await page.locator('.status').innerText()).toBe(status)
      await page.reload()
    }
    expect(faults).toEqual([])
  })

  // It takes as long to start as all the others together.
  const isFull = countOf({ usual: false, full: true })

  test.skipIf(!hasFirefox || !isFull)(
    'in Firefox as well (with full counts, where it is installed)',
    async () => {
      const firefox = await launchFirefox()
      onTestFinished(() => firefox.close())
      for (const status of STATUSES) {
        const { bridge, definition } = await runThatIs(status)
        const wanted = definition.nodes.flatMap(({ inputs }) => Object.values(inputs)).length
        const page = await firefox.newPage()
        await page.goto(bridge.url)
        const edges = async () => (await page.evaluate(EDGES)) as number[]
        for (const _ of ['opened', 'reloaded']) {
          await expect.poll(() => page.evaluate(NODES), { message: status }).toBe(definition.nodes.length)
          await expect.poll(async () => (await edges()).length, { message: status }).toBe(wanted)
          for (const length of await edges()) expect(length).toBeGreaterThan(5)
          await page.reload()
        }
        await page.close()
      }
    },
  )
})

test('nodes may be called anything', async () => {
  const names = [
    'constructor',
    '__proto__',
    '*',
    'toString',
    'a … b',
    'group ["a","b"]',
    'x → loss',
    'node x',
  ]
  const { bridge, definition, trainer } = await runThatIs('running', { names })
  const { page, faults } = await opened(bridge)
  await expect.poll(() => page.evaluate(NODES)).toBe(definition.nodes.length)
  await expect
    .poll(async () => (await page.evaluate<number[]>(EDGES)).length)
    .toBe(definition.nodes.length - 1)
  expect(trainer.state.nodes.dense1?.inputs).toEqual(names.slice(-1))
  for (const name of names) {
    await page.locator(`button[data-node=${JSON.stringify(name)}]`).click()
    await page.getByRole('heading', { name, exact: true }).waitFor()
    await page.locator('.opened canvas[data-histograms]').first().waitFor()
  }
  await expect.poll(() => page.locator('.flow[data-share]').count()).toBeGreaterThan(names.length)
  expect(faults).toEqual([])
})

describe('the truth about the run', () => {
  const notes = (page: Page) => page.locator('.note').allInnerTexts()

  test('a run whose bridge is gone is no longer said to go on, and every panel says since when', async () => {
    const { bridge } = await runThatIs('running')
    const { page } = await opened(bridge)
    await page.getByText('connected as controller').waitFor()
    expect(await page.title()).toBe('running – gradstream')
    await bridge.close()
    await page.getByText('was running').waitFor()
    expect(await page.locator('.status.running').count()).toBe(0)
    expect(await page.title()).toBe('connection lost – gradstream')
    await expect.poll(() => page.locator('.connection').innerText()).toContain('trying again')
    for (const panel of ['graph', 'charts', 'outcome', 'log']) {
      expect(await page.locator(`.${panel} .note`).innerText()).toMatch(/^stale since \d\d:\d\d:\d\d$/)
    }
    await page.getByText('commands have to wait').waitFor()
  })

  test('where the connection will not come back, nobody is told to wait for it', async () => {
    const { bridge, trainer } = await runThatIs('running')
    const { page } = await opened(bridge)
    await page.getByText('connected as controller').waitFor()
    const { port } = bridge
    await bridge.close()
    const others = { controller: 'another-controller-of-the-tests', viewer: 'another-viewer-of-the-tests' }
    const other = await openBridge(trainer, { port, tokens: others, print: () => undefined })
    onTestFinished(() => other.close())
    await page.getByText('The connection has ended: reload the page.').waitFor()
    expect(await page.getByText('when the connection is back').count()).toBe(0)
    expect(await page.locator('.connection').innerText()).toMatch(/^the connection has ended: /)
  })

  test('before the first step, panels say that there is nothing to show yet, and then show it', async () => {
    const { bridge, trainer } = await runThatIs('idle')
    const { page } = await opened(bridge)
    await expect
      .poll(() => notes(page))
      .toEqual([
        'No values yet: they appear with the next step.',
        'No steps yet.',
        'Nothing has happened yet.',
      ])
    await become(trainer, 'running')
    await expect.poll(() => notes(page)).toEqual([])
  })

  test('another run at the same address starts clean', async () => {
    const first = await runThatIs('running', { runId: 'the first' })
    const { page, faults } = await opened(first.bridge)
    await page.locator('.log').getByText('started').waitFor()
    const norms = () =>
      page
        .locator('.sparkline polyline')
        .evaluateAll(lines => lines.map(line => line.getAttribute('points')).join(''))
    await expect.poll(norms).not.toBe('')
    const { port } = first.bridge
    await first.bridge.close()
    await runThatIs('idle', { runId: 'the second', port })
    await page.getByText('the second').waitFor()
    await expect.poll(() => page.locator('.log li').count()).toBe(0)
    expect(await page.locator('[data-fact="step"]').innerText()).toBe('0')
    expect(await norms()).toBe('')
    await expect.poll(() => page.locator('.plot').getAttribute('aria-label')).not.toMatch(/loss \d/)
    expect(await page.locator('.answer').count()).toBe(0)
    expect(faults).toEqual([])
  })
})

describe('is whole', () => {
  const STANDINGS = [...STATUSES, 'disconnected'] as const
  const CASES = STANDINGS.flatMap(standing =>
    (['light', 'dark'] as const).map(colorScheme => ({ standing, colorScheme })),
  )

  /** What the header says of the run, as far as it is cut off. */
  const CUT = `[...document.querySelectorAll('.figures :is(dt, dd), .setup :is(dt, dd), .purpose')]
    .filter(part => part.scrollWidth > part.clientWidth + 1)
    .map(part => part.textContent)`

  test.each(countOf({ usual: CASES.slice(-1), full: CASES }))(
    'where the run is $standing, in $colorScheme: axe finds nothing serious, and no fact is cut off',
    async ({ standing, colorScheme }) => {
      const isLost = standing === 'disconnected'
      const { bridge } = await runThatIs(isLost ? 'running' : standing)
      const { page } = await opened(bridge)
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      if (isLost) {
        await bridge.close()
        await page.locator('.status.stale').waitFor()
      }
      for (const [width, height] of [
        [390, 844],
        [1440, 900],
        [2560, 1440],
      ] as const) {
        await page.setViewportSize({ width, height })
        expect((await axe(page)).violations, `${width} × ${height}`).toEqual([])
        expect(await page.evaluate(CUT), `${width} × ${height}`).toEqual([])
      }
    },
  )
})

test('a wide window has a second chart, and each of the two its own choice, which reloading keeps', async () => {
  const { bridge } = await runThatIs('paused')
  const { page, faults } = await opened(bridge, 2200, 1300)
  const [first, second] = [
    page.getByRole('region', { name: 'Charts', exact: true }),
    page.getByRole('region', { name: 'More charts' }),
  ]
  const chosen = (charts: typeof first) => charts.getByRole('tab', { selected: true }).innerText()
  await expect.poll(() => chosen(second)).toBe('Learning rate')
  await second.getByRole('tab', { name: 'Throughput' }).click()
  expect(await chosen(first)).toBe('Loss')
  await page.waitForURL(/chart2=Throughput/)
  await page.reload()
  await expect.poll(() => chosen(second)).toBe('Throughput')
  expect(await chosen(first)).toBe('Loss')
  await page.setViewportSize({ width: 1440, height: 900 })
  await expect.poll(() => second.count()).toBe(0)
  expect(faults).toEqual([])
})

describe('layout', () => {
  const SIZES = [
    ...[320, 360, 390].map(width => [width, 640] as const),
    ...([
      [320, 500],
      [701, 500],
      [768, 1024],
      [1024, 500],
      [1100, 700],
      [1101, 500],
    ] as const),
    ...([
      [1280, 720],
      [1366, 625],
      [1366, 768],
      [1440, 900],
      [1920, 1080],
      [2560, 1300],
      [2560, 500],
    ] as const),
  ]

  test.each(countOf({ usual: [12], full: [0, 12, 248] }))(
    'with %d pairs of layers, no panel covers another, and what a failed run says is seen whole',
    async layers => {
      const { bridge, trainer } = await runThatIs('running', { layers })
      const { page } = await opened(bridge)
      await trainer.set('update', { learningRate: 1e38 })
      await page.locator('.header [role="alert"]').waitFor()
      await page.locator('.plot').waitFor()
      for (const [width, height] of SIZES) {
        await page.setViewportSize({ width, height })
        const at = `${width} × ${height}`
        await expect
          .poll(
            () =>
              page.evaluate(() => {
                const boxOf = (element: Element) => element.getBoundingClientRect()
                const panels = [...document.querySelectorAll('.page > .panel')]
                const faults: string[] = []
                const [header] = panels as [HTMLElement]
                const message = boxOf(header.querySelector('[role="alert"]') as Element)
                if (message.bottom > boxOf(header).bottom) faults.push('the header is shorter than its text')
                panels.forEach((panel, i) => {
                  const box = boxOf(panel)
                  const name = panel.className
                  const { right, height } = box
                  if (right > document.documentElement.clientWidth + 0.5) faults.push(`${name} is cut off`)
                  if (i > 0 && height < 150) faults.push(`${name} is only ${height} high`)
                  for (const other of panels.slice(0, i)) {
                    const those = boxOf(other)
                    const isApart =
                      box.top >= those.bottom ||
                      those.top >= box.bottom ||
                      box.left >= those.right ||
                      those.left >= box.right
                    if (!isApart) faults.push(`${name} covers ${other.className}`)
                  }
                })
                const { scrollWidth, clientWidth } = document.documentElement
                if (scrollWidth > clientWidth) faults.push('the page is wider than the window')
                const flow = boxOf(document.querySelector('.graph-flow') as Element)
                if (flow.height < 140) faults.push(`the graph has only ${flow.height}`)
                const plot = boxOf(document.querySelector('.plot canvas') as Element)
                if (plot.height < 100) faults.push(`the plot has only ${plot.height}`)
                const plane = document.querySelector('.boundary canvas')
                if (plane && Math.abs(boxOf(plane).width / boxOf(plane).height - 1) > 0.02)
                  faults.push('circles are none')
                return faults
              }),
            { message: at },
          )
          .toEqual([])
      }
    },
  )

  const FOR_ANSWERS: [width: number, height: number][] = [
    [1366, 625],
    [1440, 900],
    [390, 640],
  ]

  test.each(countOf({ usual: FOR_ANSWERS.slice(0, 1), full: FOR_ANSWERS }))(
    'at %d by %d, answers to commands leave every field where it can be used',
    async (width, height) => {
      const { bridge } = await runThatIs('running')
      const { page } = await opened(bridge, width, height)
      const rate = page.getByLabel('learning rate')
      for (const value of ['0.011', '0.012', '-1', '0.013', '-2', '0.014']) {
        await rate.fill(value)
        await rate.press('Enter')
      }
      await expect.poll(() => page.locator('.answer').count()).toBeGreaterThan(2)
      for (const field of await page.locator('.controls :is(input, select, button)').all()) {
        await field.scrollIntoViewIfNeeded()
        const isOnTop = await field.evaluate(element => {
          const { left, top, width, height } = element.getBoundingClientRect()
          const hit = document.elementFromPoint(left + width / 2, top + height / 2)
          return element === hit || element.contains(hit) || (hit?.contains(element) ?? false)
        })
        expect(isOnTop, await field.evaluate(element => element.outerHTML)).toBe(true)
      }
      const last = page.locator('.answers')
      await last.scrollIntoViewIfNeeded()
      expect(await last.isVisible()).toBe(true)
    },
  )

  test('Escape closes a node, and the focus goes back to it', async () => {
    const { bridge } = await runThatIs('paused')
    const { page } = await opened(bridge)
    const node = page.locator('button[data-node="dense1"]')
    await node.click()
    const panel = page.getByRole('region', { name: 'Node dense1' })
    await panel.waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => panel.count()).toBe(0)
    // What is typed into a field is taken back first, and the node stays.
    await node.click()
    await panel.waitFor()
    await page.getByLabel('learning rate').fill('7')
    await page.keyboard.press('Escape')
    expect(await panel.count()).toBe(1)
    await expect.poll(() => page.getByLabel('learning rate').inputValue()).toBe('0.01')
  })

  test('the wheel over the graph scrolls the page, until the graph has the focus', async () => {
    const { bridge } = await runThatIs('paused')
    const { page } = await opened(bridge, 1000, 600)
    await page.locator('.react-flow__edge').first().waitFor()
    const zoom = () =>
      page.locator('.react-flow__viewport').evaluate(element => getComputedStyle(element).transform)
    const top = () => page.evaluate(() => scrollY)
    const flow = await page.locator('.graph-flow').boundingBox()
    if (!flow) throw new Error('there is no graph')
    const before = await zoom()
    await page.mouse.move(flow.x + 20, flow.y + 60)
    await page.mouse.wheel(0, 200)
    await expect.poll(top).toBeGreaterThan(0)
    expect(await zoom()).toBe(before)
    await page.evaluate(() => scrollTo(0, 0))
    await page.mouse.click(flow.x + 20, flow.y + 60)
    await page.mouse.wheel(0, 200)
    await expect.poll(zoom).not.toBe(before)
    expect(await top()).toBe(0)
  })
})
