/**
 * How long a click takes on the page of a run on the same two cores: `npm run bench:clicks`. `--quick` takes
 * a tenth of the time.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { open } from '../test/dashboard/browser.ts'
import { startChromium } from '../test/support/chromium.ts'
import { machine } from './machine.ts'
import { append, type Section, show } from './report.ts'
import { figures, median, quantile } from './statistics.ts'

const quick = process.argv.includes('--quick')
const child: ChildProcess = fork(fileURLToPath(new URL('clicks-child.ts', import.meta.url)), [], {
  execArgv: ['--import', 'tsx'],
  // Without the paths that lead to the sources, everything is what was built.
  env: {
    ...process.env,
    TSX_TSCONFIG_PATH: fileURLToPath(new URL('../test/support/no-paths.json', import.meta.url)),
  },
})
const [{ url }] = (await once(child, 'message')) as [{ url: string }]
async function rate(pace: number | null, seconds: number): Promise<number> {
  child.send({ pace, seconds })
  const [report] = (await once(child, 'message')) as [{ rate: number }]
  return report.rate
}

const browser = await startChromium()

/** What to click, and how to see the answer. */
const CLICKS: Readonly<Record<string, { readonly what: string; readonly isThere: string }>> = {
  Metrics: {
    what: 'tab(Metrics)',
    isThere: 'legend(accuracy)',
  },
  Loss: { what: 'tab(Loss)', isThere: 'legend(batch loss)' },
  Throughput: { what: 'tab(Throughput)', isThere: 'legend(samples/s)' },
  'Learning rate': { what: 'tab(Learning rate)', isThere: 'legend(learning rate)' },
  'a node': { what: 'node(dense1)', isThere: 'spread()' },
  'its gradients': { what: 'tab(gradients)', isThere: 'spread()' },
  'its kernel': { what: 'tab(kernel)', isThere: 'weights()' },
}

/** Runs in the page: clicks, and waits frame by frame for the answer. */
const clicked = (page: Page, { what, isThere }: { what: string; isThere: string }) =>
  page.evaluate<number>(
    `(([what, isThere]) => new Promise((resolve, reject) => {
      const [, kind, name] = /^(\\w+)\\((.*)\\)$/.exec(what)
      const buttons = [...document.querySelectorAll(kind === 'tab' ? '[role=tab]' : '.node')]
      const button = buttons.find(each => each.textContent.trim().startsWith(name))
      if (!button) { reject(new Error('there is no ' + what)); return }
      const [, sign, label] = /^(\\w+)\\((.*)\\)$/.exec(isThere)
      const inked = canvas => {
        if (!canvas || canvas.width === 0) return false
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        for (let i = 3; i < data.length; i += 4 * 7) if (data[i] > 0) return true
        return false
      }
      const signs = {
        legend: () => [...document.querySelectorAll('.charts .legend button')].some(each =>
          each.textContent.includes(label) && !each.textContent.trim().endsWith('–')),
        spread: () => inked(document.querySelector('.opened .spread canvas, .opened canvas')),
        weights: () => [...document.querySelectorAll('.opened canvas')].length > 1 && inked([...document.querySelectorAll('.opened canvas')].at(-1)),
      }
      const start = performance.now()
      button.click()
      const look = () => {
        if (signs[sign]()) resolve(performance.now() - start)
        else if (performance.now() - start > 30000) resolve(30000)
        else requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    }))(${JSON.stringify([what, isThere])})`,
  )

const rounds = quick ? 3 : 30
const rows: string[][] = []
for (const pace of [30, 300, null]) {
  const none = await rate(pace, quick ? 2 : 10)
  const times: Record<string, number[]> = {}
  const add = (name: string, time: number) => {
    times[name] = [...(times[name] ?? []), time]
  }
  const { page } = await open(browser, url)
  await page.locator('.node-title').first().waitFor()
  await wait(3000)
  const withPage = await rate(pace, quick ? 2 : 10)
  for (let round = 0; round < rounds; round++) {
    for (const [name, click] of Object.entries(CLICKS)) {
      if (name === 'a node') await page.keyboard.press('Escape')
      add(name, await clicked(page, click))
      // A person looks at the result for a moment.
      await wait(300 + 700 * ((round * 0.618) % 1))
    }
    const close = page.getByRole('button', { name: 'Close the node' })
    if (await close.isVisible()) await close.click()
    if (round % 5 === 0) {
      await page.getByRole('button', { name: 'Save …' }).click()
      const start = performance.now()
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: 'CSV' }).click()
      await download
      add('CSV', performance.now() - start)
      await page.keyboard.press('Escape')
    }
  }
  await page.context().close()
  for (let round = 0; round < (quick ? 2 : 8); round++) {
    const start = performance.now()
    const { page } = await open(browser, url)
    await page.locator('.react-flow__edge').first().waitFor({ state: 'attached' })
    const graph = performance.now() - start
    const hasFigures = () =>
      page.evaluate<boolean>(
        "[...document.querySelectorAll('.charts .legend button')].some(each => !each.textContent.trim().endsWith('–'))",
      )
    while (!(await hasFigures())) await wait(10)
    await page.locator('.confusion table').waitFor()
    add('from the address to the graph', graph)
    add('from the address to all panels', performance.now() - start)
    await page.context().close()
    await wait(500)
  }
  const clicks = Object.keys(CLICKS).flatMap(name => times[name] ?? [])
  const speed = pace === null ? 'full speed' : `${pace} steps/s`
  rows.push([
    speed,
    'all clicks',
    figures(median(clicks)),
    figures(quantile(clicks, 0.95)),
    figures(Math.max(...clicks)),
  ])
  for (const [name, list] of Object.entries(times))
    rows.push([speed, name, figures(median(list)), figures(quantile(list, 0.95)), figures(Math.max(...list))])
  rows.push([
    speed,
    'steps/s without, with the page',
    figures(none),
    figures(withPage),
    figures(withPage / none),
  ])
}
await browser.close()
child.kill()
const section: Section = {
  title: 'Clicks beside the digits, in milliseconds',
  head: ['', 'what', 'median', '95 %', 'longest'],
  rows,
  notes: [
    'Chromium without a graphics card, on the same two cores; from the click to the frame that shows the answer.',
  ],
}
show(section)
const facts = [...machine(), 'Command: `npm run bench:clicks`']
console.log(`\n${facts.join('\n')}`)
if (!quick) append(new Date().toISOString().slice(0, 16).replace('T', ' '), facts, [section])
process.exit()
