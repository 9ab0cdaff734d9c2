/** The tokens of a bridge are said once, in the fragment of the printed address, and never again. */
import { format } from 'node:util'
import { type Bridge, openBridge } from 'gradstream'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Session } from '../../../../runtime/bridge/server/session.ts'
import { trial } from '../../support.ts'
import { exchange, Guest, honest, requestText, upgradeText } from './support.ts'
import { taken } from './taken.ts'

const CONTROLLER = 'Kc9-controller-0123456789'
const VIEWER = 'Kv9-viewer-9876543210-abc'
const SECRETS = [CONTROLLER, VIEWER]

/** Everything that a session says to anybody. */
class Ears {
  readonly heard: string[] = []

  constructor() {
    for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
      vi.spyOn(console, method).mockImplementation((...given) => void this.heard.push(format(...given)))
    }
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation(chunk => this.heard.push(String(chunk)) > 0)
    }
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
  }

  tell(what: unknown): void {
    this.heard.push(
      what instanceof Error ? `${what.stack} ${JSON.stringify(what)}` : (JSON.stringify(what) ?? ''),
    )
  }

  /** What of it says a token. */
  get betrayals(): string[] {
    return this.heard.filter(text => SECRETS.some(secret => text.includes(secret)))
  }
}

/** A bridge whose surroundings are listened to, with a viewer that hears what everybody hears. */
async function overheard() {
  const ears = new Ears()
  const { trainer } = trial()
  trainer.events$.subscribe(event => ears.tell(event))
  trainer.errors$.subscribe(error => ears.tell(error))
  const bridge = await openBridge(trainer, { port: 0, tokens: { controller: CONTROLLER, viewer: VIEWER } })
  const bystander = await new Guest(bridge).hello(VIEWER)
  onTestFinished(async () => {
    await bridge.close()
    trainer.dispose()
  })
  /** Ends the session, and gives all that was heard but for the line with the address. */
  const betrayals = async (guests: readonly Guest[]) => {
    await bridge.close()
    for (const { texts, closed } of [bystander, ...guests])
      ears.heard.push(...texts, JSON.stringify(closed) ?? '')
    const [address, ...others] = ears.betrayals
    expect(address).toBe(`Watch the run: http://127.0.0.1:${bridge.port}/#${CONTROLLER}`)
    return others
  }
  return { bridge, trainer, ears, betrayals }
}

/** Messages that are none, with a token in odd places. */
const WRONG: readonly (object | string)[] = SECRETS.flatMap(secret => [
  secret,
  JSON.stringify(secret),
  `{"type":"hello","token":"${secret}"`,
  [secret],
  { [secret]: 1 },
  { type: secret },
  { type: [secret] },
  { type: 'hello', protocol: 1, token: `${secret}x` },
  { type: 'hello', protocol: 1, token: ` ${secret}` },
  { type: 'hello', protocol: 1, token: [secret] },
  { type: 'hello', protocol: 1, token: { secret } },
  { type: 'hello', protocol: secret, token: secret },
  { type: 'hello', protocol: 2, token: secret },
  { type: 'hello', protocol: 1, token: secret, [secret]: secret },
  { type: 'hello', protocol: 1, token: secret, name: [secret] },
  { type: 'hello', protocol: 1, token: secret, name: secret.repeat(11) },
  { type: 'hello', protocol: 1, token: secret, session: { secret } },
  { type: 'hello', protocol: 1, token: secret, version: secret },
  { type: 'hello', protocol: 1, token: secret, event: secret },
  { type: 'ack', version: secret, received: 0 },
  { type: 'sync', version: secret },
  { type: 'command', id: 'x', command: secret },
  { type: 'command', id: { secret }, command: { type: 'pause' } },
  { type: 'watch', id: 'x', query: secret },
  { type: 'series', id: 'x', name: [secret] },
])

async function sendAll(bridge: Bridge, messages: readonly (object | string)[]): Promise<Guest[]> {
  return Promise.all(
    messages.map(async message => {
      const guest = await new Guest(bridge).opened()
      guest.send(message)
      await guest.end()
      return guest
    }),
  )
}

test('wrong messages that hold a token are refused without it', async () => {
  const { bridge, betrayals } = await overheard()
  const guests = await sendAll(bridge, WRONG)
  expect(await betrayals(guests)).toEqual([])
})

test('a refusal that repeats what came is noticed', async () => {
  const { bridge, betrayals } = await overheard()
  taken.add('secrecy of messages')
  const guests = await sendAll(bridge, WRONG)
  expect((await betrayals(guests)).length).toBeGreaterThan(10)
})

test('refused requests and upgrades that hold a token are answered without it', async () => {
  const { bridge, ears, betrayals } = await overheard()
  const { port } = bridge
  const own = `Host: 127.0.0.1:${port}`
  const requests = SECRETS.flatMap(secret => [
    requestText('GET', `/?token=${secret}`, [own]),
    requestText('GET', `/${secret}`, [own]),
    requestText('POST', `/${secret}`, [own]),
    requestText(secret, '/', [own]),
    requestText('GET', '/', [`Host: ${secret}`]),
    requestText('GET', '/', [own, `Origin: http://${secret}`]),
    requestText('GET', '/', [own, `Cookie: token=${secret}`]),
    requestText('OPTIONS', '/', [own, `Access-Control-Request-Headers: ${secret}`]),
    upgradeText([own], `/socket?token=${secret}`),
    upgradeText([own, `Origin: ${secret}`]),
    upgradeText([`Host: ${secret}`]),
    upgradeText([own, `Authorization: Bearer ${secret}`]),
    requestText('GET', '/metrics', [own, `Authorization: Bearer ${secret}x`]),
    requestText('GET', '/metrics', [own, `Authorization: Bearer ${secret}`]),
    requestText('GET', `/metrics?token=${secret}`, [own]),
    upgradeText([own, `Sec-WebSocket-Extensions: ${secret}`]),
    `${secret}\r\n\r\n`,
  ])
  for (const request of requests) ears.tell((await exchange(port, request)).text)
  expect(await betrayals([])).toEqual([])
})

