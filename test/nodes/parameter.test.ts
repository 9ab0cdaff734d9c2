/** A parameter as a value: what is computed with it trains it, like the layer that it belongs to. */
import {
  add,
  compile,
  createTrainer,
  dense,
  embedding,
  evaluate,
  fromArrays,
  type GraphDef,
  graph,
  graphFromJson,
  graphToJson,
  input,
  l1l2Regularization,
  l1Regularization,
  l2Regularization,
  lstm,
  type Model,
  meanSquaredError,
  multiply,
  orthogonalRegularization,
  type Port,
  parameter,
  sgd,
  stopGradient,
  tanh,
  validate,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { engineOf } from '../../runtime/engine/model.ts'
import { Dice } from '../support/dice.ts'

const x = input({ name: 'x', shape: [5, 3] })
const target = input({ name: 'target', shape: [2] })

/** Runs a pass over the same numbers for the same seed. */
function pass(model: Model, mode: 'train' | 'infer', seed = 1, rows = 4): void {
  const engine = engineOf(model)
  const dice = new Dice(seed)
  const inputs = [...engine.nodes.values()].filter(({ definition }) => definition.role === 'input')
  engine.run(
    mode,
    inputs.map(node => {
      const tensor = engine.lendInput(node, [
        rows,
        ...(node.resolved.shapes.value?.slice(1) ?? []).map(Number),
      ])
      for (let i = 0; i < tensor.size; i++) tensor.data[i] = 2 * dice.next() - 1
      return { input: node, tensor }
    }),
  )
}

const lossOf = (model: Model): number => {
  pass(model, 'infer')
  return engineOf(model).nodes.get(model.graph.outputs.loss?.node as string)?.outputs[0]?.forward.tensor
    .data[0] as number
}

/** The gradients of all parameters in one step, by name. */
function gradientsOf(net: GraphDef): Map<string, Float64Array> {
  const model = compile(net, { kernels: 'reference', precision: 'float64', seed: 2 })
  const found = new Map<string, Float64Array>()
  for (const [key, { gradient }] of engineOf(model).parameters)
    gradient.stream$.subscribe(({ tensor }) => found.set(key, Float64Array.from(tensor.data)))
  pass(model, 'train')
  model.dispose()
  return found
}

/** The derivatives of the loss by central differences. */
function differencesOf(net: GraphDef): Map<string, Float64Array> {
  const model = compile(net, { kernels: 'reference', precision: 'float64', seed: 2 })
  const found = [...engineOf(model).parameters].map(([key, live]): [string, Float64Array] => {
    const values = Float64Array.from(live.value.data)
    const slopes = values.map((value, i) => {
      const [above, below] = [1e-6, -1e-6].map(step => {
        live.assign(values.with(i, value + step))
        return lossOf(model)
      }) as [number, number]
      return (above - below) / 2e-6
    })
    live.assign(values)
    return [key, slopes]
  })
  model.dispose()
  return new Map(found)
}

const withPenalty = (
  penalties: (h: Port, prediction: Port) => Port<'loss'>[],
  layer = lstm({ units: 4 }),
) => {
  const h = layer(x) as Port
  const prediction = h.pipe(tanh(), dense({ units: 2 }))
  const mse = meanSquaredError()(prediction, target)
  const loss = add()(mse, ...penalties(h, prediction))
  return graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })
}

const nets: [string, () => GraphDef][] = [
  ['l2 on the kernel', () => withPenalty(h => [h.pipe(parameter(), l2Regularization({ factor: 0.3 }))])],
  [
    'l1 on the recurrent kernel and the bias of another layer',
    () =>
      withPenalty((h, prediction) => [
        h.pipe(parameter({ which: 'recurrentKernel' }), l1Regularization({ factor: 0.2 })),
        prediction.pipe(parameter({ which: 'bias' }), l1l2Regularization({ l1: 0.1, l2: 0.4 })),
      ]),
  ],
  [
    'orthogonal, twice on one parameter',
    () =>
      withPenalty(h => [
        h.pipe(parameter(), orthogonalRegularization({ factor: 2 })),
        h.pipe(parameter(), orthogonalRegularization({ factor: 1, mode: 'columns' })),
      ]),
  ],
  [
    'one reading for two penalties',
    () =>
      withPenalty(h => {
        const kernel = h.pipe(parameter())
        return [kernel.pipe(l2Regularization()), kernel.pipe(tanh(), l1Regularization())]
      }),
  ],
  [
    'on a layer that is used twice, through its second use',
    () => {
      const layer = dense({ units: 3 })
      const h = x.pipe(layer, tanh(), layer)
      const prediction = h.pipe(lstm({ units: 2 }))
      const loss = add()(meanSquaredError()(prediction, target), h.pipe(parameter(), l2Regularization()))
      return graph({ loss, update: loss.pipe(sgd()) })
    },
  ],
  [
    'nothing but the penalty',
    () => {
      const loss = x.pipe(dense({ units: 3 }), parameter(), l2Regularization())
      return graph({ loss, update: loss.pipe(sgd()) })
    },
  ],
  [
    'a parameter as a value among others',
    () => {
      const a = input({ name: 'x', shape: [3] })
      const h = a.pipe(dense({ units: 2, biasInitializer: 'ones' }))
      const loss = meanSquaredError()(multiply()(h, h.pipe(parameter({ which: 'bias' }), tanh())), target)
      return graph({ loss, update: loss.pipe(sgd()) })
    },
  ],
]

