/** The code in the README and the docs compiles under the project's own strict flags, and runs. */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = `${root}test/docs/.code/`
const run = promisify(execFile)

/** Each page with all its TypeScript, block after block: later blocks use the names of earlier ones. */
const pages = ['README.md', 'docs/guide.md', 'docs/recipes.md', 'docs/custom-nodes.md'].map(page => {
  const text = readFileSync(root + page, 'utf8')
  // Blocks in lists are indented.
  const code = [...text.matchAll(/^( *)```ts\n(.*?)^\1```$/gms)].map(([, , block]) => block).join('\n')
  return { page, code, file: `${page.replace(/\W/g, '-')}.ts` }
})

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  for (const { file, code } of pages) writeFileSync(folder + file, code)
  const options = { noUnusedLocals: false }
  const config = {
    extends: `${root}tsconfig.json`,
    compilerOptions: options,
    include: [],
    files: pages.map(({ file }) => file),
  }
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify(config))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the code of all pages compiles', async () => {
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', `${folder}tsconfig.json`], {
    cwd: root,
  })
})

describe.each(pages)('the code of $page', ({ file, code }) => {
  test('is there, and runs', async () => {
    expect(code.length).toBeGreaterThan(100)
    const env = { ...process.env, TSX_TSCONFIG_PATH: `${root}test/support/no-paths.json` }
    const { stdout, stderr } = await run(process.execPath, ['--import', 'tsx', folder + file], {
      cwd: root,
      env,
    })
    expect(stderr).toBe('')
    expect(stdout).not.toBe('')
  })
})

test('the README stays under 150 lines', () => {
  expect(readFileSync(`${root}README.md`, 'utf8').split('\n').length).toBeLessThan(150)
})
