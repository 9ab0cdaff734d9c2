/** What stands behind the name of an example on the command line. */
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** `--help` prints `usage` and exits; an option that there is not prints it, too, and exits with code 1. */
export function given<const Options extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  options: Options,
) {
  if (process.argv.includes('--help')) {
    console.log(`Usage: npx tsx examples/${usage}`)
    process.exit(0)
  }
  try {
    return parseArgs({ options, allowPositionals: true })
  } catch (error) {
    const [message] = (error as Error).message.split('. ')
    console.error(`${message}.\nUsage: npx tsx examples/${usage}`)
    process.exit(1)
  }
}