describe.each(nets)('%s', (_, net) => {
  test('has the gradients that central differences give', () => {
    expect(validate(net())).toEqual([])
    const [gradients, differences] = [gradientsOf(net()), differencesOf(net())]
    for (const [key, slopes] of differences) {
      const own = gradients.get(key)
      slopes.forEach((slope, i) => {
        expect(Math.abs((own?.[i] ?? 0) - slope), `${key} ${i}`).toBeLessThan(1e-7 + 1e-5 * Math.abs(slope))
      })
    }
  })

  test.each(['wasm', 'reference'] as const)('trains alike on %s kernels, replayed and fired', kernels => {
    const weights = [true, false].map(replay => {
      const model = compile(net(), { seed: 3, kernels, replay })
      for (let step = 0; step < 12; step++) pass(model, 'train', step, step > 8 ? 3 : 2)
      const all = [...engineOf(model).parameters.values()].map(({ value }) => [...value.data])
      model.dispose()
      return all
    })
    expect(weights[0]).toEqual(weights[1])
  })

  test('is the same graph after JSON', () => {
    const json = graphToJson(net())
    expect(graphToJson(graphFromJson(json))).toBe(json)
    expect(compile(graphFromJson(json)).summary()).toBe(compile(net()).summary())
  })
})

test('the formulas are those of Keras', () => {
  const model = compile(
    withPenalty((h, prediction) => [
      h.pipe(parameter(), l1Regularization({ factor: 0.3 })),
      h.pipe(parameter(), l2Regularization({ factor: 0.2 })),
      prediction.pipe(parameter(), orthogonalRegularization({ factor: 0.5 })),
      prediction.pipe(
        parameter(),
        orthogonalRegularization({ factor: 0.5, mode: 'columns', name: 'columns' }),
      ),
    ]),
    { kernels: 'reference', precision: 'float64' },
  )
  pass(model, 'infer')
  const lossAt = (id: string) => engineOf(model).nodes.get(id)?.outputs[0]?.forward.tensor.data[0] as number
  const kernel = [...(model.node('lstm1').parameters.kernel.value.data as Float64Array)]
  expect(lossAt('l1Regularization1')).toBeCloseTo(0.3 * kernel.reduce((s, w) => s + Math.abs(w), 0), 12)
  expect(lossAt('l2Regularization1')).toBeCloseTo(0.2 * kernel.reduce((s, w) => s + w * w, 0), 12)
  // factor · 0.5 · Σ |product without its diagonal| / pairs, pair by pair
  const rows = model.node('dense1').parameters.kernel.value.toNested() as number[][]
  const columns = [0, 1].map(c => rows.map(row => row[c] as number))
  const penalty = (vectors: number[][]) => {
    const cosines = vectors.flatMap((a, i) =>
      vectors.slice(i + 1).map(b => {
        const dot = a.reduce((s, v, j) => s + v * (b[j] as number), 0)
        return Math.abs(dot / Math.hypot(...a) / Math.hypot(...b))
      }),
    )
    return (0.5 * cosines.reduce((s, c) => s + c, 0)) / cosines.length
  }
  expect(lossAt('orthogonalRegularization1')).toBeCloseTo(penalty(rows), 12)
  expect(lossAt('columns')).toBeCloseTo(penalty(columns), 12)
})

test('the total is the loss, and each penalty has its own figure', async () => {
  const net = withPenalty(h => [
    h.pipe(parameter(), l2Regularization({ name: 'kernelPenalty', factor: 0.1 })),
  ])
  const model = compile(net, { seed: 1 })
  const rows = Array.from({ length: 12 }, (_, i) => i)
  const data = fromArrays({
    x: rows.map(i => Array.from({ length: 5 }, (_, t) => [Math.sin(i + t), Math.cos(i * t), 1])),
    target: rows.map(i => [Math.sin(i), 0]),
  })
  const trainer = createTrainer(model, { data, validation: data, epochs: 2, batchSize: 5 })
  await trainer.run()
  const { loss, meanSquaredError1, kernelPenalty } = await evaluate(model, data)
  expect(kernelPenalty).toBeGreaterThan(0)
  expect(loss).toBeCloseTo((meanSquaredError1 as number) + (kernelPenalty as number), 5)
  expect(trainer.state.metrics.validationLoss).toBeCloseTo(loss as number, 6)
  expect(trainer.state.metrics.validationKernelPenalty).toBeCloseTo(kernelPenalty as number, 6)
  trainer.dispose()
})

