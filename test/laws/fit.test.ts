/** What is said of the numbers in a graph holds, and whatever does not fit a loss is told before anything is trained. */
import {
  add,
  binaryCrossentropy,
  categoricalCrossentropy,
  compile,
  concatenate,
  defineLoss,
  defineNode,
  dense,
  dropout,
  elu,
  type Fault,
  type GraphDef,
  graph,
  input,
  leakyRelu,
  linear,
  meanSquaredError,
  multiply,
  type Port,
  relu,
  sgd,
  sigmoid,
  softmax,
  softplus,
  subtract,
  tanh,
  validate,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { fitOf, inspect, intervalOf, isIn } from '../../core/index.ts'
import { passing, registry } from '../core/support.ts'
import { countOf } from '../support/counts.ts'
import { Dice } from '../support/dice.ts'
import { randomGraph, WIDTH } from '../support/random-graph.ts'

const GRAPHS = countOf({ few: 4, usual: 15, full: 400 })

const faultsOf = (loss: Port, nodes: Parameters<typeof validate>[1] = {}): readonly Fault[] =>
  validate(graph({ loss, update: loss.pipe(sgd()) }), nodes)

/** `'RANGE_MISMATCH error'`, ... */
const told = (faults: readonly Fault[]) => faults.map(({ code, severity }) => `${code} ${severity}`)

test('what a graph says of the numbers at its ports holds for whatever comes in', () => {
  let said = 0
  for (let seed = 0; seed < GRAPHS; seed++) {
    const net: GraphDef = randomGraph(seed, 3 + (seed % 25))
    const dice = new Dice(seed)
    const { ranges } = fitOf(inspect(net, registry()).nodes)
    const model = compile(net, { seed, precision: 'float64' })
    for (const [{ id }, outputs] of ranges) {
      for (const [name, range] of Object.entries(outputs)) {
        if (range === undefined) continue
        said++
        const interval = intervalOf(range)
        model.node(id).outputs[name]?.forward$.subscribe(({ tensor }) => {
          const outside = [...tensor.data].filter(value => !isIn(interval, value))
          expect([id, range, outside]).toEqual([id, range, []])
          if (range !== 'distribution') return
          for (const row of tensor.toNested() as number[][])
            expect(row.reduce((sum, share) => sum + share)).toBeCloseTo(1, 9)
        })
      }
    }
    const failed: unknown[] = []
    model.errors$.subscribe(({ cause }) => failed.push(cause))
    for (const scale of [0.1, 3, 50]) {
      const x = Array.from({ length: 4 }, () =>
        Array.from({ length: WIDTH }, () => scale * (dice.next() - 0.5)),
      )
      model.predict({ x })
    }
    expect(failed).toEqual([])
    model.dispose()
  }
  expect(said).toBeGreaterThan(3 * GRAPHS)
})

const x = input({ name: 'x', shape: [5] })
const unknown = passing('unknown')

/** Ends of a network, and what comes of them: by the loss, with probabilities or logits asked for. */
type Outcome = 'fits' | 'warning' | 'error'
const ENDS: Record<string, { end: (port: Port) => Port; outcomes: [Outcome, Outcome, Outcome, Outcome] }> = {
  // binary, binary from logits, categorical, categorical from logits
  nothing: { end: y => y, outcomes: ['error', 'fits', 'error', 'fits'] },
  linear: { end: y => y.pipe(linear()), outcomes: ['error', 'fits', 'error', 'fits'] },
  leakyRelu: { end: y => y.pipe(leakyRelu()), outcomes: ['error', 'fits', 'error', 'fits'] },
  sum: { end: y => add()(y, y.pipe(tanh())), outcomes: ['error', 'fits', 'error', 'fits'] },
  difference: { end: y => subtract()(y.pipe(relu()), y), outcomes: ['error', 'fits', 'error', 'fits'] },
  sigmoid: { end: y => y.pipe(sigmoid()), outcomes: ['fits', 'error', 'warning', 'error'] },
  softmax: { end: y => y.pipe(softmax()), outcomes: ['fits', 'error', 'fits', 'error'] },
  relu: { end: y => y.pipe(relu()), outcomes: ['error', 'warning', 'error', 'warning'] },
  softplus: { end: y => y.pipe(softplus()), outcomes: ['error', 'warning', 'error', 'warning'] },
  elu: { end: y => y.pipe(elu()), outcomes: ['error', 'warning', 'error', 'warning'] },
  tanh: { end: y => y.pipe(tanh()), outcomes: ['error', 'warning', 'error', 'warning'] },
  'tanh of relu': { end: y => y.pipe(relu(), tanh()), outcomes: ['fits', 'error', 'warning', 'error'] },
  'product of shares': {
    end: y => multiply()(y.pipe(sigmoid()), y.pipe(softmax())),
    outcomes: ['fits', 'error', 'warning', 'error'],
  },
  'sigmoid and dropout': {
    end: y => y.pipe(sigmoid(), dropout({ rate: 0.3 })),
    outcomes: ['warning', 'error', 'warning', 'error'],
  },
  'a node that says nothing': {
    end: y => y.pipe(unknown()),
    outcomes: ['fits', 'fits', 'fits', 'fits'],
  },
  'sigmoid and a node that says nothing': {
    end: y => y.pipe(sigmoid(), unknown()),
    outcomes: ['fits', 'fits', 'fits', 'fits'],
  },
  'a mixture of two networks': {
    end: y => add()(multiply()(y.pipe(sigmoid()), y.pipe(softmax())), y.pipe(softmax(), unknown())),
    outcomes: ['fits', 'fits', 'fits', 'fits'],
  },
}

const LOSSES: ((smoothing: number) => (prediction: Port, target: Port) => Port)[] = [
  labelSmoothing => binaryCrossentropy({ labelSmoothing }),
  labelSmoothing => binaryCrossentropy({ labelSmoothing, fromLogits: true }),
  labelSmoothing => categoricalCrossentropy({ labelSmoothing }),
  labelSmoothing => categoricalCrossentropy({ labelSmoothing, fromLogits: true }),
]

describe.each(Object.entries(ENDS))('a network that ends in %s', (_, { end, outcomes }) => {
  const dice = new Dice(outcomes.length + _.length)

  /** Layers and activations in front of the end, which change nothing about it. */
  const trunk = (units: number): Port => {
    const hidden = Array.from({ length: dice.below(4) }, () => [
      dense({ units: 1 + dice.below(9) }),
      dice.pick([relu, tanh, sigmoid, linear, softplus])(),
    ]).flat()
    const before = hidden.reduce((port: Port, layer) => port.pipe(layer), x as Port)
    return before.pipe(dense({ units }))
  }
  /** What only passes numbers on. */
  const passed = (port: Port): Port =>
    dice.pick([
      (y: Port) => y,
      (y: Port) => y.pipe(linear(), linear()),
      (y: Port) => y.pipe(dropout({ rate: 0 })),
    ])(port)

  test.each([0, 1, 2, 3])('is told to fit, or not, to loss %i', which => {
    for (let round = 0; round < 4; round++) {
      const units = 2 + dice.below(6)
      const target = input({ name: 'target', shape: [units] })
      const prediction = passed(end(trunk(units)))
      const loss = (LOSSES[which] as (typeof LOSSES)[number])(dice.below(2) * 0.1)(prediction, target)
      const outcome = outcomes[which] as Outcome
      const faults = faultsOf(loss, { nodes: [unknown] })
      expect(told(faults)).toEqual(outcome === 'fits' ? [] : [`RANGE_MISMATCH ${outcome}`])
      for (const { place, expected, hint } of faults) {
        expect(place).toMatch(/Crossentropy1|Crossentropy/i)
        expect(expected).toContain('"prediction"')
        expect(hint).toMatch(/\(\)|fromLogits/)
      }
      // A regression takes anything.
      expect(faultsOf(meanSquaredError()(prediction, target), { nodes: [unknown] })).toEqual([])
    }
  })
})

describe('the way out of logits that are none', () => {
  const target = input({ name: 'target', shape: [3] })
  test.each([
    ['itself', (y: Port) => y.pipe(sigmoid({ name: 'guilty' }))],
    ['behind dropout', (y: Port) => y.pipe(sigmoid({ name: 'guilty' }), dropout())],
    ['behind several nodes', (y: Port) => y.pipe(softmax({ name: 'guilty' }), linear(), dropout(), linear())],
  ])('names the activation %s', (_, end) => {
    const [fault] = faultsOf(
      binaryCrossentropy({ fromLogits: true })(end(x.pipe(dense({ units: 3 }))), target),
    )
    expect(fault?.hint).toContain('Remove "guilty"')
  })

  test('each of the parts of a concatenation counts', () => {
    const half = (activation: (y: Port) => Port) => x.pipe(dense({ units: 2 })).pipe(activation)
    const wide = input({ name: 'target', shape: [4] })
    const both = (a: Port, b: Port, fromLogits: boolean) =>
      told(faultsOf(binaryCrossentropy({ fromLogits })(concatenate()(a, b), wide)))
    expect(both(half(sigmoid()), half(sigmoid()), false)).toEqual([])
    expect(both(half(sigmoid()), half(linear()), false)).toEqual(['RANGE_MISMATCH error'])
    expect(both(half(sigmoid()), half(softmax()), true)).toEqual(['RANGE_MISMATCH error'])
    expect(both(half(linear()), half(linear()), true)).toEqual([])
  })
})

describe('nodes and losses of one’s own', () => {
  const squash = defineNode({
    type: 'squash',
    config: ({ top = 1 }: { top?: number } = {}) => ({ top }),
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }) => ({ y: x }),
    ranges: (_, { top }) => ({ y: [0, top] }),
    forward: ({ x }, { top }, { kernels: k }) => ({ y: k.scale(k.sigmoid(x), top) }),
    backward: ({ y: dy }, { y }, { top }, { kernels: k }) => ({
      x: k.mul(dy, k.mul(y, k.oneMinus(k.scale(y, 1 / top)))),
    }),
  })
  const poisson = defineLoss({
    type: 'poisson',
    inputs: ['prediction', 'target'],
    nonDifferentiable: ['target'],
    expects: () => ({ prediction: [0, Infinity], target: [0, Infinity] }),
    shapes: () => ({ loss: [] }),
    forward: ({ prediction, target }, _, { kernels: k }) => ({
      loss: k.mean(k.sub(prediction, k.mul(target, k.log(k.addScalar(prediction, 1e-7))))),
    }),
    backward: ({ loss: dJ }, { prediction, target }, _, { kernels: k }) => ({
      prediction: k.mul(
        k.scale(dJ, 1 / prediction.size),
        k.oneMinus(k.div(target, k.addScalar(prediction, 1e-7))),
      ),
    }),
  })
  const nodes = [squash, poisson]
  const y = x.pipe(dense({ units: 2 }))
  const target = input({ name: 'target', shape: [2] })
  const poissonOf = (prediction: Port) => told(faultsOf(poisson()(prediction, target), { nodes }))

  test('take part by what they declare', () => {
    expect(told(faultsOf(binaryCrossentropy()(y.pipe(squash()), target), { nodes }))).toEqual([])
    expect(told(faultsOf(binaryCrossentropy()(y.pipe(squash({ top: 4 })), target), { nodes }))).toEqual([
      'RANGE_MISMATCH warning',
    ])
    expect(
      told(faultsOf(binaryCrossentropy({ fromLogits: true })(y.pipe(squash()), target), { nodes })),
    ).toEqual(['RANGE_MISMATCH error'])
    expect(poissonOf(y.pipe(relu()))).toEqual([])
    expect(poissonOf(y.pipe(squash({ top: 9 })))).toEqual([])
    expect(poissonOf(y)).toEqual(['RANGE_MISMATCH error'])
    expect(poissonOf(y.pipe(tanh()))).toEqual(['RANGE_MISMATCH error'])
  })

  test.each([
    ['a word that stands for nothing', () => ({ y: 'unit' })],
    ['an interval the wrong way round', () => ({ y: [1, 0] })],
    ['a port that there is not', () => ({ z: [0, 1] })],
    [
      'an error',
      () => {
        throw new Error('oops')
      },
    ],
  ])('are told where they declare %s', (_, ranges) => {
    const odd = defineNode({ ...squash.definition, type: 'odd', ranges } as never) as typeof squash
    const faults = faultsOf(meanSquaredError()(y.pipe(odd()), target), { nodes: [odd] })
    expect(faults).toMatchObject([{ code: 'INVALID_CONFIG', place: 'odd1' }])
  })
})

