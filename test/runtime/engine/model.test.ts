/** A model: what it shows, predicts, keeps, and undoes. */
import {
  add,
  type CheckFinite,
  compile,
  createTrainer,
  defineNode,
  dense,
  dropout,
  fromArrays,
  graph,
  input,
  type Model,
  meanSquaredError,
  multiply,
  type Port,
  sgd,
  type Tensor,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { bytesOf, errorOf, finish, regression, rejectionOf, rows, samples, trial } from '../support.ts'

const x = input({ name: 'x', shape: [2] })
const target = input({ name: 'target', shape: [1] })
const train = <Ports extends Record<string, Port>>(prediction: Port<'value'>, more?: Ports) => {
  const loss = meanSquaredError()(prediction, target)
  return graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })), ...more })
}
const run = async (model: Model, epochs = 3) => {
  const { trainer, scheduler } = trial({ epochs }, model)
  await finish(trainer, scheduler)
}

describe('looking at it', () => {
  test('summary() lists each node with its shape and the count of its parameters', () => {
    const lines = compile(regression()).summary().split('\n')
    const line = (id: string) => lines.find(text => text.includes(`${id} `)) ?? ''
    expect(line('dense1')).toMatch(/dense1 .* dense .*, 4\] .* 12 /)
    expect(line('tanh1')).toMatch(/tanh1 .* tanh .*, 4\] .* 0 /)
    expect(line('dense2')).toMatch(/dense2 .* dense .*, 1\] .* 5 /)
    expect(line('sgd1')).toMatch(/sgd1 .* sgd .*17/)
    for (const id of ['x', 'target', 'meanSquaredError1']) expect(line(id)).toContain(id)
    expect(lines.at(-2)).toContain('17 parameters, 17 trained')
    expect(lines.at(-1)).toMatch(/^kernels: \S/)
  })

  test('summary() tells frozen parameters from trained ones', () => {
    const net = train(x.pipe(dense({ units: 4, trainable: false }), dense({ units: 1 })))
    expect(compile(net).summary()).toMatch(/frozen[\s\S]*17 parameters, 5 trained/)
  })

  test('node() finds nodes by id and outputs by name, and an unknown name lists those there are', () => {
    const model = compile(regression())
    expect(model.node('prediction')).toMatchObject({ id: 'dense2', type: 'dense', shape: [null, 1] })
    const error = errorOf(() => model.node('dense9'))
    expect(error).toMatchObject({ code: 'UNKNOWN_NAME', got: '"dense9"' })
    for (const name of [...model.nodes, 'prediction', 'loss', 'update']) {
      expect(error.expected).toContain(`"${name}"`)
    }
    expect(errorOf(() => model.node('toString')).code).toBe('UNKNOWN_NAME')
  })
})

