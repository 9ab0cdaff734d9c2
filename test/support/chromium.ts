/** Chromium: the one that CHROMIUM_PATH names, or the one that an npm package brings. */
import packaged from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'

export const chromiumOptions = async () => ({
  executablePath: process.env.CHROMIUM_PATH ?? (await packaged.executablePath()),
  // No sandbox, since tests may run as root, and no graphics card is needed.
  args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
  headless: true,
})

/** One of one's own. */
export const startChromium = async (): Promise<Browser> => chromium.launch(await chromiumOptions())
