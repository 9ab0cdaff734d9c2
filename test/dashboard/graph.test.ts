/** The graph of the dashboard in a real browser: what it shows, and how it is operated. */
import {
  add,
  block,
  defineNode,
  dense,
  leakyRelu,
  maxNorm,
  type Port,
  prelu,
  relu,
  schedule,
  tanh,
} from 'gradstream'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { titleOfGroup } from '../../dashboard/groups.ts'
import { optimizersOf } from '../../dashboard/optimizers.ts'
import { isFull } from '../support/counts.ts'
import { axe } from './axe.ts'
import { launch, open } from './browser.ts'
import { contrasts } from './contrast.ts'
import { watch } from './support.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const small = (x: Port<'value'>) =>
  x.pipe(
    dense({ name: 'first', units: 6 }),
    relu(),
    dense({ name: 'second', units: 6 }),
    relu(),
    dense({ units: 1 }),
  )

/** 91 nodes, which are shown in groups. */
function deep(x: Port<'value'>): Port<'value'> {
  let y = dense({ units: 4 })(x)
  for (let block = 0; block < 22; block++)
    y = add()(y, y.pipe(dense({ units: 4 }), tanh(), dense({ units: 4 })))
  return dense({ units: 1 })(y)
}

const nodeOf = (page: Page, id: string) => page.locator(`button[data-node=${JSON.stringify(id)}]`)
const zoomOf = (page: Page) =>
  page
    .locator('.react-flow__viewport')
    .evaluate(element => new DOMMatrix(getComputedStyle(element).transform).a)

/** Whether all of it is on the pane of the graph. */
async function isShown(page: Page, locator: Locator): Promise<boolean> {
  const [pane, box] = [await page.locator('.graph-flow').boundingBox(), await locator.boundingBox()]
  if (!pane || !box) return false
  return (
    box.x >= pane.x &&
    box.y >= pane.y &&
    box.x + box.width <= pane.x + pane.width &&
    box.y + box.height <= pane.y + pane.height
  )
}

/** Presses Tab until the focus is where it should be. */
async function tabTo(page: Page, locator: Locator, key = 'Tab') {
  const isThere = () => locator.evaluate(element => element === document.activeElement)
  for (let presses = 0; presses < 100 && !(await isThere()); presses++) await page.keyboard.press(key)
  expect(await isThere()).toBe(true)
}

test('the graph is complete: every node with its type, shape and parameters, and every edge', async () => {
  const { page, trainer, definition, faults } = await watch({
    browser,
    network: small,
    behind: maxNorm({ maxValue: 3 }),
  })
  await nodeOf(page, 'loss').waitFor()
  const { nodes } = trainer.state
  const shown = await page
    .locator('.node')
    .evaluateAll(found => found.map(node => node.getAttribute('data-node')))
  expect(shown.toSorted()).toEqual(definition.nodes.map(({ id }) => id).toSorted())
  expect(optimizersOf(trainer.state)).toMatchObject({
    sgd1: { type: 'sgd', inputs: ['loss'] },
    maxNorm1: { type: 'maxNorm', inputs: ['sgd1'], config: { maxValue: 3 } },
  })
  const texts: Record<string, string> = {}
  for (const id of Object.keys(nodes)) texts[id] = await nodeOf(page, id).innerText()
  for (const [id, { type, shape, parameters }] of Object.entries(nodes)) {
    const lines = shape.length === 0 ? 'scalar' : shape.map(length => length ?? 'batch').join(' × ')
    for (const part of [id, type, lines]) expect(texts[id]).toContain(part)
    if (parameters > 0) expect(texts[id]).toContain(`${parameters} par.`)
  }
  expect(await nodeOf(page, 'sgd1').innerText()).toMatch(/sgd1\s+learning rate 0.001/)
  expect(await nodeOf(page, 'maxNorm1').innerText()).toMatch(/maxNorm1\s+max value 3/)
  const edges = definition.nodes.flatMap(({ id, inputs }) =>
    Object.values(inputs).map(({ node }) => `edge ${JSON.stringify([node, id])}`),
  )
  const drawn = page.locator('.react-flow__edge')
  expect(
    (await drawn.evaluateAll(found => found.map(edge => edge.getAttribute('data-id')))).toSorted(),
  ).toEqual(edges.toSorted())
  // Their widths and the spark-lines follow the statistics in the state.
  await expect.poll(() => page.locator('.sparkline polyline').first().getAttribute('points')).toContain(' ')
  // No values flow from an optimizer to the link behind it.
  await expect.poll(() => page.locator('.flow[data-share]').count()).toBe(edges.length - 1)
  expect(faults).toEqual([])
})

