/** The browser of all tests of the page. It is started once, before the tests, which connect to it. */
import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { chromiumOptions } from './chromium.ts'

export async function setup(project: TestProject) {
  try {
    const server = await chromium.launchServer(await chromiumOptions())
    project.provide('browser', { address: server.wsEndpoint() })
    return () => server.close()
  } catch (error) {
    project.provide('browser', { problem: String(error) })
  }
}
