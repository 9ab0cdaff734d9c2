/** Notifications to an address: what arrives, and what a bad address does to a run, which is nothing. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  compile,
  createTrainer,
  csv,
  dense,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  type NotifyOptions,
  notify,
  sgd,
  type Trainer,
  type TrainerOptions,
} from 'gradstream'
import { filter, firstValueFrom } from 'rxjs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Letter, Outgoing } from '../../../runtime/training/notifying/outgoing.ts'
import { Dice } from '../../support/dice.ts'
import { errorOf, finish, logSpread, rows, samples, trial } from '../support.ts'

interface Arrived {
  readonly method: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Record<string, unknown>
}

/** A server that notes what comes and answers as it is told. */
async function serving(answer: (response: ServerResponse) => void = response => void response.end()) {
  const arrived: Arrived[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', data => {
      text += data
    })
    request.on('end', () => {
      arrived.push({ method: request.method, headers: request.headers, body: JSON.parse(text) })
      answer(response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { arrived, server, url: `http://127.0.0.1:${port}/hooks/a-secret-path?key=a-secret-key` }
}

/** So long may an answer take on a machine that has much else to do. */
const PATIENT = 600

/** A run that notifies, and the alarms that it gets. */
function notifying({ seconds = PATIENT, ...options }: NotifyOptions) {
  const { trainer, scheduler } = trial({ epochs: 2 })
  onTestFinished(() => trainer.dispose())
  const alarms: string[] = []
  trainer.milestones$.subscribe(event => {
    if (event.type === 'alarm' && event.code === 'NOTIFICATION_FAILED') alarms.push(event.message)
  })
  return { trainer, scheduler, alarms, notifications: notify(trainer, { ...options, seconds }) }
}

describe('what arrives', () => {
  test('is the event, with the run and a sentence, as JSON', async () => {
    const { arrived, url } = await serving()
    const { trainer, scheduler, notifications, alarms } = notifying({
      url,
      headers: { Authorization: 'Bearer of-the-tests' },
      on: ['finished'],
    })
    const { metrics } = await finish(trainer, scheduler)
    await notifications.settled()
    expect(arrived).toMatchObject([
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer of-the-tests' },
        body: {
          run: 'trial',
          text: expect.stringMatching(
            /^trial has finished\. Epoch 2 of 2, step \d+, loss \d\.\d+, after 0 s\.$/,
          ),
          type: 'finished',
          epoch: 2,
          metrics,
        },
      },
    ])
    expect(alarms).toEqual([])
  })

  test('is what was asked for, and nothing else', async () => {
    const { arrived, url } = await serving()
    const { trainer, scheduler, notifications } = notifying({ url: new URL(url), on: ['alarm'] })
    await finish(trainer, scheduler)
    await notifications.settled()
    expect(arrived).toEqual([])
    trainer.alarm({ code: 'HOT', message: 'the machine is at 95 °C' })
    await notifications.settled()
    expect(arrived.map(({ body }) => body.text)).toEqual([
      expect.stringMatching(
        /^Alarm in trial: the machine is at 95 °C\. Epoch 2 of 2, step \d+, loss [\d.]+, after 0 s\.$/,
      ),
    ])
    notifications.unsubscribe()
    trainer.alarm({ code: 'HOT', message: 'the machine is at 96 °C' })
    await notifications.settled()
    expect(arrived).toHaveLength(1)
  })

  test('is the end of a run that fails, with what is wrong', async () => {
    const { arrived, url } = await serving()
    const { trainer, scheduler, notifications } = notifying({ url, on: ['failed', 'stopped'] })
    await trainer.set('sgd1', { learningRate: 1e30 })
    await expect(finish(trainer, scheduler)).rejects.toMatchObject({ code: 'NOT_FINITE' })
    await notifications.settled()
    expect(arrived).toMatchObject([{ body: { type: 'failed', error: { code: 'NOT_FINITE' } } }])
    expect(arrived[0]?.body.text).toMatch(/^trial has failed: \S+/)
  })

  test('has null for numbers that JSON has not', async () => {
    const { arrived, url } = await serving()
    const { x } = rows(8)
    const data = fromArrays({ x, target: x.map(() => [0]) })
    const { trainer, scheduler } = trial({ data, epochs: 1, metrics: [logSpread()] })
    const notifications = notify(trainer, { url, seconds: PATIENT, on: ['finished'] })
    await finish(trainer, scheduler)
    await notifications.settled()
    expect(arrived).toMatchObject([{ body: { metrics: { logSpread: null } } }])
    trainer.dispose()
  })

  test('is the stop of a trainer that is disposed of at once', async () => {
    const { arrived, url } = await serving()
    const { trainer, notifications } = notifying({ url })
    void trainer.run().catch(() => undefined)
    trainer.dispose()
    await notifications.settled()
    expect(arrived.map(({ body }) => body.type)).toEqual(['stopped'])
  })
})

describe('an address that is bad for one', () => {
  type Bad = readonly [answer: (response: ServerResponse) => void, told: RegExp, seconds?: number]
  const BAD: Readonly<Record<string, Bad>> = {
    'answers with an error': [
      response => response.writeHead(500).end('a-secret-answer'),
      /: it answered with 500$/,
    ],
    'sends elsewhere': [
      response => response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end(),
      /: it answered with a redirect$/,
    ],
    'never answers': [() => undefined, /: no answer came within 0.2 s$/, 0.2],
    'hangs up': [response => response.destroy(), /: it cannot be reached \(\w+\)$/],
  }

  test.each(Object.entries(BAD))(
    '%s: the run goes on, and an alarm says so once, without a secret',
    async (_, [answer, told, seconds]) => {
      const { url } = await serving(answer)
      const { trainer, scheduler, alarms, notifications } = notifying({
        url,
        ...(seconds && { seconds }),
        headers: { authorization: 'a-secret-header' },
      })
      const plain = trial({ epochs: 2 })
      const { metrics } = await finish(plain.trainer, plain.scheduler)
      expect((await finish(trainer, scheduler)).metrics).toEqual(metrics)
      await notifications.settled()
      expect(alarms).toEqual([expect.stringMatching(told)])
      expect(alarms.join()).toContain(`at ${new URL(url).host}:`)
      expect(alarms.join()).not.toContain('secret')
      plain.trainer.dispose()
    },
  )

  test('answers without end: the answer is not read', async () => {
    const { url } = await serving(response => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    })
    const { trainer, scheduler, alarms, notifications } = notifying({ url })
    await finish(trainer, scheduler)
    await notifications.settled()
    expect(alarms).toEqual([])
  })

  test('is not there: the same', async () => {
    const { trainer, scheduler, alarms, notifications } = notifying({
      url: 'http://127.0.0.1:9/a-secret-path',
    })
    await finish(trainer, scheduler)
    await notifications.settled()
    expect(alarms).toEqual([
      expect.stringMatching(/^a notification did not arrive at 127\.0\.0\.1:9: it cannot be reached/),
    ])
    expect(alarms.join()).not.toContain('secret')
  })
})

