/** A real browser: the one that is there for all tests. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the browser listens, or why it could not be started: tests that need none pass without it. */
    readonly browser: { readonly address: string } | { readonly problem: string }
  }
}

/**
 * Steps a second of the runs that are looked at. At full speed they would take the processor from the browser, and
 * what a test sees would depend on how busy the machine is.
 */
export const PACE = 300

/** A connection of one's own to it; closing it closes what was opened through it. */
export function launch(): Promise<Browser> {
  const found = inject('browser')
  if ('problem' in found) throw new Error(`There is no browser: ${found.problem}`)
  return chromium.connect(found.address)
}

/** The address of all of the page, also for a window as narrow as that of a phone, which would get a smaller one. */
export const whole = (url: string) => url.replace(/(\?view)?#/, '?view&page=whole#')

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
  // Nothing is due at a certain time, and a busy machine takes longer.
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(String(error)))
  page.on('console', message => {
    const isHarmless = /ResizeObserver loop|ERR_CONNECTION_REFUSED|WebSocket connection/.test(message.text())
    if (message.type() === 'error' && !isHarmless) faults.push(message.text())
  })
  await prepare(page)
  const isNarrow = (options.viewport?.width ?? 1400) <= 700
  await page.goto(isNarrow ? whole(url) : url)
  return { page, faults }
}
