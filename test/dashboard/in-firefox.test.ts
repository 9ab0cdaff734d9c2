/** What is new on both pages, in Firefox, where it is installed: it lays out, focuses and draws in its own way. */
import { rmSync } from 'node:fs'
import {
  type BridgeOptions,
  categoricalCrossentropy,
  compile,
  connectBridge,
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
import type { Browser, KeyInput, Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { serveRuns } from '../../runtime/runs-page/serve-runs.ts'
import { writeRuns } from '../support/many-runs.ts'
import { scratchFolder } from '../support/scratch.ts'
import { PACE } from './browser.ts'
import { hasFirefox, launchFirefox } from './firefox.ts'

describe.skipIf(!hasFirefox)('in Firefox', () => {
  let firefox: Browser
  beforeAll(async () => {
    firefox = await launchFirefox()
  }, 60_000)
  afterAll(() => firefox.close())

  async function open(url: string, width = 1440, prepare?: () => void) {
    const page = await firefox.newPage()
    if (prepare) await page.evaluateOnNewDocument(prepare)
    await page.setViewport({ width, height: 900 })
    const faults: unknown[] = []
    // That nothing listens at an address is told as an error of the page.
    const isRefused = (error: unknown) => /can’t establish a connection/.test(String(error))
    page.on('pageerror', error => isRefused(error) || faults.push(error))
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
  async function watched(options: BridgeOptions = {}) {
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
    const bridge = await openBridge(trainer, {
      ...(options.remember === undefined && { port: 0 }),
      print: () => undefined,
      ...options,
    })
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

  test('a preset is applied by a key, taken back by another, and the keys are listed', async () => {
    const { trainer, bridge } = await watched()
    const page = await open(bridge.url)
    await shows(page, 'connected as')
    const learningRate = () => trainer.model.node('sgd1').config.learningRate
    await page.keyboard.press('2')
    await expect.poll(learningRate).toBe(0.001)
    await shows(page, 'fine-tune: sgd1 learning rate = 0.001')
    await page.keyboard.down('Control')
    await page.keyboard.press('z')
    await page.keyboard.up('Control')
    await expect.poll(learningRate).toBe(0.01)
    await page.keyboard.press(' ' as KeyInput)
    await expect.poll(() => trainer.state.status).toBe('paused')
    await page.keyboard.press('?')
    await shows(page, 'undoes your last change')
    await page.keyboard.press('Escape')
    await expect.poll(() => page.$('dialog[open]')).toBeNull()
  })

  test('people see each other by name, and are notified of an alarm', async () => {
    const { trainer, bridge } = await watched()
    const bo = connectBridge(bridge.url, { name: 'Bo' })
    onTestFinished(() => bo.close())
    // Without a screen there are no notifications to look at: those that the page makes are counted.
    const page = await open(bridge.url, 1440, () => {
      const shown: string[] = []
      const fake = Object.assign(
        function Fake(title: string, { body }: { body: string }) {
          shown.push(`${title}: ${body}`)
        },
        { permission: 'default', requestPermission: async () => 'granted', shown },
      )
      Object.assign(globalThis, { Notification: fake })
      document.hasFocus = () => false
    })
    await shows(page, 'Bo')
    const own = page.locator('button[aria-label*="your name"], .people button')
    await own.click()
    await page.keyboard.down('Control')
    await page.keyboard.press('a')
    await page.keyboard.up('Control')
    await page.keyboard.type('Ada')
    await page.keyboard.press('Enter')
    await expect.poll(() => bridge.clients.map(({ author }) => author).join()).toMatch(/Ada \(controller/)
    await bo.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.5 } })
    await shows(page, 'sgd1 learning rate = 0.5')
    await click(page, 'Notify me')
    await shows(page, 'Notifying')
    trainer.alarm({ code: 'HOT', message: 'the machine is at 95 °C' })
    await expect
      .poll(() => page.evaluate('Notification.shown.join()'))
      .toMatch(/^Alarm in .*: the machine is at 95 °C$/)
  })

  test('the graph is edited, and the edit is taken back when it is trained', async () => {
    const { trainer, bridge } = await watched({
      edit: (graph, { data }) =>
        createTrainer(compile(graph, { seed: 1 }), { data, batchSize: 16, epochs: 1e6 }),
    })
    onTestFinished(() => bridge.trainer.dispose())
    const page = await open(bridge.url)
    await shows(page, 'Open a node to change it.')
    await page.keyboard.press('/')
    await page.keyboard.type('relu1')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Enter')
    await click(page, 'Insert')
    await shows(page, 'relu2 behind dense3')
    await page.locator('.node-editor input[name="units"]').click({ count: 3 })
    await page.keyboard.type('5')
    await page.keyboard.press('Enter')
    await shows(page, 'batch × 5, 45 parameters')
    await click(page, 'Train this graph')
    await shows(page, 'edited the graph: dense3 behind relu1; relu2 behind dense3')
    expect(bridge.trainer.state.nodes.dense3?.shape).toEqual([null, 5])
    await click(page, 'Back to the graph before')
    await shows(page, 'without dense3; without relu2')
    await click(page, 'Train this graph')
    await shows(page, 'took back the last edit of the graph')
    expect(bridge.trainer.model.graph).toEqual(trainer.model.graph)
  })

  test('each view of the outcomes is drawn', async () => {
    const { bridge } = await watched()
    const page = await open(bridge.url)
    await page.locator('.outcome [role="tab"]').wait()
    const tabs = await page.$$('.outcome [role="tab"]')
    expect(tabs.length).toBeGreaterThan(2)
    for (const tab of tabs) {
      await tab.click()
      await expect.poll(() => tab.evaluate(own => own.getAttribute('aria-selected'))).toBe('true')
      await page.locator('.outcome canvas, .outcome svg, .outcome table').wait()
    }
  })

  test('an open page finds the next run at its address, and asks it for a proof before it sends the token', async () => {
    vi.stubEnv('XDG_CONFIG_HOME', await scratchFolder('firefox-settings'))
    onTestFinished(() => {
      rmSync(process.env.XDG_CONFIG_HOME as string, { recursive: true })
      vi.unstubAllEnvs()
    })
    const first = await watched({ port: 0, remember: 'firefox' })
    const page = await open(first.bridge.url)
    await shows(page, 'connected as')
    await first.bridge.close()
    await shows(page, 'trying again')
    const heard: string[] = []
    const other = new WebSocketServer({ host: '127.0.0.1', port: first.bridge.port })
    other.on('connection', socket =>
      socket.on('message', data => {
        heard.push(String(data))
        socket.close()
      }),
    )
    await expect.poll(() => heard.length).toBeGreaterThan(0)
    for (const client of other.clients) client.terminate()
    await new Promise(resolve => other.close(resolve))
    expect(heard.map(text => JSON.parse(text).type)).not.toContain('hello')
    const next = await watched({ remember: 'firefox' })
    expect(next.bridge.url).toBe(first.bridge.url)
    await shows(page, 'connected as')
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