/** An office whose clock is set by hand: each message takes so long, and fails where it is told to. */
function office(took: number, fails: (n: number) => boolean = () => false) {
  let now = 0
  const sent: { body: string; at: number }[] = []
  const told: string[] = []
  let atOnce = 0
  const outgoing = new Outgoing({
    async post(body) {
      expect(++atOnce).toBe(1)
      const at = now
      await Promise.resolve()
      now += took
      atOnce--
      if (fails(sent.push({ body, at }))) throw new Error(`number ${sent.length}`)
    },
    failed: reason => told.push(reason),
    now: () => now,
    async wait(milliseconds) {
      await Promise.resolve()
      now += milliseconds
    },
  })
  return { outgoing, sent, told }
}

const letter = (body: string, isMinor = true): Letter => ({ body, isMinor })

describe('messages on their way', () => {
  test('go one at a time, and at least a second apart', async () => {
    const { outgoing, sent } = office(50)
    for (let i = 0; i < 5; i++) outgoing.add(letter(`${i}`))
    await outgoing.settled()
    expect(sent.map(({ at }) => at)).toEqual([0, 1050, 2100, 3150, 4200])
  })

  test('are few: alarms give way, the end of a run does not', async () => {
    const { outgoing, sent } = office(50)
    outgoing.add(letter('end', false))
    for (let i = 0; i < 1000; i++) outgoing.add(letter(`${i}`))
    outgoing.add(letter('second end', false))
    await outgoing.settled()
    expect(sent.length).toBe(17)
    expect(sent[0]?.body).toBe('end')
    expect(sent.slice(-2).map(({ body }) => body)).toEqual(['999', 'second end'])
  })

  test('that fail are told of once, and again after one has arrived; only the newest is tried again', async () => {
    const { outgoing, sent, told } = office(50, n => n <= 2 || n === 4)
    for (let i = 0; i < 10; i++) outgoing.add(letter(`${i}`))
    await outgoing.settled()
    expect(sent.map(({ body }) => body)).toEqual(['0', '9'])
    outgoing.add(letter('a'))
    await outgoing.settled()
    outgoing.add(letter('b'))
    await outgoing.settled()
    expect(told).toEqual(['number 1', 'number 4'])
  })

  test('none is forgotten, whenever it comes', async () => {
    const dice = new Dice(5)
    const { outgoing, sent } = office(10)
    for (let i = 0; i < 200; i++) {
      outgoing.add(letter(`${i}`, false))
      for (let turns = dice.below(12); turns > 0; turns--) await Promise.resolve()
      if (dice.next() < 0.2) await outgoing.settled()
    }
    await outgoing.settled()
    expect(sent.at(-1)?.body).toBe('199')
  })
})

