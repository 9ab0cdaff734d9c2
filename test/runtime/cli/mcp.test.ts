/** What an assistant can read and do: driven by the client of the official SDK. */
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import {
  type BridgeOptions,
  compile,
  createTrainer,
  type EditGraph,
  openBridge,
  type Role,
  type TrainerEvent,
  type TrainerOptions,
} from 'gradstream'
import { connectBridge } from 'gradstream/client'
import { filter, firstValueFrom } from 'rxjs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { answerOf } from '../../../runtime/cli/mcp/answer.ts'
import { EDITING } from '../../../runtime/cli/mcp/editing.ts'
import { READING } from '../../../runtime/cli/mcp/reading.ts'
import { RunDiary } from '../../../runtime/cli/mcp/run-diary.ts'
import { serveTools } from '../../../runtime/cli/mcp/server.ts'
import { STEERING } from '../../../runtime/cli/mcp/steering.ts'
import { mcp } from '../../../runtime/cli/mcp.ts'
import { TOKENS } from '../bridge/support.ts'
import { rejectionOf, samples, trial } from '../support.ts'

async function opened(options: Partial<TrainerOptions> = {}, bridgeOptions: BridgeOptions = {}) {
  const data = samples(20)
  const { trainer, scheduler } = trial({
    data,
    validation: data,
    batchSize: 4,
    ...options,
  } as Partial<TrainerOptions>)
  const bridge = await openBridge(trainer, {
    port: 0,
    tokens: TOKENS,
    print: () => undefined,
    ...bridgeOptions,
  })
  onTestFinished(async () => {
    await bridge.close()
    trainer.dispose()
  })
  return { trainer, scheduler, bridge, address: `http://127.0.0.1:${bridge.port}/` }
}

/** An assistant at a run, with the token of a role. */
async function assisted(
  role: Role,
  options: Partial<TrainerOptions> = {},
  bridgeOptions: BridgeOptions = {},
) {
  const run = await opened(options, bridgeOptions)
  const client = connectBridge(run.address, { token: TOKENS[role], name: 'assistant' })
  const diary = new RunDiary(client)
  await firstValueFrom(client.state$)
  const [near, far] = InMemoryTransport.createLinkedPair()
  const server = await serveTools({ client, diary }, far, '1.2.3')
  const assistant = new Client({ name: 'tests', version: '0' })
  await assistant.connect(near)
  onTestFinished(async () => {
    await server.close()
    diary.close()
    client.close()
  })
  const call = async (name: string, given?: Record<string, unknown>) => {
    const { content, isError } = await assistant.callTool({ name, ...(given && { arguments: given }) })
    const [{ text }] = content as [{ text: string }]
    return { text, isError }
  }
  /** The answer of a call that succeeds. */
  const ask = async (name: string, given?: Record<string, unknown>) => {
    const { text, isError } = await call(name, given)
    expect(isError, text).toBe(false)
    return JSON.parse(text)
  }
  return { ...run, client, diary, assistant, call, ask }
}

const namesOf = (tools: readonly { name: string }[]) => tools.map(({ name }) => name)

