/** The page behind a real proxy, with TLS and a path that the bridge knows nothing of. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { advance, scene } from '../runtime/bridge/attacks/support.ts'
import { hasNginx, type Nginx, startNginx } from '../support/nginx.ts'
import { launch, open } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

test.skipIf(!hasNginx)('shows the run and steers it (left out where nginx is not installed)', async () => {
  // The proxy is there first, so that the bridge knows whom to answer to.
  const { bridge: first } = await scene()
  const nginx: Nginx = await startNginx(first.port)
  onTestFinished(() => nginx.stop())
  await first.close()
  const there = { port: first.port, hosts: [`127.0.0.1:${nginx.port}`], tokens: first.tokens }
  const { bridge, trainer, runClock } = await scene(there)
  const address = `${nginx.address}#${bridge.tokens.controller}`
  const { page, faults } = await open(browser, address, { ignoreHTTPSErrors: true })
  onTestFinished(() => page.context().close())
  await page.getByText('connected as controller').waitFor()
  await expect.poll(() => page.locator('.react-flow__edge').count()).toBeGreaterThan(2)
  await page.getByRole('button', { name: 'Step', exact: true }).click()
  await expect
    .poll(() => {
      advance(runClock, 10)
      return page.locator('[data-fact="step"]').innerText()
    })
    .toBe('1')
  expect(trainer.state.step).toBe(1)
  expect(faults).toEqual([])
})
