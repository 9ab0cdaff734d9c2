/**
 * Takes screenshots of the page for several networks, in each status of a run, at several sizes, light and dark, after `npm run build`:
 * `npm run screenshots:states`, or only those whose names contain all given words: `npm run screenshots:states -- 10-nodes 1366 dark`.
 */
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  add,
  type Bridge,
  binaryCrossentropy,
  compile,
  createTrainer,
  type Dataset,
  dense,
  fromArrays,
  type GraphDef,
  graph,
  input,
  meanSquaredError,
  openBridge,
  type Port,
  relu,
  sgd,
  sigmoid,
  type Trainer,
  tanh,
} from 'gradstream'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { open } from '../test/dashboard/browser.ts'
import { startChromium } from '../test/support/chromium.ts'

interface Network {
  readonly graph: GraphDef
  readonly data: Dataset
  readonly metrics: readonly ('accuracy' | 'r2')[]
  /** Some diverge at the usual one. */
  readonly learningRate?: number
}

type Value = Port<'value'>

const rows = Array.from({ length: 256 }, (_, i) => [Math.sin(3 * i), Math.cos(7 * i)] as const)
const points = rows.map(row => [...row])
const classes = rows.map(([a, b]) => [a * b > 0 ? 1 : 0])
const heights = rows.map(([a, b]) => [a * b])
const x = () => input({ name: 'x', shape: [2] })
const target = (name = 'target') => input({ name, shape: [1] })
const learned = (loss: Port<'loss'>) => loss.pipe(sgd({ learningRate: 0.01 }))

/** As small as it can be: two nodes between the data and the optimizer. */
function smallest(): Network {
  const prediction = dense({ units: 1 })(x())
  const loss = meanSquaredError()(prediction, target())
  return {
    graph: graph({ prediction, loss, update: learned(loss) }),
    data: fromArrays({ x: points, target: heights }),
    metrics: ['r2'],
    learningRate: 1e-5,
  }
}

/** A classifier of about 10 nodes. */
function usual(): Network {
  const prediction = x().pipe(
    dense({ units: 8 }),
    relu(),
    dense({ units: 8 }),
    relu(),
    dense({ units: 1 }),
    sigmoid(),
  )
  const loss = binaryCrossentropy()(prediction, target())
  return {
    graph: graph({ prediction, loss, update: learned(loss) }),
    data: fromArrays({ x: points, target: classes }),
    metrics: ['accuracy'],
  }
}

/** Residual blocks of four nodes. */
function deep(blocks: number): Network {
  let y: Value = dense({ units: 8 })(x())
  for (let i = 0; i < blocks; i++) y = add()(y, y.pipe(dense({ units: 8 }), tanh(), dense({ units: 8 })))
  const prediction = dense({ units: 1 })(y)
  const loss = meanSquaredError()(prediction, target())
  const update = loss.pipe(sgd({ learningRate: 0.01 }))
  return {
    graph: graph({ prediction, loss, update }),
    data: fromArrays({ x: points, target: heights }),
    metrics: ['r2'],
    learningRate: 1e-5,
  }
}

/** A class and a number from the same features. */
function severalOutputs(): Network {
  const features = x().pipe(dense({ units: 8 }), tanh())
  const side = sigmoid()(dense({ name: 'sideHead', units: 1 })(features))
  const height = dense({ name: 'heightHead', units: 1 })(features)
  const sideLoss = binaryCrossentropy({ name: 'sideLoss' })(side, target('side of it'))
  const heightLoss = meanSquaredError({ name: 'heightLoss' })(height, target('height of it'))
  return {
    graph: graph({
      side,
      height,
      sideLoss,
      heightLoss,
      update: learned(add()(sideLoss, heightLoss)),
    }),
    data: fromArrays({ x: points, 'side of it': classes, 'height of it': heights }),
    metrics: [],
  }
}