describe('tools by role', () => {
  test('a controller has all of them, and a viewer those that read', async () => {
    const controller = await assisted('controller')
    const { tools } = await controller.assistant.listTools()
    expect(namesOf(tools)).toEqual(namesOf([...READING, ...STEERING]))
    for (const { name, description, annotations, inputSchema } of tools) {
      expect(description, name).toMatch(/^[A-Z].*\.$/)
      expect(inputSchema, name).toMatchObject({ type: 'object', additionalProperties: false })
      expect(annotations?.readOnlyHint, name).toBe(READING.some(tool => tool.name === name))
      expect(annotations?.destructiveHint ?? false, name).toBe(name === 'stop')
    }
    const viewer = await assisted('viewer')
    expect(namesOf((await viewer.assistant.listTools()).tools)).toEqual(namesOf(READING))
    expect(viewer.assistant.getServerVersion()).toMatchObject({ name: 'gradstream', version: '1.2.3' })
  })

  test.each(STEERING.map(({ name }) => name))(
    'a viewer that calls "%s" all the same is refused, and nothing happens',
    async name => {
      const { call, trainer } = await assisted('viewer')
      const before = trainer.state
      const { text, isError } = await call(name, { node: 'sgd1', name: 'learningRate', value: 0.5 })
      expect(isError).toBe(true)
      expect(text).toContain('expected the token of a controller')
      expect(text).toContain('[FORBIDDEN]')
      expect(trainer.state).toEqual(before)
    },
  )

  test('even a tool that forgot its role is refused by the bridge, and the attempt is on record', async () => {
    const { client, diary, trainer } = await assisted('viewer')
    const refused = firstValueFrom(trainer.milestones$.pipe(filter(({ type }) => type === 'command')))
    const pause = STEERING.find(({ name }) => name === 'pause')
    await expect(Promise.resolve(pause?.call({ client, diary }, {}))).rejects.toMatchObject({
      code: 'FORBIDDEN',
    })
    expect(await refused).toMatchObject({ author: 'assistant (viewer 1)', error: { code: 'FORBIDDEN' } })
  })
})

describe('reading', () => {
  test('the summary is the state, with what can be asked for next', async () => {
    const { ask, trainer, scheduler } = await assisted('viewer', { epochs: 3 })
    void trainer.run()
    scheduler.flush()
    await expect.poll(async () => (await ask('summary')).status).toBe('finished')
    const { metrics, step, runId, hyperparameters, limits } = trainer.state
    const found = await ask('summary')
    expect(found).toMatchObject({ metrics, step, runId, nodes: 7, parameters: 17, pastEpochs: 3 })
    expect(found.hyperparameters).toEqual(JSON.parse(JSON.stringify(hyperparameters)))
    expect(found.limits).toEqual(JSON.parse(JSON.stringify(limits)))
    expect(found.you).toEqual({ role: 'viewer', author: 'assistant (viewer 1)' })
    expect(found).not.toHaveProperty('outdated')
    for (const name of found.series) await ask('series', { name })
    expect(found.series).toContain('metrics.validationLoss')
  })

  test('series and epochs are thinned and bounded', async () => {
    const { ask, call, trainer, scheduler } = await assisted('viewer', { epochs: 50 })
    void trainer.run()
    scheduler.flush()
    await expect.poll(async () => (await ask('summary')).status).toBe('finished')
    const { steps, values } = await ask('series', { name: 'loss', from: 50, to: 200, points: 20 })
    expect(steps.length).toBeLessThanOrEqual(20)
    expect(values).toHaveLength(steps.length)
    expect(await ask('epochs', { count: 3 })).toEqual(
      JSON.parse(JSON.stringify(trainer.state.history.slice(-3))),
    )
    expect(await ask('epochs')).toHaveLength(20)
    for (const points of [0, -1, 501, 1.5, 1e9, '20', null, [], {}, true])
      expect(await call('series', { name: 'loss', points }), String(points)).toMatchObject({ isError: true })
    const { text } = await call('series', { name: 'los' })
    expect(text).toContain('"loss"')
    expect(text).toContain('[UNKNOWN_NAME]')
  })

  test('health tells of alarms, of what failed with the way out, and of the system', async () => {
    const { ask, trainer, scheduler } = await assisted('viewer', { validation: undefined } as never)
    trainer.alarm({ code: 'HOT', message: 'the machine is at 95 °C', node: 'dense1' })
    await expect
      .poll(async () => (await ask('health')).alarms)
      .toMatchObject([{ code: 'HOT', node: 'dense1' }])
    await trainer.set('sgd1', { learningRate: 1e30 })
    trainer.run().catch(() => undefined)
    scheduler.flush()
    await expect
      .poll(async () => (await ask('health')).error)
      .toMatchObject({ code: 'NOT_FINITE', hint: /\S/ })
    await expect.poll(async () => (await ask('health')).system?.memory).toBeGreaterThan(1e6)
    expect(await ask('explain', { node: 'dense1' })).toMatchObject({
      type: 'dense',
      alarms: [{ code: 'HOT' }],
    })
  })

  test('numbers that JSON has not are words', async () => {
    const { diary, client } = await assisted('viewer')
    const run = { client, diary }
    Object.defineProperty(diary, 'system', { value: { cpu: Number.NaN, memory: Number.POSITIVE_INFINITY } })
    const { text } = await answerOf(run, 'health', {})
    expect(JSON.parse(text).system).toEqual({ cpu: 'NaN', memory: 'Infinity' })
  })

  test('the graph comes in parts, and a node with all that is known of it', async () => {
    const { ask, call, trainer } = await assisted('viewer')
    const all = await ask('graph')
    expect(all.nodes.map(({ id }: { id: string }) => id)).toEqual(
      trainer.state.graph.nodes.map(({ id }) => id),
    )
    expect(await ask('graph', { from: 1, count: 2 })).toEqual({
      total: 7,
      from: 1,
      nodes: all.nodes.slice(1, 3),
    })
    expect(await ask('explain', { node: 'sgd1' })).toMatchObject({
      type: 'sgd',
      hyperparameters: { learningRate: 0.1 },
      limits: { learningRate: { minimum: 0 } },
    })
    expect(await ask('explain', { node: 'dense1' })).toMatchObject({ shape: [null, 4], forward: null })
    expect((await call('explain', { node: 'dens1' })).text).toContain('"dense1"')
  })

  test('a run that is gone is told of, with what was known last', async () => {
    const { ask, bridge } = await assisted('viewer')
    await bridge.close()
    await expect.poll(async () => (await ask('summary')).outdated).toContain('closed')
    expect((await ask('health')).connection).toContain('closed')
  })
})

