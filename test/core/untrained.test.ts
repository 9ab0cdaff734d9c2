/** Layers that no loss trains are warned of, unless the graph says that this is meant. */
import { describe, expect, test } from 'vitest'
import { type GraphDef, graph, input, inspect, type Port } from '../../core/index.ts'
import {
  catalogue,
  dense,
  embedding,
  meanSquaredError,
  positionEmbedding,
  relu,
  sgd,
  stopGradient,
} from '../../nodes/index.ts'
import { registry } from './support.ts'

const x = input({ name: 'x', shape: [3] })
const target = input({ name: 'target', shape: [1] })
const warningsOf = (net: GraphDef) => inspect(net, registry(...catalogue)).faults
const trained = (prediction: Port, more: Record<string, Port> = {}) => {
  const loss = meanSquaredError()(prediction, target)
  return graph({ ...more, loss, update: loss.pipe(sgd()) })
}
const head = () => dense({ units: 1 })

describe('a layer is not trained', () => {
  test('where its loss is missing, and all such layers are in one warning', () => {
    const trunk = x.pipe(dense({ units: 2 }))
    const net = trained(trunk.pipe(head()), { other: trunk.pipe(dense({ units: 4 }), relu(), head()) })
    expect(warningsOf(net)).toMatchObject([
      {
        code: 'NOT_TRAINED',
        severity: 'warning',
        place: 'dense3',
        expected: 'a loss to train dense2 and dense3',
        got: 'none',
      },
    ])
  })

  test('before a node that reads only the shape of what it gets', () => {
    const words = input({ name: 'words', shape: [3] }).pipe(embedding({ inputDim: 5, outputDim: 4 }))
    const marks = input({ name: 'marks', shape: [3, 1] })
    const loss = meanSquaredError()(words.pipe(positionEmbedding({ sequenceLength: 3 }), head()), marks)
    expect(warningsOf(graph({ loss, update: loss.pipe(sgd()) }))).toMatchObject([
      {
        place: 'embedding1',
        got: 'none, since "positionEmbedding1" passes no gradient to its input "x"',
        hint: 'To keep what "embedding1" gives, write add()(embedding1, positionEmbedding1).',
      },
    ])
  })
})

describe('no warning comes', () => {
  const trunk = x.pipe(dense({ units: 2 }))
  const others: Record<string, Port> = {
    'of a layer that is not to be trained': trunk.pipe(dense({ units: 4, trainable: false })),
    'of a layer before stopGradient': x.pipe(dense({ units: 2 }), stopGradient()),
    'of a node without parameters': trunk.pipe(relu()),
  }
  test.each(Object.keys(others))('%s', name => {
    expect(warningsOf(trained(trunk.pipe(head()), { other: others[name] as Port }))).toEqual([])
  })

  test('of a layer that makes the target of a loss', () => {
    const loss = meanSquaredError()(x.pipe(head()), x.pipe(head()))
    expect(warningsOf(graph({ loss, update: loss.pipe(sgd()) }))).toEqual([])
  })

  test('of a layer that is shared, and trained in its other place', () => {
    const shared = head()
    expect(warningsOf(trained(shared(x) as Port, { again: shared(x.pipe(relu())) as Port }))).toEqual([])
  })

  test('of layers that the optimizer leaves out by name', () => {
    const loss = meanSquaredError()(trunk.pipe(head()), target)
    expect(warningsOf(graph({ loss, update: loss.pipe(sgd({ parameters: ['dense2'] })) }))).toEqual([])
  })

  test('of a graph without an optimizer', () => {
    expect(warningsOf(graph({ y: trunk.pipe(head()) }))).toEqual([])
  })

  test('of a graph that has errors, which come first', () => {
    const loss = meanSquaredError()(x.pipe(head()), target)
    const net = graph({ loss, twice: loss.pipe(sgd()), update: loss.pipe(sgd()), other: x.pipe(head()) })
    expect(warningsOf(net).map(({ severity }) => severity)).not.toContain('warning')
  })
})
