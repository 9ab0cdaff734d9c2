/**
 * Takes screenshots of the page for several networks, in each status of a run, at several sizes, light and dark, after `npm run build`:
 * `npm run screenshots:states`, or only those whose names contain all given words: `npm run screenshots:states -- 10-nodes 1366 dark`.
 */
import { mkdirSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
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
import { whole } from '../test/dashboard/browser.ts'
import { startChromium } from '../test/support/chromium.ts'

interface Network {
  readonly graph: GraphDef
  readonly data: Dataset
  readonly metrics: readonly ('accuracy' | 'r2')[]
  /** Some diverge at the usual one. */
  readonly learningRate?: number
  readonly epochs?: number
}

type Value = Port<'value'>

const rows = Array.from({ length: 256 }, (_, i) => [Math.sin(3 * i), Math.cos(7 * i)] as const)
const points = rows.map(row => [...row])
const classes = rows.map(([a, b]) => [a * b > 0 ? 1 : 0])
const heights = rows.map(([a, b]) => [a * b + 0.5 * a])
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
    // Enough for something to be seen in each status, and not more.
    epochs: blocks > 20 ? 60 : 400,
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
const STATUSES = ['idle', 'running', 'paused', 'stopped', 'finished', 'failed', 'disconnected'] as const
type Status = (typeof STATUSES)[number]
const VIEWS = (Object.keys(SIZES) as (keyof typeof SIZES)[]).flatMap(size =>
  SCHEMES.map(scheme => ({ size, scheme })),
)

/** How long a run goes on until there is something to see, and until what has happened is shown, in milliseconds. */
const PATIENCE = 3000
const SHOWN = 700
/** Steps per second until there is something to see, and while screenshots are taken. */
const [PACE, SLOW] = [300, 10]

const folder = new URL('screenshots/states/', import.meta.url)
mkdirSync(folder, { recursive: true })
const wanted = process.argv.slice(2)
const browser = await startChromium()

/** The screenshots of a network in a status that are wanted. */
const viewsOf = (title: string, status: Status) =>
  VIEWS.flatMap(({ size, scheme }) => {
    const words = [title, String(size), scheme, status]
    return wanted.every(word => words.includes(word)) ? [{ size, scheme, name: words.join('-') }] : []
  })

interface Watched {
  readonly shoot: (status: Status) => Promise<void>
  readonly learn: (learningRate: number) => Promise<unknown>
  readonly trainer: Trainer
  readonly bridge: Bridge
}

async function watch(
  title: string,
  { graph: definition, data, metrics, learningRate = 0.01, epochs = 400 }: Network,
  work: (watched: Watched) => Promise<void>,
) {
  const trainer = createTrainer(compile(definition, { seed: 7 }), {
    data,
    validation: data,
    metrics,
    epochs,
    stepsPerSecond: PACE,
    runId: title,
  })
  const learn = (learningRate: number) => trainer.set('sgd1', { learningRate })
  await learn(learningRate)
  const bridge = await openBridge(trainer, { port: 0, print: () => undefined })
  // A phone gets a smaller page.
  const pages = {
    phone: await pageOf(bridge, { deviceScaleFactor: 2 }, true),
    whole: await pageOf(bridge, {}, false),
  }
  const shoot = async (status: Status) => {
    for (const { size, scheme, name } of viewsOf(title, status)) {
      const page = pages[size === 'phone' ? 'phone' : 'whole']
      const [width, height] = SIZES[size]
      await page.emulateMedia({ colorScheme: scheme })
      await page.setViewportSize({ width, height })
      await page.waitForTimeout(SHOWN)
      await page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, folder)), fullPage: width < 1100 })
    }
  }
  await work({ shoot, trainer, bridge, learn })
  for (const page of Object.values(pages)) await page.context().close()
  await bridge.close()
  trainer.dispose()
}

async function pageOf({ url }: Bridge, options: BrowserContextOptions, isPhone: boolean): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', ...options })
  const page = await context.newPage()
  const [width, height] = SIZES[isPhone ? 'phone' : 1440]
  await page.setViewportSize({ width, height })
  await page.goto(isPhone ? url : whole(url))
  await page.getByText('connected as').waitFor()
  return page
}

async function takeAll(title: string, network: Network): Promise<void> {
  if (!STATUSES.some(status => viewsOf(title, status).length > 0)) return
  await watch(title, network, async ({ shoot, trainer, bridge }) => {
    await shoot('idle')
    void trainer.run()
    await wait(PATIENCE)
    trainer.setStepsPerSecond(SLOW)
    await shoot('running')
    await trainer.pause()
    await shoot('paused')
    await trainer.stop()
    await shoot('stopped')
    trainer.setStepsPerSecond(null)
    await trainer.run()
    await shoot('finished')
    trainer.setStepsPerSecond(SLOW)
    void trainer.run()
    await wait(SHOWN)
    await bridge.close()
    await shoot('disconnected')
  })
  if (viewsOf(title, 'failed').length === 0) return
  await watch(title, network, async ({ shoot, trainer, learn }) => {
    const run = trainer.run().catch(() => undefined)
    await wait(PATIENCE)
    await learn(1e30)
    await run
    if (trainer.state.status !== 'failed') throw new Error(`The run of ${title} does not fail.`)
    await shoot('failed')
  })
}

for (const [title, make] of Object.entries(NETWORKS)) await takeAll(title, make())
await browser.close()
process.exit()
