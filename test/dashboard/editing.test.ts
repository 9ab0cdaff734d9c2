/** The graph edited on the page, in a browser. */
import {
  binaryCrossentropy,
  compile,
  connectBridge,
  createTrainer,
  dense,
  type EditGraph,
  fromArrays,
  graph,
  input,
  openBridge,
  relu,
  sgd,
  sigmoid,
} from 'gradstream'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { isFull } from '../support/counts.ts'
import { axe } from './axe.ts'
import { launch, open, PACE } from './browser.ts'
import { openNode, TOKENS } from './watched-run.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

/** A run that goes on, with a page of somebody who may edit its graph: x, first, relu1, last, sigmoid1. */
async function edited(role: 'controller' | 'viewer' = 'controller') {
  const x = input({ name: 'x', shape: [2] })
  const prediction = x.pipe(
    dense({ name: 'first', units: 6 }),
    relu(),
    dense({ name: 'last', units: 1 }),
    sigmoid(),
  )
  const loss = binaryCrossentropy()(prediction, input({ name: 'target', shape: [1] }))
  const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.3 })) })
  const rows = Array.from({ length: 128 }, (_, i) => [Math.sin(3 * i), Math.cos(7 * i)] as const)
  const data = fromArrays({ x: rows.map(row => [...row]), target: rows.map(([a]) => [a > 0 ? 1 : 0]) })
  const edit: EditGraph = graph => createTrainer(compile(graph, { seed: 3 }), { data, epochs: 1e6 })
  const trainer = createTrainer(compile(net, { seed: 3 }), { data, epochs: 1e6, stepsPerSecond: PACE })
  const bridge = await openBridge(trainer, { port: 0, tokens: TOKENS, print: () => undefined, edit })
  const { page, faults } = await open(browser, role === 'viewer' ? bridge.viewerUrl : bridge.url)
  onTestFinished(async () => {
    await page.context().close()
    await bridge.close()
    bridge.trainer.dispose()
  })
  await page.getByText('connected as').waitFor()
  trainer.run().catch(() => undefined)
  return { page, faults, trainer, bridge }
}

test('a layer is put behind a node, its units are changed, and the new graph learns', async () => {
  const { page, faults, trainer, bridge } = await edited()
  const panel = await openNode(page, 'relu1')
  await panel.getByLabel('Insert behind it').selectOption('dense')
  await panel.getByRole('button', { name: 'Insert' }).click()
  const added = page.getByRole('region', { name: 'Node dense1' })
  const bar = page.getByRole('region', { name: 'Changes of the graph' })
  await bar.getByText('dense1 behind relu1').waitFor()

  const units = added.getByLabel('units')
  await units.fill('0')
  await units.press('Enter')
  await added.getByRole('alert').getByText('it must be whole, 1 or more').waitFor()
  await units.fill('5')
  await units.press('Enter')
  await added.getByText('batch × 5, 35 parameters').waitFor()
  expect((await axe(page)).violations).toEqual([])
  expect(bridge.trainer).toBe(trainer)
  expect(trainer.state.status).toBe('running')

  await bar.getByRole('button', { name: 'Train this graph' }).click()
  await page.getByText('edited the graph: dense1 behind relu1').waitFor()
  await page.locator('.node-title', { hasText: 'dense1' }).waitFor()
  expect(await bar.count()).toBe(0)
  expect(trainer.state).toMatchObject({ status: 'stopped' })
  const next = bridge.trainer
  expect(next.state.nodes.dense1?.shape).toEqual([null, 5])
  await expect.poll(() => next.state.history.length).toBeGreaterThan(20)
  const { history } = next.state
  expect(history.at(-1)?.metrics.loss).toBeLessThan(0.7 * (history[0]?.metrics.loss as number))
  expect(faults).toEqual([])
})

test('an edit that was trained is taken back, and so is the one before it; and each is made again', async () => {
  const { page, faults, trainer, bridge } = await edited()
  const bob = connectBridge(bridge.url, { name: 'Bob' })
  onTestFinished(() => bob.close())
  await bob.send({ type: 'edit', changes: [{ set: 'first', config: { units: 9 } }] })
  await bob.send({ type: 'edit', changes: [{ insert: 'dropout', behind: 'relu1', config: { rate: 0.1 } }] })
  const back = page.getByRole('button', { name: 'Back to the graph before' })
  await back.click()
  const bar = page.getByRole('region', { name: 'Changes of the graph' })
  await bar.getByText('Back to the graph before without dropout1').waitFor()
  expect(await page.locator('.node-title', { hasText: 'dropout1' }).count()).toBe(0)
  await page.getByRole('button', { name: 'One more edit back' }).click()
  await bar.getByText('Back by 2 edits without dropout1; first units 9 → 6').waitFor()
  await bar.getByRole('button', { name: 'Undo' }).click()
  await bar.getByText('Back to the graph before').waitFor()
  expect(Object.keys(bridge.trainer.state.nodes)).toContain('dropout1')

  await bar.getByRole('button', { name: 'Train this graph' }).click()
  await page.getByText('dashboard: took back the last edit of the graph').waitFor()
  expect(bridge.trainer.state.nodes.first?.shape).toEqual([null, 9])
  await back.click()
  await bar.getByText('first units 9 → 6').waitFor()
  await bar.getByRole('button', { name: 'Train this graph' }).click()
  await expect.poll(() => bridge.trainer.model.graph).toEqual(trainer.model.graph)
  expect(await back.count()).toBe(0)

  const forward = page.getByRole('button', { name: 'One edit forward' })
  await forward.click()
  await bar.getByText('One edit forward first units 6 → 9').waitFor()
  await page.getByRole('button', { name: 'One more edit forward' }).click()
  await bar.getByText('Forward by 2 edits').waitFor()
  await page.locator('.node-title', { hasText: 'dropout1' }).waitFor()
  expect(await axe(page)).toMatchObject({ violations: [] })
  await bar.getByRole('button', { name: 'Undo' }).click()
  await bar.getByText('One edit forward').waitFor()
  await bar.getByRole('button', { name: 'Train this graph' }).click()
  await page.getByText('dashboard: made an edit of the graph again').waitFor()
  expect(bridge.trainer.state.nodes.first?.shape).toEqual([null, 9])
  expect(Object.keys(bridge.trainer.state.nodes)).not.toContain('dropout1')
  await back.waitFor()
  await forward.waitFor()

  await bob.send({ type: 'edit', changes: [{ set: 'first', config: { units: 7 } }] })
  await expect.poll(() => bridge.trainer.state.nodes.first?.shape).toEqual([null, 7])
  await forward.waitFor({ state: 'detached' })
  expect(faults).toEqual([])
})