test('the keyboard alone opens a node, follows the edges, and reaches the fields of the optimizer', async () => {
  const { page, trainer } = await watch({ browser, network: small })
  const first = nodeOf(page, 'first')
  await first.waitFor()
  trainer.pause()
  await tabTo(page, first)
  const ring = await first.evaluate(node => getComputedStyle(node).outline)
  expect(ring).toMatch(/solid [3-9]px/)
  await page.keyboard.press('Enter')
  await page.getByRole('region', { name: 'Node first' }).waitFor()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Space')
  const panel = page.getByRole('region', { name: 'Node second' })
  await panel.waitFor()
  expect(await nodeOf(page, 'second').getAttribute('aria-current')).toBe('true')
  // The focus goes back to the node whose panel is closed.
  await tabTo(page, panel.getByRole('button', { name: 'Close' }))
  await page.keyboard.press('Enter')
  await expect
    .poll(() => page.evaluate(() => (document.activeElement as HTMLElement).dataset.node))
    .toBe('second')
  await page.keyboard.press('End')
  await expect
    .poll(() => page.evaluate(() => (document.activeElement as HTMLElement).dataset.node))
    .toBe('sgd1')
  await page.keyboard.press('Enter')
  const field = page.getByLabel('learning rate')
  await expect.poll(() => field.evaluate(element => element === document.activeElement)).toBe(true)
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type('0.002')
  await page.keyboard.press('Enter')
  await expect.poll(() => trainer.model.node('sgd1').config.learningRate).toBe(0.002)
  await expect.poll(() => nodeOf(page, 'sgd1').innerText()).toContain('learning rate 0.002')
  // The nodes can be passed over.
  await tabTo(page, page.getByRole('button', { name: 'Skip to the controls' }), 'Shift+Tab')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await expect.poll(() => trainer.state.status).toBe('running')
})

test.runIf(isFull)(
  'the keyboard opens a group, and closes it alone; the view stays, and nothing is watched anew',
  async () => {
    const sent: string[] = []
    const listen = (page: Page) =>
      page.on('websocket', socket => socket.on('framesent', ({ payload }) => sent.push(String(payload))))
    const { page, trainer, faults } = await watch({ browser, network: deep, prepare: listen })
    const groups = page.locator('.node.group')
    await groups.first().waitFor()
    trainer.pause()
    const watches = () => sent.filter(text => text.includes('"watch"')).length
    await expect.poll(watches).toBeGreaterThan(1)
    const before = { watches: watches(), groups: await groups.count() }
    const [one, other] = [groups.nth(1), groups.nth(3)]
    const idOf = async (group: Locator) => (await group.getAttribute('data-node')) ?? ''
    const [oneId, otherId] = [await idOf(one), await idOf(other)]
    const zoom = await zoomOf(page)
    const place = await one.boundingBox()
    await tabTo(page, one)
    await page.keyboard.press('Enter')
    await expect.poll(() => groups.count()).toBe(before.groups - 1)
    // Its first member stands where it stood, and has the focus.
    const member = page.locator('.node:focus')
    expect((await member.getAttribute('data-node')) ?? '').toBe(titleOfGroup(oneId).split(' … ')[0])
    expect(await zoomOf(page)).toBe(zoom)
    const after = await member.boundingBox()
    expect(Math.hypot((after?.x ?? 0) - (place?.x ?? 0), (after?.y ?? 0) - (place?.y ?? 0))).toBeLessThan(40)
    await tabTo(page, nodeOf(page, otherId))
    await page.keyboard.press('Enter')
    await expect.poll(() => groups.count()).toBe(before.groups - 2)
    const close = page.getByRole('button', { name: `Fold ${titleOfGroup(oneId)}` })
    await tabTo(page, close, 'Shift+Tab')
    await page.keyboard.press('Enter')
    await expect.poll(() => groups.count()).toBe(before.groups - 1)
    expect(await page.locator('.node:focus').getAttribute('data-node')).toBe(oneId)
    expect(await page.getByRole('button', { name: `Fold ${titleOfGroup(otherId)}` }).count()).toBe(1)
    expect(await zoomOf(page)).toBe(zoom)
    expect(watches()).toBe(before.watches)
    expect(faults).toEqual([])
  },
)

