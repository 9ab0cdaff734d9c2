/** The package as it is published, made anew of the sources, beside programs that use it. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import { bundle } from '../../bundle.ts'
import { open } from '../dashboard/browser.ts'

export const root = fileURLToPath(new URL('../../', import.meta.url))
export const run = promisify(execFile)

type Manifest = Readonly<Record<string, Readonly<Record<string, string>>>>

export const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest

/** A folder of an application. */
export const emptyFolder = () => mkdtemp(join(tmpdir(), 'gradstream-'))

export const remove = (folder: string) => rm(folder, { recursive: true, force: true })

/** What is published, but for the page of the bridge. */
export async function makePackage(folder: string): Promise<void> {
  const copied = ['package.json', 'README.md', 'LICENSE', 'docs', 'bench/RESULTS.md']
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const built = join(folder, 'dist')
  const settings = ['-p', join(root, 'tsconfig.build.json'), '--outDir', built]
  await bundle(built)
  await Promise.all([
    run(process.execPath, [compiler, ...settings]),
    ...copied.map(path => cp(join(root, path), join(folder, path), { recursive: true })),
  ])
}

/** Puts the package into an application, with the packages that it and applications need as they are here. */
export async function linkPackage(application: string): Promise<void> {
  const packages = join(application, 'node_modules')
  // Without the optional ones, which most people do not install.
  const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter(
    name => !Object.hasOwn(manifest.peerDependenciesMeta ?? {}, name),
  )
  await mkdir(packages, { recursive: true })
  await Promise.all([
    makePackage(join(packages, 'gradstream')),
    ...names.map(name => symlink(join(root, 'node_modules', name), join(packages, name), 'junction')),
  ])
}

export const copyPrograms = (application: string) =>
  cp(new URL('./programs/', import.meta.url), application, { recursive: true })

/** What programs tell of their training. */
export interface Outcome {
  readonly status: string
  readonly first: number
  readonly last: number
  readonly norms: number
  readonly kernels: string
}

/** Runs a program in Node. */
export async function outcomeOf(folder: string, program: string): Promise<Outcome> {
  const { stdout, stderr } = await run(process.execPath, [program], { cwd: folder })
  if (stderr !== '') throw new Error(stderr)
  return JSON.parse(stdout) as Outcome
}

/** What the page tells besides. */
export interface PageOutcome extends Outcome {
  readonly rows: number
  readonly alone: { readonly sum: number; readonly kernels: string }
  readonly together: { readonly sum: number; readonly kernels: string }
  readonly bridge: { readonly code: string; readonly message: string }
  readonly terminal: { readonly code: string; readonly message: string }
  readonly missing: { readonly code: string; readonly message: string }
  readonly saved: { readonly same: readonly boolean[]; readonly folder: { readonly code: string } }
  readonly absent: { readonly code: string; readonly message: string }
  readonly client: string
}

const TYPES: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' }
/** Headers by which a page shares nothing with others, and so may share memory among threads. */
export const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** Opens the page that a bundler has built into a folder, as if a server had it, and waits for its outcome. `settings` are headers. */
export async function outcomeOfPage(
  browser: Browser,
  file: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ outcome: PageOutcome; faults: string[] }> {
  const files = new Map([
    [
      '/index.html',
      `<!doctype html><title>A page</title><script type="module" src="./${basename(file)}"></script>`,
    ],
    ['/table.csv', 'a,b\n1,2\n3,4\n'],
  ])
  const { page, faults } = await open(browser, 'https://application.example/index.html', {}, page =>
    page.route('**/*', async route => {
      const path = new URL(route.request().url()).pathname
      const headers = {
        'Content-Type': TYPES[extname(path)] ?? 'text/plain',
        ...settings,
      }
      const body = files.get(path) ?? (await readFile(join(dirname(file), path)).catch(() => undefined))
      await route.fulfill(body === undefined ? { status: 404 } : { headers, body })
    }),
  )
  try {
    const outcome = await page.evaluate(() => (globalThis as unknown as { outcome: PageOutcome }).outcome)
    return { outcome, faults: faults.filter(fault => !fault.includes('404')) }
  } finally {
    await page.context().close()
  }
}

export function expectTrained({ status, first, last, norms }: Outcome): void {
  expect(status).toBe('finished')
  expect(last).toBeLessThan(first / 5)
  expect(norms).toBeGreaterThan(0)
}

/** It trained, read a table by its address, and said what needs Node. */
export function expectPage(outcome: PageOutcome): void {
  expectTrained(outcome)
  expect(outcome).toMatchObject({ rows: 2, client: 'function' })
  expect(outcome.kernels).toMatch(/^kernels: wasm, float32: WebAssembly with (relaxed )?SIMD, 1 thread\b/)
  expect(outcome.bridge).toMatchObject({ code: 'NEEDS_NODE' })
  expect(outcome.terminal).toMatchObject({ code: 'NEEDS_NODE' })
  expect(outcome.missing).toMatchObject({ code: 'FILE_NOT_READ' })
  expect(outcome.missing.message).toContain('relative to the page')
  expect(outcome.saved).toMatchObject({ same: [true, true], folder: { code: 'NEEDS_NODE' } })
  expect(outcome.absent).toMatchObject({ code: 'FILE_NOT_READ' })
}

/** In a bundle with all its pieces. */
export function expectNothingOfNode(file: string): void {
  const scripts = readdirSync(dirname(file), { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.js'),
  )
  const named = scripts.filter(name => /["'`]node:\w/.test(readFileSync(join(dirname(file), name), 'utf8')))
  expect(named).toEqual([])
}
