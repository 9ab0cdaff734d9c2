/** The dashboard in a real browser, on live runs: whether it works at all. All of it is tried where a browser may take its time. */
import { rm } from 'node:fs/promises'
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
  type Port,
  relu,
  sgd,
  sigmoid,
  type Trainer,
  type TrainerOptions,
} from 'gradstream'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { scratchFolder } from '../support/scratch.ts'
import { launch, open, PACE } from './browser.ts'
import { openNode } from './watched-run.ts'

const TOKENS = { controller: 'controller-of-the-tests', viewer: 'viewer-of-the-tests' }

let browser: Browser
let trainer: Trainer
let bridge: Bridge
let page: Page
let faults: string[]

beforeAll(async () => {
  browser = await launch()
})

afterAll(() => browser.close())

afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
  await bridge.close()
  trainer.dispose()
})

const bridgeAt = (port: number) => openBridge(trainer, { port, tokens: TOKENS, print: () => undefined })

/** A run that goes on, with its page. The names of its layers are given. */
async function watched(
  names: readonly string[] = ['first', 'second'],
  token = TOKENS.controller,
  options = {},
  own: Partial<TrainerOptions> = {},
) {
  const x = input({ name: 'x', shape: [2] })
  const target = input({ name: 'target', shape: [1] })
  let y: Port<'value'> = x
  for (const name of names) y = y.pipe(dense({ name, units: 6 }), relu())
  const prediction = y.pipe(dense({ name: 'last', units: 1 }), sigmoid())
  const loss = binaryCrossentropy()(prediction, target)
  const model = compile(graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.01 })) }), {
    seed: 3,
  })
  const rows = Array.from({ length: 256 }, (_, i) => [Math.sin(3 * i), Math.cos(7 * i)] as const)
  const data = fromArrays({
    x: rows.map(row => [...row]),
    target: rows.map(([a, b]) => [a * b > 0 ? 1 : 0]),
  })
  const settings = { data, epochs: 1e6, metrics: ['accuracy'], stepsPerSecond: PACE } as const
  trainer = createTrainer(model, { ...settings, runId: 'a run of tests', ...own })
  bridge = await bridgeAt(0)
  void trainer.run()
  const opened = await open(browser, bridge.url.replace(TOKENS.controller, token), options)
  page = opened.page
  faults = opened.faults
  await page.getByText('connected as').waitFor()
}

const fact = async (name: string) =>
  Number((await page.locator(`[data-fact="${name}"]`).innerText()).replaceAll(',', ''))

test('figures and the loss curve move', async () => {
  await watched()
  const step = await fact('step')
  await expect.poll(() => fact('step')).toBeGreaterThan(step)
  const plot = page.locator('.plot')
  const before = await plot.getAttribute('aria-label')
  expect(before).toContain('Loss over steps')
  await expect.poll(() => plot.getAttribute('aria-label')).not.toBe(before)
  expect(faults).toEqual([])
})

test('checkpoints are listed, and one more is written by a click', async () => {
  const directory = await scratchFolder('page')
  try {
    await watched(undefined, undefined, {}, { checkpoints: { directory, everyEpochs: 1e6 } })
    const list = page.getByRole('list', { name: 'Checkpoints' })
    expect(await list.getByRole('listitem').count()).toBe(0)
    await page.getByRole('button', { name: 'Checkpoint', exact: true }).click()
    await list.getByText('1', { exact: true }).waitFor()
    await page.getByText(/checkpoint .*checkpoint-000001/).waitFor()
    expect(faults).toEqual([])
  } finally {
    trainer.dispose()
    await rm(directory, { recursive: true })
  }
})

test('pause stops the steps, resume lets them go on, and a step is one', async () => {
  await watched()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText('paused', { exact: true }).first().waitFor()
  const { step } = trainer.state
  await expect.poll(() => fact('step')).toBe(step)
  await page.getByRole('button', { name: 'Step' }).click()
  await expect.poll(() => fact('step')).toBe(step + 1)
  expect(trainer.state.step).toBe(step + 1)
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect.poll(() => fact('step')).toBeGreaterThan(step + 10)
  expect(faults).toEqual([])
})

