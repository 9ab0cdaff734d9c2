/** The charts: what is computed of series, and what is seen of them in a browser. */
import { buffer } from 'node:stream/consumers'
import { graphFromJson } from 'gradstream'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { type Answer, type Curve, curvesOf, figuresOf, legendText } from '../../dashboard/charts/curves.ts'
import { epochScale } from '../../dashboard/charts/epochs.ts'
import { labelOf } from '../../dashboard/charts/kinds.ts'
import { continued, REACH, smoothed } from '../../dashboard/charts/smooth.ts'
import { timeScale } from '../../dashboard/charts/times.ts'
import { moved, zoomed } from '../../dashboard/charts/zoom.tsx'
import { Poller } from '../../dashboard/poller.ts'
import { Series } from '../../runtime/bridge/server/series.ts'
import { isFull } from '../support/counts.ts'
import { axe } from './axe.ts'
import { closeBrowser, hasColour, inkOf, leave, TOKENS, watchRun } from './watched-run.ts'

/** Losses with rare peaks, whose mean is 0.01. */
function peaks(count: number): Series {
  const series = new Series()
  for (let step = 1; step <= count; step++) series.add(step, step % 100 === 50 ? 0.802 : 0.002)
  return series
}

describe('smoothing', () => {
  const window = 2000

  test('tends to the mean, however few points are asked for', () => {
    const series = peaks(100_000)
    for (const points of [200, 900, 4000]) {
      const { values } = smoothed(series.range(0, 100_000, points).means, window)
      expect(values.at(-1)).toBeGreaterThan(0.0095)
      expect(values.at(-1)).toBeLessThan(0.0105)
    }
  })

  test('gives the average of single steps, and does not begin at 0', () => {
    const single = smoothed({ steps: [1, 2, 3], values: [4, 4, 8] }, 1)
    const decay = Math.exp(-1)
    expect(single.values[0]).toBeCloseTo(4)
    expect(single.values[1]).toBeCloseTo(4)
    expect(single.values[2]).toBeCloseTo((8 + (decay + decay ** 2) * 4) / (1 + decay + decay ** 2))
  })

  test('does not change with the zoom', () => {
    const series = new Series()
    for (let step = 1; step <= 50_000; step++) series.add(step, Math.sin(step / 4000) + (step % 2))
    const whole = smoothed(series.range(0, 50_000, 4000).means, window)
    const [from, to] = [30_000, 34_000]
    const before = series.range(from - REACH * window, from, 200).means
    const part = smoothed(continued(before, series.range(from, to, 900).means), window)
    const at = ({ steps: x, values: y }: typeof whole, step: number) =>
      figuresOf({ raw: { x, y } } as unknown as Curve, step).figure as number
    for (const step of [31_000, 32_500, 33_900]) {
      expect(Math.abs(at(part, step) - at(whole, step))).toBeLessThan(0.02)
    }
  })
})

/** All of a run is seen. */
const WHOLE = { range: undefined, isLatest: true } as const

describe('epochs', () => {
  const record = (epoch: number, step: number) => ({ epoch, step, metrics: { loss: 1 / epoch } })

  test('end where their records say, also when one was cut short', () => {
    const scale = epochScale({ history: [record(1, 10), record(3, 24), record(4, 34)], stepsPerEpoch: 10 })
    expect([10, 24, 34].map(step => scale?.epochOf(step))).toEqual([1, 3, 4])
    expect(scale?.epochOf(39)).toBeCloseTo(4.5)
    expect(scale?.stepOf(4.5)).toBeCloseTo(39)
  })

  test('are unknown until the first has ended, where nobody knows their length', () => {
    expect(epochScale({ history: [], stepsPerEpoch: null })).toBeUndefined()
    expect(epochScale({ history: [], stepsPerEpoch: 5 })?.epochOf(10)).toBe(2)
    expect(epochScale({ history: [record(1, 7)], stepsPerEpoch: null })?.epochOf(14)).toBe(2)
  })

  test('have their metrics from the records, not from what was recorded by step', () => {
    const history = [record(1, 10), record(2, 20), record(4, 35)]
    const none = { steps: [], values: [], gaps: [], means: { steps: [], values: [], counts: [] } }
    const answers: Answer[] = [{ name: 'metrics.loss', points: none }]
    const epochs = epochScale({ history, stepsPerEpoch: 10 })
    const [curve] = curvesOf(['metrics.loss'], answers, { ...WHOLE, window: 0, epochs, history })
    expect(curve?.raw).toEqual({ x: [1, 2, 4], y: [1, 0.5, 0.25] })
  })
})

