/** Watches the run at an address that openBridge printed. Without one, starts a run, steers it and stops it. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connectBridge } from 'gradstream/client'
import { filter, firstValueFrom, throttleTime } from 'rxjs'

const [address] = process.argv.slice(2)
const client = connectBridge(address ?? (await startedRun()), { name: 'monitor' })
const report = (error: Error) => console.error(error.message)

client.state$.pipe(throttleTime(200)).subscribe({
  next({ status, epoch, step, metrics, throughput }) {
    const loss = metrics.loss?.toFixed(4) ?? '-'
    console.log(`${status}  epoch ${epoch}  step ${step}  loss ${loss}  ${throughput.toFixed(0)} samples/s`)
  },
  error: report,
})
client.events$.pipe(filter(({ type }) => type !== 'epoch')).subscribe({
  next({ type, step, ...more }) {
    const details = 'command' in more ? ` from ${more.author}: ${JSON.stringify(more.command)}` : ''
    console.log(`  ${type} at step ${step}${details}`)
  },
  error: () => undefined,
})

const { nodes } = await firstValueFrom(client.state$)
const [layer = '', info] = Object.entries(nodes).find(([, { parameters }]) => parameters > 0) ?? []
const parameter = Object.keys(info?.weights ?? {})[0] ?? ''
client.watch({ node: layer, of: 'gradient', parameter, what: 'stats', rate: 1 }).subscribe({
  next: ({ step, value }) => console.log(`  gradient norm at step ${step}: ${value.norm.toFixed(4)}`),
  error: report,
})

// Leave other people's runs alone.
if (address === undefined) {
  await after(50_000)
  await client.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.005 } })
  await after(200_000)
  await client.send({ type: 'stop' })
  client.close()
}

function after(steps: number) {
  return firstValueFrom(client.state$.pipe(filter(({ step }) => step > steps)))
}

async function startedRun(): Promise<string> {
  const file = fileURLToPath(new URL('support/remote-run.ts', import.meta.url))
  const [url] = await once(fork(file, { execArgv: process.execArgv }), 'message')
  return url
}
