/** The dashboard page of the recipes, built and opened as its readers do it. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
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
  sgd,
  type Trainer,
} from 'gradstream'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launch, open, PACE } from '../dashboard/browser.ts'
import { doorsIn } from '../support/doors.ts'

const recipes = readFileSync(new URL('../../docs/recipes.md', import.meta.url), 'utf8')
const source = /^```html\n(.*?)^```$/ms.exec(recipes)?.[1] ?? ''

let browser: Browser
let folder: string
let page: Page
let faults: string[]
let trainer: Trainer
let bridge: Bridge
const server = createServer(async (request, response) => {
  const path = request.url === '/' ? 'index.html' : (request.url as string)
  const body = await readFile(join(folder, 'dist', path)).catch(() => undefined)
  const type = extname(path) === '.js' ? 'text/javascript' : 'text/html; charset=utf-8'
  response.writeHead(body ? 200 : 404, { 'Content-Type': type }).end(body)
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradstream-page-'))
  await writeFile(join(folder, 'index.html'), source)
  const [opened] = await Promise.all([
    launch(),
    build({ root: folder, configFile: false, logLevel: 'silent', resolve: { alias: doorsIn('browser') } }),
    once(server.listen(0, '127.0.0.1'), 'listening'),
  ])
  browser = opened
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  trainer = watchedTrainer()
  bridge = await openBridge(trainer, { port: 0, origins: [origin], print: () => undefined })
  trainer.run()
  ;({ page, faults } = await open(browser, `${origin}/#${bridge.url}`))
}, 60_000)

afterAll(async () => {
  trainer?.dispose()
  await Promise.all([bridge?.close(), browser?.close(), folder && rm(folder, { recursive: true })])
  server.close()
})

function watchedTrainer() {
  const target = input({ name: 'target', shape: [1] })
  const logits = input({ name: 'x', shape: [2] }).pipe(dense({ units: 1 }))
  const loss = binaryCrossentropy({ fromLogits: true })(logits, target)
  const model = compile(graph({ logits, loss, update: loss.pipe(sgd({ name: 'sgd', learningRate: 0.25 })) }))
  const x = Array.from({ length: 32 }, (_, i) => [Math.sin(3 * i), Math.cos(7 * i)])
  const data = fromArrays({ x, target: x.map(([a = 0]) => [a > 0 ? 1 : 0]) })
  return createTrainer(model, { data, epochs: 1_000_000, batchSize: 8, stepsPerSecond: PACE })
}

const figures = () => page.locator('#figures').textContent()
const stepShown = async () => Number(/step (\d+)/.exec((await figures()) ?? '')?.[1])

test('has 50 lines', () => {
  expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(50)
})

test('shows figures that change, and the losses of the epochs', async () => {
  await expect.poll(figures).toMatch(/^running, epoch \d+, step \d+, loss \d\.\d{4}$/)
  const step = await stepShown()
  await expect.poll(stepShown).toBeGreaterThan(step)
  await expect.poll(() => page.locator('polyline').getAttribute('points')).toMatch(/^0,[\d.]+ .+ 1,[\d.]+$/)
})

test('pauses the run, and lets it go on', async () => {
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect.poll(figures).toMatch(/^paused/)
  expect(trainer.state.status).toBe('paused')
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect.poll(figures).toMatch(/^running/)
})

test('sets the learning rate, and shows why one is refused', async () => {
  const field = page.getByLabel('Learning rate')
  await expect.poll(() => field.inputValue()).toBe('0.25')
  await field.fill('0.125')
  await field.press('Enter')
  await expect.poll(() => trainer.state.hyperparameters.sgd).toMatchObject({ learningRate: 0.125 })
  await field.fill('-1')
  await field.press('Enter')
  await expect.poll(() => page.getByRole('alert').textContent()).toContain('learningRate')
  expect(faults).toEqual([])
})
