/** Gradients that are derived from what was computed are those of central differences, for random programs. */
import { describe, expect, test } from 'vitest'
import {
  ENTRY_OPERATIONS,
  type EntryOperation,
  FOLDS,
  type Functions,
  gradients,
  type Program,
  ProgramWriter,
  sizeOf,
  Tracing,
  type Value,
} from '../../core/index.ts'
import { interpret } from '../../kernels/reference/interpret.ts'
import { Drawing } from '../kernels/compiling/drawn-program.ts'
import { countOf } from '../support/counts.ts'
import { QuickDice } from '../support/dice.ts'
import { functionsOver } from '../support/functions-over.ts'

const PROGRAMS = countOf({ few: 20, usual: 200, full: 2000 })
const STEP = 1e-6

test(`${PROGRAMS} random programs`, () => {
  let compared = 0
  for (let seed = 0; seed < PROGRAMS; seed++) {
    const dice = new QuickDice(seed)
    const drawing = new Drawing(dice, 150)
    const y = drawing.draw()
    const k = functionsOver(drawing.writer)
    const [weights, one] = [drawing.input(y.shape), drawing.input([])]
    const loss = k.sum(k.mul(y, weights))
    const wanted = drawing.values.slice(0, -2)
    const derived = gradients(k, drawing.writer.steps, new Map([[loss, one]]), wanted)
    const reached = wanted.filter((_, i) => derived[i] !== undefined)
    const outputs = [loss, ...derived.filter((gradient): gradient is Value => gradient !== undefined)]
    const { program, inputs } = drawing.program(...outputs)
    const values = inputs.map(input => Float64Array.from(input))
    values.splice(-1, 1, Float64Array.of(1))
    const made = interpret(program, values)
    for (const [i, value] of reached.entries()) {
      expect(outputs[i + 1]?.shape, `seed ${seed}`).toEqual(value.shape)
      const size = sizeOf(value.shape)
      for (const at of size === 0 ? [] : [0, dice.below(size), size - 1]) {
        const got = made[i + 1]?.[at] as number
        const numeric = slope(program, values, drawing.values.indexOf(value), at)
        const message = `seed ${seed}: input ${i}, number ${at}`
        expect(Math.abs(got - numeric), `${message} is ${got}, not ${numeric}`).toBeLessThanOrEqual(
          1e-5 + 1e-3 * Math.abs(numeric),
        )
        compared++
      }
    }
  }
  expect(compared).toBeGreaterThan(PROGRAMS)
})

type Write = (k: Functions<Value>, x: Value, y: Value, z: Value) => Value

/** Compares the derivatives of Σ w f(x, y, z), with some weights w, at every number of the operands. */
function comparesAll(
  write: Write,
  shapes: readonly [number[], number[], number[]],
  draw: (dice: QuickDice) => number,
) {
  const dice = new QuickDice(3)
  const writer = new ProgramWriter()
  const trace = new Tracing<Value>(writer)
  const k = functionsOver(trace)
  const operands = shapes.map(shape => writer.input(shape))
  const [x, y, z] = operands as [Value, Value, Value]
  const result = write(k, x, y, z)
  const [weights, one] = [writer.input(result.shape), writer.input([])]
  const loss = k.sum(k.mul(result, weights))
  const derived = gradients(k, trace.steps, new Map([[loss, one]]), operands)
  const outputs = [loss, ...derived.filter((gradient): gradient is Value => gradient !== undefined)]
  const program = writer.program(outputs)
  const values = [...shapes, result.shape].map(shape =>
    Float64Array.from({ length: sizeOf(shape) }, () => draw(dice)),
  )
  values.push(Float64Array.of(1))
  const made = interpret(program, values)
  for (const [i, operand] of operands.entries()) {
    const gradient = derived[i]
    const numbers = gradient && made[outputs.indexOf(gradient)]
    for (let at = 0; at < sizeOf(operand.shape); at++) {
      expect(numbers?.[at] ?? 0, `operand ${i}, number ${at}`).toBeCloseTo(slope(program, values, i, at), 5)
    }
  }
}

const shapes = [[7], [7], [7]] as [number[], number[], number[]]

