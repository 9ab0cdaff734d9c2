/** Names are data: what objects inherit, what the wire uses itself, and what looks like something else are names as any other. */
import { isDeepStrictEqual } from 'node:util'
import {
  compile,
  connectBridge,
  createTrainer,
  defineNode,
  defineOptimizer,
  dense,
  evaluate,
  fromArrays,
  fromIterable,
  graph,
  graphFromJson,
  graphToJson,
  input,
  type Kernels,
  meanSquaredError,
  memoryTransport,
  openBridge,
  parseCsv,
  type RunState,
  sgd,
  type Tensor,
  type TrainerEvent,
  validate,
} from 'gradstream'
import { confusionMatrix, lossCurve } from 'gradstream/terminal'
import { checkNode } from 'gradstream/testing'
import {
  asyncScheduler,
  firstValueFrom,
  type Observable,
  type SchedulerLike,
  VirtualTimeScheduler,
} from 'rxjs'
import { afterEach, describe, expect, test } from 'vitest'
import { finish } from '../runtime/support.ts'

/** What a node, an input, an output, a column, a class or an optimizer may be called. */
const NAMES = [
  ...['constructor', '__proto__', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'toJSON', 'then'],
  ...['*', '$number', 'length', 'node', 'type', 'loss', 'y', 'gradient', 'state', 'all'],
  ...[
    'a name',
    'a.b',
    'a/b',
    '1e3',
    '-0',
    '<b>',
    '"',
    "'",
    '\\',
    'ünïcode',
    '💧',
    'a\u2028b',
    'x'.repeat(200),
  ],
] as const
/** What one may not be called stands in one record with something else. */
const own = (name: string, ...others: string[]) => (others.includes(name) ? `${name}s` : name)

const ROWS = Array.from({ length: 12 }, (_, i) => [i / 6 - 1, (i % 4) / 2])
const TARGETS = ROWS.map(([a = 0, b = 0]) => [a - b])

/** A network in which everything that can be named is called after one name. */
function named(name: string) {
  const ids = { x: name, dense: `${name} 1`, target: `${name} 2`, loss: `${name} 3`, update: `${name} 4` }
  const x = input({ name: ids.x, shape: [2] })
  const target = input({ name: ids.target, shape: [1] })
  const prediction = x.pipe(dense({ units: 1, name: ids.dense }))
  const loss = meanSquaredError({ name: ids.loss })(prediction, target)
  const update = loss.pipe(sgd({ learningRate: 0.1, momentum: 0.5, name: ids.update }))
  const output = `${name} 5`
  return { ids, output, net: graph({ [output]: prediction, error: loss, update }) }
}

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

/** Timers that run on a clock that stands still: watching takes no time, so none is held back for lack of it. */
const untimed: SchedulerLike = {
  now: () => 0,
  schedule: asyncScheduler.schedule.bind(asyncScheduler),
}

async function watched(name: string, metrics: object[] = []) {
  const { net, ids, output } = named(name)
  const model = compile(net, { seed: 1 })
  const data = fromArrays(
    Object.fromEntries([
      [ids.x, ROWS],
      [ids.target, TARGETS],
    ]) as never,
  )
  const scheduler = new VirtualTimeScheduler()
  const trainer = createTrainer(model, {
    data,
    validation: data,
    epochs: 3,
    batchSize: 4,
    scheduler,
    metrics: metrics as never,
  })
  const bridge = await openBridge(trainer, { port: 0, print: () => undefined, scheduler: untimed })
  const client = connectBridge(memoryTransport(bridge), { token: bridge.tokens.controller })
  opened.push(
    () => client.close(),
    () => bridge.close(),
    () => trainer.dispose(),
    () => model.dispose(),
  )
  await firstValueFrom(client.state$)
  return { net, ids, output, model, data, trainer, bridge, client, scheduler }
}