describe('steering', () => {
  test('is done as a command of the bridge, with the author on record', async () => {
    const { ask, trainer } = await assisted('controller')
    const found = firstValueFrom(trainer.milestones$.pipe(filter(({ type }) => type === 'command')))
    const { revision } = await ask('summary')
    const given = { node: 'sgd1', name: 'learningRate', value: 0.025, revision }
    expect(await ask('set_hyperparameter', given)).toMatchObject({ step: 0, revision: revision + 1 })
    expect(trainer.model.node('sgd1').config.learningRate).toBe(0.025)
    expect(await found).toMatchObject({
      author: 'assistant (controller 1)',
      command: { type: 'set', node: 'sgd1' },
    })
    await expect
      .poll(async () => (await ask('events')).at(-1))
      .toMatchObject({ author: 'assistant (controller 1)' })
  })

  test('steps are done when they are answered; start, pause, resume and stop do what they say', async () => {
    const { ask, trainer, scheduler } = await assisted('controller')
    const stepped = ask('step', { count: 3 })
    await expect.poll(() => trainer.state.status).toBe('running')
    scheduler.flush()
    expect(await stepped).toMatchObject({ step: 3, status: 'paused' })
    expect(await ask('resume')).toMatchObject({ status: 'running' })
    expect(await ask('pause')).toMatchObject({ status: 'paused' })
    expect(await ask('stop')).toMatchObject({ status: 'stopped' })
    expect(await ask('start')).toMatchObject({ status: 'running' })
  })

  test('what the bridge refuses is told in its words', async () => {
    const { call, ask, trainer } = await assisted('controller')
    await ask('set_hyperparameter', { node: 'sgd1', name: 'learningRate', value: 0.3 })
    const refusals: [string, Record<string, unknown>, string][] = [
      ['set_hyperparameter', { node: 'sgd1', name: 'learningRate', value: -1 }, 'INVALID_CONFIG'],
      ['set_hyperparameter', { node: 'sgd1', name: 'learningRat', value: 1 }, 'learningRate'],
      ['set_hyperparameter', { node: 'sgd9', name: 'learningRate', value: 1 }, 'UNKNOWN_NAME'],
      ['set_hyperparameter', { node: 'sgd1', name: '__proto__', value: 1 }, '__proto__'],
      [
        'set_hyperparameter',
        { node: 'sgd1', name: 'learningRate', value: 1, revision: 0 },
        'REVISION_CONFLICT',
      ],
      ['checkpoint', {}, 'NOT_AVAILABLE'],
    ]
    for (const [name, given, told] of refusals) {
      const { text, isError } = await call(name, given)
      expect(isError, text).toBe(true)
      expect(text).toContain(told)
    }
    expect(trainer.model.node('sgd1').config.learningRate).toBe(0.3)
  })
})

