/** The package as it is published: what is in it, and that it trains in Node and in pages. */
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { build as buildByEsbuild } from 'esbuild'
import type { Browser } from 'playwright-core'
import { build as buildByVite } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launch } from '../dashboard/browser.ts'
import {
  copyPrograms,
  emptyFolder,
  expectNothingOfNode,
  expectPage,
  expectTrained,
  ISOLATED,
  linkPackage,
  manifest,
  outcomeOf,
  outcomeOfPage,
  remove,
  root,
  run,
} from './support.ts'

describe('the files of the package', () => {
  let packed: string[]

  beforeAll(async () => {
    await run('npm', ['run', 'docs'], { cwd: root })
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root })
    const told = JSON.parse(stdout) as Record<string, { files: { path: string }[] }>
    packed = Object.values(told).flatMap(({ files }) => files.map(({ path }) => path))
  }, 120_000)

  test('are those that its pages link to, pictures included', () => {
    const pages = packed.filter(path => path.endsWith('.md'))
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/guide.md', 'docs/errors.md']))
    const lost = pages.flatMap(page =>
      linksOf(readFileSync(join(root, page), 'utf8'))
        .map(link => posix.join(posix.dirname(page), link))
        .filter(target => !packed.includes(target))
        .map(target => `${page} links to ${target}`),
    )
    expect(lost).toEqual([])
  })

  test('are no sources of the package, and no tests', () => {
    expect(packed.filter(path => /^(core|kernels|nodes|runtime|test|dashboard)\//.test(path))).toEqual([])
  })
})

/** The files that a page links to, without the places in them. */
function linksOf(page: string): string[] {
  const prose = page.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, '')
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(
    ([, a, b]) => (a ?? b) as string,
  )
  return links.filter(link => !/^(https?:|#)/.test(link)).map(link => link.replace(/#.*$/, ''))
}

test('an application has the one RxJS that it brings', () => {
  expect(manifest.dependencies).not.toHaveProperty('rxjs')
  expect(manifest.peerDependencies).toHaveProperty('rxjs')
})

test('the SDK for assistants is installed by those who want it', () => {
  const name = '@modelcontextprotocol/sdk'
  expect(manifest.dependencies).not.toHaveProperty([name])
  expect(manifest.peerDependenciesMeta).toEqual({ [name]: { optional: true } })
})

/** Each builds `page.js` of a folder with what is there for tests, and gives the file and what was warned of. */
const bundlers: Record<string, (folder: string) => Promise<{ file: string; warnings: readonly unknown[] }>> =
  {
    async esbuild(folder) {
      const file = join(folder, 'esbuild/page.js')
      const { warnings } = await buildByEsbuild({
        absWorkingDir: folder,
        entryPoints: ['page.js'],
        outfile: file,
        bundle: true,
        logLevel: 'silent',
      })
      return { file, warnings }
    },
    async Vite(folder) {
      const warnings: unknown[] = []
      const output = { entryFileNames: 'page.js' }
      const onwarn = (warning: unknown) => warnings.push(warning)
      await buildByVite({
        root: folder,
        configFile: false,
        logLevel: 'silent',
        // The page imports all that there is; its size says nothing about whether it is built well.
        build: {
          outDir: 'vite',
          chunkSizeWarningLimit: 1000,
          rolldownOptions: { input: join(folder, 'page.js'), output, onwarn },
        },
      })
      return { file: join(folder, 'vite/page.js'), warnings }
    },
  }

describe('the package in an application', () => {
  let folder: string
  let browser: Browser

  beforeAll(async () => {
    folder = await emptyFolder()
    const [opened] = await Promise.all([launch(), linkPackage(folder), copyPrograms(folder)])
    browser = opened
  }, 120_000)
  afterAll(() => Promise.all([browser?.close(), remove(folder)]))

  test('trains where it is asked for with require', async () => {
    expectTrained(await outcomeOf(folder, 'common.cjs'))
  })

  test.each(Object.entries(bundlers))('trains in a page that %s builds', async (_, build) => {
    const { file, warnings } = await build(folder)
    expect(warnings).toEqual([])
    expectNothingOfNode(file)
    const { outcome, faults } = await outcomeOfPage(browser, file)
    expect(faults).toEqual([])
    expectPage(outcome)
  })

  test('has threads in a page that is isolated from other origins, for the same bytes', async () => {
    const { file } = await (bundlers.esbuild as (typeof bundlers)[string])(folder)
    const { outcome, faults } = await outcomeOfPage(browser, file, ISOLATED)
    expect(faults).toEqual([])
    expect(outcome.together.kernels).toContain('2 threads')
    expect(outcome.alone.kernels).toContain('1 thread')
    expect(outcome.together.sum).toBe(outcome.alone.sum)
  })

  test('takes the plain kernels in a page that may not compile WebAssembly', async () => {
    const { file } = await (bundlers.esbuild as (typeof bundlers)[string])(folder)
    const { outcome } = await outcomeOfPage(browser, file, { 'Content-Security-Policy': "script-src 'self'" })
    expectTrained(outcome)
    expect(outcome.kernels).toMatch(/^kernels: reference/)
  })
})
