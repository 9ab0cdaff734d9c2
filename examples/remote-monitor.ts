/** Watches and steers a run in another process: prints its loss, and lowers the learning rate on the way. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connectBridge } from 'gradstream/client'
import { filter, firstValueFrom, throttleTime } from 'rxjs'

// An address that openBridge printed leads to a run anywhere; without one, a run is started.
const address = process.argv[2] ?? (await startedRun())
const client = connectBridge(address, { name: 'monitor' })

client.state$.pipe(throttleTime(200)).subscribe(({ status, epoch, step, metrics, throughput }) => {
  const loss = metrics.loss?.toFixed(4) ?? '-'
  console.log(`${status}  epoch ${epoch}  step ${step}  loss ${loss}  ${throughput.toFixed(0)} samples/s`)
})
client
  .watch({ node: 'dense1', of: 'gradient', parameter: 'kernel', what: 'stats', rate: 1 })
  .subscribe(({ step, value }) => console.log(`  gradient norm at step ${step}: ${value.norm.toFixed(4)}`))
client.events$.pipe(filter(({ type }) => type !== 'epoch')).subscribe(event => {
  const details = event.type === 'command' ? ` from ${event.author}: ${JSON.stringify(event.command)}` : ''
  console.log(`  ${event.type} at step ${event.step}${details}`)
})

// The learning rate is lowered after 50,000 steps, and the run stopped after 200,000.
await after(50_000)
await client.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.005 } })
await after(200_000)
await client.send({ type: 'stop' })
client.close()

function after(steps: number) {
  return firstValueFrom(client.state$.pipe(filter(({ step }) => step > steps)))
}

async function startedRun(): Promise<string> {
  const file = fileURLToPath(new URL('support/remote-run.ts', import.meta.url))
  const [url] = await once(fork(file, { execArgv: process.execArgv }), 'message')
  return url
}