test('the learning rate that is typed is that of the run; what its rules refuse is refused', async () => {
  await watched()
  const field = page.getByLabel('learning rate')
  await field.fill('0.0125')
  await field.press('Enter')
  await expect.poll(() => trainer.model.node('sgd1').config.learningRate).toBe(0.0125)
  await expect.poll(() => field.inputValue()).toBe('0.0125')
  await page.locator('.log').getByText('dashboard: set sgd1').waitFor()
  await field.fill('-3')
  await field.press('Enter')
  await page.locator('.controls').getByText('it must be 0 or more').waitFor()
  expect(trainer.model.node('sgd1').config.learningRate).toBe(0.0125)
  await field.press('Escape')
  await expect.poll(() => field.inputValue()).toBe('0.0125')
})

test('a node opened shows its histograms, its weights and its config', async () => {
  await watched()
  const panel = await openNode(page, 'second')
  const histograms = panel.locator('canvas').first()
  await expect.poll(async () => Number(await histograms.getAttribute('data-histograms'))).toBeGreaterThan(2)
  expect(await panel.innerText()).toContain('units 6')
  await panel.getByRole('tab', { name: 'kernel', exact: true }).click()
  await panel.getByText('6 × 6').waitFor()
  await panel.getByRole('tab', { name: '∇ bias' }).click()
  await panel.getByText(/∇ bias from/).waitFor()
  // The pixels of the histogram are not all alike.
  const colours = await histograms.evaluate(canvas => {
    const context = (canvas as HTMLCanvasElement).getContext('2d') as CanvasRenderingContext2D
    return new Set(new Uint32Array(context.getImageData(0, 0, 200, 200).data.buffer)).size
  })
  expect(colours).toBeGreaterThan(3)
  await panel.getByRole('button', { name: 'Close' }).click()
  expect(await panel.count()).toBe(0)
  expect(faults).toEqual([])
})

test('two inputs are a picture with the points it learns from, a legend, and a confusion matrix', async () => {
  await watched()
  const panel = page.getByRole('region', { name: 'Predictions of the model' })
  await panel.getByText('256 training points').waitFor()
  expect(await panel.locator('.classes li').allInnerTexts()).toEqual(['0', '1'])
  await panel.getByText(/^\d+\.\d\s% \d+ of 256 training samples are right$/).waitFor()
  const cells = await panel.locator('.matrix tbody td:not(.score)').allInnerTexts()
  expect(cells.reduce((sum, cell) => sum + Number(cell), 0)).toBe(256)
  const colours = await panel.locator('canvas').evaluateAll(canvases =>
    canvases.map(canvas => {
      const { width, height } = canvas as HTMLCanvasElement
      const context = (canvas as HTMLCanvasElement).getContext('2d') as CanvasRenderingContext2D
      return new Set(new Uint32Array(context.getImageData(0, 0, width, height).data.buffer)).size
    }),
  )
  // The plane, and the points before it.
  expect(colours).toHaveLength(2)
  expect(colours[0]).toBeGreaterThan(20)
  expect(colours[1]).toBeGreaterThan(2)
  expect(faults).toEqual([])
})

test("a viewer's token sees everything and controls nothing", async () => {
  await watched(['first'], TOKENS.viewer)
  await page.getByText('connected as viewer').waitFor()
  for (const name of ['Pause', 'Step', 'Stop']) {
    expect(await page.getByRole('button', { name }).isDisabled()).toBe(true)
  }
  expect(await page.getByLabel('learning rate').isDisabled()).toBe(true)
  const step = await fact('step')
  await expect.poll(() => fact('step')).toBeGreaterThan(step)
})

test('a bridge that is closed and opened again is found again, and nothing is missing', async () => {
  await watched()
  const { port } = bridge
  await bridge.close()
  await page.locator('.connection.waiting').waitFor()
  bridge = await bridgeAt(port)
  await page.getByText('connected as controller, 1 reconnect').waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText('paused', { exact: true }).first().waitFor()
  await expect.poll(() => fact('step')).toBe(trainer.state.step)
  const shown = await page.locator('[data-fact="epoch"]').innerText()
  expect(shown.replaceAll(',', '')).toBe(`${trainer.state.epoch} / 1M`)
})
