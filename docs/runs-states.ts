/**
 * Takes screenshots of the page over many runs, without one, with few and with many, at several sizes, light and dark, after `npm run build`:
 * `npm run screenshots:runs`, or only those whose names contain all given words: `npm run screenshots:runs -- 100-runs 1440 dark`.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serveRuns } from '../runtime/runs-page/serve-runs.ts'
import { startChromium } from '../test/support/chromium.ts'
import { writeRuns } from '../test/support/many-runs.ts'

const COUNTS = [0, 1, 3, 100]
const STEPS = 2000
const SIZES = { 390: 844, 1024: 768, 1366: 625, 1440: 900, 2560: 1440 }
/** How long until all is drawn, in milliseconds. */
const DRAWN = 900

const folder = new URL('screenshots/runs/', import.meta.url)
mkdirSync(folder, { recursive: true })
const wanted = process.argv.slice(2)
const browser = await startChromium()

for (const count of COUNTS) {
  const shots = Object.entries(SIZES).flatMap(([width, height]) =>
    (['light', 'dark'] as const).flatMap(scheme => {
      const words = [`${count}-runs`, width, scheme]
      const name = words.join('-')
      return wanted.every(word => words.includes(word))
        ? [{ width: Number(width), height, scheme, name }]
        : []
    }),
  )
  if (shots.length === 0) continue
  const directory = mkdtempSync(join(tmpdir(), 'gradstream-runs-'))
  writeRuns(directory, count, STEPS)
  const served = await serveRuns(directory, { port: 0, print: () => undefined })
  const page = await browser.newPage({ locale: 'en-GB' })
  await page.goto(served.url)
  await page.locator('.header').first().waitFor()
  for (const { width, height, scheme, name } of shots) {
    await page.emulateMedia({ colorScheme: scheme })
    await page.setViewportSize({ width, height })
    await page.waitForTimeout(DRAWN)
    await page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, folder)), fullPage: width < 1100 })
  }
  await page.close()
  await served.close()
  rmSync(directory, { recursive: true })
}
await browser.close()
process.exit()