/** What says a token after a client has offered it as its subprotocol. */
async function betrayalsBySubprotocol() {
  const { bridge, ears, betrayals } = await overheard()
  const { port } = bridge
  const headers = [`Host: 127.0.0.1:${port}`, `Sec-WebSocket-Protocol: ${CONTROLLER}`]
  ears.tell((await exchange(port, upgradeText(headers))).text)
  return betrayals([])
}

test('a token as a subprotocol is not repeated in the answer', async () => {
  expect(await betrayalsBySubprotocol()).toEqual([])
})

test('without the guard, it is', async () => {
  taken.add('handleProtocols')
  expect(await betrayalsBySubprotocol()).toHaveLength(1)
})

test('an honest session says no token: its welcome, its state, its events, its answers', async () => {
  const { bridge, trainer, ears, betrayals } = await overheard()
  const client = await honest(bridge)
  client.events$.subscribe({ next: event => ears.tell(event), error: error => ears.tell(error) })
  await client.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.2 } })
  await client.send({ type: 'checkpoint' }).catch(error => ears.tell(error))
  await client.send({ type: 'set', node: 'none', values: {} }).catch(error => ears.tell(error))
  ears.tell(bridge.clients)
  ears.tell(trainer.state)
  expect(await betrayals([])).toEqual([])
})

test('a refusal to open says no token', async () => {
  const ears = new Ears()
  const { trainer } = trial()
  onTestFinished(() => trainer.dispose())
  const attempts = [
    openBridge(trainer, { port: 0, tokens: { controller: 'Kc9-controller' } }),
    openBridge(trainer, { port: -1, tokens: { controller: CONTROLLER } }),
    openBridge(trainer, { port: 0, rate: 0, tokens: { controller: CONTROLLER } }),
    openBridge(trainer, { port: 0, host: '192.0.2.1', tokens: { controller: CONTROLLER } }),
  ]
  for (const attempt of attempts)
    await expect(attempt.catch(error => ears.tell(error) ?? 'refused')).resolves.toBe('refused')
  expect(ears.heard.filter(text => text.includes('Kc9-controller'))).toEqual([])
})

/** Requests that are in order, but for the token in a place that has an echo. */
const ECHOED: Readonly<Record<string, object>> = {
  'a query for a node': { type: 'watch', id: 'x', query: { node: CONTROLLER, of: 'forward', what: 'stats' } },
  'an unknown field of a query': {
    type: 'watch',
    id: 'x',
    query: { node: 'dense1', of: 'forward', what: 'stats', [CONTROLLER]: 1 },
  },
  'a series': { type: 'series', id: 'x', name: CONTROLLER },
  'an input': { type: 'predict', id: 'x', inputs: { [CONTROLLER]: [[1]] } },
  'a field of a request that there is not': { type: 'series', id: 'x', name: 'loss', [CONTROLLER]: 1 },
  'an id': { type: 'series', id: CONTROLLER, name: 'loss' },
  'a command': { type: 'command', id: 'x', command: { type: CONTROLLER } },
  'a node of a command, which everybody hears of': {
    type: 'command',
    id: 'x',
    command: { type: 'set', node: CONTROLLER, values: {} },
  },
  'a value of a command, which everybody hears of': {
    type: 'command',
    id: 'x',
    command: { type: 'set', node: 'sgd1', values: { learningRate: CONTROLLER } },
  },
}

test.each(Object.entries(ECHOED))('a token is not repeated: %s', async (_, message) => {
  const { bridge, betrayals } = await overheard()
  const guest = await new Guest(bridge).hello(CONTROLLER)
  await guest.ask(message as { id: string })
  expect(await betrayals([guest])).toEqual([])
})

test.each(Object.entries(ECHOED))('without the guard, it is: %s', async (_, message) => {
  vi.spyOn(Session.prototype as unknown as { repeatsToken(): boolean }, 'repeatsToken').mockReturnValue(false)
  const { bridge, betrayals } = await overheard()
  const guest = await new Guest(bridge).hello(CONTROLLER)
  await guest.ask(message as { id: string })
  expect((await betrayals([guest])).length).toBeGreaterThan(0)
})

test('what is no token is told to everybody, so that a token would be noticed', async () => {
  const { bridge, ears, betrayals } = await overheard()
  const guest = await new Guest(bridge).hello(CONTROLLER, { name: 'Kx9-a-name' })
  await guest.ask({ type: 'command', id: 'x', command: { type: 'set', node: 'Kx9-a-node', values: {} } })
  expect(await betrayals([])).toEqual([])
  for (const mark of ['Kx9-a-name', 'Kx9-a-node']) {
    // Said by the run, and told to the bystander.
    expect(ears.heard.filter(text => text.includes(mark))).toHaveLength(2)
  }
})

test('a token as the name of a client is not told to everybody', async () => {
  const { bridge, ears, betrayals } = await overheard()
  const guest = await new Guest(bridge).hello(CONTROLLER, { name: CONTROLLER })
  if (!guest.closed) await guest.ask({ type: 'command', id: 'x', command: { type: 'checkpoint' } })
  ears.tell(bridge.clients)
  expect(await betrayals([guest])).toEqual([])
})