describe('predict', () => {
  const { x: inputs } = rows(7)

  test('gives the same whatever the size of its batches', () => {
    const model = compile(regression(), { seed: 3 })
    const whole = model.predict({ x: inputs }).prediction
    expect(whole.shape).toEqual([7, 1])
    for (const batchSize of [1, 3, 7, 100]) {
      expect(model.predict({ x: inputs }, { batchSize }).prediction.toNested()).toEqual(whole.toNested())
    }
  })

  test('gives tensors to keep', async () => {
    const model = compile(regression(), { seed: 3 })
    const kept = [1, 3, 100].map(batchSize => model.predict({ x: inputs }, { batchSize }).prediction)
    const before = kept.map(tensor => tensor.toNested())
    await run(model)
    expect(kept.map(tensor => tensor.toNested())).toEqual(before)
    expect(model.predict({ x: inputs }).prediction.toNested()).not.toEqual(before[0])
  })

  test('of no rows is no rows', () => {
    const model = compile(regression())
    const { prediction } = model.predict({ x: { shape: [0, 2], data: [] } })
    expect(prediction.shape).toEqual([0, 1])
  })

  test.each([
    ['an unknown input', { z: [[1, 2]] }, 'UNKNOWN_NAME'],
    ['a node that is no input', { dense1: [[1, 2]] }, 'UNKNOWN_NAME'],
    ['a wrong width', { x: [[1, 2, 3]] }, 'SHAPE_MISMATCH'],
    ['a row that is not in a list', { x: [1, 2] }, 'SHAPE_MISMATCH'],
    ['ragged rows', { x: [[1, 2], [3]] }, 'SHAPE_MISMATCH'],
    ['columns of different length', { x: [[1, 2]], target: [[1], [2]] }, 'SHAPE_MISMATCH'],
    ['no input', {}, 'MISSING_INPUT'],
    ['only the target', { target: [[1]] }, 'MISSING_INPUT'],
    ['a text', { x: [['a', 'b']] }, 'DATA_NOT_FINITE'],
    ['null', { x: null }, 'DATA_NOT_FINITE'],
  ])('refuses %s', (_, given, code) => {
    const model = compile(regression())
    expect(errorOf(() => model.predict(given as never)).code).toBe(code)
    expect(model.predict({ x: inputs }).prediction.shape).toEqual([7, 1])
  })

  test.each([0, -1, 1.5, Number.NaN])('refuses the batch size %s', batchSize => {
    const model = compile(regression())
    expect(errorOf(() => model.predict({ x: inputs }, { batchSize })).code).toBe('INVALID_OPTION')
  })

  test('gives the outputs that the given inputs suffice for', () => {
    const other = input({ name: 'other', shape: [2] })
    const model = compile(graph({ alone: x.pipe(dense({ units: 1 })), both: add()(x, other) }))
    expect(Object.keys(model.predict({ x: inputs }))).toEqual(['alone'])
    expect(Object.keys(model.predict({ x: inputs, other: inputs })).sort()).toEqual(['alone', 'both'])
  })
})

