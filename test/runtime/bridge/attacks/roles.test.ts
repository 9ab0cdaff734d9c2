/** Who may command: a controller. Who may watch: those with a token. */
import type { Command } from 'gradstream'
import { expect, test, vi } from 'vitest'
import { BridgeServer } from '../../../../runtime/bridge/server/bridge-server.ts'
import { exchange, Guest, scene, upgradeText } from './support.ts'
import { taken } from './taken.ts'

/** Each command, and what a controller is told of it while the run has not begun: an error, or that it was done. */
const COMMANDS: {
  readonly [T in Command['type']]: readonly [Extract<Command, { type: T }>, string | undefined]
} = {
  pause: [{ type: 'pause' }, 'NOT_AVAILABLE'],
  resume: [{ type: 'resume' }, 'NOT_AVAILABLE'],
  stop: [{ type: 'stop' }, 'NOT_AVAILABLE'],
  checkpoint: [{ type: 'checkpoint' }, 'NOT_AVAILABLE'],
  deleteNote: [{ type: 'deleteNote', id: 1 }, 'NOT_AVAILABLE'],
  edit: [{ type: 'edit', changes: [{ remove: 'tanh1' }] }, 'NOT_AVAILABLE'],
  note: [{ type: 'note', text: 'the first run with twice the units' }, undefined],
  set: [{ type: 'set', node: 'sgd1', values: { learningRate: 0.5 } }, undefined],
  setAll: [{ type: 'setAll', values: { sgd1: { learningRate: 0.25 } }, name: 'fine' }, undefined],
  step: [{ type: 'step', count: 1 }, undefined],
  stepsPerSecond: [{ type: 'stepsPerSecond', stepsPerSecond: 1000 }, undefined],
  start: [{ type: 'start' }, undefined],
}

/** Commands that there are not, whoever asks. */
const STRANGE = ['', 'run', 'dispose', 'send', '__proto__', 'constructor', 'toString', 'Pause', 'pause ']

const TABLE = [
  ...Object.values(COMMANDS),
  ...STRANGE.map(type => [{ type }, 'INVALID_COMMAND'] as const),
] as readonly (readonly [object, string | undefined])[]

const roles = ['viewer', 'controller'] as const

/** The code of the refusal of each command, in the order of the table. */
async function refusals(role: (typeof roles)[number]) {
  const { bridge, trainer, runClock } = await scene()
  const before = { state: trainer.state, version: trainer.version }
  const happened: unknown[] = []
  trainer.events$.subscribe(event => happened.push(event))
  const guest = await new Guest(bridge).hello(bridge.tokens[role])
  const codes: (string | undefined)[] = []
  for (const [i, [command]] of TABLE.entries()) {
    const { error } = await guest.ask({ type: 'command', id: `c${i}`, command })
    codes.push(error?.code)
  }
  runClock.flush()
  const isUnchanged = trainer.state === before.state && trainer.version === before.version
  return { codes, isUnchanged, happened }
}

test('a viewer is refused every command, which is told, and the run stays as it is', async () => {
  const { codes, isUnchanged, happened } = await refusals('viewer')
  expect(codes).toEqual(TABLE.map(() => 'FORBIDDEN'))
  expect(isUnchanged).toBe(true)
  const told = { type: 'command', author: 'viewer 1', error: { code: 'FORBIDDEN' } }
  expect(happened).toMatchObject(TABLE.map(() => told))
})

test('a controller is obeyed, or refused for a reason of the command', async () => {
  const { codes, isUnchanged, happened } = await refusals('controller')
  // A run that has been told to do one step has begun.
  expect(codes).toEqual(
    TABLE.map(([command, code]) => ('type' in command && command.type === 'start' ? 'NOT_AVAILABLE' : code)),
  )
  expect(isUnchanged).toBe(false)
  expect(happened.length).toBeGreaterThan(0)
})

test('without the guard, a viewer is obeyed as a controller is, command by command', async () => {
  vi.spyOn(BridgeServer.prototype as unknown as { mayCommand(): boolean }, 'mayCommand').mockReturnValue(true)
  const { codes, isUnchanged } = await refusals('viewer')
  expect(codes).toEqual((await refusals('controller')).codes)
  expect(codes).not.toContain('FORBIDDEN')
  expect(isUnchanged).toBe(false)
})

