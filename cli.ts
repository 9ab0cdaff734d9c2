#!/usr/bin/env node
/** `npx gradstream`: the command line. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { cac } from 'cac'
import { doctor } from './runtime/cli/doctor.ts'
import { plotted } from './runtime/cli/plot.ts'
import { viewed } from './runtime/cli/view.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const cli = cac('gradstream')
cli
  .command('doctor', 'Says which kernels run on this machine, how fast they are, and how to get faster ones')
  .action(() => console.log(doctor()))
cli
  .command(
    'plot <source>',
    'Draws the schedules of a graph, or one schedule: a file with JSON, or the JSON itself',
  )
  .option('--steps <number>', 'How many training steps to draw')
  .action((source: string, { steps }: { steps?: number }) => console.log(plotted(source, steps)))
cli
  .command('view <directory>', 'Opens a page over the runs that were recorded in a directory')
  .option('--port <number>', 'The port of the page; by default 8081, or a free one if that is taken')
  .option('--table', 'Prints a table instead, as is done where the output is no terminal')
  .action(async (directory: string, { port, table }: { port?: number; table?: boolean }) => {
    if (table || (port === undefined && !process.stdout.isTTY)) {
      console.log(await viewed(directory, process.stdout.columns))
      return
    }
    const { serveRuns } = await import('./runtime/runs-page/serve-runs.ts')
    const page = await serveRuns(directory, { ...(port !== undefined && { port }) })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void page.close())
  })
cli
  .command('mcp <address>', 'Lets an assistant read and steer a run, over the Model Context Protocol')
  .option(
    '--token <token>',
    'The token of a viewer or controller; by default the one in the address, or in GRADSTREAM_TOKEN, which only you can see',
  )
  .option('--name <name>', 'The author of its commands', { default: 'assistant' })
  .action(async (address: string) => {
    const { mcp } = await import('./runtime/cli/mcp.ts')
    const { token, name = 'assistant' } = texts('token', 'name')
    // What is in the command line is meant for this call alone.
    const own = token ?? (address.includes('#') ? undefined : process.env.GRADSTREAM_TOKEN)
    await mcp(address, { version, name, ...(own !== undefined && { token: own }) })
  })
cli.help()
cli.version(version)

/** Options as they were written: the parser would make a number of a token of digits, and round it. */
function texts(...names: string[]): Record<string, string | undefined> {
  const options = Object.fromEntries(names.map(name => [name, { type: 'string' as const }]))
  return parseArgs({ options, strict: false }).values as Record<string, string | undefined>
}

try {
  cli.parse(process.argv, { run: false })
  if (cli.matchedCommand) await cli.runMatchedCommand()
  else if (!cli.options.help && !cli.options.version) {
    const [asked] = cli.args
    if (asked !== undefined) console.error(`gradstream: unknown command "${asked}"`)
    cli.outputHelp()
    process.exitCode = 1
  }
} catch (error) {
  console.error(`gradstream: ${(error as Error).message}`)
  process.exitCode = 1
}
