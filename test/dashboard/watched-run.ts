/** A run that goes on, with its page in a browser: what the tests of the page's parts share. */
import {
  type Bridge,
  binaryCrossentropy,
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  openBridge,
  relu,
  sgd,
  sigmoid,
  type Trainer,
  type TrainerOptions,
} from 'gradstream'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { launch, open, PACE } from './browser.ts'

export const TOKENS = { controller: 'controller-of-the-tests', viewer: 'viewer-of-the-tests' }

export interface WatchedRun {
  readonly trainer: Trainer
  readonly bridge: Bridge
  readonly page: Page
  /** What went wrong in the page. */
  readonly faults: readonly string[]
}

let browser: Browser | undefined
let present: WatchedRun | undefined

const samples = (count: number) => {
  const rows = Array.from({ length: count }, (_, i) => [Math.sin(3 * i), Math.cos(7 * i)] as const)
  return fromArrays({ x: rows.map(row => [...row]), target: rows.map(([a, b]) => [a * b > 0 ? 1 : 0]) })
}

/** Opens a page on a run that is under way. `units` is how wide its layer is, and so many steps are done in haste. */
export async function watchRun(
  options: Partial<TrainerOptions> = {},
  view: BrowserContextOptions = {},
  { units = 6, ahead = 0 } = {},
): Promise<WatchedRun> {
  const y = input({ name: 'x', shape: [2] }).pipe(dense({ name: 'first', units }), relu())
  const prediction = y.pipe(dense({ name: 'last', units: 1 }), sigmoid())
  const loss = binaryCrossentropy()(prediction, input({ name: 'target', shape: [1] }))
  const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.01 })) })
  const trainer = createTrainer(compile(net, { seed: 3 }), {
    data: samples(256),
    validation: samples(32),
    epochs: 1e6,
    metrics: ['accuracy'],
    runId: 'a run of tests',
    stepsPerSecond: ahead > 0 ? undefined : PACE,
    ...options,
  } as TrainerOptions)
  const bridge = await openBridge(trainer, { port: 0, tokens: TOKENS, print: () => undefined })
  browser ??= await launch()
  const opened = await open(browser, bridge.url, { acceptDownloads: true, ...view })
  present = { trainer, bridge, ...opened }
  await opened.page.getByText('connected as').waitFor()
  trainer.run().catch(() => undefined)
  if (ahead > 0) {
    await expect.poll(() => trainer.state.step).toBeGreaterThan(ahead)
    trainer.setStepsPerSecond(PACE)
  }
  return present
}

/** Ends the run and closes its page. */
export async function leave(): Promise<void> {
  await present?.page.context().close()
  await present?.bridge.close()
  present?.trainer.dispose()
  present = undefined
}

export async function closeBrowser(): Promise<void> {
  await browser?.close()
  browser = undefined
}

/** How many colours a canvas has, and the share of its pixels on which something is drawn. */
export const inkOf = (canvas: Locator): Promise<{ colours: number; share: number }> =>
  canvas.evaluate(element => {
    const { width, height } = element as HTMLCanvasElement
    const context = (element as HTMLCanvasElement).getContext('2d') as CanvasRenderingContext2D
    const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer)
    return {
      colours: new Set(pixels).size,
      share: pixels.filter(pixel => pixel !== 0).length / pixels.length,
    }
  })

/** Whether a canvas has a pixel of about this colour, written as `#rrggbb`: half of a thin line's is enough, a faint line's not. */
export const hasColour = (canvas: Locator, colour: string): Promise<boolean> =>
  canvas.evaluate((element, wanted) => {
    const { width, height } = element as HTMLCanvasElement
    const context = (element as HTMLCanvasElement).getContext('2d') as CanvasRenderingContext2D
    const { data } = context.getImageData(0, 0, width, height)
    const parts = [1, 3, 5].map(place => Number.parseInt(wanted.slice(place, place + 2), 16))
    for (let i = 0; i < data.length; i += 4) {
      const isNear = parts.every((part, j) => Math.abs((data[i + j] as number) - part) < 12)
      if (isNear && (data[i + 3] as number) > 120) return true
    }
    return false
  }, colour)

/** Clicks until it is open: the graph is fitted into the page a moment after it has come. */
export async function openNode(page: Page, name: string) {
  const panel = page.getByRole('region', { name: `Node ${name}` })
  await expect
    .poll(async () => {
      await page.locator('.node-title', { hasText: name }).click()
      return panel.isVisible()
    })
    .toBe(true)
  return panel
}