describe.each(NAMES)('where everything is called %j,', name => {
  test('the graph compiles, goes through JSON, and comes to what it comes to under usual names', () => {
    const { net, ids, output } = named(name)
    expect(validate(net)).toEqual([])
    const again = graphFromJson(JSON.parse(JSON.stringify(JSON.parse(graphToJson(net)))))
    expect(again).toEqual(net)
    const models = [net, again].map(def => compile(def, { seed: 1, kernels: 'reference' }))
    const answers = models.map(model => model.predict(Object.fromEntries([[ids.x, ROWS]])))
    for (const answer of answers) expect(Object.keys(answer)).toEqual([output])
    expect(answers[0]?.[output]?.toNested()).toEqual(answers[1]?.[output]?.toNested())
    const [model] = models as [(typeof models)[0], unknown]
    expect(model.node(ids.dense).id).toBe(ids.dense)
    expect(model.node(output).id).toBe(ids.dense)
    expect(Object.keys(model.node(ids.dense).parameters)).toEqual(['kernel', 'bias'])
    expect(model.summary()).toContain(ids.dense.split('\n')[0])
    for (const each of models) each.dispose()
  })

  test('it is trained, and told of as itself on both sides of a bridge', async () => {
    const attached = { metric: 'r2', prediction: `${name} 5`, target: `${name} 2`, name: own(name, 'loss') }
    const run = await watched(name, [attached])
    const { trainer, client, ids, scheduler, model, data } = run
    const events: TrainerEvent[] = []
    client.events$.subscribe(event => events.push(event))
    const patched: RunState[] = []
    trainer.state$.subscribe(state => patched.push(state))

    const results: Record<string, unknown> = {}
    const watches = [
      client.watch({ node: ids.dense, of: 'forward', what: 'histogram', bins: 3, every: 1 }),
      client.watch({ node: ids.x, of: 'forward', what: 'sample', every: 1 }),
      client.watch({ node: ids.dense, of: 'value', parameter: 'kernel', what: 'quantiles', every: 1 }),
    ].map((watch$: Observable<object>, i) =>
      watch$.subscribe(result => {
        results[i] = result
      }),
    )
    const all = client.watch({ of: 'backward', what: 'stats', rate: 20 }).subscribe()
    await client.send({ type: 'set', node: ids.update, values: { learningRate: 0.05 } })
    const state = await finish(trainer, scheduler)
    await expect.poll(() => isDeepStrictEqual(client.state, trainer.state)).toBe(true)
    await expect.poll(() => Object.keys(results)).toEqual(['0', '1', '2'])
    for (const watch of [...watches, all]) watch.unsubscribe()

    expect(state.status).toBe('finished')
    expect(state.metrics.loss).toBeLessThan(1)
    expect(Object.keys(state.metrics)).toContain(attached.name)
    expect(Object.keys(state.nodes)).toEqual(
      [ids.x, ids.dense, ids.target, ids.loss].filter(id => Object.hasOwn(state.nodes, id)),
    )
    expect(state.hyperparameters[ids.update]).toMatchObject({ learningRate: 0.05 })
    expect(client.state?.hyperparameters[ids.update]).toMatchObject({ learningRate: 0.05 })
    expect(events.find(({ type }) => type === 'finished')).toMatchObject({ metrics: state.metrics })

    const names = [`metrics.${attached.name}`, `${ids.update}.learningRate`, 'loss']
    for (const series of names) expect((await client.series(series)).steps.length).toBeGreaterThan(0)
    const told = await client.predict({ of: 'data', count: 3 })
    expect(Object.keys(told.outputs)).toEqual([run.output])
    expect(Object.keys(told.columns ?? {}).sort()).toEqual([ids.x, ids.target].sort())
    const asked = await client.predict({ inputs: Object.fromEntries([[ids.x, ROWS.slice(0, 3)]]) })
    expect(asked.outputs).toEqual(told.outputs)
    expect((await evaluate(model, data)).loss).toBeCloseTo(state.metrics.validationLoss as number, 5)
    expect(lossCurve(state.history)).toContain('epoch')
  })

  test('it is a column, standardized or streamed, and a class', async () => {
    const { net, ids, output } = named(name)
    const columns = Object.fromEntries([
      [ids.x, ROWS],
      [ids.target, TARGETS],
    ]) as never
    const table = fromArrays(columns)
    expect(Object.keys(table.columns)).toEqual([ids.x, ids.target])
    const data = table.standardize({ columns: [ids.x] })
    expect(Object.keys(data.scalings)).toEqual([ids.x])
    const model = compile(net, { seed: 1 })
    await createTrainer(model, { data, epochs: 2 }).run()
    const streamed = fromIterable(
      () =>
        ROWS.map((row, i) =>
          Object.fromEntries([
            [ids.x, row],
            [ids.target, TARGETS[i]],
          ]),
        ) as never,
    )
    expect((await evaluate(model, streamed)).loss).toBeCloseTo(
      (await evaluate(model, table)).loss as number,
      5,
    )
    expect(model.predict(Object.fromEntries([[ids.x, ROWS]]))[output]?.shape).toEqual([12, 1])
    model.dispose()

    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
    const [a, b] = [quoted(name), quoted(`${name} too`)]
    const csv = parseCsv(`${a},${b}\n1,${a}\n2,${b}\n3,${a}\n`, {
      target: `${name} too`,
      categorical: [`${name} too`],
    })
    expect(csv.columns.x?.names).toEqual([name])
    expect(csv.classes()).toEqual([name, `${name} too`])
    const matrix = confusionMatrix(csv.column('target'), csv.column('target'), csv.classes())
    expect(matrix).toContain('accuracy 100.0 %')
  })
})

