/** Changes of a graph: what they lead to, in whatever order, and what they leave alone. */
import {
  add,
  compile,
  concatenate,
  dense,
  type GraphChange,
  type GraphDef,
  graph,
  graphFromJson,
  graphToJson,
  input,
  meanSquaredError,
  relu,
  sgd,
  tanh,
  validate,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { editedGraph, isRemovable, registryOf } from '../../core/index.ts'
import { withChange } from '../../dashboard/editing/changes.ts'
import { catalogue } from '../../nodes/index.ts'
import { countOf } from '../support/counts.ts'
import { Dice } from '../support/dice.ts'
import { errorOf } from './support.ts'

const REGISTRY = registryOf(catalogue)
const edited = (net: GraphDef, ...changes: GraphChange[]) => editedGraph(net, changes, REGISTRY)

/** A graph with branches, a second output, and a layer that is used twice. */
const branched = (): GraphDef => {
  const x = input({ name: 'x', shape: [4] })
  const first = x.pipe(dense({ name: 'first', units: 4 }), relu())
  const twice = dense({ name: 'twice', units: 4 })
  const joined = concatenate()(first.pipe(twice, tanh()), first.pipe(twice), x)
  const prediction = joined.pipe(dense({ units: 2 }))
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [2] }))
  return graph({ prediction, features: first, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })
}

const plain = (net: GraphDef) => JSON.parse(graphToJson(net))
const idsOf = ({ nodes }: GraphDef) => nodes.map(({ id }) => id)

describe('a node behind another one', () => {
  test('feeds all that this one fed, and outputs, and is fed by it alone', () => {
    const net = edited(branched(), { insert: 'gelu', behind: 'relu1', name: 'between' })
    const inputs = Object.fromEntries(net.nodes.map(({ id, inputs }) => [id, Object.values(inputs)]))
    expect(inputs.between).toEqual([{ node: 'relu1', output: 'y' }])
    expect([inputs.twice, inputs.twice2]).toEqual([
      [{ node: 'between', output: 'y' }],
      [{ node: 'between', output: 'y' }],
    ])
    expect(net.outputs.features).toEqual({ node: 'between', output: 'y' })
    expect(validate(net).filter(({ severity }) => severity === 'error')).toEqual([])
  })

  test('has all options, as compile would have it', () => {
    const net = edited(branched(), { insert: 'dense', behind: 'first', config: { units: 3 } })
    const model = compile(net)
    expect(net.nodes.find(({ id }) => id === 'dense2')?.config).toEqual(model.node('dense2').config)
    expect(model.node('dense2').config).toMatchObject({ units: 3, useBias: true })
  })

  test('and taken out again leaves the graph as it was, behind every node that has values', () => {
    const net = branched()
    for (const { id, type } of net.nodes) {
      const change: GraphChange = { insert: 'relu', behind: id, name: 'new' }
      const role = REGISTRY.get(type)?.role
      if (role === 'loss' || role === 'optimizer')
        expect(errorOf(() => edited(net, change)).code).toBe('NOT_AVAILABLE')
      else expect(plain(edited(net, change, { remove: 'new' }))).toEqual(plain(net))
    }
  })

  test('leaves an output that has the name of its own node where it is', () => {
    const net = graph({ layer: input({ name: 'x', shape: [2] }).pipe(dense({ name: 'layer', units: 2 })) })
    const next = edited(net, { insert: 'relu', behind: 'layer' })
    expect(next.outputs).toEqual({ layer: { node: 'layer', output: 'y' } })
  })
})

test('options of a layer that is used twice change in both places', () => {
  const net = edited(branched(), { set: 'twice2', config: { useBias: false } })
  expect(net.nodes.filter(({ config }) => config.useBias === false).map(({ id }) => id)).toEqual([
    'twice',
    'twice2',
  ])
})

test('only nodes with one input and one way out can be taken out', () => {
  const net = branched()
  const removable = net.nodes.filter(entry => isRemovable(net, entry, REGISTRY)).map(({ id }) => id)
  // The first use of a layer holds the parameters of the second.
  expect(removable).toEqual(['first', 'relu1', 'tanh1', 'twice2', 'dense1'])
  for (const id of idsOf(net))
    if (!removable.includes(id)) expect(errorOf(() => edited(net, { remove: id })).code).toBe('NOT_AVAILABLE')
})

test('the graph that was given stays as it is, and the edited one is JSON', () => {
  const net = branched()
  const before = graphToJson(net)
  const next = edited(net, { insert: 'dropout', behind: 'first', config: { rate: 0.2 } }, { remove: 'tanh1' })
  expect(graphToJson(net)).toBe(before)
  expect(graphFromJson(graphToJson(next))).toEqual(next)
  expect(Object.isFrozen(next.nodes[0]?.config)).toBe(true)
})

test('a sum of two that are one node stays a sum', () => {
  const x = input({ name: 'x', shape: [2] })
  const h = x.pipe(relu())
  const net = edited(graph({ y: add()(h, h) }), { remove: 'relu1' })
  expect(net.nodes.at(-1)?.inputs).toEqual({
    a: { node: 'x', output: 'value' },
    b: { node: 'x', output: 'value' },
  })
})

test('changes that the page collects make the same graph as all of them, one after the other', () => {
  for (let seed = 0; seed < countOf({ usual: 20, full: 300 }); seed++) {
    const dice = new Dice(seed)
    const net = branched()
    const configs = Object.fromEntries(net.nodes.map(node => [node.id, node]))
    let all: readonly GraphChange[] = []
    let few: readonly GraphChange[] = []
    for (let i = 0; i < 8; i++) {
      const present = all.length === 0 ? net : edited(net, ...all)
      const node = dice.pick(present.nodes)
      const change = dice.pick<GraphChange>([
        { insert: 'dense', behind: node.id, name: `new${i}`, config: { units: 1 + dice.below(3) } },
        {
          set: node.id,
          config: node.type === 'dense' ? { units: 1 + dice.below(3), useBias: dice.below(2) === 0 } : {},
        },
        { remove: node.id },
      ])
      try {
        edited(net, ...all, change)
      } catch {
        continue
      }
      all = [...all, change]
      few = withChange(few, change, configs)
    }
    const made = few.length === 0 ? net : edited(net, ...few)
    expect(new Set(plain(made).nodes.map((node: object) => JSON.stringify(node)))).toEqual(
      new Set(
        plain(all.length === 0 ? net : edited(net, ...all)).nodes.map((node: object) => JSON.stringify(node)),
      ),
    )
    expect(few.length).toBeLessThanOrEqual(all.length)
  }
})
