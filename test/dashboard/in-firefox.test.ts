/** What is new on both pages, in Firefox, where it is installed: it lays out, focuses and draws in its own way. */
import { rmSync } from 'node:fs'
import {
  categoricalCrossentropy,
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  openBridge,
  relu,
  sgd,
  softmax,
} from 'gradstream'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { serveRuns } from '../../runtime/runs-page/serve-runs.ts'
import { writeRuns } from '../support/many-runs.ts'
import { scratchFolder } from '../support/scratch.ts'
import { PACE } from './browser.ts'
import { hasFirefox, launchFirefox } from './firefox.ts'

describe.skipIf(!hasFirefox)('in Firefox', () => {
  let firefox: Browser
  beforeAll(async () => {
    firefox = await launchFirefox()
  })
  afterAll(() => firefox.close())

  async function open(url: string, width = 1440) {
    const page = await firefox.newPage()
    await page.setViewport({ width, height: 900 })
    const faults: unknown[] = []
    page.on('pageerror', error => faults.push(error))
    await page.goto(url)
    onTestFinished(async () => {
      await page.close()
      expect(faults).toEqual([])
    })
    return page
  }

  const shows = (page: Page, text: string) => page.locator(`::-p-text(${text})`).wait()
  const click = (page: Page, button: string) => page.locator(`button::-p-text(${button})`).click()

  /** A classifier with more mistakes than none, at an easy pace. */
  async function watched() {
    const x = input({ name: 'x', shape: [2] })
    const prediction = x.pipe(dense({ units: 8 }), relu(), dense({ units: 3 }), softmax())
    const loss = categoricalCrossentropy()(prediction, input({ name: 'target', shape: [3] }))
    const model = compile(graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.01 })) }), {
      seed: 1,
    })
    const rows = Array.from({ length: 60 }, (_, i) => [Math.sin(i), Math.cos(3 * i)])
    const target = rows.map((_, i) => [0, 1, 2].map(k => Number(k === i % 3)))
    const data = fromArrays({ x: rows, target })
    const trainer = createTrainer(model, {
      data,
      validation: data,
      batchSize: 16,
      epochs: 1e6,
      stepsPerSecond: PACE,
    })
    const bridge = await openBridge(trainer, { port: 0, print: () => undefined })
    void trainer.run()
    onTestFinished(async () => {
      trainer.dispose()
      await bridge.close()
    })
    return { trainer, bridge }
  }

  test('nodes are found, samples are behind a cell, and a note is written', async () => {
    const { trainer, bridge } = await watched()
    const page = await open(bridge.url)
    await shows(page, 'dense1')
    await page.keyboard.press('/')
    await page.keyboard.type('softmax')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Escape')
    const focused = () => page.evaluate('document.activeElement?.dataset.node')
    await expect.poll(focused).toBe('softmax1')

    await click(page, 'Show the mistakes')
    await shows(page, 'true')
    await page.locator('::-p-text(Layers)').click()
    await page.locator('canvas[aria-label^="PCA of"], [role="img"][aria-label^="PCA of"]').wait()

    await click(page, 'Note')
    await page.keyboard.type('seen in Firefox')
    await page.keyboard.press('Enter')
    await expect.poll(() => trainer.state.notes.map(({ text }) => text)).toEqual(['seen in Firefox'])
    await click(page, 'Save …')
    await shows(page, 'Copy link')
  })

  test('a narrow window gets the small page', async () => {
    const { trainer, bridge } = await watched()
    const page = await open(bridge.url, 390)
    await shows(page, 'Everything')
    await click(page, 'Pause')
    await expect.poll(() => trainer.state.status).toBe('paused')
  })

  test('many runs are a table, curves and a difference', async () => {
    const directory = await scratchFolder('firefox-runs')
    writeRuns(directory, 5, 500)
    const served = await serveRuns(directory, { port: 0, print: () => undefined })
    onTestFinished(async () => {
      await served.close()
      rmSync(directory, { recursive: true })
    })
    const page = await open(served.url)
    await shows(page, '5 runs')
    await expect.poll(() => page.$$eval('.runs tbody tr:not(.space)', found => found.length)).toBe(5)
    await expect.poll(() => page.$$eval('.run-legend button', found => found.length)).toBeGreaterThan(1)
    await page.locator('[role="tab"]::-p-text(Difference)').click()
    await page.locator('.difference').wait()
  })
})