describe('parameters', () => {
  test('take new values, which count in the next pass', () => {
    const model = compile(graph({ y: x.pipe(dense({ units: 1 })) }))
    const { kernel, bias } = model.node('dense1').parameters
    kernel.assign([[2], [3]])
    bias.assign({ shape: [1], data: [4] })
    expect([kernel.value.toNested(), bias.value.toNested()]).toEqual([[[2], [3]], [4]])
    expect(model.predict({ x: [[1, 10]] }).y.toNested()).toEqual([[36]])
  })

  test('refuse values of another shape and texts, and stay as they are', () => {
    const model = compile(graph({ y: x.pipe(dense({ units: 1 })) }))
    const { kernel } = model.node('dense1').parameters
    const before = bytesOf(model)
    expect(errorOf(() => kernel.assign([2, 3]))).toMatchObject({
      code: 'SHAPE_MISMATCH',
      place: 'dense1.kernel',
    })
    expect(errorOf(() => kernel.assign([['a'], ['b']] as never)).code).toBe('DATA_NOT_FINITE')
    expect(bytesOf(model)).toEqual(before)
  })

  test('cannot be assigned in the middle of a step', async () => {
    const model = compile(regression(), { seed: 3 })
    const codes = new Set<string>()
    const { kernel } = model.node('dense1').parameters
    model.node('tanh1').forward$.subscribe(() => {
      codes.add(errorOf(() => kernel.assign({ shape: [2, 4], data: new Float32Array(8) })).code)
    })
    model.errors$.subscribe(({ cause }) => codes.add(String(cause)))
    await run(model, 1)
    expect([...codes]).toEqual(['BUSY'])
  })

  test('keep the momentum of the optimizer when they are assigned', async () => {
    const model = compile(regression(), { seed: 3 })
    const same = compile(regression(), { seed: 3 })
    const one = trial({}, model)
    one.trainer.events$.subscribe(({ type }) => {
      if (type !== 'step') return
      const { kernel } = model.node('dense1').parameters
      kernel.assign(kernel.value.clone())
    })
    await finish(one.trainer, one.scheduler)
    await run(same)
    expect(bytesOf(model)).toEqual(bytesOf(same))
  })

  test('update$ is the new value minus the old one, and gradient$ what the optimizer was given', async () => {
    const model = compile(regression({ learningRate: 0.1, momentum: 0 }), { seed: 3, precision: 'float64' })
    const { kernel } = model.node('dense1').parameters
    let before = kernel.value.clone()
    let gradient: Tensor | undefined
    const told: Tensor[] = []
    kernel.gradient$.subscribe(({ tensor }) => {
      gradient = tensor.clone()
    })
    kernel.update$.subscribe(({ step, tensor }) => {
      told.push(tensor.clone())
      expect(step).toBe(told.length)
    })
    const { trainer, scheduler } = trial({}, model)
    trainer.events$.subscribe(({ type }) => {
      if (type !== 'step') return
      const after = kernel.value.clone()
      const difference = after.data.map((value, i) => value - (before.data[i] as number))
      expect([...(told.at(-1)?.data ?? [])]).toEqual([...difference])
      const stepped = [...(gradient?.data ?? [])].map(g => -0.1 * g)
      stepped.forEach((value, i) => {
        expect(difference[i]).toBeCloseTo(value, 12)
      })
      before = after
    })
    const errors: unknown[] = []
    model.errors$.subscribe(error => errors.push(error))
    await finish(trainer, scheduler)
    expect(errors).toEqual([])
    expect(told).toHaveLength(9)
  })

  test('of a frozen layer stay byte for byte', async () => {
    const model = compile(train(x.pipe(dense({ units: 4, trainable: false }), dense({ units: 1 }))), {
      seed: 3,
    })
    const before = bytesOf(model)
    await run(model)
    const after = bytesOf(model)
    expect(after['dense1.kernel']).toBe(before['dense1.kernel'])
    expect(after['dense1.bias']).toBe(before['dense1.bias'])
    expect(after['dense2.kernel']).not.toBe(before['dense2.kernel'])
    expect(model.node('dense1').parameters.kernel.trainable).toBe(false)
  })

  test('are divided among two optimizers: one names its own, the other takes the rest', async () => {
    const build = (named: number, rest: number) => {
      const prediction = x.pipe(dense({ units: 4 }), dense({ units: 1 }))
      const loss = meanSquaredError()(prediction, target)
      return graph({
        prediction,
        a: loss.pipe(sgd({ learningRate: named, parameters: ['dense1.kernel', 'dense2'] })),
        b: loss.pipe(sgd({ learningRate: rest })),
      })
    }
    const changed = async (named: number, rest: number) => {
      const model = compile(build(named, rest), { seed: 3 })
      const before = bytesOf(model)
      await run(model)
      const after = bytesOf(model)
      return Object.keys(after).filter(name => after[name] !== before[name])
    }
    expect(await changed(0.1, 0)).toEqual(['dense1.kernel', 'dense2.kernel', 'dense2.bias'])
    expect(await changed(0, 0.1)).toEqual(['dense1.bias'])
    const both = compile(build(0.1, 0.1), { seed: 3 })
    const alone = compile(train(x.pipe(dense({ units: 4 }), dense({ units: 1 }))), { seed: 3 })
    await run(both)
    await run(alone)
    expect(bytesOf(both)).toEqual(bytesOf(alone))
  })

  test('of a layer used twice get the sum of both gradients', async () => {
    // y = w (x1) + w (3 x1) has the gradient of 4 w x1.
    const one = input({ name: 'x', shape: [1] })
    const shared = dense({ units: 1, useBias: false })
    const tripled = one.pipe(dense({ units: 1, useBias: false, trainable: false, name: 'triple' }))
    const model = compile(train(add()(shared(one), shared(tripled))), { precision: 'float64' })
    model.node('triple').parameters.kernel.assign([[3]])
    model.node('dense1').parameters.kernel.assign([[0.5]])
    const gradients: number[] = []
    model.node('dense1').parameters.kernel.gradient$.subscribe(({ tensor }) => gradients.push(tensor.item()))
    const data = fromArrays({ x: [[2]], target: [[1]] })
    await createTrainer(model, { data, epochs: 1 }).run()
    expect(gradients).toHaveLength(1)
    // 2 (p - t) · 4 x with p = 0.5 · 4 · 2
    expect(gradients[0]).toBeCloseTo(2 * (4 - 1) * 8, 12)
    expect(Object.keys(bytesOf(model)).filter(name => name.startsWith('dense'))).toContain('dense1.kernel')
  })
})

