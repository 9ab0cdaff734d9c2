/**
 * What the page costs a run, and how smooth it is: `npm run bench:dashboard`. `--quick` takes a tenth of the
 * time; `-- --minutes 60` watches the page's heap for that long.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { open } from '../test/dashboard/browser.ts'
import { startChromium } from '../test/support/chromium.ts'
import type { Order, Report } from './bridge-child.ts'
import { machine } from './machine.ts'
import { append, type Section, show } from './report.ts'
import { figures, mebibytes, median } from './statistics.ts'

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, minutes: { type: 'string' } },
})
const { quick } = options
const seconds = (long: number) => (quick ? Math.ceil(long / 10) : long)
const wait = (time: number) => new Promise(resolve => setTimeout(resolve, time * 1000))

const execArgv = ['--import', 'tsx', '--expose-gc']
const childOf = (net: string): ChildProcess =>
  fork(fileURLToPath(new URL('bridge-child.ts', import.meta.url)), ['run', net], { execArgv })

const child = childOf('M')

async function ask(order: Order, child: ChildProcess): Promise<Report> {
  child.send(order)
  const [report] = (await once(child, 'message')) as [Report]
  return report
}

const { url = '' } = await ask({ do: 'open' }, child)
const browser = await startChromium()

/** Steps per second without and with the page, in turns. The page is open for a moment before the count starts. */
const rates: { none: number; page: number }[] = []
const rate = async () => median((await ask({ do: 'measure', seconds: seconds(10) }, child)).rates ?? [])
for (let round = 0; round < (quick ? 2 : 9); round++) {
  const none = await rate()
  const { page } = await open(browser, url)
  await page.locator('.node-title').first().waitFor()
  await wait(2)
  rates.push({ none, page: await rate() })
  await page.context().close()
}

const started = performance.now()
const { page } = await open(browser, url)
await page.locator('.node-title').first().waitFor()
const ready = performance.now() - started
await wait(3)

/** Screen frames per second. */
const framesOf = (page: Page) =>
  page.evaluate<number>(`new Promise(resolve => {
    const start = performance.now()
    let count = 0
    const next = () => {
      count++
      const time = performance.now() - start
      if (time < ${seconds(10) * 1000}) requestAnimationFrame(next)
      else resolve((count / time) * 1000)
    }
    requestAnimationFrame(next)
  })`)
const frames = await framesOf(page)

/** The same of a deep network, folded and unfolded, at rest and while it is panned; and the time to unfold it. */
async function framesWith(net: string) {
  const child = childOf(net)
  const { url = '' } = await ask({ do: 'open' }, child)
  const { page } = await open(browser, url)
  const groups = page.locator('.node.group .node-title')
  await groups.first().waitFor()
  await wait(3)
  const folded = await framesOf(page)
  const start = performance.now()
  await page.getByRole('button', { name: 'Unfold all' }).click()
  await groups.first().waitFor({ state: 'detached' })
  const unfolding = performance.now() - start
  await wait(3)
  const unfolded = await framesOf(page)
  const { x = 0, y = 0 } = (await page.locator('.graph-flow').boundingBox()) ?? {}
  await page.mouse.move(x + 5, y + 5)
  await page.mouse.down()
  let isOver = false
  const moving = (async () => {
    for (let i = 0; !isOver; i++) await page.mouse.move(x + 200 + 150 * Math.sin(i / 20), y + 100)
  })()
  const panned = await framesOf(page)
  isOver = true
  await moving
  await page.mouse.up()
  await page.context().close()
  child.kill()
  return { folded, unfolding, unfolded, panned }
}

/** M is paused meanwhile, with its page open. */
await ask({ do: 'hold' }, child)
const deep = await framesWith('deep')
const deeper = await framesWith('deeper')
await ask({ do: 'go on' }, child)

/** The rows of a deep network. */
const rowsOf = (nodes: string, { folded, unfolding, unfolded, panned }: typeof deep): [string, string][] => [
  [`frames per second with ${nodes} nodes in groups`, figures(folded)],
  [
    `frames per second with ${nodes} nodes one by one, and while panned`,
    `${figures(unfolded)}, ${figures(panned)}`,
  ],
  [`to unfold ${nodes} nodes`, `${figures(unfolding)} ms`],
]

/** The live heap of the page after garbage collection. Comes last, when nothing else needs a quiet machine. */
const session = await page.context().newCDPSession(page)
const heap = async () => {
  await session.send('HeapProfiler.collectGarbage')
  return (await session.send('Runtime.getHeapUsage')).usedSize
}
await wait(seconds(30))
const before = await heap()
const minutes = Number(options.minutes ?? (quick ? 0.5 : 6))
await wait(minutes * 60)
const growth = (await heap()) - before
await browser.close()
child.kill()

const section: Section = {
  title: 'The page beside M at full speed',
  head: ['', 'measured'],
  rows: [
    [
      'steps/s without the page, with it',
      `${figures(median(rates.map(({ none }) => none)))}, ${figures(median(rates.map(({ page }) => page)))}`,
    ],
    [
      `ratio, median of ${rates.length} rounds`,
      median(rates.map(({ none, page }) => page / none)).toFixed(4),
    ],
    ['from the address to the graph', `${figures(ready)} ms`],
    ['frames per second', figures(frames)],
    ...rowsOf('502', deep),
    ...rowsOf('2,002', deeper),
    [`growth of the page's heap in ${minutes} minutes`, mebibytes(growth)],
  ],
  notes: ['Chromium without a graphics card, on the same two cores.'],
}
show(section)
const words = options.minutes === undefined ? '' : ` -- --minutes ${minutes}`
const facts = [...machine(), `Command: \`npm run bench:dashboard${words}\``]
console.log(`\n${facts.join('\n')}`)
if (!quick) append(new Date().toISOString().slice(0, 16).replace('T', ' '), facts, [section])
process.exit()
