/** A node with forward alone: its gradients are derived from what it asks of the kernels. */
import {
  compile,
  concatenate,
  createTrainer,
  defineLoss,
  defineNode,
  dense,
  fromArrays,
  gelu,
  graph,
  input,
  type KernelsName,
  meanSquaredError,
  type NodeDef,
  type Port,
  sgd,
} from 'gradstream'
import { checkNode, evaluateNode } from 'gradstream/testing'
import { expect, test } from 'vitest'
import { engineOf } from '../../runtime/engine/model.ts'
import { errorOf } from '../core/support.ts'

const one = {
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }: { x: readonly (number | null)[] }) => ({ y: x }),
} as const

const ownGelu = defineNode({
  type: 'ownGelu',
  ...one,
  forward({ x }, _, { kernels: k }) {
    const distribution = k.scale(k.add(k.erf(k.scale(x, Math.SQRT1_2)), 1), 0.5)
    return { y: k.mul(x, distribution) }
  },
})

const gated = defineNode({
  type: 'gated',
  inputs: ['x', 'gate'],
  outputs: ['y', 'rest'],
  saved: ['share'],
  shapes: ({ x }) => ({ y: x, rest: x }),
  parameters: ({ x }) => ({ weight: { shape: [x.at(-1) as number] } }),
  forward({ x, gate, weight }, _, { kernels: k }) {
    const share = k.sigmoid(k.mul(gate, weight))
    return { y: k.mul(x, share), rest: k.mul(x, k.oneMinus(share)), share }
  },
})

const joined = defineNode({
  type: 'joined',
  inputs: ['a', 'b'],
  variadic: true,
  outputs: ['y'],
  shapes: ({ a, b }) => ({ y: a.with(-1, (a.at(-1) as number) + (b.at(-1) as number)) }),
  forward({ a, b }, _, { kernels: k }) {
    return { y: k.softmax(k.concatenate([a, k.tanh(b)], a.shape.length - 1)) }
  },
})

const noisy = defineNode({
  type: 'noisy',
  ...one,
  forward: ({ x }, _, { kernels: k, random }) => ({ y: k.mul(x, k.bernoulli(x.shape, 0.5, random)) }),
})

const outlier = defineLoss({
  type: 'outlier',
  inputs: ['prediction', 'target'],
  nonDifferentiable: ['target'],
  shapes: () => ({ loss: [] }),
  forward: ({ prediction, target }, _, { kernels: k }) => ({ loss: k.max(k.abs(k.sub(prediction, target))) }),
})

test.each([
  [ownGelu, { x: [3, 5] }],
  [gated, { x: [4, 3], gate: [4, 3] }],
  [joined, { a: [2, 3], b: [2, 4] }],
  [noisy, { x: [6, 7] }],
  [outlier, { prediction: [4, 3], target: [4, 3] }],
] as const)('$type keeps all laws', (node, inputs) => {
  const { type } = node.definition
  for (let seed = 0; seed < 5; seed++) checkNode({ type }, { inputs, seed, nodes: [node as NodeDef] })
})

test.each(['reference', 'wasm'] as const)(
  'a node of its own trains as the built-in one, on kernels %s',
  kernels => {
    const weights = [gelu, ownGelu].map(activation => trained(x => activation()(x), kernels, [ownGelu]))
    const [built, own] = weights as [number[], number[]]
    for (const [i, weight] of own.entries()) expect(weight).toBeCloseTo(built[i] as number, 5)
  },
)

test('what joins and what is random is differentiated, too', () => {
  const weights = trained(x => joined()(noisy()(x), concatenate()(x, x)), 'wasm', [joined, noisy])
  expect(weights.every(Number.isFinite)).toBe(true)
})

/** The weights after some steps of a network with something in its middle. */
function trained(middle: (x: Port) => Port, kernels: KernelsName, nodes: readonly NodeDef[]): number[] {
  const x = input({ name: 'x', shape: [2] })
  const prediction = middle(dense({ units: 3 })(x)).pipe(dense({ units: 1 }))
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
  const model = compile(graph({ loss, update: loss.pipe(sgd({ learningRate: 0.1 })) }), {
    seed: 1,
    kernels,
    nodes,
  })
  const rows = Array.from({ length: 12 }, (_, i) => [Math.sin(i), Math.cos(3 * i)])
  const data = fromArrays({ x: rows, target: rows.map(([a = 0, b = 0]) => [a * b]) })
  void createTrainer(model, { data, batchSize: 4, epochs: 1 })
  const engine = engineOf(model)
  for (let step = 0; step < 8; step++) {
    const feeds = ['x', 'target'].map(name => {
      const node = engine.nodes.get(name) as NonNullable<ReturnType<typeof engine.nodes.get>>
      const tensor = engine.lendInput(node, [4, name === 'x' ? 2 : 1])
      tensor.data.set(Array.from({ length: tensor.size }, (_, i) => Math.sin(i + step)))
      return { input: node, tensor }
    })
    engine.run('train', feeds)
  }
  const weights = [...engine.parameters.values()].flatMap(({ value }) => [...value.data])
  model.dispose()
  return weights
}

test.each([
  [
    'reads numbers',
    'reads the numbers of a tensor',
    ({ x }: { x: { data: ArrayLike<number> } }) => x.data[0] as number,
  ],
  ['asks for one', 'reads the numbers of a tensor', ({ x }: { x: { item(): number } }) => x.item()],
  ['measures', 'reads the numbers of a tensor', ({ x }: { x: { norm(): number } }) => x.norm()],
] as const)('a node that %s has to say what its gradient is', (_, does, read) => {
  const node = defineNode({
    type: 'reading',
    ...one,
    forward: (values, __, { kernels: k }) => ({ y: k.scale(values.x, read(values as never)) }),
  })
  const arguments_ = {
    inputs: { x: { shape: [1, 1], data: [3] } },
    outputGradient: { shape: [1, 1], data: [1] },
  }
  const error = errorOf(() => evaluateNode({ type: 'reading' }, arguments_, { nodes: [node] }))
  expect(error).toMatchObject({ code: 'MISSING_GRADIENT', got: `a forward function that ${does}` })
})

test('a node that fills a tensor by itself has to say so, too', () => {
  const node = defineNode({
    type: 'filling',
    ...one,
    forward({ x }, _, { kernels: k }) {
      const y = k.empty(x.shape)
      y.data.set(x.data)
      return { y }
    },
  })
  const arguments_ = { inputs: { x: { shape: [1], data: [3] } }, outputGradient: { shape: [1], data: [1] } }
  const error = errorOf(() => evaluateNode({ type: 'filling' }, arguments_, { nodes: [node] }))
  expect(error).toMatchObject({
    code: 'MISSING_GRADIENT',
    got: 'a forward function that fills a tensor by itself',
  })
})

test('what does not depend on an input has a gradient of 0', () => {
  const node = defineNode({
    type: 'constant',
    ...one,
    forward: ({ x }, _, { kernels: k }) => ({ y: k.fill(x.shape, 2) }),
  })
  const arguments_ = {
    inputs: { x: { shape: [2], data: [3, 4] } },
    outputGradient: { shape: [2], data: [1, 1] },
  }
  const { inputGradients } = evaluateNode({ type: 'constant' }, arguments_, { nodes: [node] })
  expect(inputGradients.x?.data).toEqual([0, 0])
})