test.runIf(isFull)(
  'what was zoomed into stays so when a node is opened, and the node stays on the pane',
  async () => {
    const { page } = await watch({ browser, network: small })
    const node = nodeOf(page, 'second')
    await node.waitFor()
    const zoomIn = page.getByRole('button', { name: 'Zoom in' })
    const fitted = await zoomOf(page)
    await zoomIn.click()
    await zoomIn.click()
    const zoom = await zoomOf(page)
    expect(zoom).toBeGreaterThan(1.3 * fitted)
    await node.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'Node second' }).waitFor()
    await expect.poll(() => isShown(page, node)).toBe(true)
    expect(await zoomOf(page)).toBe(zoom)
    // All of it is shown when somebody asks for it, and then stays so while the pane gets smaller.
    await page.getByRole('button', { name: 'Fit' }).click()
    for (const id of ['x', 'sgd1', 'second'])
      await expect.poll(() => isShown(page, nodeOf(page, id))).toBe(true)
  },
)

test('the graph is laid out once, however often its figures change', async () => {
  const { page } = await watch({ browser, network: deep })
  const line = page.locator('.sparkline polyline').first()
  const layouts = () => page.evaluate(() => performance.getEntriesByName('graph laid out').length)
  await expect
    .poll(async () => ((await line.getAttribute('points')) ?? '').split(' ').length)
    .toBeGreaterThan(2)
  const before = await layouts()
  await expect
    .poll(async () => ((await line.getAttribute('points')) ?? '').split(' ').length)
    .toBeGreaterThan(8)
  expect(await layouts()).toBe(before)
})

test('a window that changes before the graph can be moved shows all of it, as large as fits', async () => {
  // React Flow says with the shortest of timers that it can be moved: that waits here.
  const hold = (page: Page) =>
    page.addInitScript(() => {
      const { setTimeout } = window
      const held: (() => void)[] = []
      Object.assign(window, {
        setTimeout: (work: () => void, time: number) =>
          time === 1 ? held.push(work) : setTimeout(work, time),
        letGo() {
          Object.assign(window, { setTimeout })
          for (const work of held) work()
          return held.length
        },
      })
    })
  const view = { viewport: { width: 390, height: 844 } }
  const { page } = await watch({ browser, network: deep, view, prepare: hold })
  await page.locator('.node-title').first().waitFor()
  const shareOf = async (least: number) => {
    const width = (await page.locator('.react-flow').boundingBox())?.width ?? 0
    const all = await page
      .locator('.node')
      .evaluateAll(nodes => nodes.map(node => node.getBoundingClientRect()))
    const [left, right] = [Math.min(...all.map(box => box.left)), Math.max(...all.map(box => box.right))]
    return width < least ? 0 : (right - left) / width
  }
  await page.setViewportSize({ width: 1024, height: 768 })
  await expect.poll(() => shareOf(900)).toBeGreaterThan(0)
  expect(await page.evaluate('letGo()')).toBeGreaterThan(0)
  await expect.poll(() => shareOf(900)).toBeGreaterThan(0.5)
  expect(await isShown(page, page.locator('.node').first())).toBe(true)
})

