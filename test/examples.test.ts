/** Every example runs as people run it, and keeps what it promises. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { listRuns } from 'gradstream'
import { afterAll, describe, expect, test } from 'vitest'
import { countOf, isFull } from './support/counts.ts'

const folder = new URL('../examples/', import.meta.url)
const root = fileURLToPath(new URL('..', import.meta.url))

/** Where the addresses of pages are kept. */
const settings = mkdtempSync(join(tmpdir(), 'gradstream-settings-'))
afterAll(() => rmSync(settings, { recursive: true }))

function start(name: string, options: readonly string[] = [], cwd = root) {
  const tsx = import.meta.resolve('tsx')
  const file = fileURLToPath(new URL(`${name}.ts`, folder))
  // Without the paths that lead to the sources, it imports what was built, as after `npm install`.
  const env = {
    ...process.env,
    TSX_TSCONFIG_PATH: `${root}test/support/no-paths.json`,
    XDG_CONFIG_HOME: settings,
  }
  return spawn(process.execPath, ['--import', tsx, file, ...options], { cwd, env })
}

/** Runs an example to its end. */
async function run(name: string, options: readonly string[] = [], cwd = root) {
  const child = start(name, options, cwd)
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  return { stdout, stderr, exitCode: exitCode as number }
}

/** The number that stands behind a text. */
function figure(output: string, label: string): number {
  const found = new RegExp(`${label} (\\d+(\\.\\d+)?)`).exec(output)
  if (!found) throw new Error(`no "${label}" in\n${output}`)
  return Number(found[1])
}

