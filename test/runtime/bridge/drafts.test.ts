/** Drafts of a graph: what a client is offered for a node fits there, and what does not fit is told. */
import {
  compile,
  conv2d,
  createTrainer,
  defineNode,
  dense,
  flatten,
  fromArrays,
  type GraphChange,
  type GraphDef,
  graph,
  input,
  lstm,
  meanSquaredError,
  type Port,
  relu,
  sgd,
} from 'gradstream'
import { expect, test } from 'vitest'
import { editedGraph, inspect } from '../../../core/index.ts'
import type { GraphDraft } from '../../../runtime/bridge/protocol.ts'
import { Drafts } from '../../../runtime/bridge/server/drafts.ts'
import { definitionsOf } from '../../../runtime/engine/compile.ts'
import { errorOf } from '../support.ts'

const swish = defineNode({
  type: 'swish',
  config: () => ({}),
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward: ({ x }, _, { kernels: k }) => ({ y: k.mul(x, k.sigmoid(x)) }),
})

function draftsOf(shape: readonly number[], network: (x: Port<'value'>) => Port<'value'>) {
  const prediction = network(input({ name: 'x', shape: [...shape] }))
  const loss = meanSquaredError({ name: 'loss' })(prediction, input({ name: 'target', shape: [2] }))
  const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })
  const model = compile(net, { nodes: [swish] })
  const size = shape.reduce((product, length) => product * length, 1)
  const data = fromArrays({
    x: { shape: [2, ...shape], data: new Float32Array(2 * size) },
    target: [
      [0, 1],
      [1, 0],
    ],
  })
  const trainer = createTrainer(model, { data })
  const drafts = new Drafts(trainer)
  const ask = (changes: readonly GraphChange[], node?: string): GraphDraft =>
    JSON.parse(drafts.answer({ changes, ...(node !== undefined && { node }) }))
  return { net: net as GraphDef, trainer, registry: definitionsOf(model), ask }
}

const flat = () => draftsOf([3], x => x.pipe(dense({ units: 4 }), relu(), dense({ units: 2 })))

const NETWORKS = [
  ['rows', flat],
  [
    'images',
    () =>
      draftsOf([6, 6, 2], x =>
        x.pipe(conv2d({ filters: 2, kernelSize: 3 }), relu(), flatten(), dense({ units: 2 })),
      ),
  ],
  ['sequences', () => draftsOf([5, 3], x => x.pipe(lstm({ units: 4 }), dense({ units: 2 })))],
] as const

test.each(NETWORKS.filter(([name]) => name !== 'images'))(
  'whatever is offered behind a node of %s stands there without a fault of its own',
  (_, make) => {
    const { net, registry, ask } = make()
    for (const { id } of net.nodes) {
      const { node } = ask([], id)
      for (const { type, config } of node?.insertable ?? []) {
        const next = editedGraph(net, [{ insert: type, behind: id, name: 'new', config }], registry)
        const { nodes } = inspect(next, registry)
        expect({ type, id, resolves: nodes.some(each => each.id === 'new') }).toEqual({
          type,
          id,
          resolves: true,
        })
      }
    }
  },
)

test('what newcomers look for is offered, and what cannot stand there is not', () => {
  const { ask } = flat()
  const offered = (node: string) => ask([], node).node?.insertable.map(({ type }) => type) ?? []
  expect(offered('relu1')).toEqual(
    expect.arrayContaining(['dense', 'relu', 'dropout', 'batchNormalization', 'swish']),
  )
  for (const type of [
    'conv2d',
    'lstm',
    'add',
    'meanSquaredError',
    'sgd',
    'input',
    'l2Regularization',
    'clipByNorm',
  ])
    expect(offered('relu1')).not.toContain(type)
  // Behind a target, a layer would learn the targets away.
  for (const node of ['target', 'loss', 'sgd1']) expect(offered(node)).toEqual([])
  expect(offered('x').length).toBeGreaterThan(10)
})

test('a type that was misspelt is told with the one that was meant', () => {
  const { ask } = flat()
  const error = errorOf(() => ask([{ insert: 'droput', behind: 'relu1' }]))
  expect(error).toMatchObject({ code: 'UNKNOWN_TYPE', hint: 'Did you mean "dropout"?' })
  expect(errorOf(() => ask([{ insert: 'zzzzzzzz', behind: 'relu1' }])).hint).toContain(
    'compile(graph, { nodes })',
  )
})

test('the draft without changes is the run', () => {
  const { ask, trainer } = flat()
  const { nodes, parameters, faults, node } = ask([], 'dense1')
  const state = JSON.parse(JSON.stringify(trainer.state))
  expect(Object.keys(nodes)).toEqual(Object.keys(state.nodes))
  for (const [id, { type, config, shape, inputs, parameters }] of Object.entries(nodes))
    expect(state.nodes[id]).toMatchObject({ type, config, shape, inputs, parameters })
  expect([parameters, faults]).toEqual([state.parameters, []])
  expect(node).toMatchObject({ isRemovable: true, limits: { units: { minimum: 1, isWhole: true } } })
})

test('a fault is told at its node, and what is behind it is open', () => {
  const { ask } = flat()
  const { nodes, faults } = ask([{ set: 'dense1', config: { units: 0 } }])
  expect(faults).toMatchObject([{ code: 'INVALID_CONFIG', place: 'dense1' }])
  expect([nodes.x?.shape, nodes.dense1?.shape, nodes.dense2?.shape]).toEqual([[null, 3], null, null])
  expect(nodes.dense1?.config.units).toBe(0)
})

test('the words that an option accepts are told', () => {
  const { ask } = NETWORKS[1][1]()
  expect(ask([], 'conv2d1').node?.words.padding).toEqual(expect.arrayContaining(['valid', 'same']))
})

test('hyper-parameters that were set since are part of it', async () => {
  const { trainer } = flat()
  await trainer.set('sgd1', { learningRate: 0.5 })
  const next = new Drafts(trainer).graphWith([{ remove: 'relu1' }])
  expect(next.nodes.find(({ id }) => id === 'sgd1')?.config.learningRate).toBe(0.5)
  expect(errorOf(() => new Drafts(trainer).graphWith([{ remove: 'relu9' }]))).toMatchObject({
    code: 'UNKNOWN_NAME',
    hint: expect.stringContaining('relu1'),
  })
})