test.each(Object.keys(ENTRY_OPERATIONS) as EntryOperation[])('%s, of numbers of both signs', operation => {
  const isPositive = ['sqrt', 'log', 'log1p', 'div', 'pow'].includes(operation)
  const write: Write = (k, x, y, z) => {
    const count = ENTRY_OPERATIONS[operation]
    return entry(k, operation, [x, y, z].slice(0, count))
  }
  comparesAll(write, shapes, dice => (isPositive ? 0.3 : -2) + (isPositive ? 2 : 4) * dice.next())
})

/** The operation as it is called among functions. */
function entry(k: Functions<Value>, operation: EntryOperation, operands: readonly Value[]): Value {
  const names: Partial<Record<EntryOperation, keyof Functions<Value>>> = { max: 'maximum', min: 'minimum' }
  const call = k[names[operation] ?? (operation as keyof Functions<Value>)] as (
    ...operands: readonly Value[]
  ) => Value
  return call.apply(k, [...operands])
}

test.each<[what: string, write: Write]>([
  ['where', (k, x, y, z) => k.where(k.less(x, y), z, y)],
  ['reshape', (k, x, y) => k.mul(k.reshape(x, [3, 2]), k.reshape(y, [3, 2]))],
  ['permute', (k, x, y) => k.mul(k.permute(x, [1, 0]), k.reshape(y, [3, 2]))],
  ['expand', (k, x, y) => k.mul(k.expand(x, [2, 2, 3]), y)],
  ['slice', (k, x) => k.slice(x, 1, 1, 2)],
  ['flip', (k, x, y) => k.mul(k.flip(x, [1]), y)],
  ['pad', (k, x) => k.pad(x, [1, 0], [0, 2])],
  ['windows', (k, x) => k.windows(x, { axes: [1, 0], sizes: [2, 1], strides: [1, 1], dilations: [1, 1] })],
  [
    'overlapAdd',
    (k, x) => k.overlapAdd(x, { axes: [0], sizes: [3], strides: [2], dilations: [1], lengths: [6] }),
  ],
  ...FOLDS.map((fold): [string, Write] => [
    `reduceWindows, ${fold}`,
    (k, x) => k.reduceWindows(x, fold, { axes: [1], sizes: [2], strides: [1], dilations: [1] }),
  ]),
  ['concatenate', (k, x, y) => k.concatenate([x, k.tanh(y), x], 1)],
  ['cumulativeSum', (k, x) => k.cumulativeSum(x, 0)],
  ['sort', (k, x) => k.sort(x)],
  ['gather', (k, x) => k.gather(x, k.mul(k.iota(2), 2), 1)],
  ['scatterAdd', (k, x) => k.scatterAdd(x, k.mul(k.iota(3), 2), { axis: 1, length: 5 })],
  ['sum', (k, x) => k.sum(x, [1])],
  ['max', (k, x) => k.max(x, [0])],
  ['min', (k, x) => k.min(x, [1])],
  ['ties', (k, x) => k.max(k.add(k.mul(x, 0), 1), [1])],
  ['broadcasting', (k, x, y) => k.mul(x, k.sum(y, [0]))],
  ['a product', (k, x, y) => k.matMul(x, y, 'nt')],
  ['a product of rows', (k, x, y) => k.matMul(x, y, 'tn')],
  ['a batch', (k, x, y) => k.contract(x, y, { batch: [[1, 1]], sum: [[0, 0]] })],
  ['a batch with free axes', (k, x, y) => k.contract(x, y, { batch: [[0, 0]], sum: [] })],
  [
    'several free and summed axes in another order',
    (k, x, y) =>
      k.contract(k.reshape(x, [1, 2, 3]), k.permute(k.reshape(y, [1, 2, 3]), [2, 0, 1]), {
        batch: [[0, 1]],
        sum: [
          [2, 0],
          [1, 2],
        ],
      }),
  ],
  [
    'free axes on both sides',
    (k, x, y) => k.contract(k.expand(x, [2, 2, 3]), k.expand(y, [4, 2, 3]), { batch: [], sum: [[2, 2]] }),
  ],
])('%s', (_, write) => {
  comparesAll(
    write,
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    dice => -1 + 2 * dice.next(),
  )
})

test('the derivative of aᵇ is 0 in a where b is 0, and 0 in both where a is', () => {
  const writer = new ProgramWriter()
  const trace = new Tracing<Value>(writer)
  const k = functionsOver(trace)
  const [a, b] = [writer.input([3]), writer.input([3])]
  const y = k.pow(a, b)
  const [da, db] = gradients(k, trace.steps, new Map([[y, writer.input([3])]]), [a, b])
  const [inA, inB] = interpret(writer.program([da as Value, db as Value]), [
    [0, 0, 3],
    [0, 2, 0],
    [5, 5, 5],
  ])
  expect([...(inA as Float64Array)]).toEqual([0, 0, 0])
  expect([...(inB as Float64Array)]).toEqual([0, 0, 5 * Math.log(3)])
})

