import { compile } from 'gradstream'
import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  check,
  defineLoss,
  defineNode,
  defineOptimizer,
  type GradstreamError,
  graph,
  input,
  type Kernels,
  type NodeOptions,
  type Port,
  type PortShape,
  type RandomKey,
  type Tensor,
} from '../../core/index.ts'
import { dense, dropout, relu, sgd } from '../../nodes/index.ts'
import { checkNode, evaluateOptimizer } from '../../testing.ts'
import { errorOf, passing } from './support.ts'

const x = input({ name: 'x', shape: [3] })

/** The example of the design, with what its parts are inferred to be. */
const swish = defineNode({
  type: 'swish',
  config: ({ beta = 1 }: { beta?: number } = {}) => ({ beta }),
  inputs: ['x'],
  outputs: ['y'],
  saved: ['gate'],
  shapes: ({ x }) => {
    expectTypeOf(x).toEqualTypeOf<PortShape>()
    return { y: x }
  },
  forward({ x }, { beta }, { kernels: k, mode, random, step }) {
    expectTypeOf(x).toEqualTypeOf<Tensor>()
    expectTypeOf(beta).toEqualTypeOf<number>()
    expectTypeOf(k).toEqualTypeOf<Kernels>()
    expectTypeOf(mode).toEqualTypeOf<'train' | 'infer'>()
    expectTypeOf(random).toEqualTypeOf<RandomKey>()
    expectTypeOf(step).toEqualTypeOf<number>()
    const gate = k.sigmoid(k.scale(x, beta))
    return { y: k.mul(x, gate), gate }
  },
  backward({ y: dy }, { x, y, gate }, { beta }, { kernels: k, needs }) {
    expectTypeOf(dy).toEqualTypeOf<Tensor>()
    expectTypeOf({ x, y, gate }).toEqualTypeOf<{ x: Tensor; y: Tensor; gate: Tensor }>()
    expectTypeOf(needs.x).toEqualTypeOf<boolean>()
    return { x: k.mul(dy, k.add(gate, k.scale(k.mul(y, k.oneMinus(gate)), beta))) }
  },
})

