/**
 * How long the page takes to answer each control, beside a run at full speed on the same cores: `npm run bench:controls`. `--quick` takes a
 * tenth of the time.
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
const ROUNDS = quick ? 5 : 50

/** Runs in the page. What a control does, and how to see that the run has answered: its state, or its answer to the command. */
const TOOLS = `
  const one = selector => document.querySelector(selector)
  const button = name => [...document.querySelectorAll('.controls button')].find(each => (each.getAttribute('aria-label') ?? each.textContent).trim() === name)
  const type = (input, text) => {
    const field = typeof input === 'string' ? one(input) : input
    field.focus()
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, text)
    field.dispatchEvent(new Event('input', { bubbles: true }))
    field.form.requestSubmit()
  }
  const key = (key, more = {}) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }))
  const status = () => one('.status').textContent
  const fact = name => one('[data-fact="' + name + '"]').textContent
  const answer = () => {
    const first = one('.answers li')
    return first && !first.classList.contains('pending') ? first.textContent : undefined
  }
`

/** In an order in which each has something to do. */
const CONTROLS: Readonly<Record<string, { readonly act: string; readonly answered: string }>> = {
  Pause: { act: "button('Pause').click()", answered: "status() === 'paused'" },
  Step: {
    act: "before.step = fact('step'); button('Step').click()",
    answered: "fact('step') !== before.step",
  },
  'key .': { act: "before.step = fact('step'); key('.')", answered: "fact('step') !== before.step" },
  Resume: { act: "button('Resume').click()", answered: "status() === 'running'" },
  'learning rate': {
    act: "before.answer = answer(); type('[name=learningRate]', String(0.001 + Math.random() / 1000))",
    answered: 'answer() !== undefined && answer() !== before.answer',
  },
  Undo: {
    act: "before.answer = answer(); button('Undo').click()",
    answered: 'answer() !== undefined && answer() !== before.answer',
  },
  Redo: {
    act: "before.answer = answer(); button('Redo').click()",
    answered: 'answer() !== undefined && answer() !== before.answer',
  },
  'preset by key': {
    act: "before.answer = answer(); key('2')",
    answered: 'answer() !== undefined && answer() !== before.answer',
  },
  'undo by key': {
    act: "before.answer = answer(); key('z', { ctrlKey: true })",
    answered: 'answer() !== undefined && answer() !== before.answer',
  },
  'a speed': {
    act: "before.answer = answer(); type('.own-speed input', String(1e6 + Math.round(1e6 * Math.random())))",
    answered: 'answer() !== undefined && answer() !== before.answer',
  },
  Stop: { act: "button('Stop').click()", answered: "status() === 'stopped'" },
  Start: { act: "button('Start').click()", answered: "status() === 'running'" },
}

/** From the act to the frame that shows the answer, in milliseconds. */
const answered = (page: Page, { act, answered }: { act: string; answered: string }) =>
  page.evaluate<number>(`new Promise(resolve => {
    ${TOOLS}
    const before = {}
    const start = performance.now()
    ${act}
    const look = () => {
      if (${answered}) resolve(performance.now() - start)
      else if (performance.now() - start > 10000) resolve(10000)
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })`)

const browser = await startChromium()
const rows: string[][] = []
for (const net of ['S', 'M']) {
  const child: ChildProcess = fork(fileURLToPath(new URL('controls-child.ts', import.meta.url)), [net], {
    execArgv: ['--import', 'tsx'],
    // Without the paths that lead to the sources, everything is what was built.
    env: {
      ...process.env,
      TSX_TSCONFIG_PATH: fileURLToPath(new URL('../test/support/no-paths.json', import.meta.url)),
    },
  })
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  const { page } = await open(browser, url)
  await page.getByText('connected as').waitFor()
  await wait(2000)
  const times = new Map<string, number[]>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, control] of Object.entries(CONTROLS)) {
      times.set(name, [...(times.get(name) ?? []), await answered(page, control)])
      // At any moment between two publications of the state.
      await wait(30 + 50 * ((round * 0.618) % 1))
    }
  }
  const row = (name: string, list: readonly number[]) =>
    rows.push([net, name, figures(median(list)), figures(quantile(list, 0.95)), figures(Math.max(...list))])
  row('all', [...times.values()].flat())
  for (const [name, list] of times) row(name, list)
  await page.context().close()
  child.kill()
  await once(child, 'exit')
}
await browser.close()
const section: Section = {
  title: 'The first answer to a control, in milliseconds',
  head: ['', 'control', 'median', '95 %', 'longest'],
  rows,
  notes: [
    `Chromium without a graphics card, on the same two cores as a run at full speed; each control ${ROUNDS} times, from the click to the frame that shows the answer of the run.`,
  ],
}
show(section)
const facts = [...machine(), 'Command: `npm run bench:controls`']
console.log(`\n${facts.join('\n')}`)
if (!quick) append(new Date().toISOString().slice(0, 16).replace('T', ' '), facts, [section])
process.exit()