describe('curves', () => {
  const view = { ...WHOLE, window: 0, epochs: undefined, history: [] }
  const seen = (steps: number[], values: number[], gaps: number[] = []): Answer['points'] => ({
    steps,
    values,
    gaps,
    means: { steps, values, counts: steps.map(() => 1) },
  })

  test('end at the same place, each with the figure that it had last', () => {
    const answers: Answer[] = [
      { name: 'metrics.loss', points: seen([1, 2, 9], [4, 3, 2]) },
      { name: 'metrics.validationLoss', points: seen([2, 5], [6, 5]) },
    ]
    for (const window of [0, 10]) {
      const curves = curvesOf(['metrics.loss', 'metrics.validationLoss'], answers, { ...view, window })
      for (const { raw, trend = raw } of curves) expect([raw.x.at(-1), trend.x.at(-1)]).toEqual([9, 9])
      expect(curves[1]?.raw.y.at(-1)).toBe(5)
    }
  })

  test('end with their own data where later steps are out of sight', () => {
    const answers: Answer[] = [
      { name: 'metrics.loss', points: seen([100, 150, 200], [4, 3, 2]) },
      { name: 'metrics.validationLoss', points: seen([128], [6]) },
    ]
    const part = { ...view, range: [100, 200] as const, isLatest: false }
    const curves = curvesOf(['metrics.loss', 'metrics.validationLoss'], answers, part)
    expect(curves.map(({ raw }) => raw.x.at(-1))).toEqual([200, 128])
  })

  test('begin, averaged or not, with the first point', () => {
    const series = new Series()
    for (let step = 7; step <= 20_000; step++) series.add(step, 1 / step)
    const points = series.range(0, 20_000, 100)
    const [curve] = curvesOf(['metrics.loss'], [{ name: 'metrics.loss', points }], { ...view, window: 100 })
    expect([curve?.raw.x[0], curve?.trend?.x[0]]).toEqual([7, 7])
    expect(curve?.trend?.y[0]).toBe(curve?.raw.y[0])
  })

  test('break where a figure was not finite, and only there', () => {
    const points = seen([1, 2, 4, 5], [1, 2, 4, 5], [3])
    for (const window of [0, 10]) {
      const [curve] = curvesOf(['metrics.loss'], [{ name: 'metrics.loss', points }], { ...view, window })
      for (const { x, y } of [curve?.raw, curve?.trend ?? curve?.raw].filter(found => found !== undefined)) {
        expect(x.filter((_, i) => y[i] === null)).toEqual([3])
        expect(x.filter((_, i) => y[i] !== null)).toEqual([1, 2, 4, 5])
      }
      expect(figuresOf(curve as Curve, 3).figure).toBeUndefined()
      expect(figuresOf(curve as Curve, 4).figure).toBe(4)
    }
  })

  test('are told by their own figure first, and by their average as what it is', () => {
    const points = seen([1, 2], [1, 3])
    const [raw] = curvesOf(['loss'], [{ name: 'loss', points }], view)
    const [smooth] = curvesOf(['loss'], [{ name: 'loss', points }], { ...view, window: 1 })
    expect(legendText(raw as Curve)).toBe('batch loss 3')
    expect(legendText(smooth as Curve)).toMatch(/^batch loss 3, smoothed 2\.\d+$/)
  })
})

