/** `model.explain()`: what a step computes, with the nodes that it came from. */
import {
  compile,
  createTrainer,
  defineNode,
  dense,
  graph,
  input,
  type Model,
  meanSquaredError,
  relu,
  sgd,
} from 'gradstream'
import { VirtualTimeScheduler } from 'rxjs'
import { expect, test } from 'vitest'
import { samples } from '../support.ts'

const own = defineNode({
  type: 'own',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward: ({ x }, _, { kernels: k }) => ({ y: k.tanh(x) }),
})

function trained(activation = relu(), kernels: 'wasm' | 'reference' = 'wasm', replay = true): Model {
  const prediction = input({ name: 'x', shape: [2] }).pipe(
    dense({ units: 3 }),
    activation,
    dense({ units: 1 }),
  )
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
  const model = compile(graph({ loss, update: loss.pipe(sgd()) }), { kernels, replay, nodes: [own] })
  const scheduler = new VirtualTimeScheduler()
  void createTrainer(model, { data: samples(12), batchSize: 4, epochs: 3, scheduler }).run()
  scheduler.flush()
  return model as Model
}

test('all that nodes and optimizer ask for has a part, and each part somebody who asked for it', () => {
  const { mode, parts } = trained().explain({ format: 'json' })
  expect(mode).toBe('Steps are replayed, without firing nodes.')
  const owners = new Set(parts.flatMap(({ owners }) => owners))
  const asked = [
    ...['dense1 forward', 'relu1 forward', 'dense2 forward', 'meanSquaredError1 forward'],
    ...['meanSquaredError1 backward', 'dense2 backward', 'relu1 backward', 'dense1 backward'],
    ...['dense1.kernel update', 'dense1.bias update', 'dense2.kernel update', 'dense2.bias update'],
  ]
  for (const owner of asked) expect(owners).toContain(owner)
  expect(parts.filter(({ kind }) => kind === 'product').map(({ what }) => what)).toContain('[4, 3, 2]')
  for (const { kind, owners, written } of parts) {
    if (kind === 'check') continue
    expect(owners.length).toBeGreaterThan(0)
    expect(written).toBeGreaterThan(0)
  }
})

test('as text it is a table, and as HTML one for a page', () => {
  const model = trained()
  const [text, html] = [model.explain(), model.explain({ format: 'html' })]
  expect(text.split('\n')[0]).toBe('Steps are replayed, without firing nodes.')
  expect(text).toMatch(/│ product │ \[4, 3, 2\] +│ dense1 forward /)
  expect(html).toMatch(/^<section><p>.*<table><tr>.*<td>dense1 forward<\/td>.*<\/table><\/section>$/)
})

test('it says who keeps steps from being replayed', () => {
  const { mode } = trained(own()).explain({ format: 'json' })
  expect(mode).toMatch(
    /^Each step is fired node by node, since nodes of type "?own"? may do more than call kernels/,
  )
  expect(trained(relu(), 'reference').explain()).toMatch(/since reference kernels compute at once\.$/)
  expect(trained(relu(), 'wasm', false).explain()).toMatch(
    /since the model was compiled with replay: false\.\n/,
  )
})

test('shares of the time add up to one, once it was taken', () => {
  const { parts } = trained().explain({ format: 'json' })
  const shares = parts.map(({ share }) => share ?? 0)
  const sum = shares.reduce((a, b) => a + b, 0)
  expect(shares.every(share => share >= 0)).toBe(true)
  expect(sum).toBeCloseTo(1, 6)
})