describe('type inference needs no help', () => {
  test('for the options of a node, with those that every node has', () => {
    type Options = { beta?: number } & NodeOptions
    expectTypeOf(swish).parameters.toEqualTypeOf<[options?: Options]>()
    expectTypeOf(relu).parameters.toEqualTypeOf<[options?: NodeOptions]>()
    expectTypeOf(dense).parameter(0).toHaveProperty('units').toEqualTypeOf<number>()
    // @ts-expect-error dense has an option that must be given
    expect(() => dense()).toThrow()
    // @ts-expect-error an option that swish does not have
    expect(() => swish({ betta: 2 })).toThrow()
    // @ts-expect-error an option of the wrong kind
    swish({ beta: '2' })
  })

  test('for its ports', () => {
    expectTypeOf(x.pipe(swish(), relu())).toEqualTypeOf<Port<'value', 'x'>>()
  })

  test('for several outputs, which are ports by name', () => {
    const halves = defineNode({
      type: 'halves',
      inputs: ['x'],
      outputs: ['low', 'high'],
      shapes: ({ x }) => ({ low: x, high: x }),
      forward: ({ x }, _, { kernels: k }) => ({ low: k.scale(x, 0.5), high: k.scale(x, 2) }),
      backward: ({ low, high }, _, __, { kernels: k }) => ({ x: k.add(k.scale(low, 0.5), k.scale(high, 2)) }),
    })
    const made = halves()(x)
    expectTypeOf(made).toEqualTypeOf<{
      readonly low: Port<'value', 'x'>
      readonly high: Port<'value', 'x'>
    }>()
    expect(graph({ y: made.high }).outputs.y).toEqual({ node: 'halves1', output: 'high' })
  })

  test('for parameters, also optional ones, and state', () => {
    defineNode({
      type: 'layer',
      config: ({ units, useBias = true }: { units: number; useBias?: boolean }) => ({ units, useBias }),
      inputs: ['x'],
      outputs: ['y'],
      shapes: ({ x }, { units }) => ({ y: [...x.slice(0, -1), units] }),
      parameters: ({ x }, { units, useBias }) => ({
        kernel: { shape: [check.lastAxis({ x }), units] },
        bias: useBias ? { shape: [units] } : undefined,
      }),
      state: (_, { units }) => ({ average: { shape: [units] } }),
      forward({ x, kernel, bias, average }, { units }, { kernels: k }) {
        expectTypeOf({ x, kernel, average }).toEqualTypeOf<{ x: Tensor; kernel: Tensor; average: Tensor }>()
        expectTypeOf(bias).toEqualTypeOf<Tensor | undefined>()
        expectTypeOf(units).toEqualTypeOf<number>()
        return { y: bias ? k.affine(x, kernel, bias) : k.matMul(x, kernel), average }
      },
      backward({ y: dy }, { x, kernel, bias }, _, { kernels: k, needs }) {
        expectTypeOf(needs.kernel).toEqualTypeOf<boolean>()
        return {
          x: needs.x && k.matMul(dy, kernel, 'nt'),
          kernel: k.matMul(x, dy, 'tn'),
          bias: bias && k.sumTo(dy, bias.shape),
        }
      },
    })
  })

  test('for state that is returned in training alone', () => {
    const { definition } = defineNode({
      type: 'counter',
      inputs: ['x'],
      outputs: ['y'],
      shapes: ({ x }) => ({ y: x }),
      state: () => ({ steps: { shape: [] } }),
      forward({ x, steps }, _, { kernels: k, mode }) {
        if (mode === 'infer') return { y: k.copy(x) }
        return { y: k.copy(x), steps: k.addScalar(steps, 1) }
      },
      backward({ y: dy }, values, _, { kernels: k }) {
        expectTypeOf<keyof typeof values>().toEqualTypeOf<'x' | 'y' | 'steps'>()
        return { x: k.copy(dy) }
      },
    })
    expect(definition.saved).toEqual([])
  })

  test('for a loss, whose output is one number and whose target needs no gradient', () => {
    const loss = defineLoss({
      type: 'absoluteError',
      inputs: ['prediction', 'target'],
      nonDifferentiable: ['target'],
      shapes: () => ({ loss: [] }),
      forward: ({ prediction, target }, _, { kernels: k }) => ({
        loss: k.mean(k.abs(k.sub(prediction, target))),
      }),
      backward({ loss: dJ }, { prediction, target }, _, { kernels: k }) {
        expectTypeOf(dJ).toEqualTypeOf<Tensor>()
        const sign = k.wherePositive(k.sub(prediction, target), 1, -1)
        return { prediction: k.scale(k.mul(sign, dJ), 1 / prediction.size) }
      },
    })
    expectTypeOf(loss()).returns.toEqualTypeOf<Port<'loss'>>()
    expect(loss.definition).toMatchObject({ role: 'loss', outputs: ['loss'] })
  })

  test('for an optimizer and its slots', () => {
    const momentum = defineOptimizer({
      type: 'plainMomentum',
      config: ({ rate = 0.5 }: { rate?: number } = {}) => ({ rate }),
      slots: () => ({ velocity: 0 }),
      update({ value, gradient, velocity }, { rate }, { kernels: k, step }) {
        expectTypeOf({ value, gradient, velocity }).toEqualTypeOf<
          Record<'value' | 'gradient' | 'velocity', Tensor>
        >()
        expectTypeOf(rate).toEqualTypeOf<number>()
        expectTypeOf(step).toEqualTypeOf<number>()
        const next = k.add(k.scale(velocity, rate), gradient)
        return { value: k.sub(value, next), velocity: next }
      },
    })
    const one = { shape: [1], data: [1] }
    const trajectory = evaluateOptimizer(
      { type: 'plainMomentum' },
      { initial: one, gradients: [one, one] },
      { nodes: [momentum] },
    )
    expect(trajectory.map(({ data }) => data)).toEqual([[0], [-1.5]])
  })

  test('for an optimizer that remembers nothing', () => {
    const signDescent = defineOptimizer({
      type: 'signDescent',
      config: ({ learningRate = 0.25 }: { learningRate?: number } = {}) => ({ learningRate }),
      update: ({ value, gradient }, { learningRate }, { kernels: k }) => ({
        value: k.addScaled(value, k.wherePositive(gradient, 1, -1), -learningRate),
      }),
    })
    expect(signDescent.definition.slots({}, [1])).toEqual({})
    const trajectory = evaluateOptimizer(
      { type: 'signDescent' },
      { initial: { shape: [2], data: [1, 1] }, gradients: [{ shape: [2], data: [7, -7] }] },
      { nodes: [signDescent] },
    )
    expect(trajectory[0]?.data).toEqual([0.75, 1.25])
  })

  test('and what a node forgets does not compile', () => {
    const whole = {
      type: 'forgetful',
      inputs: ['x'],
      outputs: ['y'],
      saved: ['gate'],
      shapes: ({ x }: { x: PortShape }) => ({ y: x }),
    } as const
    defineNode({
      ...whole,
      // @ts-expect-error the saved gate is missing
      forward: ({ x }) => ({ y: x }),
      backward: ({ y }) => ({ x: y }),
    })
    defineNode({
      ...whole,
      forward: ({ x }) => ({ y: x, gate: x }),
      // @ts-expect-error the gradient of x is missing
      backward: () => ({}),
    })
    defineNode({
      ...whole,
      // @ts-expect-error the output is called y
      shapes: ({ x }) => ({ z: x }),
      forward: ({ x }) => ({ y: x, gate: x }),
      backward: ({ y }) => ({ x: y }),
    })
  })
})