describe('editing', () => {
  /** At a run whose graph may be edited: x, dense1 (4 units), tanh1, dense2 (1 unit) with target and loss. */
  const edit: EditGraph = (graph, { data }) => createTrainer(compile(graph, { seed: 1 }), { data, epochs: 2 })
  const editing = async (role: Role = 'controller') => {
    const run = await assisted(role, {}, { edit })
    onTestFinished(() => run.bridge.trainer.dispose())
    return run
  }
  const CHANGES = [
    { insert: 'dense', behind: 'tanh1', name: 'dense3', config: { units: 5 } },
    { set: 'dense1', config: { units: 6 } },
  ]

  test('is offered to controllers of a run that allows it, and to nobody else', async () => {
    const tools = async (run: Awaited<ReturnType<typeof editing>>) =>
      namesOf((await run.assistant.listTools()).tools)
    expect(await tools(await editing())).toEqual(namesOf([...READING, ...STEERING, ...EDITING]))
    const viewer = await editing('viewer')
    expect(await tools(viewer)).toEqual(namesOf(READING))
    const without = await assisted('controller')
    expect(await tools(without)).toEqual(namesOf([...READING, ...STEERING]))
    for (const { name, required } of EDITING) {
      const given = { changes: CHANGES, ...(required && { run: 'x' }) }
      expect((await viewer.call(name, given)).text).toContain('[FORBIDDEN]')
      expect((await without.call(name, given)).text).toContain('[NOT_AVAILABLE]')
    }
    expect(viewer.bridge.trainer).toBe(viewer.trainer)
  })

  test('a draft tells what becomes of the graph, and what can be done with a node; nothing is trained', async () => {
    const { ask, bridge, trainer } = await editing()
    const draft = await ask('draft_graph', { changes: CHANGES, node: 'dense3' })
    expect(draft).toMatchObject({ faults: [], removed: [], editsToTakeBack: 0 })
    expect(draft.others).toMatchObject([
      { id: 'dense1', config: { units: 6 }, shape: [null, 6], parameters: 18 },
      { id: 'dense3', type: 'dense', inputs: ['tanh1'], shape: [null, 5], parameters: 35 },
      { id: 'dense2', inputs: ['dense3'], parameters: 6 },
    ])
    expect(draft.parameters).toBe(18 + 35 + 6)
    expect(draft.node).toMatchObject({ id: 'dense3', isRemovable: true, limits: { units: { minimum: 1 } } })
    expect(draft.node.insertable.map(({ type }: { type: string }) => type)).toContain('dropout')
    expect(await ask('draft_graph')).toMatchObject({ faults: [], removed: [], others: [] })
    expect((await ask('draft_graph', { changes: [{ remove: 'tanh1' }] })).removed).toEqual(['tanh1'])
    expect(bridge.trainer).toBe(trainer)
  })

  test('faults are told at their nodes, and such a graph is not trained', async () => {
    const { ask, call, bridge, trainer } = await editing()
    const changes = [{ set: 'dense2', config: { units: 3 } }]
    const { run, faults } = await ask('draft_graph', { changes })
    expect(faults).toMatchObject([{ node: 'meanSquaredError1', code: 'SHAPE_MISMATCH' }])
    const { faults: own } = await ask('draft_graph', { changes: [{ set: 'dense1', config: { units: 0 } }] })
    expect(own).toMatchObject([{ node: 'dense1', code: 'INVALID_CONFIG' }])
    for (const [given, told] of [
      [{ run, changes }, 'SHAPE_MISMATCH'],
      [{ run, back: 1 }, 'NOT_AVAILABLE'],
      [{ run }, 'INVALID_COMMAND'],
      [{ changes: CHANGES }, 'the argument "run"'],
      [{ run: 'another', changes: CHANGES }, 'REVISION_CONFLICT'],
      [{ run, changes: [{ swap: 'dense1' }] }, 'INVALID_OPTION'],
      [{ run, back: -1 }, 'INVALID_OPTION'],
      [{ run, forward: 1 }, 'NOT_AVAILABLE'],
      [{ run, back: 1, forward: 1 }, 'INVALID_COMMAND'],
      [{ run, changes: [{ remove: 'dense9' }] }, 'UNKNOWN_NAME'],
    ] as const) {
      const { text, isError } = await call('train_graph', given)
      expect(isError, text).toBe(true)
      expect(text).toContain(told)
    }
    expect(bridge.trainer).toBe(trainer)
  })

  test('trains, says by whom in both runs, and takes the edit back', async () => {
    const { ask, bridge, trainer } = await editing()
    const told: TrainerEvent[] = []
    trainer.milestones$.subscribe(event => told.push(event))
    const { run } = await ask('draft_graph', { changes: CHANGES })
    const answer = await ask('train_graph', { run, changes: CHANGES })
    expect(answer).toMatchObject({
      before: { runId: trainer.state.runId },
      now: { runId: bridge.trainer.state.runId, parameters: 59, nodes: 8 },
      editsToTakeBack: 1,
    })
    expect(answer.now.run).not.toBe(run)
    const author = 'assistant (controller 1)'
    expect(told.filter(({ type }) => type === 'command')).toMatchObject([
      { author, command: { type: 'edit', changes: CHANGES } },
    ])
    expect(await ask('events')).toContainEqual(expect.objectContaining({ type: 'command', author }))
    expect(await ask('summary')).toMatchObject({ editsToTakeBack: 1, parameters: 59 })

    const earlier = await ask('draft_graph', { back: 1 })
    expect(earlier).toMatchObject({ run: answer.now.run, removed: ['dense3'], parameters: 17 })
    await ask('train_graph', { run: earlier.run, back: 1 })
    expect(bridge.trainer.model.graph).toEqual(trainer.model.graph)
    expect((await ask('summary')).editsToTakeBack).toBe(0)

    const again = await ask('draft_graph', { forward: 1 })
    expect(again).toMatchObject({ editsToMakeAgain: 1, parameters: 59 })
    const made = await ask('train_graph', { run: again.run, forward: 1 })
    expect(made).toMatchObject({ editsToTakeBack: 1, editsToMakeAgain: 0, now: { parameters: 59 } })
  })
})

