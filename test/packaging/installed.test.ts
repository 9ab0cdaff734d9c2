/** The package packed, and installed in an empty folder: as people get it, with what they may build with. Takes minutes. */
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launch } from '../dashboard/browser.ts'
import { countOf } from '../support/counts.ts'
import {
  copyPrograms,
  emptyFolder,
  expectNothingOfNode,
  expectPage,
  expectTrained,
  makePackage,
  outcomeOf,
  outcomeOfPage,
  remove,
  run,
} from './support.ts'

describe.runIf(countOf({ usual: false, full: true }))('the package in an empty folder', () => {
  let folder: string
  let packed: string
  let browser: Browser
  const npm = (cwd: string, ...options: string[]) => run('npm', [...options, '--ignore-scripts'], { cwd })

  beforeAll(async () => {
    ;[folder, packed, browser] = await Promise.all([emptyFolder(), emptyFolder(), launch()])
    await cp(fileURLToPath(new URL('./bundlers/', import.meta.url)), folder, { recursive: true })
    await npm(folder, 'ci')
    await makePackage(packed)
    const { stdout } = await npm(packed, 'pack', '--silent')
    await npm(folder, 'install', '--no-save', join(packed, stdout.trim()))
    await copyPrograms(folder)
  }, 600_000)
  afterAll(() => Promise.all([browser.close(), remove(folder), remove(packed)]))

  test.each(['node.js', 'common.cjs'])('trains in Node: %s', async program => {
    expectTrained(await outcomeOf(folder, program))
  })

  test('shares the one RxJS of the application', async () => {
    const { stdout } = await run('npm', ['ls', 'rxjs', '--parseable'], { cwd: folder })
    expect(stdout.trim().split('\n')).toHaveLength(1)
  })

  describe.each(['typescript-5', 'typescript-7'])('%s', compiler => {
    const typescript5 = compiler === 'typescript-5'
    const resolutions = ['nodenext', 'bundler', ...(typescript5 ? ['node10'] : [])]

    test.each(resolutions)('finds the types in strict code, without skipping any: %s', async resolution => {
      const project = `${compiler}-${resolution}`
      const settings = {
        compilerOptions: {
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          skipLibCheck: false,
          types: [],
          lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
          target: 'es2022',
          module: resolution === 'nodenext' ? 'nodenext' : 'esnext',
          moduleResolution: resolution,
          outDir: project,
        },
        files: ['strict.ts'],
      }
      await writeFile(join(folder, `${project}.json`), JSON.stringify(settings))
      const tsc = join(folder, 'node_modules', compiler, 'bin/tsc')
      const { stdout } = await run(process.execPath, [tsc, '-p', `${project}.json`], { cwd: folder }).catch(
        error => error,
      )
      expect(stdout).toBe('')
      expectTrained(await outcomeOf(folder, `${project}/strict.js`))
    })
  })

  test.each(['vite-7', 'vite-8', 'esbuild', 'rollup', 'webpack'])(
    'trains in a page that %s builds',
    async name => {
      const { stdout } = await run(process.execPath, ['build.js', name], { cwd: folder })
      expect(JSON.parse(stdout)).toEqual([])
      const file = join(folder, name, 'page.js')
      expectNothingOfNode(file)
      const { outcome, faults } = await outcomeOfPage(browser, file)
      expect(faults).toEqual([])
      expectPage(outcome)
    },
  )
})
