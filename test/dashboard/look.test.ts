/** How the page looks: contrasts, sizes, marks and messages, in a real browser. */
import { connectBridge, dense, type Port, relu, tanh } from 'gradstream'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countOf, isFull } from '../support/counts.ts'
import { axe } from './axe.ts'
import { launch } from './browser.ts'
import { contrasts } from './contrast.ts'
import { TOKENS, watch } from './support.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const small = (x: Port<'value'>) => x.pipe(dense({ name: 'first', units: 6 }), relu(), dense({ units: 1 }))
const deep = (x: Port<'value'>) => {
  let y = x
  for (let i = 0; i < 45; i++) y = y.pipe(dense({ units: 3 }), tanh())
  return y.pipe(dense({ units: 1 }))
}
const nodeOf = (page: Page, id: string) => page.locator(`button[data-node=${JSON.stringify(id)}]`)
const SCHEMES = countOf<readonly ('light' | 'dark')[]>({ usual: ['dark'], full: ['light', 'dark'] })

describe.each(SCHEMES)('in %s', colorScheme => {
  test.runIf(isFull)('widths and colours of the edges tell norms apart without hues, each way', async () => {
    const { page, faults } = await watch({ browser, network: small, view: { colorScheme } })
    await expect.poll(() => page.locator('.flow[data-share]').count()).toBeGreaterThan(4)
    const legends: string[] = []
    for (const way of ['values', 'gradients']) {
      await page.getByRole('radio', { name: way }).check()
      const legend = page.getByRole('img', { name: `norm of ${way}` })
      legends.push((await legend.getAttribute('aria-label')) ?? '')
      // From one end to the other, ever further from the ground.
      const ramp = await contrasts(page, '.wedge rect', 'fill')
      ramp.forEach(({ what, ratio, luminance }, i) => {
        expect(ratio, what).toBeGreaterThan(3)
        const before = ramp[i - 1]?.luminance ?? luminance
        if (colorScheme === 'light') expect(luminance, what).toBeLessThanOrEqual(before)
        else expect(luminance, what).toBeGreaterThanOrEqual(before)
      })
      for (const { what, ratio } of await contrasts(page, '.flow-line', 'stroke'))
        expect(ratio, what).toBeGreaterThan(3)
      const flows = await page.locator('.flow[data-share]').evaluateAll(found =>
        found.map(flow => {
          const { strokeWidth, stroke } = getComputedStyle(flow.querySelector('.flow-line') as Element)
          return {
            share: Number(flow.getAttribute('data-share')),
            width: Number.parseFloat(strokeWidth),
            stroke,
          }
        }),
      )
      flows.sort((a, b) => a.share - b.share)
      flows.forEach(({ share, width, stroke }, i) => {
        const before = flows[i - 1]
        if (!before || before.share === share) return
        expect(width).toBeGreaterThan(before.width)
        expect(stroke).not.toBe(before.stroke)
      })
    }
    expect(legends[0]).toMatch(/edges get wider from [\d.,]+ to [\d.,]+/)
    expect(faults).toEqual([])
  })

  test('what axe leaves open is readable, borders of fields and nodes can be seen', async () => {
    const { page } = await watch({ browser, network: small, view: { colorScheme } })
    await nodeOf(page, 'first').click()
    await page.getByRole('region', { name: 'Node first' }).waitFor()
    await page.getByLabel('exploding above').fill('0')
    await page.locator('.ailment').first().waitFor()
    const { violations, open } = await axe(page)
    expect(violations).toEqual([])
    for (const selector of [
      ...open,
      '.react-flow__attribution a',
      '.node-facts span',
      '.ailment',
      '.flow-legend span',
    ]) {
      for (const { what, ratio } of await contrasts(page, selector, 'color'))
        expect(ratio, what).toBeGreaterThan(4.5)
    }
    for (const selector of ['input[type="text"]', 'input[type="number"]', '.node', '.zoom button']) {
      const found = await contrasts(page, selector, 'border-top-color')
      expect(found.length).toBeGreaterThan(0)
      for (const { what, ratio } of found) expect(ratio, what).toBeGreaterThan(3)
    }
  })
})

