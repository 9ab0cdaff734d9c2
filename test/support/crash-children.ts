/** Starts processes that are to be ended early. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** A program of children beside this file, in one file. With what was built, it starts in a fraction of the time. */
export async function bundledChild(folder: string, name = 'crash-child.ts'): Promise<string> {
  const outfile = join(folder, `${basename(name, '.ts')}.mjs`)
  await build({
    entryPoints: [path(name)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: { gradstream: pathToFileURL(path('../../dist/index.js')).href },
    external: ['file:*'],
  })
  return outfile
}

/** Runs a child to its end, and says how that came. `onRunning` is called after its first step. */
export async function runChild(
  program: string,
  options: object,
  onRunning: (child: ChildProcess) => void = () => undefined,
): Promise<{ output: string; faults: string; code: number | null; signal: string | null }> {
  const child = spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [output, faults] = ['', '']
  child.stderr.setEncoding('utf8').on('data', text => {
    faults += text
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output === '') onRunning(child)
    output += text
  })
  const [code, signal] = await once(child, 'close')
  return { output, faults, code, signal }
}
