/**
 * Takes screenshots of the page after `npm run build`: `npm run screenshots`, or only those whose names
 * contain all given words: `npm run screenshots -- digits dark`.
 */
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  add,
  binaryCrossentropy,
  categoricalCrossentropy,
  compile,
  createTrainer,
  csv,
  type Dataset,
  dense,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  openBridge,
  type Port,
  relu,
  sgd,
  sigmoid,
  softmax,
  tanh,
} from 'gradstream'
import { TASKS } from '../examples/support/playground-tasks.ts'
import { open } from '../test/dashboard/browser.ts'
import { startChromium } from '../test/support/chromium.ts'

interface Scene {
  readonly data: Dataset
  readonly validation?: Dataset
  readonly loss: Port<'loss'>
  readonly prediction: Port<'value'>
  readonly learningRate: number
  readonly momentum?: number
  readonly batchSize?: number
  /** The node to open, the tab, and the chart to show. */
  readonly node?: string
  readonly tab?: string
  readonly chart?: string
  /** Milliseconds until there is something to see. */
  readonly patience: number
}

const example = (file: string) => new URL(`../examples/data/${file}`, import.meta.url)
const layers = (...units: number[]) => units.flatMap(count => [dense({ units: count }), relu()] as const)
const through = (x: Port<'value'>, links: readonly ((port: Port<'value'>) => Port<'value'>)[]) =>
  links.reduce<Port<'value'>>((port, link) => link(port), x)

async function breastCancer(): Promise<Scene> {
  const data = await csv(example('breast_cancer.csv'), { target: 'benign' })
  const { train, validation } = data.standardize().split({ validation: 0.2, seed: 1 })
  const prediction = sigmoid()(
    dense({ units: 1 })(through(input({ name: 'x', shape: [30] }), layers(16, 16))),
  )
  const loss = binaryCrossentropy()(prediction, input({ name: 'target', shape: [1] }))
  return { data: train, validation, prediction, loss, learningRate: 0.0003, node: 'dense2', patience: 6000 }
}

async function digits(): Promise<Scene> {
  const data = await csv(example('digits.csv'), { target: 'digit', categorical: ['digit'] })
  const { train, validation } = data.standardize().split({ validation: 0.2, seed: 1 })
  const x = input({ name: 'x', shape: [64] })
  const prediction = softmax()(dense({ units: 10 })(through(x, layers(48, 32))))
  const loss = categoricalCrossentropy()(prediction, input({ name: 'target', shape: [10] }))
  const more = { node: 'dense1', tab: 'kernel', chart: 'Metrics', patience: 5000 }
  return { data: train, validation, prediction, loss, learningRate: 0.001, ...more }
}

/** Residual blocks with a little over 200 nodes. */
async function deep(): Promise<Scene> {
  const rows = Array.from({ length: 256 }, (_, i) => [Math.sin(i), Math.cos(2 * i), Math.sin(3 * i)])
  const data = fromArrays({ x: rows, target: rows.map(([a = 0, b = 0, c = 0]) => [a * b - c]) })
  let y = dense({ units: 8 })(input({ name: 'x', shape: [3] }))
  for (let block = 0; block < 50; block++)
    y = add()(y, through(y, [dense({ units: 8 }), tanh(), dense({ units: 8 })]))
  const prediction = dense({ units: 1 })(y)
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
  return { data, prediction, loss, learningRate: 1e-5, patience: 5000 }
}

async function spirals(): Promise<Scene> {
  const points = TASKS.spirals?.(400, 1) ?? []
  const all = fromArrays({ x: points.map(({ x }) => [...x]), target: points.map(({ label }) => [label]) })
  const { train, validation } = all.split({ validation: 0.25, seed: 1 })
  const x = input({ name: 'x', shape: [2] })
  const prediction = sigmoid()(
    dense({ units: 1 })(through(x, [dense({ units: 16 }), tanh(), dense({ units: 12 }), tanh()])),
  )
  const loss = binaryCrossentropy()(prediction, input({ name: 'target', shape: [1] }))
  return { data: train, validation, prediction, loss, learningRate: 0.005, momentum: 0.9, patience: 6000 }
}

const SCENES = { 'breast-cancer': breastCancer, digits, deep, spirals }
const SIZES = {
  desktop: { viewport: { width: 1440, height: 900 } },
  tablet: { viewport: { width: 768, height: 1024 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 },
}
const SCHEMES = ['light', 'dark'] as const

/** The ones that README and docs show; the others stay out of git. */
const SHOWN: Readonly<Record<string, string>> = {
  'breast-cancer-desktop-light': 'breast-cancer-desktop',
  'digits-desktop-dark': 'digits-dark',
  'spirals-desktop-light': 'spirals-desktop',
}
const fileFor = (name: string) =>
  fileURLToPath(
    new URL(SHOWN[name] ? `pictures/${SHOWN[name]}.png` : `screenshots/${name}.png`, import.meta.url),
  )

mkdirSync(new URL('screenshots/', import.meta.url), { recursive: true })
const browser = await startChromium()
const wanted = process.argv.slice(2)
const views = Object.entries(SIZES).flatMap(([size, view]) =>
  SCHEMES.map(colorScheme => ({
    name: `${size}-${colorScheme}`,
    isPhone: size === 'phone',
    colorScheme,
    ...view,
  })),
)
for (const [title, make] of Object.entries(SCENES)) {
  for (const { name, isPhone, ...view } of views) {
    if (!wanted.every(word => `${title}-${name}`.includes(word))) continue
    const { data, validation, loss, prediction, learningRate, momentum = 0, ...scene } = await make()
    const update = loss.pipe(sgd({ learningRate, momentum }))
    const model = compile(graph({ prediction, loss, update }), { seed: 7 })
    const trainer = createTrainer(model, {
      data,
      ...(validation && { validation }),
      metrics: title === 'deep' ? ['r2'] : ['accuracy'],
      epochs: 1_000_000,
      runId: title,
    })
    const bridge = await openBridge(trainer, { port: 0, print: () => undefined })
    const { page } = await open(browser, bridge.url, view)
    await page.locator('.node-title').first().waitFor()
    void trainer.run()
    const wait = (time: number) => page.waitForTimeout(time)
    await wait(scene.patience / 2)
    if (scene.chart) await page.getByRole('tab', { name: scene.chart }).click()
    if (scene.node && !isPhone) {
      await page.locator('.node-title', { hasText: scene.node }).click()
      if (scene.tab) await page.getByRole('tab', { name: scene.tab, exact: true }).click()
    }
    await wait(scene.patience / 2)
    await page.mouse.move(0, 0)
    await page.screenshot({ path: fileFor(`${title}-${name}`), fullPage: !name.startsWith('desktop') })
    await page.context().close()
    trainer.dispose()
    model.dispose()
    await bridge.close()
  }
}
await browser.close()
process.exit()
