/** Whole numbers from the command line, for the examples. */
import { cac } from 'cac'

/** Each option with its default, what it is for, and the least that it may be. */
type Spec = Readonly<Record<string, readonly [fallback: number, meaning: string, least: number]>>

/** Reads the options. `--help` shows them and ends; a bad one prints one line and exits with code 1. */
export function readOptions<S extends Spec>(
  usage: string,
  spec: S,
): Record<keyof S, number> & { dashboard: boolean } {
  const cli = cac(usage)
  const command = cli.command('[...nothing]').usage('[options]')
  for (const [name, [fallback, meaning]] of Object.entries(spec)) {
    command.option(`--${name} <number>`, `${meaning} (default: ${fallback})`)
  }
  command.option('--no-dashboard', 'stay in the terminal, and end with the run')
  command.action(() => undefined)
  cli.help(sections =>
    sections
      .filter(({ title }) => title === 'Usage' || title === 'Options')
      .map(({ title = '', body }) => ({ title, body: body.replace(' (default: true)', '') })),
  )
  try {
    const { args, options } = cli.parse(process.argv, { run: false })
    if (options.help) process.exit(0)
    if (args.length > 0) throw new Error(`No argument "${args[0]}" is understood`)
    cli.runMatchedCommand()
    const values = Object.entries(spec).map(([name, [fallback, , least]]) => {
      return [name, whole(name, options[name] ?? fallback, least)]
    })
    // A reader that has seen enough, such as `head`, ends the run.
    process.stdout.on('error', () => process.exit())
    const { dashboard } = options
    return { ...(Object.fromEntries(values) as Record<keyof S, number>), dashboard }
  } catch (error) {
    console.error(`${(error as Error).message}. See --help.`)
    process.exit(1)
  }
}

function whole(name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value
  throw new Error(`--${name} takes a whole number from ${least} up, not ${JSON.stringify(value)}`)
}