describe('a definition', () => {
  test('of the design keeps the laws of a node', () => {
    for (const config of [{}, { beta: 1.7 }]) {
      checkNode({ type: 'swish', config }, { inputs: { x: [3, 4] }, seed: 7, nodes: [swish] })
    }
  })

  test('is carried by its factory, with its parts filled in', () => {
    expect(swish.definition).toMatchObject({
      role: 'node',
      type: 'swish',
      version: 1,
      variadic: false,
      inputs: ['x'],
      outputs: ['y'],
      saved: ['gate'],
      nonDifferentiable: [],
      domain: {},
    })
    expect(swish.definition.parameters({ x: [null, 3] }, {})).toEqual({})
    expect(relu.definition.config()).toEqual({})
    expect(sgd.definition).toMatchObject({ role: 'optimizer', inputs: ['loss'], outputs: ['update'] })
  })

  test('gives a full config, which may go in again', () => {
    const full = dense.definition.config({ units: 2 })
    expect(full).toMatchObject({ units: 2, useBias: true, biasInitializer: 'zeros' })
    expect(dense.definition.config(full)).toEqual(full)
  })

  test('does nothing by being made: each use is a node of its own', () => {
    const layer = dense({ units: 2 })
    expect(layer(x)).not.toBe(layer(x))
    expect(graph({ y: layer(x) }).nodes).toHaveLength(2)
  })
})