test('the norm of an edge is told where it, or a node of it, is pointed at or has the focus', async () => {
  const { page, trainer } = await watch({ browser, network: small })
  await expect.poll(() => page.locator('.flow[data-share]').count()).toBeGreaterThan(4)
  trainer.pause()
  await page.getByText('paused', { exact: true }).first().waitFor()
  const labels = page.locator('.flow-label')
  expect(await labels.count()).toBe(0)
  await nodeOf(page, 'relu1').focus()
  await expect.poll(() => labels.count()).toBe(2)
  const norm = trainer.state.nodes.first?.forward?.norm ?? 0
  await expect.poll(() => labels.allInnerTexts()).toContain(String(Number(norm.toPrecision(3))))
  await nodeOf(page, 'relu1').blur()
  await expect.poll(() => labels.count()).toBe(0)
  const box = await page.locator(`[data-id='edge ["x","first"]'] .flow-hit`).boundingBox()
  await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2)
  await expect.poll(() => labels.count()).toBe(1)
})

test('what is wrong is marked by thresholds that are seen and set; a group tells which member it is', async () => {
  const { page } = await watch({ browser, network: deep, learningRate: 1e-6 })
  const marks = page.locator('.node.group .ailment')
  const vanishing = page.getByLabel('vanishing below')
  expect(await vanishing.isVisible()).toBe(true)
  await vanishing.fill('1e9')
  await expect.poll(() => marks.first().innerText()).toMatch(/⚠ (dense|tanh)\d+: vanishing/)
  // The worst of several.
  await page.getByLabel('exploding above').fill('0')
  await expect.poll(() => marks.first().innerText()).toMatch(/⚠ (x|(dense|tanh)\d+): exploding/)
  await page.getByLabel('exploding above').fill('-3')
  expect(await page.getByLabel('exploding above').getAttribute('aria-invalid')).toBe('true')
  await page.getByLabel('exploding above').fill('1e9')
  await vanishing.fill('0')
  await expect.poll(() => marks.count()).toBe(0)
  expect(await page.getByLabel('dead above').inputValue()).toBe('70')
})

const SIZES: [width: number, height: number][] = [
  [390, 844],
  [768, 1024],
  [1024, 768],
  [1100, 800],
  [1440, 900],
]

test.each(
  countOf({
    usual: [[390, 844]],
    full: SIZES,
  }),
)('at %d by %d, nothing is squeezed, cut off at the side, or too small to be read', async (width, height) => {
  const { page } = await watch({ browser, network: small, view: { viewport: { width, height } } })
  const node = nodeOf(page, 'first')
  await node.click()
  const panel = page.getByRole('region', { name: 'Node first' })
  await panel.waitFor()
  for (const section of await page.locator('.page > .panel').all()) {
    const box = await section.boundingBox()
    expect(box?.width).toBeGreaterThan(270)
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width)
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  // As large on the screen as letters of eight pixels and more.
  const title = node.locator('.node-title')
  const size = await title.evaluate(element => {
    const zoom = new DOMMatrix(
      getComputedStyle(document.querySelector('.react-flow__viewport') as Element).transform,
    ).a
    return zoom * Number.parseFloat(getComputedStyle(element).fontSize)
  })
  expect(size).toBeGreaterThan(8)
})

test('a wrong token and a missing one say what to do; the right one in the same address is taken', async () => {
  const { page } = await watch({
    browser,
    network: small,
    token: 'no such token of the tests',
    isLetIn: false,
  })
  await page.getByText('Copy the whole address that the run printed').waitFor()
  expect(await page.getByRole('alert').innerText()).toContain('token')
  await page.evaluate(token => {
    location.hash = token
  }, TOKENS.controller)
  await page.getByText('connected as controller').waitFor()
  await page.evaluate(() => {
    location.hash = ''
  })
  await page.getByText('has no token').waitFor()
  await page.getByText('Copy the whole address that the run printed').waitFor()
})

