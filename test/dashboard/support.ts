/** Runs that go on, each with its page. */
import {
  type BridgeOptions,
  type CompileOptions,
  compile,
  createTrainer,
  type Dataset,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  openBridge,
  type Port,
  type Scheduled,
  sgd,
} from 'gradstream'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { open, PACE } from './browser.ts'

export const TOKENS = { controller: 'controller-of-the-tests', viewer: 'viewer-of-the-tests' }

interface Options {
  readonly browser: Browser
  /** From an input of two features to a prediction of one. */
  readonly network: (x: Port<'value'>) => Port<'value'>
  readonly view?: BrowserContextOptions
  readonly token?: string
  /** Is called before the page is opened. */
  readonly prepare?: (page: Page) => void
  readonly runId?: string
  readonly optimizer?: string
  /** Whether the token is a right one. */
  readonly isLetIn?: boolean
  readonly learningRate?: Scheduled
  /** The definitions of the network's own nodes. */
  readonly nodes?: NonNullable<CompileOptions['nodes']>
  /** Whether the run has been stopped before the page is opened. */
  readonly isWatchedLate?: boolean
  /** Puts links behind the optimizer. */
  readonly behind?: (update: Port<'update'>) => Port
}

/** All of it is closed when the test is finished. */
export async function watch({
  browser,
  network,
  view,
  token = TOKENS.controller,
  prepare,
  isLetIn = true,
  behind = update => update,
  nodes = [],
  isWatchedLate = false,
  ...names
}: Options) {
  const { runId = 'a run of tests', optimizer = 'sgd1', learningRate = 0.001 } = names
  const prediction = network(input({ name: 'x', shape: [2] }))
  const loss = meanSquaredError({ name: 'loss' })(prediction, input({ name: 'target', shape: [1] }))
  const update = loss.pipe(sgd({ name: optimizer, learningRate }))
  const definition = graph({ prediction, loss, update: behind(update) })
  const rows = Array.from({ length: 64 }, (_, i) => [Math.sin(3 * i), Math.cos(7 * i)] as const)
  const data = fromArrays({ x: rows.map(row => [...row]), target: rows.map(([a, b]) => [a * b]) })
  const trainer = createTrainer(compile(definition, { seed: 3, nodes }), {
    data,
    epochs: 1e6,
    runId,
    stepsPerSecond: PACE,
  })
  const bridge = await openBridge(trainer, { port: 0, tokens: TOKENS, print: () => undefined })
  // One that fails says so on the page.
  const ended = trainer.run().catch(() => undefined)
  if (isWatchedLate) {
    trainer.stop()
    await ended
  }
  const address = bridge.url.replace(TOKENS.controller, token)
  const { page, faults } = await open(browser, address, { reducedMotion: 'reduce', ...view }, prepare)
  onTestFinished(async () => {
    await page.context().close()
    await bridge.close()
    trainer.dispose()
  })
  if (isLetIn) await page.getByText('connected as').waitFor()
  return { page, faults, trainer, bridge, definition }
}

interface Watched {
  readonly browser: Browser
  readonly outputs: Readonly<Record<string, Port>>
  readonly loss: Port<'loss'>
  readonly data: Dataset
  readonly view?: BrowserContextOptions
  readonly learningRate?: number
  readonly stepsPerSecond?: number
  readonly options?: BridgeOptions
}

/** Any graph with its data, and a page on it. All of it is closed when the test is finished. */
export async function watchGraph({
  browser,
  outputs,
  loss,
  data,
  view,
  learningRate = 0.001,
  ...more
}: Watched) {
  const { stepsPerSecond = PACE, options } = more
  const definition = graph({ ...outputs, update: loss.pipe(sgd({ learningRate })) })
  const trainer = createTrainer(compile(definition as never, { seed: 3 }), {
    data,
    epochs: 1e6,
    stepsPerSecond,
  })
  const bridge = await openBridge(trainer, { port: 0, tokens: TOKENS, print: () => undefined, ...options })
  trainer.run().catch(() => undefined)
  const { page, faults } = await open(browser, bridge.url, { reducedMotion: 'reduce', ...view })
  onTestFinished(async () => {
    await page.context().close()
    await bridge.close()
    trainer.dispose()
  })
  await page.getByText('connected as').waitFor()
  return { page, faults, trainer, bridge }
}
