/** What nobody watches need not be stored: nobody can tell, but by the clock. */
import {
  add,
  compile,
  createTrainer,
  type GraphDef,
  graph,
  type Model,
  meanSquaredError,
  relu,
  sgd,
  sigmoid,
  type Tensor,
  tanh,
} from 'gradstream'
import { VirtualTimeScheduler } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { dense, input } from '../../../index.ts'
import { engineOf } from '../../../runtime/engine/model.ts'
import { bytesOf, samples } from '../support.ts'

const x = input({ name: 'x', shape: [2] })
const target = input({ name: 'target', shape: [1] })
const layer = (name: string) => dense({ name, units: 3 })

/** x, hidden, active, prediction, and a loss. */
function network(activation = relu()) {
  const hidden = layer('hidden')(x)
  const active = activation(hidden)
  const prediction = dense({ units: 1, name: 'last' })(active)
  const loss = meanSquaredError()(prediction, target)
  return { hidden, active, prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) }
}

const usual = (activation = relu()) => {
  const { prediction, loss, update } = network(activation)
  return graph({ prediction, loss, update })
}

/** Trains some steps and gives the model; `first` gets it before. */
function train(net: GraphDef, first: (model: Model) => void = () => undefined): Model {
  const model = compile(net, { seed: 3, kernels: 'wasm' }) as Model
  first(model)
  const scheduler = new VirtualTimeScheduler()
  void createTrainer(model, { data: samples(10), batchSize: 4, epochs: 2, runId: 'fusion', scheduler }).run()
  scheduler.flush()
  return model
}

const numbers = ({ data }: Tensor) => Array.from(data)

describe.each([
  ['relu', relu, (value: number) => Math.max(value, 0)],
  ['sigmoid', sigmoid, (value: number) => 1 / (1 + Math.exp(-value))],
  ['tanh', tanh, Math.tanh],
])('a layer in front of %s', (name, activation, formula) => {
  test('gives the same bytes of weights whether watched or not', () => {
    const weights = bytesOf(train(usual(activation())))
    const watched = train(usual(activation()), model => {
      model.node('hidden').forward$.subscribe()
    })
    const gradients = train(usual(activation()), model => {
      model.node('hidden').backward$.subscribe()
    })
    expect(bytesOf(watched)).toEqual(weights)
    expect(bytesOf(gradients)).toEqual(weights)
  })

  test('never shows activated values as its own', () => {
    const [before, after]: number[][][] = [[], []]
    train(usual(activation()), model => {
      // The tap comes while a pass is under way.
      const start = model.node('x').forward$.subscribe(() => {
        start.unsubscribe()
        model.node('hidden').forward$.subscribe(({ tensor }) => before?.push(numbers(tensor)))
        model.node(`${name}1`).forward$.subscribe(({ tensor }) => after?.push(numbers(tensor)))
      })
    })
    expect(before?.length).toBeGreaterThanOrEqual(5)
    const shown = (after as number[][]).slice(-(before as number[][]).length)
    shown.forEach((values, i) => {
      values.forEach((value, j) => {
        expect(value).toBeCloseTo(formula(before?.[i]?.[j] as number), 6)
      })
    })
  })
})

test('an output of the graph keeps its own values', () => {
  const { hidden, prediction, loss, update } = network()
  const model = train(graph({ hidden, prediction, loss, update }))
  const shown = model.predict({
    x: [
      [1, 2],
      [-1, -2],
    ],
  }) as Record<string, Tensor>
  expect(numbers(shown.hidden as Tensor).some(value => value < 0)).toBe(true)
})

test('a sum of gradients that somebody looks at after the step is there, fired or replayed', () => {
  const hidden = layer('hidden')(x)
  const both = add()(tanh()(hidden), sigmoid()(hidden), hidden)
  const loss = meanSquaredError()(both.pipe(dense({ units: 1 })), target)
  const net = graph({ loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })
  const shown: number[][] = []
  train(net, model => {
    const node = engineOf(model).nodes.get('hidden') as NonNullable<ReturnType<Nodes['get']>>
    node.outputs[0]?.backward.read()
    model.node('hidden').parameters.bias?.update$.subscribe(() => {
      shown.push(numbers(node.outputs[0]?.backward.tensor as Tensor))
    })
  })
  const tapped: number[][] = []
  train(net, model => {
    model.node('hidden').backward$.subscribe(({ tensor }) => tapped.push(numbers(tensor)))
  })
  expect(tapped.length).toBeGreaterThanOrEqual(5)
  expect(shown).toEqual(tapped)
})

type Nodes = ReturnType<typeof engineOf>['nodes']