test('a graph that was hidden for a while is the same as before', async () => {
  const { page } = await watch({ browser, network: small })
  const flow = page.locator('.react-flow')
  await page.locator('.node-title').first().waitFor()
  await flow.evaluate(element => element.setAttribute('data-kept', ''))
  // Also as long as it takes to draw it again.
  await page.evaluate(async () => {
    const panel = document.querySelector('.graph') as HTMLElement
    for (const display of ['none', '']) {
      panel.style.display = display
      for (let i = 0; i < 5; i++) await new Promise(drawn => requestAnimationFrame(drawn))
    }
  })
  await flow.waitFor()
  expect(await page.locator('.react-flow[data-kept]').count()).toBe(1)
  expect(await isShown(page, page.locator('.node').first())).toBe(true)
})

/** Passes its input on, until it fails. */
const fragileAfter = (steps: number) => {
  let count = 0
  return defineNode({
    type: 'fragile',
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }) => ({ y: x }),
    forward({ x }, _, { kernels: k }) {
      if (++count > steps) throw new Error('the sensor does not answer')
      return { y: k.scale(x, 1) }
    },
    backward: ({ y: dy }) => ({ x: dy }),
  })
}

const residual = () =>
  block('residual', (x: Port<'value'>) => add()(x, x.pipe(dense({ units: 4 }), tanh(), dense({ units: 4 }))))

/** 86 nodes, of which twenty scopes have four each. */
function scopes(x: Port<'value'>): Port<'value'> {
  let y = dense({ name: 'begin', units: 4 })(x)
  for (let i = 0; i < 20; i++) y = residual()(y)
  return dense({ name: 'end', units: 1 })(y)
}

const focused = (page: Page) => page.evaluate(() => (document.activeElement as HTMLElement).dataset.node)

describe('the node in which a run fails', () => {
  const isMarked = async (page: Page) => {
    const node = nodeOf(page, 'residual18/fragile1')
    await node.waitFor()
    expect(await node.innerText()).toContain('failed here')
    expect(await node.getAttribute('aria-description')).toContain('the sensor does not answer')
    await expect.poll(() => isShown(page, node)).toBe(true)
    // The view may still be moving.
    const tip = async () => {
      await node.hover()
      return (await page.locator('.graph-tip').allInnerTexts()).join()
    }
    await expect.poll(tip).toContain('the sensor does not answer')
  }

  test('is marked, with why, where its scope was folded; also on a page that is opened later', async () => {
    const fragile = fragileAfter(40)
    const { page, bridge, faults } = await watch({
      browser,
      nodes: [fragile],
      network(x) {
        let y = dense({ units: 4 })(x)
        for (let i = 0; i < 20; i++) {
          y = block('residual', (x: Port<'value'>) => {
            const z = x.pipe(dense({ units: 4 }), tanh(), dense({ units: 4 }))
            return add()(x, i === 17 ? fragile()(z) : z)
          })(y)
        }
        return dense({ units: 1 })(y)
      },
    })
    await isMarked(page)
    const later = await open(browser, bridge.url, { reducedMotion: 'reduce', colorScheme: 'dark' })
    await isMarked(later.page)
    for (const shown of [page, later.page]) {
      for (const selector of ['.failed-here', '.badge', '.graph-tip :is(dt, dd, .trouble)']) {
        for (const { what, ratio } of await contrasts(shown, selector, 'color'))
          expect(ratio, what).toBeGreaterThan(4.5)
      }
    }
    // Nobody watched that page's values while the run went on, but somebody else did.
    await later.page.getByText('The run has failed in residual18/fragile1.').waitFor()
    await later.page.locator('.react-flow__minimap').waitFor()
    expect((await axe(later.page)).violations).toEqual([])
    await nodeOf(later.page, 'residual18/fragile1').press('-')
    await expect
      .poll(() => nodeOf(later.page, 'scope residual18').innerText())
      .toContain('failed in residual18/fragile1')
    // The page has moved there by itself, so it does again where there is less room, and more.
    const size = page.viewportSize() as { width: number; height: number }
    const zoom = await zoomOf(page)
    await page.setViewportSize({ width: 390, height: 844 })
    await expect.poll(() => zoomOf(page)).toBeGreaterThan(zoom)
    await page.setViewportSize(size)
    await expect.poll(() => zoomOf(page)).toBe(zoom)
    await isMarked(page)
    await later.page.context().close()
    expect([...faults, ...later.faults]).toEqual([])
  })
})