/** What no tool takes. */
const HOSTILE: readonly unknown[] = [
  ...[
    null,
    0,
    -1,
    1.5,
    1e308,
    true,
    '',
    'x'.repeat(100_000),
    '\0',
    '__proto__',
    [],
    [[]],
    {},
    { toString: 1 },
  ],
]

test('no argument makes a tool throw, change what it should not, or answer without end', async () => {
  const { client, diary, trainer } = await assisted('controller')
  const run = { client, diary }
  const { weights } = JSON.parse(JSON.stringify({ weights: trainer.model.state() }))
  // Without arguments, these do what they say; and any number of steps can be run.
  const isSound = (name: string, given: unknown) =>
    STEERING.some(tool => tool.name === name) &&
    ['{}', '{"count":1e+308}'].includes(JSON.stringify(given) ?? '')
  for (const { name, properties } of [...READING, ...STEERING, ...EDITING]) {
    for (const value of HOSTILE) {
      const each = Object.keys(properties).map(property => ({ [property]: value }))
      for (const given of [value, { [JSON.stringify(value).slice(0, 50)]: 1 }, ...each]) {
        if (isSound(name, given)) continue
        const { text, isError } = await answerOf(run, name, given)
        expect(text.length).toBeLessThanOrEqual(100_000)
        if (isError) expect(text).toMatch(/\[[A-Z_]+\]$/)
      }
    }
  }
  for (const name of HOSTILE) expect(await answerOf(run, name, {})).toMatchObject({ isError: true })
  expect(JSON.parse(JSON.stringify({ weights: trainer.model.state() })).weights).toEqual(weights)
  expect(trainer.state.status).toBe('idle')
})