describe('one class alone', () => {
  const one = input({ name: 'target', shape: [1] })
  const y = x.pipe(dense({ units: 1 }))
  test.each([
    ['softmax and categorical', () => categoricalCrossentropy()(y.pipe(softmax()), one)],
    ['softmax and binary', () => binaryCrossentropy()(y.pipe(softmax()), one)],
    ['softmax and squares', () => meanSquaredError()(y.pipe(softmax()), one)],
    ['softmax, passed on', () => binaryCrossentropy()(y.pipe(softmax(), linear()), one)],
    ['categorical from logits', () => categoricalCrossentropy({ fromLogits: true })(y, one)],
    ['categorical of sigmoid', () => categoricalCrossentropy()(y.pipe(sigmoid()), one)],
    ['categorical of the unknown', () => categoricalCrossentropy()(y.pipe(unknown()), one)],
  ])('is a fault: %s', (_, lossOf) => {
    const faults = faultsOf(lossOf(), { nodes: [unknown] })
    expect(faults.map(({ code }) => code)).toEqual(['ONE_CLASS'])
    expect(faults[0]?.hint).toContain('sigmoid() and binaryCrossentropy()')
  })

  test('inside of a network it is a warning', () => {
    const prediction = y.pipe(softmax(), dense({ units: 1 }))
    expect(told(faultsOf(meanSquaredError()(prediction, one)))).toEqual(['ONE_CLASS warning'])
  })

  test('a yes-or-no answer in one unit is none', () => {
    expect(faultsOf(binaryCrossentropy()(y.pipe(sigmoid()), one))).toEqual([])
    expect(faultsOf(binaryCrossentropy({ fromLogits: true })(y, one))).toEqual([])
  })

  test('class numbers in the place of one-hot rows are offered to be written one-hot', () => {
    const [fault] = faultsOf(categoricalCrossentropy()(x.pipe(dense({ units: 4 }), softmax()), one))
    expect(fault).toMatchObject({ code: 'SHAPE_MISMATCH', hint: expect.stringContaining('one-hot') })
    expect(fault?.hint).toContain('shape: [4]')
  })
})

