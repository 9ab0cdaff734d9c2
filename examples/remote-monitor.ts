/**
 * Watches and steers a run in another process: prints its loss, and lowers the learning rate on the way.
 *
 * With an address it joins the run there: npx tsx examples/remote-monitor.ts http://127.0.0.1:8080/#token
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import {
  categoricalCrossentropy,
  compile,
  createTrainer,
  csv,
  dense,
  graph,
  input,
  openBridge,
  relu,
  sgd,
  softmax,
} from 'gradstream'
import { connectBridge } from 'gradstream/client'
import { filter, firstValueFrom, throttleTime } from 'rxjs'

const [, , address] = process.argv
if (address === 'train') await train()
else await monitor()

/** The run: it knows nothing of who watches. */
async function train(): Promise<void> {
  const data = await csv(new URL('data/iris.csv', import.meta.url), { target: 'species' })
  const x = input({ name: 'x', shape: [4] })
  const target = input({ name: 'target', shape: [3] })
  const prediction = x.pipe(dense({ units: 16 }), relu(), dense({ units: 3 }), softmax())
  const loss = categoricalCrossentropy()(prediction, target)
  const model = compile(graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.05 })) }), {
    seed: 7,
  })
  const trainer = createTrainer(model, { data: data.standardize(), epochs: 100_000, batchSize: 16 })

  const bridge = await openBridge(trainer, { port: 0, print: () => undefined })
  process.send?.(bridge.url)
  await trainer.run()
  await bridge.close()
}

/** Somewhere else. */
async function monitor(): Promise<void> {
  const client = connectBridge(address ?? (await startedRun()), { name: 'monitor' })

  client.state$.pipe(throttleTime(200)).subscribe(({ status, epoch, step, metrics, throughput }) => {
    const loss = metrics.loss?.toFixed(4) ?? '-'
    console.log(`${status}  epoch ${epoch}  step ${step}  loss ${loss}  ${Math.round(throughput)} samples/s`)
  })
  client
    .watch({ node: 'dense1', of: 'gradient', parameter: 'kernel', what: 'stats', rate: 1 })
    .subscribe(({ step, value }) => console.log(`  gradient norm at step ${step}: ${value.norm.toFixed(4)}`))
  client.events$.pipe(filter(({ type }) => type !== 'epoch')).subscribe(event => {
    const details = event.type === 'command' ? ` from ${event.author}: ${JSON.stringify(event.command)}` : ''
    console.log(`  ${event.type} at step ${event.step}${details}`)
  })

  await firstValueFrom(client.state$.pipe(filter(({ step }) => step > 50_000)))
  await client.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.005 } })
  await firstValueFrom(client.state$.pipe(filter(({ step }) => step > 300_000)))
  await client.send({ type: 'stop' })
  client.close()
}

/** Starts the run in a process of its own, which says its address. */
async function startedRun(): Promise<string> {
  const child = fork(fileURLToPath(import.meta.url), ['train'], { execArgv: process.execArgv })
  const [url] = await once(child, 'message')
  return url
}
