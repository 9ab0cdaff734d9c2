/**
 * The browser of all tests of the page: the one that CHROMIUM_PATH names, or the one that an npm package brings. It is
 * started once, before the tests, which connect to it.
 */
import packaged from '@sparticuz/chromium'
import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'

export async function setup(project: TestProject) {
  try {
    const executablePath = process.env.CHROMIUM_PATH ?? (await packaged.executablePath())
    // No sandbox, since tests may run as root, and no graphics card is needed.
    const args = ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none']
    const server = await chromium.launchServer({ executablePath, args, headless: true })
    project.provide('browser', { address: server.wsEndpoint() })
    return () => server.close()
  } catch (error) {
    project.provide('browser', { problem: String(error) })
  }
}