describe('a loss with its prediction in the place of the target', () => {
  const target = input({ name: 'target', shape: [1] })
  const y = x.pipe(dense({ units: 1 }))
  const ends: [right: string, loss: (a: Port, b: Port) => Port, prediction: Port][] = [
    ['meanSquaredError()(dense1, target)', meanSquaredError(), y],
    ['binaryCrossentropy()(sigmoid1, target)', binaryCrossentropy(), y.pipe(sigmoid())],
    ['binaryCrossentropy()(dense1, target)', binaryCrossentropy({ fromLogits: true }), y],
  ]

  test.each(ends)('is told with the right line: %s', (right, lossOf, prediction) => {
    expect(faultsOf(lossOf(prediction, target))).toEqual([])
    const alone = faultsOf(lossOf(target, prediction))
    expect(alone).toMatchObject([{ code: 'NOTHING_TO_TRAIN', severity: 'error' }])
    expect(alone[0]?.hint).toBe(`Swap "prediction" and "target": ${right}.`)
    // Beside a loss that is right, and where nothing is trained.
    const beside = faultsOf(add()(lossOf(target, prediction), lossOf(prediction, target)))
    expect(beside).toMatchObject([{ code: 'LOSS_SWAPPED', severity: 'error' }])
    expect(beside[0]?.hint).toBe(`Swap "prediction" and "target": ${right}.`)
    const untrained = validate(graph({ loss: lossOf(target, prediction) }))
    expect(untrained.map(({ severity }) => severity)).toEqual(['warning', 'warning'])
  })

  test('is none where the target is made by layers that nobody trains, or the prediction learns as well', () => {
    const teacher = x.pipe(dense({ units: 1, trainable: false }))
    const student = x.pipe(dense({ units: 1 }))
    expect(faultsOf(meanSquaredError()(student, teacher))).toEqual([])
    expect(faultsOf(meanSquaredError()(student, x.pipe(dense({ units: 1 }))))).toEqual([])
    expect(told(faultsOf(meanSquaredError()(teacher, target)))).toEqual(['NOTHING_TO_TRAIN error'])
    expect(faultsOf(meanSquaredError()(target, teacher))).toMatchObject([
      { code: 'NOTHING_TO_TRAIN', hint: expect.stringContaining('Make a layer trainable') },
    ])
  })
})

test('a graph of nothing is refused, with the way to write one', () => {
  expect(() => graph({})).toThrow(/at least one output, got none\. .*graph\(\{ prediction.*INVALID_OPTION/)
})