/** What each example promises. */
const promises: Record<string, (output: string) => void> = {
  autoencoder: output => {
    expect(figure(output, 'validation R2')).toBeGreaterThan(0.88)
    for (const symbol of '░▒▓█') expect(output).toContain(symbol)
  },
  'breast-cancer': output => {
    expect(output.match(/^epoch +\d+\/60 .* samples\/s$/gm)).toHaveLength(60)
    expect(output).toMatch(/^ malignant +\d+ +\d+ +\d+$/m)
    expect(output).toContain('• validation loss')
    expect(figure(output, 'after 60 epochs in')).toBeGreaterThan(0)
  },
  categories: output => {
    expect(figure(output, 'validation R2')).toBeGreaterThan(0.98)
    for (const pair of [
      ['Abbey', 'Castle'],
      ['Castle', 'Abbey'],
      ['East', 'Field'],
      ['Field', 'East'],
    ])
      expect(output).toContain(pair.join(' is most like '))
  },
  characters: output => {
    expect(figure(output, 'validation loss')).toBeLessThan(2.2)
    expect(figure(output, 'validation loss \\S+')).toBeGreaterThan(0)
    expect(output.split('\n\n').slice(1).join('\n\n').trimEnd().length).toBeGreaterThan(500)
  },
  'custom-node': output => {
    expect(output).toContain('swish passes all checks')
    expect(figure(output, 'R2')).toBeGreaterThan(0.98)
  },
  diabetes: output => {
    expect(output.match(/^fold/gm)).toHaveLength(5)
    expect(figure(output, 'mean R2')).toBeGreaterThanOrEqual(0.45)
  },
  digits: output => {
    expect(figure(output, '\nvalidation accuracy')).toBeGreaterThanOrEqual(0.965)
    expect(output).toMatch(/^read as \d/m)
  },
  'digits-cnn': output => {
    expect(figure(output, '\nvalidation accuracy')).toBeGreaterThanOrEqual(0.985)
    expect(output.match(/^epoch +\d+\/15 .* validation f1 [01]\.\d+/gm)).toHaveLength(15)
  },
  fashion: output => {
    expect(figure(output, '\nvalidation accuracy')).toBeGreaterThan(0.86)
    expect(output).toContain('published: ')
  },
  gan: output => {
    expect(figure(output, 'half of the points are within')).toBeLessThan(0.06)
  },
  'time-series': output => {
    expect(figure(output, 'validation R2')).toBeGreaterThan(0.97)
    expect(figure(output, 'mean error')).toBeLessThan(0.1)
  },
  'remote-monitor': output => {
    expect(output).toMatch(/^running {2}epoch \d+ {2}step \d+ {2}loss \d+\.\d{4} {2}\d+ samples\/s$/m)
    expect(output).toMatch(/gradient norm at step \d+: \d+\.\d{4}/)
    expect(output).toMatch(/command at step \d{5,} from monitor \(controller 1\): {"type":"set"/)
    expect(output).toMatch(/stopped at step \d{6,}/)
  },
  'gradient-tap': output => {
    expect(output.match(/^ +\d+( {2}\d\.\d{4}){3}$/gm)).toHaveLength(12)
    expect(output).toMatch(/large gradient at dense\d: norm \d/)
    expect(output).toMatch(/paused: accuracy 0\.\d+/)
    expect(output).toMatch(/^finished: loss/m)
  },
  iris: output => {
    expect(figure(output, 'validation accuracy')).toBeGreaterThanOrEqual(0.9)
    expect(output).toMatch(/setosa \(\d+ %\)\n.*versicolor \(\d+ %\)\n.*virginica \(\d+ %\)/)
  },
  playground: output => {
    expect(figure(output, 'spirals: validation accuracy')).toBeGreaterThan(0.9)
  },
  resume: output => {
    expect(output).toContain(
      'interrupted in epoch 4, after step 200\nresumed, and finished in epoch 10, after step 570',
    )
    expect(output).toContain('ends with the same bytes')
  },
  'save-and-load': output => {
    expect(output).toContain(': manifest.json, model.json, model.safetensors')
    expect(output).toMatch(/^setosa \(\d+ %\)\nversicolor \(\d+ %\)\nvirginica \(\d+ %\)$/m)
    expect(figure(output, 'the loss is')).toBeLessThan(figure(output, 'saved with a loss of'))
  },
  transfer: output => {
    const gained = figure(output, 'network: accuracy') - figure(output, 'from scratch: accuracy')
    expect(gained).toBeGreaterThan(0.05)
    expect(figure(output, 'network: accuracy')).toBeGreaterThan(0.88)
  },
  siamese: output => {
    expect(figure(output, 'learned: right in')).toBeGreaterThan(0.87)
    expect(figure(output, 'pixels: right in')).toBeLessThan(0.7)
  },
  'sequence-labelling': output => {
    expect(figure(output, 'right at')).toBeGreaterThan(99.5)
    expect(output.match(/^[()]+\n[ ^]*$/gm)).toHaveLength(4)
  },
  spiral: output => {
    expect(figure(output, 'accuracy')).toBeGreaterThan(0.99)
    for (const symbol of 'ox+·░') expect(output).toContain(symbol)
  },
}

/** Those that take longest: whole tasks, whose results are tried with full counts. */
const tasks = [
  ...['autoencoder', 'categories', 'characters', 'digits-cnn', 'fashion', 'gan', 'sequence-labelling'],
  ...['siamese', 'time-series'],
]

/** Those whose data do not come with the project, and where they look. */
const elsewhere: Record<string, string> = { fashion: '/usr/share/datasets/fashion-mnist' }

/** Those that serve their page until Ctrl-C, unless told not to. */
const endless = { 'breast-cancer': true, playground: true }

const names = readdirSync(folder)
  .filter(name => name.endsWith('.ts'))
  .map(name => name.slice(0, -'.ts'.length))

test('every example has a promise', () => {
  expect(names.toSorted()).toEqual(Object.keys(promises).sort())
})

describe.concurrent.each(names)('%s', name => {
  const source = readFileSync(new URL(`${name}.ts`, folder), 'utf8')

  test.skipIf(tasks.includes(name) && !isFull)('runs, and keeps its promise', async ({ expect }) => {
    const { stdout, stderr, exitCode } = await run(name, name in endless ? ['--no-dashboard'] : [])
    const folder = elsewhere[name]
    if (folder !== undefined && !existsSync(folder)) return expect(stderr).toContain(`in ${folder}: install `)
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    promises[name]?.(stdout)
  })

  test('uses the public doors alone', ({ expect }) => {
    const own = ['client', 'terminal', 'testing'].map(name => `gradstream/${name}`)
    const doors = [
      'gradstream',
      ...own,
      'rxjs',
      './support/options.ts',
      './support/playground-tasks.ts',
      './support/first-visitor.ts',
      './support/letters.ts',
      './support/given.ts',
    ]
    const imports = [...source.matchAll(/ from '(.+)'$/gm)].map(([, from]) => from)
    expect(imports.filter((from = '') => !doors.includes(from) && !isBuiltin(from))).toEqual([])
  })

  test('fits on a screen, and says first what it is for', ({ expect }) => {
    expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(55)
    expect(source).toMatch(/^\/\*\* .+\. (This is `npm start`\. )?\*\/\n/)
  })
})

test.runIf(isFull)('without its data, an example says where to get them', async () => {
  const { stdout, stderr, exitCode } = await run('fashion', ['/nowhere'])
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 })
  expect(stderr).toContain('no Fashion-MNIST in /nowhere: install ')
  expect(stderr).toContain('https://github.com/zalandoresearch/fashion-mnist')
})