test('the search finds nodes by name, type and scope, opens what they are in, and gives them the focus', async () => {
  const { page, faults } = await watch({ browser, network: scopes })
  await page.locator('.node.group').first().waitFor()
  await page.keyboard.press('/')
  const field = page.getByRole('searchbox', { name: 'Find nodes' })
  await expect.poll(() => field.evaluate(element => element === document.activeElement)).toBe(true)
  await page.keyboard.type('residual7 dense')
  const output = page.locator('.graph-search output')
  expect(await output.innerText()).toBe('2 nodes')
  expect(await page.locator('.node.hit').getAttribute('data-node')).toBe('scope residual7')
  for (const { what, ratio } of await contrasts(page, '.hits', 'color'))
    expect(ratio, what).toBeGreaterThan(4.5)
  await page.keyboard.press('Enter')
  await expect.poll(() => isShown(page, nodeOf(page, 'residual7/dense1'))).toBe(true)
  await expect.poll(() => output.textContent()).toBe('1 of 2: residual7/dense1, dense')
  expect(await zoomOf(page)).toBeGreaterThan(0.5)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Shift+Enter')
  await expect.poll(() => output.textContent()).toBe('2 of 2: residual7/dense2, dense')
  expect((await axe(page)).violations).toEqual([])
  await page.keyboard.press('Escape')
  expect(await field.inputValue()).toBe('')
  await expect.poll(() => focused(page)).toBe('residual7/dense2')
  expect(await page.locator('.node.hit').count()).toBe(0)
  // Also from within the graph, by the key that a browser uses.
  await page.keyboard.press('Control+f')
  await page.keyboard.type('no such node')
  expect(await output.innerText()).toBe('none')
  await page.keyboard.press('Escape')
  expect(faults).toEqual([])
})

test('scopes are folded and unfolded by click and key, and a link keeps which are open', async () => {
  const { page, bridge, faults } = await watch({ browser, network: scopes })
  const scope = nodeOf(page, 'scope residual3')
  await scope.waitFor()
  expect(await scope.getAttribute('aria-expanded')).toBe('false')
  await scope.click()
  await expect.poll(() => focused(page)).toBe('residual3/dense1')
  expect(await nodeOf(page, 'residual3/dense1').locator('.node-title').textContent()).toBe('residual3/dense1')
  await expect.poll(() => page.url()).toContain('open=residual3')
  const linked = await open(browser, page.url())
  await nodeOf(linked.page, 'residual3/tanh1').waitFor()
  expect(await nodeOf(linked.page, 'scope residual4').count()).toBe(1)
  await linked.page.context().close()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('-')
  await expect.poll(() => focused(page)).toBe('scope residual3')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Fold residual3' }).click()
  await expect.poll(() => page.locator('.node.group').count()).toBe(20)
  await page.getByRole('button', { name: 'Unfold all' }).click()
  await expect.poll(() => page.locator('.node.group').count()).toBe(0)
  await expect.poll(() => page.url()).toContain('open=*')
  await page.getByRole('button', { name: 'Fold all' }).click()
  await expect.poll(() => page.locator('.node.group').count()).toBe(20)
  await expect.poll(() => page.url()).not.toContain('open=')
  expect(bridge.url).toContain('#')
  expect(faults).toEqual([])
})