describe('options are checked where they are written', () => {
  const refused: [string, () => unknown, Partial<GradstreamError>][] = [
    [
      'a value of the wrong kind',
      () => dense({ units: '3' as never }),
      { place: 'dense', expected: 'units to be a whole number above 0', got: '"3"' },
    ],
    ['a value that is impossible', () => dense({ units: 0 }), { place: 'dense', got: '0' }],
    ['NaN', () => sgd({ learningRate: Number.NaN }), { place: 'sgd', got: 'NaN' }],
    ['a share above what is possible', () => dropout({ rate: 1 }), { place: 'dropout', got: '1' }],
    [
      'a text that is not among the choices',
      () => dense({ units: 1, kernelInitializer: 'glorot' as never }),
      { place: 'dense', got: '"glorot"', expected: expect.stringContaining('"glorotUniform"') },
    ],
    ['a value that is missing', () => dense({} as never), { place: 'dense', got: 'nothing' }],
    ['a value that is missing with the options', () => dense(undefined as never), { place: 'dense' }],
    ['a shape with a negative axis', () => input({ shape: [3, -1] }), { place: 'input', got: '[3,-1]' }],
    ['a shape that is a number', () => input({ shape: 3 as never }), { place: 'input', got: '3' }],
    [
      'an unknown option, naming those that there are',
      () => dense({ units: 1, activation: 'relu' } as never),
      { place: 'dense', got: '"activation"', expected: expect.stringContaining('"useBias"') },
    ],
    ['an unknown option of a node without any', () => relu({ slope: 0.1 } as never), { got: '"slope"' }],
    ['an unknown option of an input', () => input({ shape: [1], units: 1 } as never), { got: '"units"' }],
    ['an unknown option of an optimizer', () => sgd({ lr: 0.1 } as never), { got: '"lr"' }],
    ['an option named like a method', () => relu({ toString: 1 } as never), { got: '"toString"' }],
    ['options that are a number', () => relu(3 as never), { place: 'relu', got: '3' }],
    ['options that are null', () => relu(null as never), { place: 'relu', got: 'null' }],
    ['a port where options belong', () => relu(x as never), { place: 'relu' }],
    ['an empty name', () => relu({ name: '' }), { place: 'relu', got: '""' }],
    ['a name that is a number', () => relu({ name: 5 as never }), { place: 'relu', got: '5' }],
    ['a text for true or false', () => relu({ trainable: 'no' as never }), { place: 'relu', got: '"no"' }],
    [
      'parameters of a node that is no optimizer',
      () => relu({ parameters: ['dense1'] } as never),
      { place: 'relu' },
    ],
    ['an optimizer that is not to be trained', () => sgd({ trainable: false } as never), { place: 'sgd' }],
    [
      'a single name of a parameter',
      () => sgd({ parameters: 'dense1' as never }),
      { place: 'sgd', got: '"dense1"' },
    ],
    ['no names of parameters', () => sgd({ parameters: [] }), { place: 'sgd', got: '[]' }],
  ]

  test.each(refused)('%s is refused', (_, write, expected) => {
    const error = errorOf(write)
    expect(error.code).toBe('INVALID_CONFIG')
    expect(error).toMatchObject(expected)
  })

  test('and the error names the node by its own name, where it has one', () => {
    expect(errorOf(() => dense({ name: 'encoder', units: -1 })).place).toBe('encoder')
    expect(errorOf(() => sgd({ name: 'slow', learningRate: -1 })).place).toBe('slow')
  })

  test('and the stack of the error leads to the line that wrote them', () => {
    const write = () => dense({ units: 0 })
    expect(errorOf(write).stack).toContain('define-node.test')
  })

  test("and checks of one's own are worded like those that are built in", () => {
    const gain = defineNode({
      type: 'gain',
      config: ({ factor }: { factor: number }) => ({ factor: check.positiveNumber({ factor }) }),
      inputs: ['x'],
      outputs: ['y'],
      shapes: ({ x }) => ({ y: x }),
      forward: ({ x }, { factor }, { kernels: k }) => ({ y: k.scale(x, factor) }),
      backward: ({ y: dy }, _, { factor }, { kernels: k }) => ({ x: k.scale(dy, factor) }),
    })
    expect(errorOf(() => gain({ factor: -2 })).message).toBe(
      'gain: expected factor to be a number above 0, got -2. Correct this value. [INVALID_CONFIG]',
    )
  })

  test('and names that are given are kept, with options beside them', () => {
    const net = graph({ y: x.pipe(passing('holder')({ name: 'kept', colour: 'red' })) })
    expect(net.nodes[1]).toMatchObject({ id: 'kept', config: { colour: 'red' } })
    expect(net.nodes[1]?.config).not.toHaveProperty('name')
  })
})

test('of two definitions with one type, neither is taken; one of a built-in type takes its place', () => {
  const scaledBy = (factor: number, type: string) =>
    defineNode({
      type,
      inputs: ['x'],
      outputs: ['y'],
      shapes: ({ x }) => ({ y: x }),
      forward: ({ x }, _, { kernels: k }) => ({ y: k.scale(x, factor) }),
    })
  const [twice, thrice, relu] = [scaledBy(2, 'scaling'), scaledBy(3, 'scaling'), scaledBy(-1, 'relu')]
  const x = input({ name: 'x', shape: [1] })
  const net = graph({ y: twice()(x) })
  expect(errorOf(() => compile(net, { nodes: [twice, thrice] }))).toMatchObject({
    code: 'DUPLICATE_NAME',
    got: 'two for "scaling"',
  })
  expect(
    compile(net, { nodes: [twice, twice] })
      .predict({ x: [[1]] })
      .y.item(),
  ).toBe(2)
  expect(
    compile(graph({ y: relu()(x) }), { nodes: [relu] })
      .predict({ x: [[1]] })
      .y.item(),
  ).toBe(-1)
})