describe('the gradients of parts of a value', () => {
  /** The gradient of x [4, 6] where each part that is cut out of it, `[starts, lengths]`, is sent the numbers 1, 2, 3, ... */
  function ofParts(parts: readonly (readonly [starts: number[], lengths: number[]])[]) {
    const writer = new ProgramWriter()
    const trace = new Tracing<Value>(writer)
    const k = functionsOver(trace)
    const x = writer.input([4, 6])
    const cut = parts.map(([starts, lengths]) => trace.apply('slice', [x], { starts, lengths }))
    const sent = parts.map(([, lengths]) => writer.input(lengths))
    const before = writer.program([]).instructions.length
    const [dx] = gradients(k, trace.steps, new Map(cut.map((y, i) => [y, sent[i] as Value])), [x])
    const program = writer.program([dx as Value])
    const numbers = parts.map(([, [rows = 0, columns = 0]]) =>
      Array.from({ length: rows * columns }, (_, i) => i + 1),
    )
    const [made] = interpret(program, [new Array(24).fill(0), ...numbers])
    const expected = new Array<number>(24).fill(0)
    parts.forEach(([[row = 0, column = 0], [rows = 0, columns = 0]]) => {
      for (let i = 0; i < rows * columns; i++) {
        const at = (row + Math.floor(i / columns)) * 6 + column + (i % columns)
        expected[at] = (expected[at] as number) + i + 1
      }
    })
    expect([...(made as Float64Array)]).toEqual(expected)
    return program.instructions.slice(before).map(({ operation }) => operation)
  }

  test('are put beside each other where they lie so, in whatever order they were cut', () => {
    expect(
      ofParts([
        [
          [0, 0],
          [4, 2],
        ],
        [
          [0, 2],
          [4, 4],
        ],
      ]),
    ).toEqual(['concatenate'])
    expect(
      ofParts([
        [
          [0, 3],
          [4, 3],
        ],
        [
          [0, 0],
          [4, 2],
        ],
        [
          [0, 2],
          [4, 1],
        ],
      ]),
    ).toEqual(['concatenate'])
    expect(
      ofParts([
        [
          [2, 0],
          [2, 6],
        ],
        [
          [0, 0],
          [2, 6],
        ],
      ]),
    ).toEqual(['concatenate'])
  })

  test('have zeros between where something was left out: in front, between, behind', () => {
    for (const parts of [
      [
        [
          [0, 1],
          [4, 2],
        ],
        [
          [0, 3],
          [4, 3],
        ],
      ],
      [
        [
          [0, 0],
          [4, 2],
        ],
        [
          [0, 4],
          [4, 2],
        ],
      ],
      [
        [
          [0, 0],
          [4, 2],
        ],
        [
          [0, 2],
          [4, 3],
        ],
      ],
      [
        [
          [1, 0],
          [1, 6],
        ],
        [
          [3, 0],
          [1, 6],
        ],
      ],
    ] as const) {
      const made = ofParts(parts as never)
      expect(made.filter(operation => operation === 'concatenate')).toHaveLength(1)
      expect(made).not.toContain('pad')
    }
  })

  test('are added where they overlap, or are cut along several axes; one by itself gets zeros around', () => {
    expect(
      ofParts([
        [
          [0, 0],
          [4, 3],
        ],
        [
          [0, 2],
          [4, 4],
        ],
      ]),
    ).toEqual(['pad', 'pad', 'add'])
    expect(
      ofParts([
        [
          [0, 1],
          [4, 2],
        ],
        [
          [0, 1],
          [4, 2],
        ],
      ]),
    ).toEqual(['pad', 'pad', 'add'])
    expect(
      ofParts([
        [
          [0, 0],
          [4, 3],
        ],
        [
          [2, 0],
          [2, 6],
        ],
      ]),
    ).toEqual(['pad', 'pad', 'add'])
    expect(
      ofParts([
        [
          [1, 1],
          [2, 2],
        ],
        [
          [1, 3],
          [2, 2],
        ],
      ]),
    ).toEqual(['pad', 'pad', 'add'])
    expect(
      ofParts([
        [
          [0, 2],
          [4, 3],
        ],
      ]),
    ).toEqual(['pad'])
    expect(
      ofParts([
        [
          [1, 2],
          [2, 3],
        ],
      ]),
    ).toEqual(['pad'])
  })
})