test('what is pointed at, or has the focus, tells its figures: a node and an edge', async () => {
  const { page, trainer } = await watch({ browser, network: small })
  await expect.poll(() => trainer.state.nodes.first?.backward?.norm ?? 0).toBeGreaterThan(0)
  trainer.pause()
  await page.getByText('paused', { exact: true }).first().waitFor()
  const tip = page.locator('.graph-tip')
  await nodeOf(page, 'first').focus()
  const { forward, backward } = trainer.state.nodes.first as Required<(typeof trainer.state.nodes)[string]>
  const shown = (value: number) => String(Number(value.toPrecision(3)))
  for (const text of ['dense', 'batch × 6', 'parameters', '18', shown(forward.norm), shown(backward.norm)])
    await expect.poll(() => tip.innerText()).toContain(text)
  expect(await isShown(page, tip)).toBe(true)
  await nodeOf(page, 'first').blur()
  await expect.poll(() => tip.count()).toBe(0)
  const edge = await page.locator(`[data-id='edge ["x","first"]'] .flow-hit`).boundingBox()
  await page.mouse.move((edge?.x ?? 0) + (edge?.width ?? 0) / 2, (edge?.y ?? 0) + (edge?.height ?? 0) / 2)
  await expect.poll(() => tip.innerText()).toContain('x → first')
  for (const text of ['batch × 2', 'norm of values', 'norm of gradients'])
    expect(await tip.innerText()).toContain(text)
})

test('a run that ended before anybody looked says so', async () => {
  const { page, trainer } = await watch({ browser, network: small, isWatchedLate: true })
  expect(trainer.state.status).toBe('stopped')
  await page.getByText('The run has ended. Nobody watched its values, so they were not kept.').waitFor()
  await nodeOf(page, 'first').click()
  await page.getByText('the run has ended, and nobody watched this').waitFor()
})

test.runIf(isFull)('a graph of 2,000 nodes is unfolded, sketched, walked and searched', async () => {
  const { page, faults, trainer } = await watch({
    browser,
    network(x) {
      let y = dense({ units: 4 })(x)
      for (let stage = 0; stage < 100; stage++) {
        y = block('stage', (x: Port<'value'>) => {
          let z = x
          for (let i = 0; i < 5; i++) z = residual()(z)
          return z
        })(y)
      }
      return dense({ units: 1 })(y)
    },
  })
  await page.locator('.node.group').first().waitFor()
  trainer.setStepsPerSecond(1)
  await page.getByRole('button', { name: 'Unfold all' }).click()
  const sketch = page.getByRole('img', { name: '2,006 nodes from afar' })
  await sketch.waitFor()
  // As few elements as the keyboard needs.
  await expect.poll(() => page.locator('.node').count()).toBeLessThan(4)
  await expect.poll(() => page.locator('.frame-label').count()).toBeGreaterThan(20)
  await nodeOf(page, 'x').focus()
  await page.keyboard.press('ArrowRight')
  await expect.poll(() => focused(page)).toBe('dense1')
  await page.keyboard.press('/')
  await page.keyboard.type('stage99/residual2/tanh1')
  await page.keyboard.press('Enter')
  await expect.poll(() => isShown(page, nodeOf(page, 'stage99/residual2/tanh1'))).toBe(true)
  expect(await page.locator('.node').count()).toBeLessThan(300)
  expect(faults).toEqual([])
})

test('an activation shows its own curve, on the node and in its panel; an optimizer its schedule and where it is', async () => {
  const { page, trainer, faults } = await watch({
    browser,
    network: x =>
      x.pipe(
        dense({ units: 6 }),
        leakyRelu({ name: 'leaky', alpha: 0.5 }),
        dense({ units: 6 }),
        prelu({ name: 'learned' }),
        dense({ units: 1 }),
      ),
    learningRate: schedule.cosine({ initial: 0.01, steps: 10_000 }),
  })
  const leaky = nodeOf(page, 'leaky')
  await leaky.locator('.curve-icon').waitFor()
  expect(await nodeOf(page, 'dense1').locator('.curve-icon').count()).toBe(0)
  // The function depends on what is learned.
  expect(await nodeOf(page, 'learned').locator('.curve-icon').count()).toBe(0)
  const dot = nodeOf(page, 'sgd1').locator('.curve-line circle')
  const placeOf = async () => Number(await dot.getAttribute('cx'))
  const before = await placeOf()
  await expect.poll(placeOf).toBeGreaterThan(before)
  expect(trainer.state.step).toBeGreaterThan(0)
  await leaky.click()
  const figure = page.getByRole('img', { name: 'leakyRelu(x), for x from -4 to 4: from -2 to 4' })
  await figure.waitFor()
  expect((await axe(page)).violations).toEqual([])
  expect(faults).toEqual([])
})
