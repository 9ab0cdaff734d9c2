/** `npx gradstream`, as it is typed, of the package as it was built. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))

function gradstream(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli.js', ...words], {
    cwd: root,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('doctor examines the machine', () => {
  expect(gradstream('doctor')).toMatchObject({ status: 0, stdout: expect.stringContaining('GFLOP/s') })
})

test('--help lists the commands', () => {
  expect(gradstream('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('doctor') })
})

test('an unknown command is refused, with those that there are', () => {
  expect(gradstream('docter')).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('doctor'),
    stderr: 'gradstream: unknown command "docter"\n',
  })
})

test('an unknown option is refused', () => {
  expect(gradstream('doctor', '--fast')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('--fast'),
  })
})

test('--version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  expect(gradstream('--version').stdout).toContain(version)
})
