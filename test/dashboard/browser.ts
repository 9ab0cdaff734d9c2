/** A real browser: the one that CHROMIUM_PATH names, or the one that an npm package brings. */
import packaged from '@sparticuz/chromium'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

export async function launch(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? (await packaged.executablePath())
  // No sandbox, since tests may run as root, and no graphics card is needed.
  const args = ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none']
  return chromium.launch({ executablePath, args, headless: true })
}

/** A page that counts what goes wrong in it. */
export async function open(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  prepare: (page: Page) => unknown = () => undefined,
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1400, height: 900 },
    ...options,
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(String(error)))
  page.on('console', message => {
    const isHarmless = /ResizeObserver loop|ERR_CONNECTION_REFUSED|WebSocket connection/.test(message.text())
    if (message.type() === 'error' && !isHarmless) faults.push(message.text())
  })
  await prepare(page)
  await page.goto(url)
  return { page, faults }
}