/** Names that a definition may give to what it takes, makes and keeps. */
const PARTS = NAMES.filter(name => !name.includes('.'))

type Values = Readonly<Record<string, Tensor>>
interface Context {
  readonly kernels: Kernels
  readonly mode: 'train' | 'infer'
}

test.each(PARTS)('a definition whose parts are called %j keeps the laws of a node', name => {
  const [x, y, saved, parameter, state] = [name, `${name}1`, `${name}2`, `${name}3`, `${name}4`] as const
  const at = (values: Values, part: string) => values[part] as Tensor
  // y = x · parameter; the sum of all rows is remembered.
  const node = defineNode({
    type: 'odd',
    inputs: [x],
    outputs: [y],
    saved: [saved],
    shapes: (shapes: Values) => ({ [y]: shapes[x] }),
    parameters: () => ({ [parameter]: { shape: [4] } }),
    state: () => ({ [state]: { shape: [4], initializer: 'zeros' } }),
    forward: (values: Values, _: object, { kernels: k, mode }: Context) => ({
      [y]: k.mul(at(values, x), at(values, parameter)),
      [saved]: k.copy(at(values, x)),
      ...(mode === 'train' && { [state]: k.add(at(values, state), k.sumTo(at(values, x), [4])) }),
    }),
    backward: (gradients: Values, values: Values, _: object, { kernels: k }: Context) => ({
      [x]: k.mul(at(gradients, y), at(values, parameter)),
      [parameter]: k.sumTo(k.mul(at(gradients, y), at(values, saved)), [4]),
    }),
  } as never)
  checkNode({ type: 'odd' }, { inputs: { [x]: [3, 4] }, nodes: [node as never] })
})

test.each(PARTS.filter(name => name !== 'gradient'))(
  'an optimizer with a slot called %j trains',
  async name => {
    const optimizer = defineOptimizer({
      type: 'odd',
      config: () => ({}),
      slots: () => ({ [name]: 0 }),
      // slot := gradient + ½ slot; value := value - slot / 10
      update(values: Values, _: object, { kernels: k }: Context) {
        const past = k.addScaled(values.gradient as Tensor, values[name] as Tensor, 0.5)
        return { value: k.addScaled(values.value as Tensor, past, -0.1), [name]: past }
      },
    } as never) as unknown as typeof sgd
    const x = input({ name: 'x', shape: [2] })
    const target = input({ name: 'target', shape: [1] })
    const prediction = x.pipe(dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, target)
    const net = graph({ prediction, loss, update: loss.pipe(optimizer()) })
    const model = compile(net, { seed: 1, nodes: [optimizer] })
    const data = fromArrays({ x: ROWS, target: TARGETS })
    const { metrics } = await createTrainer(model, { data, epochs: 20, batchSize: 4 }).run()
    expect(metrics.loss).toBeLessThan(0.05)
    model.dispose()
  },
)