describe('a range', () => {
  test('is halved around its middle, or with the newest step where that is shown', () => {
    expect(zoomed([0, 1000], [0, 1000], 0.5)).toEqual([500, 1000])
    expect(zoomed([200, 600], [0, 1000], 0.5)).toEqual([300, 500])
    expect(zoomed([500, 1000], [0, 1000], 2)).toBeUndefined()
  })

  test('moves by half of itself and stays within the run', () => {
    expect(moved([200, 400], [0, 1000], -1)).toEqual([100, 300])
    expect(moved([50, 250], [0, 1000], -1)).toEqual([0, 200])
    expect(moved([700, 900], [0, 1000], 1)).toEqual([800, 1000])
  })
})

test('steps have the times between those that are known, and none before the first', () => {
  expect(timeScale({ steps: [], values: [] }, { step: 0, elapsed: 0 })).toBeUndefined()
  const times = timeScale({ steps: [10, 20, 20], values: [1, 4, 5] }, { step: 30, elapsed: 6 })
  expect([0, 5, 15, 25, 30].map(step => times?.timeOf(step))).toEqual([0, 0.5, 2.5, 5, 6])
  expect(times?.stepOf(2.5)).toBe(15)
})

test('series are called by what they are, also with dots in the name of a node', () => {
  const names = ['loss', 'metrics.validationLoss', 'throughput', 'a.b.learningRate']
  expect(names.map(labelOf)).toEqual(['batch loss', 'validation loss', 'samples/s', 'a.b learning rate'])
})

test('a poller waits for its answer before it asks again, and is woken once for all that came meanwhile', async () => {
  const answers: (() => void)[] = []
  const poller = new Poller(() => new Promise<void>(resolve => answers.push(resolve)), 1e6)
  for (let i = 0; i < 5; i++) poller.wake()
  expect(answers).toHaveLength(1)
  answers[0]?.()
  await expect.poll(() => answers.length).toBe(2)
  poller.stop()
  answers[1]?.()
  poller.wake()
  expect(answers).toHaveLength(2)
})

