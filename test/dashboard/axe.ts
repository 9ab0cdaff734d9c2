/** What axe-core finds in a page. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Finding {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string; readonly target: readonly string[] }[]
}

/** Serious faults, and the selectors of texts whose contrast it could not decide. */
export async function axe(page: Page) {
  await page.evaluate(SOURCE)
  const found = await page.evaluate(() => {
    interface Results {
      readonly violations: readonly Finding[]
      readonly incomplete: readonly Finding[]
    }
    const { axe } = window as unknown as { axe: { run(options: object): Promise<Results> } }
    return axe.run({ resultTypes: ['violations', 'incomplete'] })
  })
  const isSerious = ({ impact }: Finding) => impact === 'serious' || impact === 'critical'
  return {
    violations: found.violations.filter(isSerious).map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
    open: found.incomplete
      .filter(({ id }) => id === 'color-contrast')
      .flatMap(({ nodes }) => nodes.flatMap(({ target }) => target)),
  }
}