test('a node with several outputs gets the gradient of each, and 0 where nobody follows one', async () => {
  const both = defineNode({
    type: 'both',
    inputs: ['x'],
    outputs: ['double', 'triple'],
    shapes: ({ x }) => ({ double: x, triple: x }),
    forward: ({ x }, _, { kernels: k }) => ({ double: k.scale(x, 2), triple: k.scale(x, 3) }),
    backward: ({ double, triple }, _, __, { kernels: k }) => ({
      x: k.add(k.scale(double, 2), k.scale(triple, 3)),
    }),
  })
  const gradientOf = async (end: (ports: { double: Port; triple: Port }) => Port<'value'>) => {
    const ports = both()(x.pipe(dense({ units: 1 })))
    const model = compile(train(end(ports), { double: ports.double, triple: ports.triple }), {
      nodes: [both],
      precision: 'float64',
    })
    model.node('dense1').parameters.kernel.assign([[1], [1]])
    const gradients: number[] = []
    model.node('dense1').backward$.subscribe(({ tensor }) => gradients.push(tensor.item()))
    await createTrainer(model, { data: fromArrays({ x: [[1, 2]], target: [[0]] }), epochs: 1 }).run()
    expect(Object.keys(model.node('both1').outputs)).toEqual(['double', 'triple'])
    return gradients
  }
  // z = 3; p = 2 z + 3 z, dz = 2 p · 5; p = 3 z, dz = 2 p · 3
  expect(await gradientOf(({ double, triple }) => add()(double, triple))).toEqual([150])
  expect(await gradientOf(({ triple }) => multiply()(triple, triple))).toEqual([2 * 81 * 2 * 9 * 3])
})

test('a node with state commits once a training step, not in inference, and not in a step that fails', async () => {
  let fail = 0
  const runs = defineNode({
    type: 'runningMean',
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }) => ({ y: x }),
    state: () => ({ count: { shape: [1], initializer: 'zeros' as const } }),
    // In training y = x; in inference, what the state is, so that predict shows it.
    forward({ x, count }, _, { kernels: k, mode }) {
      const y = mode === 'train' ? k.copy(x) : k.add(k.scale(x, 0), count)
      return { y, count: k.addScalar(count, 1) }
    },
    backward({ y: dy }, _, __, { kernels: k, step }) {
      if (step === fail) throw new Error('out of order')
      return { x: k.copy(dy) }
    },
  })
  const counter = x.pipe(dense({ units: 1 }), runs())
  const { model, trainer, scheduler } = trial(
    { validation: samples(5, 2) },
    compile(train(counter), { nodes: [runs] }),
  )
  const count = () => model.predict({ x: [[1, 2]] }).prediction.item()
  expect([count(), count()]).toEqual([0, 0])
  const held = trainer.step(2)
  scheduler.flush()
  await held
  expect(count()).toBe(2)
  fail = 4
  await rejectionOf(finish(trainer, scheduler))
  expect(count()).toBe(3)
  fail = 0
  await finish(trainer, scheduler)
  expect(count()).toBe(9)
})