describe('in a browser', () => {
  afterEach(leave)
  afterAll(closeBrowser)

  const COLOURS = { loss: '#d55e00', validation: '#009e73' }
  const plotOf = (page: Page) => page.locator('.plot canvas')
  const axis = (page: Page) => page.getByRole('combobox', { name: 'Axis' })
  const label = (page: Page) => page.locator('.plot').getAttribute('aria-label')
  const place = async (page: Page) =>
    Number((await page.locator('.legend .at').innerText()).replace(/[^\d.]/g, ''))

  /** Draws over the plot, from one share of its width to another. */
  async function drawOver(page: Page, from: number, to: number): Promise<void> {
    const box = await page.locator('.plot .u-over').boundingBox()
    if (!box) throw new Error('there is no plot')
    const at = (share: number) => [box.x + share * box.width, box.y + box.height / 2] as const
    await page.mouse.move(...at(from))
    await page.mouse.down()
    await page.mouse.move(...at((from + to) / 2))
    await page.mouse.move(...at(to))
    await page.mouse.up()
    await page.mouse.move(0, 0)
  }

  test('a long series is drawn, zoomed by pointer and by buttons, and seen whole again', async () => {
    const { page, trainer, faults } = await watchRun({}, {}, { ahead: 20_000 })
    await trainer.pause()
    const { step } = trainer.state
    await expect.poll(() => place(page)).toBe(step)
    const plot = plotOf(page)
    expect((await inkOf(plot)).share).toBeGreaterThan(0.01)
    await expect.poll(() => hasColour(plot, COLOURS.loss)).toBe(true)

    await drawOver(page, 0.25, 0.5)
    await expect.poll(() => place(page)).toBeLessThan(0.6 * step)
    expect(await place(page)).toBeGreaterThan(0.4 * step)
    // What was drawn over is no longer marked.
    expect(await page.locator('.plot .u-select').evaluate(mark => mark.clientWidth)).toBe(0)
    expect((await inkOf(plot)).share).toBeGreaterThan(0.005)

    await page.locator('.plot .u-over').dblclick()
    await page.mouse.move(0, 0)
    await expect.poll(() => place(page)).toBe(step)
    const narrower = page.getByRole('button', { name: 'Narrower range' })
    await narrower.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Earlier' }).click()
    await expect.poll(() => place(page)).toBeLessThan(0.8 * step)
    await page.getByRole('button', { name: 'Whole run' }).click()
    await expect.poll(() => place(page)).toBe(step)
    expect(faults).toEqual([])
  })

  test('smoothing, the logarithm and epochs change what is drawn; each tab has its curves', async () => {
    const { page, trainer, faults } = await watchRun()
    await expect.poll(() => trainer.state.history.length).toBeGreaterThan(20)
    await trainer.pause()
    await expect.poll(() => place(page)).toBe(trainer.state.step)
    const pixels = () => plotOf(page).evaluate(canvas => (canvas as HTMLCanvasElement).toDataURL())
    const changed = async (change: () => Promise<void>) => {
      const before = await pixels()
      await change()
      await expect.poll(pixels).not.toBe(before)
    }
    await changed(() => page.getByRole('slider', { name: 'smooth' }).fill('8'))
    expect(await page.getByRole('slider', { name: 'smooth' }).getAttribute('aria-valuetext')).toBe(
      '10,000 steps',
    )
    await changed(() => page.getByRole('checkbox', { name: 'log' }).check())
    await changed(async () => void (await axis(page).selectOption('by epoch')))
    await expect.poll(() => label(page)).toContain('Loss over epochs')
    expect(await page.locator('.legend .at').innerText()).toContain('epoch')
    await changed(() => page.getByRole('tab', { name: 'Loss' }).press('ArrowRight'))
    expect(await page.getByRole('tab', { name: 'Metrics' }).getAttribute('aria-selected')).toBe('true')
    await expect.poll(() => label(page)).toMatch(/Metrics over epochs: accuracy .*validation accuracy/)
    await changed(() => page.getByRole('tab', { name: 'Learning rate' }).click())
    await expect.poll(() => label(page)).toContain('sgd1 learning rate 0.01')
    await changed(() => page.getByRole('tab', { name: 'Throughput' }).click())
    await expect.poll(() => label(page)).toContain('samples/s')
    expect(faults).toEqual([])
  })

  test('the legend says what the stronger lines are, also where there is little room', async () => {
    for (const width of [390, 1101, 1440, 1920]) {
      const { page } = await watchRun({}, { viewport: { width, height: 900 } })
      const word = page.locator('.legend .averaged').first()
      await expect.poll(async () => (await word.boundingBox())?.width ?? 0).toBeGreaterThan(30)
      expect(await word.innerText()).toBe('smoothed')
      await leave()
    }
  })

  test('the axis of time has the seconds that the run has run, without its pauses', async () => {
    const { page, trainer, faults } = await watchRun()
    await expect.poll(() => trainer.state.history.length).toBeGreaterThan(60)
    await trainer.pause()
    await axis(page).selectOption('by time')
    await expect.poll(() => label(page)).toContain('Loss over time')
    const shown = async () =>
      (await page.locator('.legend .at').innerText()).match(/time (\d+):(\d+(\.\d)?)/) ?? []
    const { elapsed } = trainer.state
    await expect
      .poll(async () => {
        const [, minutes, seconds] = await shown()
        return Math.abs(60 * Number(minutes) + Number(seconds) - elapsed)
      })
      .toBeLessThan(0.11)
    await expect.poll(() => hasColour(plotOf(page), COLOURS.loss)).toBe(true)
    await drawOver(page, 0.25, 0.5)
    await expect
      .poll(async () => {
        const [, minutes, seconds] = await shown()
        return 60 * Number(minutes) + Number(seconds)
      })
      .toBeLessThan(0.7 * elapsed)
    expect(faults).toEqual([])
  })

  test('a link shows a colleague the same view, and has no token', async () => {
    const { page, trainer, bridge, faults } = await watchRun(
      {},
      { permissions: ['clipboard-read', 'clipboard-write'] },
    )
    await expect.poll(() => trainer.state.history.length).toBeGreaterThan(5)
    await trainer.pause()
    await page.getByRole('tab', { name: 'Metrics' }).click()
    await axis(page).selectOption('by time')
    await page.getByRole('checkbox', { name: 'log' }).check()
    await page.getByRole('slider', { name: 'smooth' }).fill('5')
    await page.getByRole('button', { name: 'Narrower range' }).click()
    await page.getByRole('button', { name: /^validation accuracy/ }).click()
    await page.getByRole('tab', { name: 'ROC and PR' }).click()
    await page.getByRole('checkbox', { name: 'epochs' }).check()
    await page.locator('button[data-node="first"]').press('Enter')
    await page.getByRole('tab', { name: 'kernel', exact: true }).click()
    await page.getByRole('button', { name: 'Save …' }).click()
    await page.getByRole('button', { name: 'Copy link' }).click()
    const link = await page.getByRole('textbox', { name: 'Link to this view' }).inputValue()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link)
    expect(link).not.toContain(TOKENS.controller)
    expect(link).not.toContain('#')
    expect((await axe(page)).violations).toEqual([])
    await page.getByRole('dialog', { name: 'Link' }).getByRole('button', { name: 'Close' }).click()
    await page.getByRole('dialog', { name: 'Save' }).getByRole('button', { name: 'Close' }).click()
    const range = () => page.locator('.legend .at').innerText()

    const other = await page.context().newPage()
    await other.goto(`${link}#${TOKENS.viewer}`)
    await other.getByText('connected as viewer').waitFor()
    const pressed = (name: RegExp) => other.getByRole('button', { name }).getAttribute('aria-pressed')
    await expect.poll(() => label(other)).toContain('Metrics over time')
    expect(await other.getByRole('checkbox', { name: 'log' }).isChecked()).toBe(true)
    expect(await other.getByRole('slider', { name: 'smooth' }).inputValue()).toBe('5')
    expect(await other.getByRole('button', { name: 'Whole run' }).isEnabled()).toBe(true)
    await expect.poll(() => pressed(/^validation accuracy/)).toBe('false')
    await expect.poll(() => other.locator('.legend .at').innerText()).toBe(await range())
    for (const name of ['Metrics', 'ROC and PR', 'kernel'])
      expect(await other.getByRole('tab', { name, exact: true }).getAttribute('aria-selected')).toBe('true')
    await other.getByRole('region', { name: 'Node first' }).waitFor()
    expect(await other.getByRole('checkbox', { name: 'epochs' }).isChecked()).toBe(true)

    // Without a token, the page says what is missing. What it does not understand, it leaves out.
    await other.goto('about:blank')
    await other.goto(link)
    await other.getByText('This address has no token').waitFor()
    await other.goto(
      `${bridge.url.replace('#', '?view&axis=%00&zoom=9-1&smooth=7e9&hidden=[&node=__proto__&chart=x&outcome=y#')}`,
    )
    await expect.poll(() => label(other)).toContain('Loss over steps')
    expect(await other.getByRole('button', { name: 'Whole run' }).isEnabled()).toBe(false)
    expect(faults).toEqual([])
  })

  test('curves are hidden and shown by keyboard', async () => {
    const { page, trainer } = await watchRun()
    await expect.poll(() => trainer.state.history.length).toBeGreaterThan(20)
    await trainer.pause()
    const entry = page.getByRole('button', { name: /^validation loss/ })
    await expect.poll(() => hasColour(plotOf(page), COLOURS.validation)).toBe(true)
    await entry.focus()
    await page.keyboard.press('Space')
    await expect.poll(() => entry.getAttribute('aria-pressed')).toBe('false')
    await expect.poll(() => hasColour(plotOf(page), COLOURS.validation)).toBe(false)
    await page.keyboard.press('Space')
    await expect.poll(() => hasColour(plotOf(page), COLOURS.validation)).toBe(true)
  })

  test.runIf(isFull)('on a touch screen, a finger drawn across zooms, and two taps show all', async () => {
    const { page, trainer } = await watchRun(
      {},
      { hasTouch: true, viewport: { width: 390, height: 844 } },
      { ahead: 2000 },
    )
    await trainer.pause()
    await expect.poll(() => place(page)).toBe(trainer.state.step)
    const over = page.locator('.plot .u-over')
    await over.scrollIntoViewIfNeeded()
    const box = await over.boundingBox()
    if (!box) throw new Error('there is no plot')
    const session = await page.context().newCDPSession(page)
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', share: number) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: type === 'touchEnd' ? [] : [{ x: box.x + share * box.width, y: box.y + box.height / 2 }],
      })
    await touch('touchStart', 0.1)
    for (const share of [0.2, 0.3, 0.4, 0.5]) await touch('touchMove', share)
    await touch('touchEnd', 0.5)
    await expect.poll(() => place(page)).toBeLessThan(0.7 * trainer.state.step)
    expect(await page.getByRole('button', { name: 'Whole run' }).isDisabled()).toBe(false)
    for (let i = 0; i < 2; i++) {
      await touch('touchStart', 0.5)
      await touch('touchEnd', 0.5)
    }
    await expect.poll(() => page.getByRole('button', { name: 'Whole run' }).isDisabled()).toBe(true)
  })

  test('charts, series and graph can be taken home, the picture in a chosen size and look', async () => {
    const { page, trainer, faults } = await watchRun({}, {}, { ahead: 10_000 })
    await trainer.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.02 } })
    trainer.setStepsPerSecond(null)
    await trainer.step(5000)
    await expect.poll(() => place(page)).toBe(trainer.state.step)
    const download = async (name: string) => {
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ])
      return { name: file.suggestedFilename(), content: await buffer(await file.createReadStream()) }
    }
    const { best } = trainer.state
    await page
      .getByRole('list', { name: 'Marks' })
      .getByText(`at epoch ${best?.epoch.toLocaleString('en')}`)
      .first()
      .waitFor({ state: 'attached' })
    await page.getByRole('button', { name: 'Save …' }).click()
    const menu = page.getByRole('dialog', { name: 'Save' })
    const csv = await download('CSV')
    expect(csv.name).toBe('a-run-of-tests.csv')
    const rows = csv.content.toString().trimEnd().split('\r\n')
    expect(rows[0]).toBe('series,step,value,kind,count')
    // More than a chart shows: all that the run has kept.
    expect(rows.filter(row => row.startsWith('loss,') && row.includes('point')).length).toBeGreaterThan(8000)
    const svg = await download('SVG')
    expect(svg.content.toString()).toContain('a run of tests: Loss')
    expect(svg.content.toString()).toContain('validation loss')
    expect(svg.content.toString()).toMatch(/>(local: learning |best|\d+ marks)[^<]*</)
    const ground = (svg: Buffer) =>
      svg.toString().match(/<rect width="100%" height="100%" fill="([^"]*)"/)?.[1]
    expect(ground(svg.content)).toBe('#fff')
    await menu.getByRole('spinbutton', { name: 'Width' }).fill('640')
    await menu.getByRole('spinbutton', { name: 'Height' }).fill('400')
    await menu.getByRole('combobox', { name: 'Colours' }).selectOption('dark')
    expect(ground((await download('SVG')).content)).toBe('#1a2029')
    for (const scale of [1, 2]) {
      await menu.getByRole('combobox', { name: 'Pixels' }).selectOption(String(scale))
      const png = await download('PNG')
      expect(png.content.subarray(1, 4).toString()).toBe('PNG')
      expect([png.content.readUInt32BE(16), png.content.readUInt32BE(20)]).toEqual([640 * scale, 400 * scale])
      expect(png.content.length).toBeGreaterThan(5000)
    }
    expect((await axe(page)).violations).toEqual([])
    await menu.getByRole('spinbutton', { name: 'Width' }).fill('99999')
    await menu.getByText('a side of the picture: it must be').waitFor()
    expect(await menu.getByRole('button', { name: 'PNG' }).isDisabled()).toBe(true)
    await page.keyboard.press('Escape')
    const graph = graphFromJson((await download('Graph as JSON')).content.toString())
    const update = trainer.model.graph.nodes.find(({ id }) => id === 'sgd1')
    const changed = graph.nodes.find(({ id }) => id === 'sgd1')
    expect(changed?.config).toEqual({ ...update?.config, learningRate: 0.02 })
    expect(graph.outputs).toEqual(trainer.model.graph.outputs)
    expect(faults).toEqual([])
  })
})
