/** A page and a run of different versions: what a person sees, and what they can do. The older bridge is the present one with its messages changed. */
import { dense, relu } from 'gradstream'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { launch, open } from './browser.ts'
import { watch } from './support.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

type Message = Record<string, unknown>

interface Older {
  /** What the older bridge says in place of a message. */
  readonly says?: (message: Message) => Message
  /** What it does with a message from the page; true if it is not to reach the bridge. */
  readonly hears?: (
    message: Message,
    answer: (message: Message) => void,
    end: (reason: string) => void,
  ) => boolean
}

const older =
  ({ says = message => message, hears = () => false }: Older) =>
  (page: Page) =>
    page.routeWebSocket(/socket$/, socket => {
      const bridge = socket.connectToServer()
      bridge.onMessage(data => {
        if (typeof data === 'string') socket.send(JSON.stringify(says(JSON.parse(data))))
      })
      socket.onMessage(data => {
        const answer = (message: Message) => socket.send(JSON.stringify(message))
        const end = (reason: string) => void socket.close({ code: 1002, reason })
        if (!hears(JSON.parse(String(data)), answer, end)) bridge.send(data)
      })
    })

const network = (x: Parameters<Parameters<typeof watch>[0]['network']>[0]) =>
  x.pipe(dense({ units: 6 }), relu(), dense({ units: 1 }))

const opened = (own: Older) => watch({ browser, network, isLetIn: false, prepare: older(own) })

const OTHER_PROTOCOL =
  /expected a bridge that speaks protocol 1, got one that speaks protocol 0. Reload the page/

const WAYS: [string, RegExp, Older][] = [
  [
    'refuses the version of the page',
    OTHER_PROTOCOL,
    {
      hears: ({ type }, _, end) => {
        if (type === 'hello') end('INVALID_MESSAGE: expected protocol 0')
        return type === 'hello'
      },
    },
  ],
  [
    'greets in its own version',
    OTHER_PROTOCOL,
    { says: message => (message.type === 'welcome' ? { ...message, protocol: 0 } : message) },
  ],
  [
    'lacks parts of the state',
    /The page has failed/,
    {
      says: message =>
        message.type === 'snapshot' ? { ...message, state: { status: 'running', step: 3 } } : message,
    },
  ],
]

test.each(WAYS)('where the bridge %s, the page says so and can be loaded again', async (_, words, way) => {
  const { page, bridge } = await opened(way)
  // All of the page, then that for a phone.
  for (const width of [1400, 390]) {
    await page.setViewportSize({ width, height: 900 })
    await page.goto('about:blank')
    await page.goto(bridge.url)
    await page.getByRole('alert').filter({ hasText: words }).waitFor()
    expect(await page.getByText('Copy the whole address').count()).toBe(0)
  }
  const loaded = page.waitForEvent('load')
  await page.getByRole('button', { name: 'Reload the page' }).click()
  await loaded
  await page.getByRole('alert').filter({ hasText: words }).waitFor()
})

test('a bridge that does not know how to pack tensors still shows what was learned', async () => {
  let refused = 0
  const { page, faults } = await opened({
    hears: ({ type, packed, id }, answer) => {
      if (type !== 'predict' || packed === undefined) return false
      refused++
      const [expected, got] = ['one of the fields id, inputs in "predict"', '"packed"']
      answer({
        type: 'reply',
        id,
        error: { code: 'INVALID_MESSAGE', place: 'message', expected, got, hint: '', message: '' },
      })
      return true
    },
  })
  await page.getByText('connected as').waitFor()
  await page.locator('.outcome canvas, .outcome svg').first().waitFor()
  expect(refused).toBeGreaterThan(0)
  expect(faults).toEqual([])
})

test('a page that was replaced is loaded again when the run comes back, once, and one that was not stays', async () => {
  const { page, faults } = await watch({ browser, network })
  let [loads, welcomes] = [0, 0]
  let cut: () => unknown = () => undefined
  page.on('load', () => loads++)
  await page.routeWebSocket(/socket$/, socket => {
    const bridge = socket.connectToServer()
    cut = () => socket.close({ code: 1001, reason: 'the bridge was closed' })
    bridge.onMessage(data => {
      if (String(data).startsWith('{"type":"welcome"')) welcomes++
      socket.send(data)
    })
  })
  let looks = 0
  page.on('response', answer => {
    if (answer.request().resourceType() === 'fetch' && new URL(answer.url()).pathname === '/') looks++
  })
  await page.reload()
  await expect.poll(() => welcomes).toBe(1)
  await page.getByText('connected as').waitFor()
  await cut()
  await expect.poll(() => looks).toBe(1)
  await page.getByText('connected as').waitFor()
  expect([loads, welcomes]).toEqual([1, 2])
  // The server has another page from now on.
  await page.route(/\/$/, async route => {
    const answer = await route.fetch()
    const body = (await answer.text()).replace(/index-[\w-]+\.js/, 'index-OTHER000.js')
    const isLoaded = route.request().resourceType() === 'document'
    await route.fulfill({ response: answer, ...(!isLoaded && { body }) })
  })
  await cut()
  await expect.poll(() => loads).toBe(2)
  await expect.poll(() => welcomes).toBe(4)
  await page.getByText('connected as').waitFor()
  expect([loads, looks]).toEqual([2, 2])
  expect(faults).toEqual([])
})

test('a phone that cannot load the rest of a page that was replaced says so', async () => {
  const { bridge } = await watch({ browser, network })
  const { page } = await open(browser, 'about:blank', { viewport: { width: 390, height: 844 } })
  onTestFinished(() => page.context().close())
  await page.goto(bridge.url)
  await page.getByText('connected as').waitFor()
  await page.route('**/start-*.js', route => route.fulfill({ status: 404, body: 'not found' }))
  await page.getByRole('button', { name: 'Everything' }).click()
  await page.getByRole('alert').getByText('cannot be loaded').waitFor()
  await page.unrouteAll()
  await page.getByRole('button', { name: 'Reload the page' }).click()
  await page.waitForLoadState()
  await page.getByText('connected as').waitFor()
})