test('the second use of a node with state builds on what the first one staged', async () => {
  const visits = defineNode({
    type: 'visits',
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }) => ({ y: x }),
    state: () => ({
      count: { shape: [1], initializer: 'zeros' as const },
      still: { shape: [1], initializer: 'ones' as const },
    }),
    forward({ x, count, still }, _, { kernels: k, mode }) {
      const y = mode === 'train' ? k.copy(x) : k.add(k.scale(x, 0), k.add(count, k.scale(still, 100)))
      return { y, count: k.addScalar(count, 1) }
    },
    backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.copy(dy) }),
  })
  const twice = visits()
  const counter = twice(twice(x.pipe(dense({ units: 1 }))))
  const { model, trainer, scheduler } = trial({}, compile(train(counter), { nodes: [visits] }))
  const held = trainer.step(3)
  scheduler.flush()
  await held
  expect(model.predict({ x: [[1, 2]] }).prediction.item()).toBe(106)
})

describe('checkFinite', () => {
  /** A node whose forward makes an infinity out of a negative number, and one that forgives it. */
  const burst = defineNode({
    type: 'burst',
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }) => ({ y: x }),
    forward: ({ x }, _, { kernels: k }) => ({ y: k.wherePositive(x, 1 / 0, 1 / 0) }),
    backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.copy(dy) }),
  })
  const forgive = defineNode({
    type: 'forgive',
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }) => ({ y: x }),
    forward: ({ x }, _, { kernels: k }) => ({ y: k.fill(x.shape, 1) }),
    backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.copy(dy) }),
  })
  const build = (checkFinite: CheckFinite, forgiving: boolean) => {
    const burst1 = x.pipe(dense({ units: 1 }), burst())
    const prediction = forgiving ? burst1.pipe(forgive()) : burst1
    return trial({}, compile(train(prediction), { nodes: [burst, forgive], checkFinite }))
  }

  test.each([
    ['losses', true, undefined],
    ['losses', false, 'meanSquaredError1'],
    ['all', true, 'burst1'],
    ['none', false, undefined],
    [['forgive1'], true, undefined],
    [['burst1'], true, 'burst1'],
    [['dense1', 'meanSquaredError1'], false, 'meanSquaredError1'],
  ] as const)('%j watches those alone (forgiven: %s)', async (watched, forgiving, culprit) => {
    const { trainer, scheduler } = build(watched, forgiving)
    const done = finish(trainer, scheduler)
    if (culprit === undefined) expect((await done).status).toBe('finished')
    else {
      const error = await rejectionOf(done)
      expect(error.code).toBe('NOT_FINITE')
      expect(error.place).toContain(`${culprit} forward, step 1`)
    }
  })

  test('refuses names that are not there, and other values', () => {
    expect(errorOf(() => compile(regression(), { checkFinite: ['dense9'] })).code).toBe('UNKNOWN_NAME')
    expect(errorOf(() => compile(regression(), { checkFinite: 'some' as never })).code).toBe('INVALID_OPTION')
  })
})

describe('dropout', () => {
  const masks = async (seed: number) => {
    const model = compile(train(x.pipe(dense({ units: 20 }), dropout({ rate: 0.5 }), dense({ units: 1 }))), {
      seed,
    })
    const seen: string[] = []
    model.node('dropout1').forward$.subscribe(({ tensor, mode }) => {
      if (mode === 'train') seen.push([...tensor.data].map(value => (value === 0 ? '0' : '1')).join(''))
    })
    const data = fromArrays({ x: [[0.1, 0.1]], target: [[1]] })
    const { trainer, scheduler } = trial({ data, epochs: 6 }, model)
    await finish(trainer, scheduler)
    return seen
  }

  test('differs from step to step, and is the same for the same seed', async () => {
    const seen = await masks(1)
    expect(new Set(seen).size).toBe(6)
    expect(seen.join('')).toContain('0')
    expect(await masks(1)).toEqual(seen)
    expect(await masks(2)).not.toEqual(seen)
  })

  test('is the identity in predict', () => {
    const model = compile(graph({ y: x.pipe(dropout({ rate: 0.9 })) }))
    expect(model.predict({ x: [[0.25, -3]] }).y.toNested()).toEqual([[0.25, -3]])
  })
})