const REQUESTS: readonly { readonly type: string; readonly id?: string; readonly [name: string]: unknown }[] =
  [
    { type: 'ack', version: 0, received: 0 },
    { type: 'sync' },
    { type: 'watch', id: 'w', query: { node: 'dense1', of: 'forward', what: 'full' } },
    { type: 'unwatch', id: 'u', watch: 'w' },
    { type: 'series', id: 's', name: 'loss' },
    { type: 'predict', id: 'p', of: 'data' },
    ...TABLE.map(([command], i) => ({ type: 'command', id: `c${i}`, command })),
  ]

test('who does not say hello first is closed with 4401 and hears nothing', async () => {
  const { bridge, trainer } = await scene()
  const { version } = trainer
  const guests = await Promise.all(REQUESTS.map(() => new Guest(bridge).opened()))
  for (const [i, guest] of guests.entries()) guest.send(REQUESTS[i] as object)
  expect(await Promise.all(guests.map(guest => guest.end()))).toEqual(REQUESTS.map(() => 4401))
  expect(guests.flatMap(({ texts }) => texts)).toEqual([])
  expect(trainer.version).toBe(version)
})

test('who says hello first is not closed by any of them', async () => {
  const { bridge } = await scene()
  const guest = await new Guest(bridge).hello(bridge.tokens.controller)
  for (const request of REQUESTS) {
    if (request.id !== undefined)
      expect(await guest.ask({ ...request, id: request.id })).toMatchObject({ type: 'reply' })
    else guest.send(request)
  }
  expect(guest.closed).toBeUndefined()
})

const WRONG: Readonly<Record<string, (token: string) => string>> = {
  'another one': () => 'a'.repeat(32),
  'a short one': () => 'a',
  'one with a letter more': token => `${token}a`,
  'one with a letter less': token => token.slice(0, -1),
  'one in other cases': token =>
    token.replace(/[a-z]/gi, letter => (/[a-z]/.test(letter) ? letter.toUpperCase() : letter.toLowerCase())),
  'one with a blank': token => ` ${token}`,
  'one with a null': token => `${token}\0`,
  'one twice': token => token + token,
  'the whole fragment': token => `#${token}`,
  'the other way round': token => [...token].reverse().join(''),
}

const codeFor = async (token: string) => {
  const { bridge } = await scene({
    tokens: { controller: 'Controller-Token-1', viewer: 'Viewer-Token-12345' },
  })
  const guest = await new Guest(bridge).hello(WRONG[token]?.('Controller-Token-1') as string)
  return guest.closed?.code
}

test.each(Object.keys(WRONG))('a wrong token is closed with 4401: %s', async token => {
  expect(await codeFor(token)).toBe(4401)
})

test.each(Object.keys(WRONG))('without the guard, it gets in: %s', async token => {
  taken.add('roleByToken')
  expect(await codeFor(token)).toBeUndefined()
})

test('a token in the address or in a header does not help', async () => {
  const { bridge } = await scene()
  const { port, tokens } = bridge
  const own = [`Host: 127.0.0.1:${port}`]
  const { status } = await exchange(port, upgradeText(own, `/socket?token=${tokens.controller}`))
  expect(status).toBe(404)
  for (const headers of [
    { authorization: `Bearer ${tokens.controller}` },
    { cookie: `token=${tokens.controller}` },
    { 'x-token': tokens.controller },
  ]) {
    const guest = await new Guest(bridge, { headers }).opened()
    guest.send({ type: 'sync' })
    expect(await guest.end()).toBe(4401)
  }
})

test('a second hello is refused, and nobody rises by one', async () => {
  const { bridge } = await scene()
  const guest = await new Guest(bridge).hello(bridge.tokens.viewer)
  guest.send({ type: 'hello', protocol: 1, token: bridge.tokens.controller })
  guest.send({ type: 'command', id: 'late', command: { type: 'start' } })
  expect(await guest.end()).toBe(1002)
  expect(guest.messages.filter(({ type }) => type === 'welcome' || type === 'reply')).toHaveLength(1)
  expect(bridge.clients).toEqual([])
})