test('a frozen layer stays as it is, and a stopped gradient does not train', () => {
  for (const [layer, stop] of [
    [dense({ units: 3, trainable: false }), []],
    [dense({ units: 3 }), [stopGradient()]],
  ] as const) {
    const h = input({ name: 'x', shape: [3] }).pipe(layer)
    const prediction = h.pipe(stopGradient(), dense({ units: 2 }))
    const penalty = [...stop, l2Regularization({ factor: 0.1 })].reduce<Port>(
      (y, f) => f(y) as Port,
      h.pipe(parameter()),
    )
    const loss = add()(meanSquaredError()(prediction, target), penalty)
    const model = compile(graph({ loss, update: loss.pipe(sgd({ learningRate: 0.1 })) }))
    const before = model.node('dense1').parameters.kernel.value.toNested()
    for (let step = 0; step < 3; step++) pass(model, 'train', step)
    expect(model.node('dense1').parameters.kernel.value.toNested()).toEqual(before)
    model.dispose()
  }
})

test('a parameter that only a penalty reaches is trained alone', () => {
  const h = input({ name: 'x', shape: [3] }).pipe(dense({ units: 3, biasInitializer: 'ones' }))
  const loss = h.pipe(parameter(), l2Regularization({ factor: 0.5 }))
  const model = compile(graph({ loss, update: loss.pipe(sgd({ learningRate: 0.25 })) }), {
    kernels: 'reference',
  })
  const before = model.node('dense1').parameters.kernel.value.clone()
  pass(model, 'train')
  const after = model.node('dense1').parameters
  // value - rate · 2 factor value
  expect([...after.kernel.value.data]).toEqual([...before.data].map(w => Math.fround(w * 0.75)))
  expect(after.bias.value.toNested()).toEqual([1, 1, 1])
  expect(model.summary()).toContain('9 trained')
})

test('two optimizers: a penalty in the loss of one does not train what the other trains', () => {
  const a = input({ name: 'x', shape: [3] })
  const mine = a.pipe(dense({ units: 2 }))
  const other = a.pipe(dense({ units: 2 }))
  const one = meanSquaredError()(mine, target)
  const two = add()(
    meanSquaredError()(other, target),
    mine.pipe(parameter(), l2Regularization({ factor: 9 })),
  )
  const net = (loss: Port<'loss'>) =>
    graph({
      one: one.pipe(sgd({ learningRate: 0.1, parameters: ['dense1'] })),
      two: loss.pipe(sgd({ learningRate: 0.1, parameters: ['dense2'] })),
    })
  expect(validate(net(two as Port<'loss'>))).toEqual([])
  const kernels = [two as Port<'loss'>, meanSquaredError()(other, target)].map(loss => {
    const model = compile(net(loss), { seed: 1, kernels: 'reference' })
    for (let step = 0; step < 3; step++) pass(model, 'train', step)
    return model.node('dense1').parameters.kernel.value.toNested()
  })
  expect(kernels[0]).toEqual(kernels[1])
})

test('says what is wrong, and where', () => {
  const h = input({ name: 'x', shape: [3] }).pipe(dense({ units: 3 }))
  const faults = validate(
    graph({
      a: h.pipe(tanh(), parameter()),
      b: h.pipe(parameter({ which: 'kernl' })),
      c: h.pipe(parameter({ which: 'bias' }), orthogonalRegularization()),
      d: input({ name: 'i', shape: [] as number[] }).pipe(
        embedding({ inputDim: 4, outputDim: 2 }),
        parameter(),
      ),
    }),
  )
  expect(faults.filter(({ severity }) => severity === 'error').map(({ message }) => message)).toEqual([
    'parameter1, fed by "tanh1": expected a node with parameters, got one of the type tanh, which has none. Connect it to the output of the layer itself, before its activation. [UNKNOWN_NAME]',
    'parameter2, fed by "dense1": expected one of its parameters "kernel" or "bias", got "kernl". Did you mean "kernel"? [UNKNOWN_NAME]',
    'orthogonalRegularization1, fed by "parameter3": expected "x" to have two axes, such as the kernel of dense(), got [3]. Make the shapes agree. [SHAPE_MISMATCH]',
    'parameter4, fed by "embedding1": expected one of its parameters "embeddings", got "kernel". Connect it to the output of the layer itself, before its activation. [UNKNOWN_NAME]',
  ])
})
