/** `npx gradstream`, as it is typed, of the package as it was built. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dense, graph, graphToJson, input, meanSquaredError, recordRun, schedule, sgd } from 'gradstream'
import { asyncScheduler } from 'rxjs'
import { expect, test } from 'vitest'
import { viewed } from '../../../runtime/cli/view.ts'
import { finish, samples, trial } from '../support.ts'

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

test('plot draws the schedules of a graph, or one that is given as JSON', () => {
  const falling = gradstream('plot', '{"schedule":"cosine","initial":0.01,"steps":1000}', '--steps', '500')
  expect(falling).toMatchObject({ status: 0, stderr: '' })
  expect(falling.stdout).toMatch(/^━ cosine\n.*0\.010┤━.* 500\n +step\n$/s)

  const learningRate = schedule.warmUp({
    steps: 10,
    to: schedule.exponential({ initial: 1, rate: 0.5, steps: 20 }),
  })
  const [x, target] = [input({ name: 'x', shape: [1] }), input({ name: 'target', shape: [1] })]
  const loss = meanSquaredError()(x.pipe(dense({ units: 1 })), target)
  const file = join(mkdtempSync(join(tmpdir(), 'gradstream-')), 'net.json')
  writeFileSync(file, graphToJson(graph({ loss, update: loss.pipe(sgd({ learningRate })) })))
  expect(gradstream('plot', file)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^━ sgd1\.learningRate\n/),
  })
  rmSync(dirname(file), { recursive: true })
})

test.each([
  [['nowhere.json'], 'expected a file that can be read, or JSON, got "nowhere.json"'],
  [['docs'], 'expected a file that can be read, or JSON, got "docs"'],
  [['{"schedule":"cosine"'], 'expected JSON, got'],
  [['{"schedule":"cosine"}'], 'expected initial to be a'],
  [['{"schedule":"cosin","initial":1,"steps":9}'], 'cosine'],
  [['package.json'], 'expected a graph with schedules, or a schedule'],
  [['{"schedule":"constant","value":1}', '--steps', '0'], 'steps'],
  [['{"schedule":"constant","value":1}', '--steps', 'many'], 'steps'],
  [[], 'source'],
])('plot %j is refused in one line', (words, message) => {
  const { status, stdout, stderr } = gradstream('plot', ...words)
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^gradstream: .+\n$/)
  expect(stderr).toContain(message)
})

test('--version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  expect(gradstream('--version').stdout).toContain(version)
})

test('view lists the runs of a directory, and says which cannot be read', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gradstream-'))
  expect(gradstream('view', directory).stdout).toBe(`There is no run in ${directory}.\n`)
  const { trainer, scheduler } = trial({ validation: samples(5, 2), epochs: 4 })
  recordRun(trainer, directory, { name: 'the first\x1b[31m', author: 'Ada' })
  await finish(trainer, scheduler)
  const { trainer: other } = trial({ runId: 'another' })
  recordRun(other, directory)
  const { folder } = recordRun(other, directory)
  writeFileSync(join(folder, 'run.json'), '')
  const { status, stdout, stderr } = gradstream('view', directory)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const { validationLoss } = trainer.state.metrics
  expect(stdout).toContain((validationLoss as number).toFixed(4))
  expect(stdout).toMatch(/│ the first·\[31m +│ finished +│ 4 of 4 │.*│ validation │.*│ Ada/)
  expect(stdout).toMatch(/│ \d\.\d s │/)
  expect(stdout).toMatch(/│ another +│ idle +│ 0 of 3 │ +– │/)
  expect(stdout).toMatch(/^Left out: .*another-2: run\.json: .*\[BAD_FILE\]$/m)
  rmSync(directory, { recursive: true })
  expect(gradstream('view', directory)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('FILE_NOT_READ'),
  })
})

test('view with a port serves the page of runs until it is interrupted, and with --table it does not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gradstream-'))
  const child = spawn(process.execPath, ['dist/cli.js', 'view', directory, '--port', '0'], { cwd: root })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const [, origin = '', token = ''] = /^Compare the runs: (http:\S+)#(\S+)\n$/.exec(String(line)) ?? []
  expect(await (await fetch(origin)).text()).toMatch(/assets\/runs-/)
  const answer = await fetch(`${origin}api/runs`, { headers: { Authorization: `Bearer ${token}` } })
  expect(await answer.json()).toMatchObject({ runs: [], broken: [], unread: 0 })
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(gradstream('view', directory, '--port', '0', '--table').stdout).toBe(
    `There is no run in ${directory}.\n`,
  )
  expect(gradstream('view', directory, '--port', 'many')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('a port from 0 to 65535'),
  })
  rmSync(directory, { recursive: true })
})

test('view fits the width of a terminal, and says whose loss it shows', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gradstream-'))
  const { trainer, scheduler } = trial({ validation: samples(5, 2), epochs: 4, runId: 'a' })
  recordRun(trainer, directory, { name: 'a long name, with many words', author: 'Ada' })
  await finish(trainer, scheduler)
  const { trainer: begun } = trial({ validation: samples(5, 2), runId: 'b', scheduler: asyncScheduler })
  const { folder } = recordRun(begun, directory)
  await begun.step(1)
  begun.dispose()

  const whole = await viewed(directory)
  expect(whole).toMatch(/│ b +│ stopped .* \d\.\d+ │ +– │ +– │ batch +│/)
  for (const width of [40, 60, 80, 100]) {
    const [top = '', head] = (await viewed(directory, width)).split('\n')
    expect(top.length).toBeLessThanOrEqual(width)
    expect(head).toMatch(/│ run +│ status +│.* loss │/)
  }
  expect(await viewed(directory, 500)).toBe(whole)
  expect(await viewed(folder)).toContain(`view the directory around it: ${directory}`)
  rmSync(directory, { recursive: true })
})
