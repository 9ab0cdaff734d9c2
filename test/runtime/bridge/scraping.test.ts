/** What a Prometheus server reads at /metrics, and who may. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import {
  compile,
  createTrainer,
  dense,
  graph,
  input,
  type Metrics,
  meanSquaredError,
  openBridge,
  sgd,
} from 'gradstream'
import { connectBridge } from 'gradstream/client'
import { firstValueFrom } from 'rxjs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { exposition, type Family } from '../../../runtime/bridge/server/exposition.ts'
import { Tallies } from '../../../runtime/bridge/server/tallies.ts'
import { Dice } from '../../support/dice.ts'
import { readExposition } from '../../support/exposition.ts'
import { finish, logSpread, samples, trial } from '../support.ts'
import { exchange, requestText } from './attacks/support.ts'
import { TOKENS } from './support.ts'

async function served(trainer = trial().trainer) {
  const bridge = await openBridge(trainer, { port: 0, tokens: TOKENS, print: () => undefined })
  onTestFinished(async () => {
    await bridge.close()
    trainer.dispose()
  })
  const get = (authorization?: string, method = 'GET', path = '/metrics') =>
    exchange(
      bridge.port,
      requestText(method, path, [
        `Host: 127.0.0.1:${bridge.port}`,
        ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
      ]),
    )
  const scrape = async () => {
    const url = `http://127.0.0.1:${bridge.port}/metrics`
    const response = await fetch(url, { headers: { authorization: `Bearer ${TOKENS.viewer}` } })
    expect(response.status).toBe(200)
    return response.text()
  }
  return { bridge, trainer, get, scrape }
}

describe('who may read the figures', () => {
  test.each(Object.values(TOKENS))('whoever has a token: %s', async token => {
    const { get } = await served()
    for (const scheme of ['Bearer ', 'bearer ', 'BEARER   ']) {
      const { status, headers } = await get(`${scheme}${token}`)
      expect(status).toBe(200)
      expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(headers.get('cache-control')).toBe('no-store')
    }
    const head = await get(`Bearer ${token}`, 'HEAD')
    expect(head.status).toBe(200)
    expect(head.text.split('\r\n\r\n')[1]).toBe('')
  })

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${TOKENS.viewer}x`,
    `Bearer ${TOKENS.viewer} ${TOKENS.viewer}`,
    `Basic ${Buffer.from(`viewer:${TOKENS.viewer}`).toString('base64')}`,
    TOKENS.viewer,
    `Bearer ${'x'.repeat(4000)}`,
  ])('nobody else: %#', async authorization => {
    const { get } = await served()
    const { status, headers, text } = await get(authorization)
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toBe('Bearer realm="gradstream"')
    expect(text).not.toContain(TOKENS.viewer)
    expect(text).not.toContain('gradstream_')
  })

  test('no token in the address, no other method, and no other host', async () => {
    const { get, bridge } = await served()
    const own = `Bearer ${TOKENS.viewer}`
    expect((await get(undefined, 'GET', `/metrics?token=${TOKENS.viewer}`)).status).toBe(404)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await get(own, method)).status).toBe(405)
    const foreign = requestText('GET', '/metrics', ['Host: evil.example', `Authorization: ${own}`])
    expect((await exchange(bridge.port, foreign)).status).toBe(403)
  })
})

test('the figures are those of the state', async () => {
  const data = samples(20)
  const { trainer, scheduler } = trial({ data, validation: data, metrics: ['r2'], batchSize: 4, epochs: 3 })
  const { scrape } = await served(trainer)
  await finish(trainer, scheduler)
  const found = readExposition(await scrape())
  const one = (name: string) => found.get(name)?.samples[0]?.value
  const { state } = trainer
  expect(one('gradstream_steps_total')).toBe(15)
  expect(one('gradstream_epoch')).toBe(3)
  expect(one('gradstream_planned_epochs')).toBe(3)
  expect(one('gradstream_epoch_steps')).toBe(5)
  expect(one('gradstream_batch_loss')).toBe(trainer.lastLoss)
  expect(one('gradstream_throughput_samples_per_second')).toBe(state.throughput)
  expect(one('gradstream_training_seconds_total')).toBe(trainer.workTime / 1000)
  const metrics: Metrics = Object.fromEntries(
    found
      .get('gradstream_metric')
      ?.samples.map(({ labels: { name, data: of }, value }) => [`${of} ${name}`, value]) ?? [],
  )
  expect(metrics).toEqual({
    'training loss': state.metrics.loss,
    'training r2': state.metrics.r2,
    'validation loss': state.metrics.validationLoss,
    'validation r2': state.metrics.validationR2,
  })
  const statuses = found.get('gradstream_run_status')?.samples.filter(({ value }) => value === 1)
  expect(statuses?.map(({ labels }) => labels.status)).toEqual(['finished'])
  expect(found.get('gradstream_run_info')?.samples[0]?.labels.run_id).toBe(state.runId)
  expect(found.get('gradstream_hyperparameter')?.samples).toContainEqual(
    expect.objectContaining({ labels: { node: 'sgd1', name: 'learningRate' }, value: 0.1 }),
  )
  expect(one('process_resident_memory_bytes')).toBeGreaterThan(1e6)
})

test('alarms, commands and watchers are counted', async () => {
  const { scrape, trainer, bridge } = await served()
  const client = connectBridge(bridge.viewerUrl)
  onTestFinished(() => client.close())
  await firstValueFrom(client.state$)
  await client.send({ type: 'pause' }).catch(() => undefined)
  await trainer.set('sgd1', { learningRate: 0.2 })
  await trainer.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.3 } })
  trainer.alarm({ code: 'HOT', message: 'the machine is at 95 °C' })
  trainer.alarm({ code: 'HOT', message: 'the machine is at 96 °C' })
  const found = readExposition(await scrape())
  const of = (name: string) =>
    Object.fromEntries(
      found.get(name)?.samples.map(({ labels, value }) => [Object.values(labels).join(), value]) ?? [],
    )
  expect(of('gradstream_alarms_total')).toEqual({ NOT_FINITE: 0, HOT: 2 })
  expect(of('gradstream_commands_total')).toEqual({ done: 1, refused: 1 })
  expect(of('gradstream_clients')).toEqual({ controller: 0, viewer: 1 })
  expect(of('gradstream_hyperparameter_changes_total')).toEqual({ '': 2 })
})

test('who asks often gets the same text, made once', async () => {
  const { scrape, trainer } = await served()
  let read = 0
  const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(trainer), 'lastLoss')
  Object.defineProperty(trainer, 'lastLoss', {
    get() {
      read++
      return own?.get?.call(trainer)
    },
  })
  const start = performance.now()
  const texts = await Promise.all(Array.from({ length: 50 }, scrape))
  // One text for each 50 ms that have begun, however slow the machine is.
  expect(read).toBeLessThanOrEqual(Math.ceil((performance.now() - start) / 50) + 1)
  expect(new Set(texts).size).toBeLessThanOrEqual(read)
})

test('a run that cannot be read is answered with an error, and the process goes on', async () => {
  const { get, trainer } = await served()
  Object.defineProperty(trainer, 'lastLoss', {
    get() {
      throw new Error('gone')
    },
  })
  expect((await get(`Bearer ${TOKENS.viewer}`)).status).toBe(500)
  expect((await get()).status).toBe(401)
})

/** What nodes, metrics and alarms may be called, and what the format itself uses. */
const ODD = [
  ...['"', '\\', '\n', '\\n', '\\"', '"} 1\ngradstream_steps_total{a="', '{', '}', ',', '=', ' ', '#'],
  ...[
    '\r',
    '\t',
    '\u0001',
    '\u007f',
    '\u2028',
    '\ufeff',
    'é',
    '💧',
    '__name__',
    '__proto__',
    'x'.repeat(300),
  ],
]

