/** Reads options from the command line, for the examples: whole numbers, and where the page is served. */
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { cac } from 'cac'
import type { BridgeOptions } from 'gradstream'

/** Each option with its default, its description and its minimum. */
type Spec = Readonly<Record<string, readonly [fallback: number, meaning: string, least: number]>>

/**
 * Reads the options. `--help` lists them and exits; an invalid one prints one line and exits with code 1. `dashboard` is what to open a bridge
 * with. Its address is kept, so that the same page shows the next run, too.
 */
export function readOptions<S extends Spec>(
  usage: string,
  spec: S,
): Record<keyof S, number> & { dashboard: BridgeOptions | undefined } {
  const cli = cac(usage)
  const command = cli.command('[...nothing]').usage('[options]')
  for (const [name, [fallback, meaning]] of Object.entries(spec)) {
    command.option(`--${name} <number>`, `${meaning} (default: ${fallback})`)
  }
  command.option('--port <number>', 'port of the page, kept for the next time (default: 8080 at first)')
  command.option(
    '--token <token>',
    'token of the page, kept for the next time; better in GRADSTREAM_TOKEN, since all users see command lines',
  )
  command.option('--new-token', 'replace the kept token, so that old addresses are worthless')
  command.option('--no-dashboard', 'do not serve a page; exit when training ends')
  command.action(() => undefined)
  cli.help(sections =>
    sections
      .filter(({ title }) => title === 'Usage' || title === 'Options')
      .map(({ title = '', body }) => ({ title, body: body.replace(' (default: true)', '') })),
  )
  try {
    const { args, options } = cli.parse(process.argv, { run: false })
    if (options.help) process.exit(0)
    if (args.length > 0) throw new Error(`Unknown argument "${args[0]}"`)
    cli.runMatchedCommand()
    const values = Object.entries(spec).map(([name, [fallback, , least]]) => {
      return [name, whole(name, options[name] ?? fallback, least)]
    })
    // Exit when the reader of the output closes it, as `head` does.
    process.stdout.on('error', () => process.exit())
    const dashboard = options.dashboard ? addressIn(options) : undefined
    return { ...(Object.fromEntries(values) as Record<keyof S, number>), dashboard }
  } catch (error) {
    console.error(`${(error as Error).message}. See --help.`)
    process.exit(1)
  }
}

/** The name of the example is the name of its address. */
function addressIn({ port, newToken = false }: Record<string, unknown>): BridgeOptions {
  // As it was written: the other parser would make a number of digits, and round it.
  const { token } = parseArgs({ options: { token: { type: 'string' } }, strict: false }).values
  const controller = token ?? process.env.GRADSTREAM_TOKEN
  return {
    remember: basename(process.argv[1] ?? 'example').replace(/\.\w+$/, ''),
    newTokens: newToken === true,
    ...(port !== undefined && { port: whole('port', port, 0) }),
    ...(typeof controller === 'string' && controller !== '' && { tokens: { controller } }),
  }
}

function whole(name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value
  throw new Error(`--${name} must be a whole number of at least ${least}, not ${JSON.stringify(value)}`)
}
