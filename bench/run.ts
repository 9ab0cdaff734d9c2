/** Runs all measurements, prints each as a table, and appends them to RESULTS.md. See `--help`. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { cac } from 'cac'
import { contestants } from './contestants.ts'
import { LAYERED } from './layered.ts'
import { machine } from './machine.ts'
import { NETS } from './nets.ts'
import type { AnyNet } from './protocol.ts'
import { append, type Section, show } from './report.ts'
import { steps } from './steps.ts'

const SECTIONS = [
  'steps',
  'operations',
  'shares',
  'memory',
  'startup',
  'pauses',
  'observation',
  'kinds',
  'growth',
]

const NET_NAMES = [...Object.keys(NETS), ...Object.keys(LAYERED)]

const options = readOptions()
const facts = machine()
const versions = new Map<string, string>()
const sections: Section[] = []
for (const name of options.sections) {
  const section = name === 'steps' ? await trainingSteps() : await inProcess(name)
  show(section)
  sections.push(section)
}
facts.push(
  ...[...versions].map(([name, version]) => `${name}: ${version}`),
  `Command: \`${options.command}\``,
)
console.log(`\n${facts.join('\n')}`)
if (options.append) append(new Date().toISOString().slice(0, 16).replace('T', ' '), facts, sections)
// A contestant that does not end must not block the exit.
process.exit()

async function trainingSteps(): Promise<Section> {
  const all = await contestants()
  const { only } = options
  const chosen = all.filter(({ name }) => only.length === 0 || only.some(text => name.includes(text)))
  if (chosen.length === 0) fail(`--only takes parts of ${all.map(({ name }) => `"${name}"`).join(', ')}`)
  const { nets, rounds, quick } = options
  return steps(chosen, { nets, rounds, milliseconds: quick ? 100 : 500 }, versions)
}

/** Runs a measurement in its own process. */
function inProcess(name: string): Promise<Section> {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  const child = fork(file, options.quick ? ['--quick'] : [], { execArgv: ['--import', 'tsx'] })
  return new Promise((resolve, reject) => {
    child.on('message', section => resolve(section as Section))
    child.on('exit', code => reject(new Error(`bench/${name}.ts ended with ${code}`)))
  })
}

function readOptions() {
  const cli = cac('npm run bench --')
  const command = cli.command('[...nothing]').usage('[options]')
  command.option('--nets <names>', `among ${NET_NAMES.join(',')} (default: all)`)
  command.option('--sections <names>', `among ${SECTIONS.join(',')} (default: all)`)
  command.option(
    '--only <names>',
    'contestants, by parts of their names, such as PyTorch,blas (default: all)',
  )
  command.option('--rounds <number>', 'how many turns each contestant gets (default: 15, quick: 3)')
  command.option('--quick', 'do a tenth of the work, to check that everything runs')
  command.option('--no-append', 'do not change RESULTS.md')
  command.action(() => undefined)
  cli.help(parts =>
    parts
      .filter(({ title }) => title === 'Usage' || title === 'Options')
      .map(({ title = '', body }) => ({ title, body: body.replace(' (default: true)', '') })),
  )
  const { options: given } = cli.parse(process.argv, { run: false })
  if (given.help) process.exit(0)
  try {
    cli.runMatchedCommand()
  } catch (error) {
    fail(`${(error as Error).message}. See --help.`)
  }
  const list = (value: unknown) => (value === undefined ? [] : String(value).split(','))
  const among = (option: string, names: readonly string[]) => {
    const chosen = list(given[option])
    const unknown = chosen.filter(name => !names.includes(name))
    if (unknown.length > 0) fail(`--${option} takes ${names.join(',')}, not ${unknown.join(',')}`)
    return chosen.length > 0 ? chosen : [...names]
  }
  const rounds = given.rounds ?? (given.quick ? 3 : 15)
  if (!Number.isInteger(rounds) || rounds < 1) fail('--rounds must be a whole number of at least 1')
  const words = process.argv.slice(2)
  return {
    nets: among('nets', NET_NAMES) as AnyNet[],
    sections: among('sections', SECTIONS),
    only: list(given.only),
    rounds: rounds as number,
    quick: given.quick === true,
    append: given.append !== false,
    command: ['npm run bench', ...(words.length > 0 ? ['--', ...words.map(quoted)] : [])].join(' '),
  }
}

function quoted(argument: string): string {
  return argument.includes(' ') ? `'${argument}'` : argument
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