describe('npm start', () => {
  const SEEDS = countOf({ usual: 2, full: 10 })

  test(`tells tumours right in at least 96 % of cases, as a mean over the seeds 1 to ${SEEDS}`, async () => {
    const accuracies: number[] = []
    const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1)
    const work = async () => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const { stdout, exitCode } = await run('breast-cancer', ['--seed', String(seed), '--no-dashboard'])
        expect(exitCode).toBe(0)
        expect(figure(stdout, 'after 60 epochs in')).toBeGreaterThan(0)
        accuracies.push(figure(stdout, '\nvalidation accuracy'))
      }
    }
    await Promise.all([work(), work()])
    expect(accuracies).toHaveLength(SEEDS)
    expect(accuracies.reduce((sum, accuracy) => sum + accuracy) / SEEDS).toBeGreaterThanOrEqual(0.96)
  })

  test.runIf(isFull)('gives the same output for the same seed, times aside', async () => {
    const both = await Promise.all(
      [1, 2].map(() => run('breast-cancer', ['--seed', '3', '--epochs', '4', '--no-dashboard'])),
    )
    const [first, second] = both.map(({ stdout }) => stdout.replace(/[\d,]+ samples\/s|in [\d.]+ s$/gm, ''))
    expect(first).toBe(second)
    expect(first?.match(/^epoch \d\/4 /gm)).toHaveLength(4)
  })

  test('serves a page until Ctrl-C', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'gradstream-'))
    const child = start('breast-cancer', ['--epochs', '2'], cwd)
    let output = ''
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      output += chunk
      const [address] = /http:\S+/.exec(output) ?? []
      if (!address || !output.includes('validation accuracy 0.')) continue
      const page = await fetch(address)
      expect(page.status).toBe(200)
      expect(await page.text()).toContain('<div id="root">')
      child.kill('SIGINT')
      break
    }
    if (child.signalCode === null) await once(child, 'exit')
    expect(child.signalCode ?? child.exitCode).toMatch(/SIGINT/)
    expect(output).toMatch(
      /^The run is recorded in runs\/[\w-]+; npx gradstream view runs\/ lists the last 20/m,
    )
    expect((await listRuns(join(cwd, 'runs'))).runs).toMatchObject([
      { figures: expect.arrayContaining(['accuracy']) },
    ])
    rmSync(cwd, { recursive: true })
  })

  test('has the same address the next time, until it is told to choose another', async () => {
    const addressOf = async (...options: string[]) => {
      const child = start('breast-cancer', ['--epochs', '1', ...options])
      let output = ''
      for await (const chunk of child.stdout.setEncoding('utf8')) {
        output += chunk
        if (output.includes('Stop with Ctrl-C')) break
      }
      child.kill('SIGINT')
      if (child.signalCode === null) await once(child, 'exit')
      return /http:\S+/.exec(output)?.[0] ?? output
    }
    const address = await addressOf('--port', '0')
    expect(await addressOf()).toBe(address)
    const [place, token] = address.split('#')
    const renewed = await addressOf('--new-token')
    expect(renewed.split('#')).toEqual([place, expect.not.stringMatching(token as string)])
    const own = '12345678901234567890'
    expect(await addressOf('--token', own)).toBe(`${place}#${own}`)
    expect(await addressOf()).toBe(`${place}#${own}`)
  })

  test('finds its data from any folder', async () => {
    expect(await run('breast-cancer', ['--epochs', '1', '--no-dashboard'], tmpdir())).toMatchObject({
      stderr: '',
      exitCode: 0,
    })
  })

  test('shows its options with --help, and does not train', async () => {
    const { stdout, stderr, exitCode } = await run('breast-cancer', ['--help'])
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    for (const option of [
      '--seed',
      '--epochs',
      '--port',
      '--token',
      '--new-token',
      '--no-dashboard',
      '--help',
    ])
      expect(stdout).toContain(option)
    expect(stdout).not.toContain('loss')
  })

  test.concurrent.each(['characters', 'digits-cnn', 'fashion'])('%s says how it is called', async name => {
    const usage = `Usage: npx tsx examples/${name}.ts [`
    expect(await run(name, ['--help'])).toMatchObject({
      stdout: expect.stringContaining(usage),
      stderr: '',
      exitCode: 0,
    })
    expect(await run(name, ['--hlep'])).toMatchObject({
      stderr: expect.stringContaining(`Unknown option '--hlep'.\n${usage}`),
      exitCode: 1,
    })
  })

  const REFUSALS: [options: string[], message: string][] = [
    [['--epochs', '0'], '--epochs must be a whole number of at least 1, not 0. See --help.'],
    [['--epochs', 'many'], '--epochs must be a whole number of at least 1, not "many". See --help.'],
    [['--epochs'], 'option `--epochs <number>` value is missing. See --help.'],
    [['--seed', '1.5'], '--seed must be a whole number of at least 0, not 1.5. See --help.'],
    [['--speed', '3'], 'Unknown option `--speed`. See --help.'],
    [['fast'], 'Unknown argument "fast". See --help.'],
  ]

  test.concurrent.each(REFUSALS.slice(0, countOf({ usual: 2, full: REFUSALS.length })))(
    'refuses %j in one line',
    async (options, message) => {
      expect(await run('breast-cancer', options)).toEqual({ stdout: '', stderr: `${message}\n`, exitCode: 1 })
    },
  )
})