test('the largest entry of each window along two axes gets the gradient of the window', () => {
  const writer = new ProgramWriter()
  const trace = new Tracing<Value>(writer)
  const k = functionsOver(trace)
  const x = writer.input([4, 4])
  const windows = { axes: [0, 1], sizes: [2, 2], strides: [2, 1], dilations: [1, 1] }
  const y = k.reduceWindows(x, 'max', windows)
  const [dx] = gradients(k, trace.steps, new Map([[y, writer.input([2, 3])]]), [x])
  const numbers = [1, 5, 2, 0, 4, 3, 9, 6, 7, 1, 1, 2, 0, 3, 8, 4]
  const [slopes] = interpret(writer.program([dx as Value]), [numbers, [1, 2, 3, 4, 5, 6]])
  expect([...(slopes as Float64Array)]).toEqual([0, 1, 0, 0, 0, 0, 5, 0, 4, 0, 0, 0, 0, 0, 11, 0])
})

test.each(['max', 'min'] as const)(
  'windows side by side share the gradient of their %s among equals',
  fold => {
    const dice = new QuickDice(41)
    const upTo = (most: number) => 1 + dice.below(most)
    for (let i = 0; i < PROGRAMS; i++) {
      const [height, width, channels] = [upTo(9), upTo(9), upTo(3)] as const
      const sizes = [upTo(height), upTo(width)] as const
      const [rows, columns] = [Math.floor(height / sizes[0]), Math.floor(width / sizes[1])] as const
      const shape = [2, height, width, channels]
      // Few numbers, so that many are equally large.
      const numbers = Array.from({ length: 2 * height * width * channels }, () => dice.below(4))
      const seeds = Array.from({ length: 2 * rows * columns * channels }, () => upTo(9))
      const writer = new ProgramWriter()
      const trace = new Tracing<Value>(writer)
      const k = functionsOver(trace)
      const x = writer.input(shape)
      const y = k.reduceWindows(x, fold, { axes: [1, 2], sizes, strides: sizes, dilations: [1, 1] })
      const [dx] = gradients(k, trace.steps, new Map([[y, writer.input([2, rows, columns, channels])]]), [x])
      const [slopes] = interpret(writer.program([dx as Value]), [numbers, seeds])

      const expected = new Float64Array(numbers.length)
      const placeOf = (n: number, r: number, c: number, channel: number) =>
        ((n * height + r) * width + c) * channels + channel
      seeds.forEach((seed, at) => {
        const [channel, column] = [at % channels, Math.floor(at / channels) % columns]
        const [row, n] = [
          Math.floor(at / channels / columns) % rows,
          Math.floor(at / channels / columns / rows),
        ]
        const places = Array.from({ length: sizes[0] * sizes[1] }, (_, j) =>
          placeOf(n, row * sizes[0] + Math.floor(j / sizes[1]), column * sizes[1] + (j % sizes[1]), channel),
        )
        const extreme = Math[fold](...places.map(place => numbers[place] as number))
        const equals = places.filter(place => numbers[place] === extreme)
        for (const place of equals) expected[place] = seed / equals.length
      })
      expect([...(slopes as Float64Array)]).toEqual([...expected])
    }
  },
)

test('the derivative of abs at 0 is 0', () => {
  const writer = new ProgramWriter()
  const trace = new Tracing<Value>(writer)
  const k = functionsOver(trace)
  const x = writer.input([3])
  const y = k.abs(x)
  const [dx] = gradients(k, trace.steps, new Map([[y, writer.input([3])]]), [x])
  const [slopes] = interpret(writer.program([dx as Value]), [
    [-2, 0, 2],
    [5, 5, 5],
  ])
  expect([...(slopes as Float64Array)]).toEqual([-5, 0, 5])
})

/** The slope of the first output along one number of an input, by central differences. */
function slope(program: Program, values: readonly Float64Array[], input: number, at: number): number {
  const lossAt = (by: number) => {
    const moved = values.map((numbers, i) =>
      i === input ? numbers.with(at, (numbers[at] as number) + by) : numbers,
    )
    return interpret(program, moved)[0]?.[0] as number
  }
  return (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP)
}
