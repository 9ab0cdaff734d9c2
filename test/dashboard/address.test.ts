/** An address that stays: the page of a run that has ended shows the next one. */
import { rmSync } from 'node:fs'
import {
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  openBridge,
  sgd,
} from 'gradstream'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { scratchFolder } from '../support/scratch.ts'
import { launch, open, PACE } from './browser.ts'

let browser: Browser
let settings: string
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())
beforeEach(async () => {
  settings = await scratchFolder('settings')
  vi.stubEnv('XDG_CONFIG_HOME', settings)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(settings, { recursive: true })
})

/** What a program does when it is started: a run, and a bridge whose address is kept. */
async function started(
  runId: string,
  options: { readonly port?: number; readonly newTokens?: boolean } = {},
) {
  const prediction = input({ name: 'x', shape: [1] }).pipe(dense({ units: 2 }), dense({ units: 1 }))
  const loss = meanSquaredError({ name: 'loss' })(prediction, input({ name: 'target', shape: [1] }))
  const model = compile(graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.01 })) }), {
    seed: 1,
  })
  const data = fromArrays({ x: [[0], [1]], target: [[1], [0]] })
  const trainer = createTrainer(model, { data, epochs: 1e6, stepsPerSecond: PACE, runId })
  const bridge = await openBridge(trainer, { remember: 'tests', print: () => undefined, ...options })
  trainer.run().catch(() => undefined)
  const end = async () => {
    await bridge.close()
    trainer.dispose()
  }
  onTestFinished(end)
  return { bridge, trainer, end }
}

test('an open page finds the next run by itself, and a bookmark the one after it', async () => {
  const first = await started('first run', { port: 0 })
  const { page, faults } = await open(browser, first.bridge.url)
  onTestFinished(() => page.context().close())
  await page.getByText('connected as controller').waitFor()
  let loads = 0
  page.on('load', () => loads++)
  await first.end()
  await page.getByText('not connected, trying again').waitFor()
  const second = await started('second run')
  await page.locator('.run-id', { hasText: 'second run' }).waitFor()
  await page.getByText('connected as controller').waitFor()
  // It steers the new run.
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect.poll(() => second.trainer.state.status).toBe('paused')
  expect(loads).toBe(0)
  await second.end()
  await started('third run')
  const { page: bookmarked } = await open(browser, first.bridge.url)
  onTestFinished(() => bookmarked.context().close())
  await bookmarked.locator('.run-id', { hasText: 'third run' }).waitFor()
  expect(faults).toEqual([])
})

test('after the tokens were replaced, the old page says what to do', async () => {
  const first = await started('first run', { port: 0 })
  const { page } = await open(browser, first.bridge.url)
  onTestFinished(() => page.context().close())
  await page.getByText('connected as controller').waitFor()
  await first.end()
  await started('second run', { newTokens: true })
  // It does not send the old one to whoever is there now.
  await page.getByText('a run with new tokens, which has printed its address').first().waitFor()
})
