/**
 * The page over many runs: how soon its table is there, how smoothly ten curves move, and how much memory it takes. `npm run bench:compare`, or
 * with `-- --quick` to try it.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CDPSession, Page } from 'playwright-core'
import { open } from '../test/dashboard/browser.ts'
import { startChromium } from '../test/support/chromium.ts'
import { writeRuns } from '../test/support/many-runs.ts'
import type { Spent } from './compare-child.ts'
import { machine } from './machine.ts'
import { append, type Section, show } from './report.ts'
import { figures, mebibytes, median } from './statistics.ts'

const quick = process.argv.includes('--quick')
const [runs, steps, rounds] = quick ? [10, 100_000, 2] : [100, 1_000_000, 5]
const CURVES = 10
const SECONDS = quick ? 2 : 8

const directory = mkdtempSync(join(tmpdir(), 'gradstream-compare-'))
writeRuns(directory, runs, steps)
const size = readdirSync(directory)
  .flatMap(folder =>
    readdirSync(join(directory, folder)).map(file => statSync(join(directory, folder, file)).size),
  )
  .reduce((sum, bytes) => sum + bytes, 0)

/** A server of its own, as `npx gradstream view` is one. */
async function serve(): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(fileURLToPath(new URL('compare-child.ts', import.meta.url)), [directory], {
    execArgv: ['--import', 'tsx', '--expose-gc'],
  })
  const [url] = (await once(child, 'message')) as [string]
  return { child, url }
}

async function spentBy(child: ChildProcess): Promise<Spent> {
  child.send('spent')
  const [spent] = (await once(child, 'message')) as [Spent]
  return spent
}

/** What the main thread of a page has taken of the processor, in milliseconds. */
async function timeOf(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics')
  return 1000 * (metrics.find(({ name }) => name === 'ThreadTime')?.value ?? 0)
}

async function sessionOf(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  return session
}

const browser = await startChromium()
const openings: { readonly wall: number; readonly server: number; readonly page: number }[] = []
let served = await serve()
for (let round = 0; round < rounds; round++) {
  served.child.kill()
  served = await serve()
  const start = performance.now()
  let session: CDPSession | undefined
  const { page } = await open(browser, served.url, {}, async page => {
    session = await sessionOf(page)
  })
  await page.getByText(`${runs} runs`, { exact: true }).waitFor()
  const wall = performance.now() - start
  const { time: server } = await spentBy(served.child)
  openings.push({ wall, server, page: session ? await timeOf(session) : 0 })
  await page.context().close()
}

/** Ten curves of each step, which are moved from frame to frame. */
const chosen = readdirSync(directory).slice(0, CURVES)
const query = new URLSearchParams({
  runs: JSON.stringify(chosen),
  figure: 'loss',
  zoom: `${0.2 * steps}~${0.7 * steps}`,
})
const { page } = await open(browser, served.url.replace('/#', `/?view&${query}#`))
await page
  .locator('.run-legend button')
  .nth(CURVES - 1)
  .waitFor()
const session = await sessionOf(page)
const before = await timeOf(session)
const frames = await page.evaluate<number[]>(`new Promise(resolve => {
  const over = document.querySelector('.curves-panel .u-over')
  const { left, width, top } = over.getBoundingClientRect()
  const send = (type, x) => over.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, button: 0, shiftKey: true, clientX: x, clientY: top + 20 }))
  over.setPointerCapture = () => undefined
  send('pointerdown', left + width / 2)
  const times = []
  const start = performance.now()
  const next = now => {
    times.push(now)
    send('pointermove', left + width * (0.5 + 0.3 * Math.sin((now - start) / 400)))
    if (now - start < ${1000 * SECONDS}) requestAnimationFrame(next)
    else {
      send('pointerup', left)
      resolve(times.slice(1).map((time, i) => time - times[i]))
    }
  }
  requestAnimationFrame(next)
})`)
const time = (await timeOf(session)) - before
await session.send('HeapProfiler.collectGarbage')
const heap = (await session.send('Runtime.getHeapUsage')).usedSize
const { memory } = await spentBy(served.child)
const opening = (what: 'wall' | 'server' | 'page') =>
  `${figures(median(openings.map(each => each[what])))} ms`
const rate = (1000 * frames.length) / frames.reduce((sum, time) => sum + time, 0)
const slow = frames.toSorted((a, b) => a - b)[Math.floor(0.95 * frames.length)] ?? 0

const section: Section = {
  title: `The page over ${runs} runs of ${steps.toLocaleString('en')} steps`,
  head: ['', ''],
  rows: [
    ['until the whole table is there', opening('wall')],
    ['of the processor, in the server', opening('server')],
    ['of the processor, in the page', opening('page')],
    [`frames per second while ${CURVES} curves are moved`, figures(rate)],
    ['of 20 frames, 19 take at most', `${figures(slow)} ms`],
    ['of the processor for a frame', `${figures(time / frames.length)} ms`],
    ['the files', mebibytes(size)],
    ['memory of the server', mebibytes(memory)],
    ['heap of the page', mebibytes(heap)],
  ],
  notes: [
    `The opening is that of a server that was just started, with a new tab, the median of ${rounds}; its files are in the memory of the system. The memory of the server is all that the process has. What is taken of the processor does not depend on what else runs on the machine: in the page, of its main thread, where scripts run and canvases are drawn.`,
  ],
}
served.child.kill()
await browser.close()
rmSync(directory, { recursive: true })
show(section)
const facts = [...machine(), 'Command: `npm run bench:compare`']
console.log(`\n${facts.join('\n')}`)
if (!quick) append(new Date().toISOString().slice(0, 16).replace('T', ' '), facts, [section])
process.exit()