const promtool = spawnSync('promtool', ['--version']).status === 0

function checked(text: string): string {
  const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  })
  return status === 0 ? '' : `${stdout}${stderr}`
}

describe('the text format', () => {
  test('gives back labels and values as they are, whatever is in them', () => {
    const dice = new Dice(7)
    const values = [0, 1, -1.5, 1e300, 5e-324, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    const text = () => Array.from({ length: dice.below(6) }, () => ODD[dice.below(ODD.length)]).join('')
    for (let i = 0; i < 300; i++) {
      const all = new Map<string, Family['samples'][number]>()
      for (let n = dice.below(20); n >= 0; n--) {
        const labels = { node: text(), name: text() }
        all.set(JSON.stringify(labels), { labels, value: values[dice.below(values.length)] as number })
      }
      const own: Family = {
        name: 'odd_things',
        type: 'gauge',
        help: 'Odd things.',
        samples: [...all.values()],
      }
      const found = readExposition(exposition([own])).get('odd_things')
      expect(found?.samples.map(({ labels, value }) => ({ labels, value }))).toEqual(own.samples)
    }
  })

  test('keeps to UTF-8, and to one sample for each set of labels', () => {
    const names = ['a\ud800', 'a\udfff', 'a\ufffd', 'a\0', '💧']
    const own = names.map((name, value) => ({ labels: { name }, value }))
    const text = exposition([{ name: 'odd_things', type: 'gauge', help: 'Odd things.', samples: own }])
    expect(readExposition(text).get('odd_things')?.samples).toMatchObject([
      { labels: { name: 'a\ufffd' }, value: 0 },
      { labels: { name: '💧' }, value: 4 },
    ])
  })

  test('leaves out what has no samples', () => {
    expect(exposition([{ name: 'none', type: 'gauge', help: 'None.', samples: [] }])).toBe('')
  })

  test('is what a run with odd names is told in', async () => {
    const [a = '', b = ''] = ['o"p\\t\n,}{="', '"} 1\ngradstream_steps_total 7\n#']
    const [x, target] = [input({ name: 'x', shape: [2] }), input({ name: 'target', shape: [1] })]
    const prediction = x.pipe(dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, target)
    const net = graph({ prediction, loss, update: loss.pipe(sgd({ name: a, learningRate: 0.1 })) })
    const data = samples(8)
    const trainer = createTrainer(compile(net, { seed: 1 }), {
      data,
      validation: data,
      epochs: 1,
      metrics: [logSpread()],
    })
    const { scrape } = await served(trainer)
    trainer.alarm({ code: b, message: 'odd' })
    await trainer.run()
    const text = await scrape()
    const found = readExposition(text)
    const labels = (name: string) => found.get(name)?.samples.map(({ labels: own }) => own)
    expect(labels('gradstream_hyperparameter')).toContainEqual({ node: a, name: 'learningRate' })
    expect(labels('gradstream_metric')).toContainEqual({ name: 'logSpread', data: 'validation' })
    expect(labels('gradstream_alarms_total')).toContainEqual({ code: b })
    if (promtool) expect(checked(text)).toBe('')
  })

  test.skipIf(!promtool)(
    'is accepted by the tool of Prometheus, which also checks the names (left out where it is not installed: apt-get install prometheus)',
    async () => {
      const data = samples(8)
      const { trainer, scheduler } = trial({ data, validation: data, metrics: ['r2'] })
      const { scrape } = await served(trainer)
      expect(checked(await scrape())).toBe('')
      await finish(trainer, scheduler)
      expect(checked(await scrape())).toBe('')
      const own = ODD.map((name, value) => ({ labels: { name }, value }))
      expect(
        checked(exposition([{ name: 'odd_things', type: 'gauge', help: 'Odd things.', samples: own }])),
      ).toBe('')
      // So a fault would be found.
      expect(checked('# HELP a b\n# TYPE a counter\na{b="\\x"} 1\n')).not.toBe('')
    },
  )
})

test('every family follows the conventions of names', async () => {
  const { scrape } = await served()
  for (const [name, { type, help }] of readExposition(await scrape())) {
    expect(name).toMatch(/^(gradstream|process|nodejs)_[a-z_]+$/)
    expect(name.endsWith('_total')).toBe(type === 'counter')
    expect(help).toMatch(/^[A-Z].*\.$/)
  }
})

test('codes of alarms without end are counted in one', () => {
  const tallies = new Tallies()
  const at = { time: 0, epoch: 0, step: 0 }
  for (let i = 0; i < 1000; i++) tallies.alarms.add(`CODE ${i}`)
  tallies.add({ type: 'alarm', ...at, code: 'NOT_FINITE', message: '' })
  const { counts } = tallies.alarms
  expect(counts.size).toBeLessThanOrEqual(65)
  expect(counts.get('NOT_FINITE')).toBe(1)
  expect([...counts.values()].reduce((sum, count) => sum + count)).toBe(1001)
})

test('docs/protocol.md tells of every metric and every label', async () => {
  const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
  const table = page.slice(page.indexOf('## Figures for Prometheus'))
  const data = samples(8)
  const { trainer, scheduler } = trial({ data, validation: data })
  const { scrape } = await served(trainer)
  await finish(trainer, scheduler)
  const found = readExposition(await scrape())
  expect(found.size).toBeGreaterThan(20)
  for (const [name, { samples: all }] of found) {
    expect(table).toContain(`\`${name}\``)
    for (const label of all.flatMap(({ labels }) => Object.keys(labels)))
      expect(table).toContain(`\`${label}\``)
  }
})