describe('the command', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url))

  /** An assistant that starts `npx gradstream mcp` itself. */
  async function started(words: readonly string[], env: Record<string, string> = {}) {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: ['dist/cli.js', 'mcp', ...words],
      cwd: root,
      env,
      stderr: 'pipe',
    })
    let said = ''
    transport.stderr?.on('data', data => {
      said += data
    })
    const assistant = new Client({ name: 'tests', version: '0' })
    onTestFinished(() => assistant.close())
    return { assistant, connect: () => assistant.connect(transport), said: () => said }
  }

  test('speaks over standard input and output, and leaves when the other side does', async () => {
    const { address, bridge } = await opened()
    const { assistant, connect } = await started([`${address}#${TOKENS.viewer}`, '--name', 'Ada'])
    await connect()
    const { content } = await assistant.callTool({ name: 'summary' })
    expect(JSON.parse((content as [{ text: string }])[0].text).you).toEqual({
      role: 'viewer',
      author: 'Ada (viewer 1)',
    })
    await assistant.close()
    await expect.poll(() => bridge.clients).toEqual([])
  })

  test('takes a token from the environment, which no list of processes shows, unless it is given one', async () => {
    const { address } = await opened()
    const env = { GRADSTREAM_TOKEN: TOKENS.viewer }
    const role = async (words: readonly string[]) => {
      const { assistant, connect } = await started(words, env)
      await connect()
      const { content } = await assistant.callTool({ name: 'summary' })
      return JSON.parse((content as [{ text: string }])[0].text).you.role
    }
    expect(await role([address])).toBe('viewer')
    expect(await role([`${address}#${TOKENS.controller}`])).toBe('controller')
    expect(await role([address, '--token', TOKENS.controller])).toBe('controller')
  })

  test.each([
    ['a wrong token', (address: string) => `${address}#a-wrong-token-of-tests`, 'the token is wrong'],
    ['no bridge', () => 'http://127.0.0.1:9/#a-token-of-the-tests', '[DISCONNECTED]'],
    ['no address', () => 'here', '[INVALID_OPTION]'],
  ])('says at once what is wrong: %s', async (_, to, told) => {
    const { address } = await opened()
    expect((await rejectionOf(mcp(to(address), { version: '0' }))).message).toContain(told)
  })

  test('says it to people, and not to the assistant', async () => {
    const { connect, said } = await started(['here'])
    await expect(connect()).rejects.toThrow()
    expect(said()).toMatch(/^gradstream: connectBridge: expected an address .*\[INVALID_OPTION\]\n$/)
  })

  test('without the SDK says how to get it', async () => {
    vi.doMock('@modelcontextprotocol/sdk/server/index.js', () => {
      throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
    })
    onTestFinished(() => {
      vi.doUnmock('@modelcontextprotocol/sdk/server/index.js')
    })
    const error = await rejectionOf(mcp('http://127.0.0.1:9/', { version: '0' }))
    expect(error.code).toBe('NOT_AVAILABLE')
    expect(error.message).toContain('npm install @modelcontextprotocol/sdk')
  })
})