test('options that cannot be are refused where they are written, without the address and the headers', () => {
  const { trainer } = trial()
  const url = 'https://example.org/a-secret'
  const bad: readonly object[] = [
    { url: undefined },
    { url: 'a-secret' },
    { url: 'ftp://example.org/a-secret' },
    { url: new URL('file:///a-secret') },
    { url: 'https://ada:a-secret@example.org/' },
    { url, on: [] },
    { url, on: ['epoch'] },
    { url, on: 'alarm' },
    { url, seconds: 0 },
    { url, seconds: Number.NaN },
    { url, headers: { authorization: 'a-\nsecret' } },
    { url, headers: { 'a secret': 'x' } },
    { url, headers: { retries: 5 } },
    { url, headers: 'a-secret' },
    { url, retries: 3 },
  ]
  for (const options of bad) {
    const { code, place, message } = errorOf(() => notify(trainer, options as never))
    expect({ code, place }).toEqual({ code: 'INVALID_OPTION', place: 'notify' })
    if (!JSON.stringify(options).includes('"headers":"')) expect(message).not.toContain('secret')
  }
  expect(errorOf(() => notify(undefined as never, { url })).code).toBe('INVALID_OPTION')
  trainer.dispose()
})

test('an alarm about notifications leads to no other', async () => {
  const { url } = await serving(response => response.writeHead(500).end())
  const { trainer, alarms, notifications } = notifying({ url })
  const failed = firstValueFrom(
    trainer.milestones$.pipe(filter(event => event.type === 'alarm' && event.code !== 'HOT')),
  )
  trainer.alarm({ code: 'HOT', message: 'the machine is at 95 °C' })
  await failed
  await notifications.settled()
  expect(alarms).toHaveLength(1)
})

describe('the text', () => {
  /** What is sent for a run without a name, from data with and without one. */
  async function textsFrom(source: TrainerOptions['data'], act: (trainer: Trainer) => void) {
    const { arrived, url } = await serving()
    const { trainer, scheduler } = trial({
      epochs: 3,
      data: source,
      validation: samples(4),
      runId: crypto.randomUUID(),
    })
    onTestFinished(() => trainer.dispose())
    const notifications = notify(trainer, { url, seconds: PATIENT })
    act(trainer)
    await finish(trainer, scheduler)
    await notifications.settled()
    return arrived.map(({ body }) => body.text as string)
  }

  const FIGURES = String.raw`Epoch 3 of 3, step \d+, loss [\d.]+, validation loss [\d.]+, after 0 s\.`

  test('names data where nobody has named the run, and never a bare number', async () => {
    const [text] = await textsFrom(samples(8), () => undefined)
    expect(text).toMatch(new RegExp(`^The run has finished\\. ${FIGURES}$`))
    const file = new URL('../../../examples/data/diabetes.csv', import.meta.url)
    const table = await csv(file, { target: 'progression' })
    const x = input({ name: 'x', shape: [10] })
    const loss = meanSquaredError({ name: 'loss' })(
      dense({ units: 1 })(x),
      input({ name: 'target', shape: [1] }),
    )
    const { arrived, url } = await serving()
    const trainer = createTrainer(compile(graph({ loss, update: loss.pipe(sgd()) })), {
      data: table.standardize(),
    })
    const notifications = notify(trainer, { url, seconds: PATIENT })
    trainer.alarm({ code: 'HOT', message: 'hot' })
    void trainer.run().catch(() => undefined)
    await trainer.stop('enough')
    await notifications.settled()
    trainer.dispose()
    expect(arrived.map(({ body }) => body.text)).toEqual([
      'Alarm in the run on diabetes.csv: hot. No epoch yet, after 0 s.',
      expect.stringMatching(/^The run on diabetes\.csv was stopped: enough\. /),
    ])
  })

  test('tells of alarms before the first epoch, and ends each sentence', async () => {
    const texts = await textsFrom(samples(8), trainer => {
      trainer.alarm({ code: 'HOT', message: 'the machine is at 95 °C' })
      trainer.alarm({ code: 'HOT', message: 'It is hot!' })
    })
    expect(texts.slice(0, 2)).toEqual([
      'Alarm in the run: the machine is at 95 °C. No epoch yet, after 0 s.',
      'Alarm in the run: It is hot! No epoch yet, after 0 s.',
    ])
  })
})

test('a port that no request may go to is told in words', async () => {
  const { trainer, notifications, alarms } = notifying({ url: 'http://127.0.0.1:1/' })
  trainer.alarm({ code: 'HOT', message: 'hot' })
  await notifications.settled()
  expect(alarms).toEqual([
    'a notification did not arrive at 127.0.0.1:1: it cannot be reached (no request may go to port 1)',
  ])
})