/** Windows in which the page is arranged in different ways. */
const WINDOWS = [
  [1400, 900],
  [2200, 1200],
  [1150, 700],
  [800, 900],
] as const

test('the bar is in sight in a window of any size, and nothing makes room for it', async () => {
  const { page } = await edited()
  const panel = await openNode(page, 'first')
  const bar = page.getByRole('region', { name: 'Changes of the graph' })
  const places = () =>
    page.$$eval('.page > section, .page > header', panels =>
      panels.map(panel => {
        const { x, width } = panel.getBoundingClientRect()
        return [panel.className, Math.round(x), Math.round(width)]
      }),
    )
  for (const [width, height] of WINDOWS.slice(0, isFull ? 4 : 1)) {
    await page.setViewportSize({ width, height })
    // A window this wide has room for a second panel of curves: once it is there, the page is arranged.
    await expect.poll(() => page.locator('.charts.second').count()).toBe(width >= 2000 ? 1 : 0)
    const before = await places()
    expect(before.length).toBeGreaterThan(5)
    await panel.getByLabel('units').fill('9')
    await panel.getByLabel('units').press('Enter')
    await bar.getByText('first units 6 → 9').waitFor()
    expect(await places()).toEqual(before)
    const { x, y, ...size } = (await bar.boundingBox()) as Record<'x' | 'y' | 'width' | 'height', number>
    expect(Math.min(x, y)).toBeGreaterThanOrEqual(0)
    expect(x + size.width).toBeLessThanOrEqual(width)
    if (width <= 1100) expect(y + size.height).toBeLessThanOrEqual(height)
    await bar.getByRole('button', { name: 'Discard' }).click()
  }
})

test('what does not fit is told at its node, is not trained, and is taken back', async () => {
  const { page, trainer, bridge } = await edited()
  const panel = await openNode(page, 'last')
  const units = panel.getByLabel('units')
  await units.fill('2')
  await units.press('Enter')
  const bar = page.getByRole('region', { name: 'Changes of the graph' })
  await bar.getByRole('alert').getByText('[SHAPE_MISMATCH]').waitFor()
  await page.locator('.node.failed', { hasText: 'does not fit' }).waitFor()
  await bar.getByRole('button', { name: 'Train this graph' }).click()
  await bar.getByRole('alert').getByText('[SHAPE_MISMATCH]').waitFor()
  expect(bridge.trainer).toBe(trainer)
  await bar.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(() => bar.count()).toBe(0)
  expect(await units.inputValue()).toBe('1')
  expect(trainer.state.status).toBe('running')
})

test.runIf(isFull)('changes that somebody else was faster than can be made again', async () => {
  const { page, bridge } = await edited()
  const panel = await openNode(page, 'first')
  await panel.getByLabel('units').fill('9')
  await panel.getByLabel('units').press('Enter')
  const bar = page.getByRole('region', { name: 'Changes of the graph' })
  await bar.getByText('first units 6 → 9').waitFor()
  const other = connectBridge(bridge.url, { name: 'Bob' })
  await other.send({ type: 'edit', changes: [{ insert: 'dropout', behind: 'relu1', config: { rate: 0.1 } }] })
  other.close()
  await bar.getByText('Somebody else has edited the graph meanwhile').waitFor()
  await page.locator('.node-title', { hasText: 'dropout1' }).waitFor()
  await bar.getByRole('button', { name: 'Make them again' }).click()
  await bar.getByText('first units 6 → 9').waitFor()
  await bar.getByRole('button', { name: 'Train this graph' }).click()
  await expect.poll(() => bridge.trainer.state.nodes.first?.shape).toEqual([null, 9])
  expect(Object.keys(bridge.trainer.state.nodes)).toContain('dropout1')
})

test('a viewer sees nothing of it', async () => {
  const { page } = await edited('viewer')
  const panel = await openNode(page, 'first')
  await panel.getByRole('tab', { name: 'kernel', exact: true }).waitFor()
  expect(await page.locator('.node-editor, .editable-hint').count()).toBe(0)
})
