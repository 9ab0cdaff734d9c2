import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { transformSync } from 'esbuild'
import { expect, test } from 'vitest'

/** The module as JavaScript in its address: plain Node starts in a tenth of the time that a loader of TypeScript takes. */
const source = readFileSync(new URL('../../runtime/terminal/before-exit.ts', import.meta.url), 'utf8')
const address = `data:text/javascript,${encodeURIComponent(transformSync(source, { loader: 'ts' }).code)}`

/** Runs a program that tidies up in the end, sends it a signal as soon as it is ready, and says how it ended. */
async function end(program: string, signal?: NodeJS.Signals) {
  const code = `import(${JSON.stringify(address)}).then(({ beforeExit }) => { ${program} })`
  const child = spawn(process.execPath, ['--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = text(child.stdout)
  if (signal) child.stdout.once('data', () => child.kill(signal))
  const [exitCode, killedBy] = await once(child, 'exit')
  return { exitCode, killedBy, output: await output }
}

const TIDY = `const release = beforeExit(() => console.log('tidy')); `
const WAIT = `setInterval(() => {}, 1000); console.log('ready')`

test.concurrent.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'tidies up at %s, which ends the process as ever',
  async signal => {
    expect(await end(TIDY + WAIT, signal)).toEqual({
      exitCode: null,
      killedBy: signal,
      output: 'ready\ntidy\n',
    })
  },
)

test.concurrent('two tidy up, and the signal ends the process', async () => {
  const { killedBy, output } = await end(TIDY.replace('release', 'other') + TIDY + WAIT, 'SIGINT')
  expect({ killedBy, output }).toEqual({ killedBy: 'SIGINT', output: 'ready\ntidy\ntidy\n' })
})

test.concurrent('leaves the signal to others who listen to it', async () => {
  const mine = `process.on('SIGINT', () => { console.log('mine'); process.exit(3) }); `
  expect(await end(mine + TIDY + WAIT, 'SIGINT')).toEqual({
    exitCode: 3,
    killedBy: null,
    output: expect.stringContaining('mine'),
  })
})

test.concurrent('tidies up when the process exits, once', async () => {
  expect(await end(`${TIDY} process.exit(4)`)).toEqual({ exitCode: 4, killedBy: null, output: 'tidy\n' })
})

test.concurrent('does nothing once released', async () => {
  expect(await end(`${TIDY} release()`)).toEqual({ exitCode: 0, killedBy: null, output: '' })
})