const NETWORKS: Readonly<Record<string, () => Network>> = {
  '2-nodes': smallest,
  '10-nodes': usual,
  '50-nodes': () => deep(11),
  '200-nodes': () => deep(49),
  outputs: severalOutputs,
}
const SIZES = {
  phone: [390, 844],
  390: [390, 844],
  1024: [1024, 768],
  1366: [1366, 625],
  1440: [1440, 900],
  2560: [2560, 1440],
} as const
const SCHEMES = ['light', 'dark'] as const
const STATUSES = ['idle', 'running', 'paused', 'finished', 'failed', 'disconnected'] as const

/** How long a run goes on until there is something to see, and until what has happened is shown, in milliseconds. */
const PATIENCE = 3000
/** Steps per second. */
const PACE = 300
const SHOWN = 1200

const folder = new URL('screenshots/states/', import.meta.url)
mkdirSync(folder, { recursive: true })
const wanted = process.argv.slice(2)
const browser = await startChromium()

async function take(
  title: string,
  network: Network,
  size: keyof typeof SIZES,
  colorScheme: 'light' | 'dark',
) {
  const nameOf = (status: string) => `${title} ${size} ${colorScheme} ${status}`
  const isWanted = (status: string) => wanted.every(word => nameOf(status).split(' ').includes(word))
  if (!STATUSES.some(isWanted)) return
  const [width, height] = SIZES[size]
  const isPhone = size === 'phone'
  const view = { viewport: { width, height }, colorScheme, ...(isPhone && { deviceScaleFactor: 2 }) }
  const shoot = async (page: Page, status: (typeof STATUSES)[number]) => {
    if (!isWanted(status)) return
    await page.waitForTimeout(SHOWN)
    const path = fileURLToPath(new URL(`${nameOf(status).replaceAll(' ', '-')}.png`, folder))
    await page.screenshot({ path, fullPage: width < 1100 })
  }
  await watch(
    title,
    network,
    network.learningRate ?? 0.01,
    view,
    isPhone,
    async ({ page, trainer, bridge }) => {
      await shoot(page, 'idle')
      void trainer.run()
      await page.waitForTimeout(PATIENCE)
      await shoot(page, 'running')
      await trainer.pause()
      await shoot(page, 'paused')
      trainer.setStepsPerSecond(null)
      await trainer.run()
      await shoot(page, 'finished')
      trainer.setStepsPerSecond(PACE)
      void trainer.run()
      await page.waitForTimeout(SHOWN)
      await bridge.close()
      await shoot(page, 'disconnected')
    },
  )
  if (!isWanted('failed')) return
  await watch(title, network, 1e30, view, isPhone, async ({ page, trainer }) => {
    await trainer.run().catch(() => undefined)
    await shoot(page, 'failed')
  })
}

interface Watched {
  readonly page: Page
  readonly trainer: Trainer
  readonly bridge: Bridge
}

async function watch(
  title: string,
  { graph: definition, data, metrics }: Network,
  learningRate: number,
  view: BrowserContextOptions,
  isPhone: boolean,
  work: (watched: Watched) => Promise<void>,
) {
  const trainer = createTrainer(compile(definition, { seed: 7 }), {
    data,
    validation: data,
    metrics,
    epochs: 400,
    stepsPerSecond: PACE,
    runId: title,
  })
  const optimizer = Object.entries(trainer.state.hyperparameters).find(
    ([, config]) => typeof config === 'object',
  )
  if (optimizer) await trainer.set(optimizer[0], { learningRate })
  const bridge = await openBridge(trainer, { port: 0, print: () => undefined })
  // A phone gets a smaller page, and all of it at the button.
  const { page } = await open(browser, bridge.url, view, page =>
    page.addInitScript(
      `if (${isPhone}) history.replaceState(null, '', location.href.replace('&page=whole', ''))`,
    ),
  )
  await page.getByText('connected as').waitFor()
  await work({ page, trainer, bridge })
  await page.context().close()
  await bridge.close()
  trainer.dispose()
}

for (const [title, make] of Object.entries(NETWORKS))
  for (const size of ['phone', 390, 1024, 1366, 1440, 2560] as const)
    for (const scheme of SCHEMES) await take(title, make(), size, scheme)
await browser.close()
process.exit()