test('an alarm is read out, and the log says how many steps a command was for', async () => {
  const { page, trainer, bridge } = await watch({ browser, network: small })
  trainer.setStepsPerSecond(null)
  const friend = connectBridge(bridge.url, { name: 'friend' })
  await friend.send({ type: 'pause' })
  await friend.send({ type: 'step', count: 1200 })
  await page.locator('.log').getByText('step 1,200').waitFor()
  const alert = page.locator('.log [role="alert"]')
  expect(await alert.innerText()).toBe('')
  await expect(friend.send({ type: 'set', node: 'sgd1', values: { learningRate: -1 } })).rejects.toThrow()
  await expect.poll(() => alert.innerText()).toMatch(/friend.*set sgd1 learning rate = -1, refused/)
  await friend.send({ type: 'set', node: 'sgd1', values: { learningRate: 1e30 } })
  await friend.send({ type: 'resume' })
  await expect.poll(() => alert.innerText()).toMatch(/^(⚠|failed)/)
  friend.close()
  expect(trainer.state.revision).toBe(1)
})

test('a browser whose language is none shows the page all the same', async () => {
  const settle = `Object.defineProperty(Navigator.prototype, 'language', { get: () => 'en-US@posix' })`
  const { page, faults } = await watch({
    browser,
    network: small,
    prepare: page => page.addInitScript(settle),
  })
  await page.locator('.plot').waitFor()
  expect(await page.evaluate('navigator.language')).toBe('en-US')
  expect(faults).toEqual([])
})

const NAMES = 97

test.runIf(isFull)(`${NAMES + 3} hostile names are text: of nodes, optimizer, run and author`, async () => {
  const parts = [
    '<img src=x onerror=hacked()>',
    '"><script>hacked()</script>',
    "javascript:hacked()'",
    '{{hacked()}}',
    '</title><svg onload=hacked()>',
    '__proto__',
  ]
  const names = Array.from({ length: NAMES }, (_, i) => `${parts[i % parts.length]} ${i}`)
  const { page, bridge, faults } = await watch({
    browser,
    network: x => {
      let y = x
      for (const name of names) y = y.pipe(dense({ name, units: 2 }))
      return y.pipe(dense({ units: 1 }))
    },
    runId: `${parts[0]} run`,
    optimizer: `${parts[1]} optimizer`,
    prepare: page =>
      page.addInitScript(() => {
        Object.assign(window, { hacked: () => Object.assign(window, { wasHacked: true }) })
      }),
  })
  const friend = connectBridge(bridge.url, { name: `${parts[4]} author` })
  await friend.send({ type: 'set', node: `${parts[1]} optimizer`, values: { learningRate: 1e-4 } })
  await page.locator('.node.group').first().waitFor()
  await page.getByRole('button', { name: 'Unfold all' }).click()
  await expect.poll(() => page.locator('.node').count()).toBe(names.length + 5)
  const titles = await page.locator('.node-title').allTextContents()
  for (const name of names) expect(titles).toContain(name)
  for (const [name = ''] of [names.slice(0, 1), names.slice(1, 2)]) {
    await page
      .locator('.node-title', { hasText: new RegExp(`${name.at(-1)}$`) })
      .first()
      .focus()
    await nodeOf(page, name).press('Enter')
    await page.getByRole('heading', { name, exact: true }).waitFor()
    await page.locator('.opened canvas[data-histograms]').first().waitFor()
  }
  await page.locator('.log').getByText(`${parts[4]} author`).waitFor()
  expect(await page.locator('.run-id').innerText()).toBe(`${parts[0]} run`)
  expect(await page.locator('.controls legend').allInnerTexts()).toContain(`${parts[1]} optimizer`)
  expect(await page.evaluate(() => 'wasHacked' in window)).toBe(false)
  expect(await page.locator('.page :is(img, script, svg[onload])').count()).toBe(0)
  // Violations of the page's policy are among the faults.
  expect(faults).toEqual([])
  friend.close()
})
