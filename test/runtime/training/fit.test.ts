/** Data that losses and metrics cannot be computed from are refused before training, wherever they are wrong; others never. */
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  compile,
  createTrainer,
  type DataSource,
  defineLoss,
  dense,
  evaluate,
  fromArrays,
  fromIterable,
  type GraphDef,
  graph,
  input,
  type MetricName,
  type MetricRequest,
  meanSquaredError,
  parseCsv,
  relu,
  sgd,
  sigmoid,
  softmax,
  tanh,
} from 'gradstream'
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import { catalogue } from '../../../nodes/index.ts'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { errorOf, finish, rejectionOf, trial } from '../support.ts'

const ROUNDS = countOf({ few: 3, usual: 8, full: 60 })

let said: MockInstance<typeof console.warn>
beforeEach(() => {
  said = vi.spyOn(console, 'warn').mockReturnValue(undefined)
})
afterEach(() => said.mockRestore())

const x = input({ name: 'x', shape: [2] })

/** A network whose last layer fits its loss. */
function netOf(loss: 'binary' | 'categorical' | 'squares', units: number, fromLogits = false): GraphDef {
  const target = input({ name: 'target', shape: [units] })
  const logits = x.pipe(dense({ units: 3 }), relu(), dense({ units }))
  const labelSmoothing = units > 3 ? 0.1 : 0
  const ends = {
    binary: () =>
      binaryCrossentropy({ fromLogits, labelSmoothing })(
        fromLogits ? logits : logits.pipe(sigmoid()),
        target,
      ),
    categorical: () =>
      categoricalCrossentropy({ fromLogits, labelSmoothing })(
        fromLogits ? logits : logits.pipe(softmax()),
        target,
      ),
    squares: () => meanSquaredError()(logits, target),
  }
  const end = ends[loss]()
  return graph({ end, update: end.pipe(sgd({ learningRate: 0.01 })) })
}

type Rows = number[][]
const featuresOf = (rows: Rows) => rows.map((_, i) => [Math.sin(i), Math.cos(i)])
const dataOf = (target: Rows) => fromArrays({ x: featuresOf(target), target })
const streamOf = (target: Rows) => {
  const features = featuresOf(target)
  return fromIterable(() => target.map((row, i) => ({ x: features[i] as number[], target: row })))
}

/** Targets of each kind that are right. */
const RIGHT: Record<
  string,
  { loss: 'binary' | 'categorical' | 'squares'; row: (dice: Dice, units: number) => number[] }
> = {
  'yes or no': { loss: 'binary', row: (dice, units) => Array.from({ length: units }, () => dice.below(2)) },
  'soft labels': { loss: 'binary', row: (dice, units) => Array.from({ length: units }, () => dice.next()) },
  'one-hot rows': {
    loss: 'categorical',
    row: (dice, units) => {
      const own = dice.below(units)
      return Array.from({ length: units }, (_, i) => (i === own ? 1 : 0))
    },
  },
  'rows of shares': {
    loss: 'categorical',
    row(dice, units) {
      const parts = Array.from({ length: units }, () => dice.next() + 1e-3)
      const sum = parts.reduce((a, b) => a + b)
      // Rounded as they stand in files: their sum is 1 to three digits.
      return parts.map(part => Math.fround(Number((part / sum).toFixed(5))))
    },
  },
  'any numbers': {
    loss: 'squares',
    row: (dice, units) => Array.from({ length: units }, () => 300 * (dice.next() - 0.5)),
  },
}

describe.each(Object.entries(RIGHT))('targets that are %s', (_, { loss, row }) => {
  test('are taken, in memory or as they arrive, whatever their number', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const dice = new Dice(round)
      const units = (loss === 'categorical' ? 2 : 1) + dice.below(6)
      const rows = Array.from({ length: dice.pick([1, 2, 31, 32, 33, 200]) }, () => row(dice, units))
      const model = compile(netOf(loss, units, dice.below(2) === 1), { kernels: 'reference' })
      const data = round % 2 === 0 ? dataOf(rows) : streamOf(rows)
      const { trainer, scheduler } = trial(
        { data, validation: data, epochs: 1, batchSize: 32 },
        model as never,
      )
      expect((await finish(trainer, scheduler)).status).toBe('finished')
      await evaluate(model, data)
      trainer.dispose()
      model.dispose()
    }
    expect(said).not.toHaveBeenCalled()
  })
})

/** What makes a row wrong, by the loss, and what the error says then. */
const WRONG: Record<
  string,
  { loss: 'binary' | 'categorical'; spoil: (row: number[], dice: Dice) => number[]; hint?: RegExp }
> = {
  'a number above 1': {
    loss: 'binary',
    spoil: (row, dice) => replaced(row, dice, 1 + 1e-3 + 5 * dice.next()),
  },
  'a number below 0': { loss: 'binary', spoil: (row, dice) => replaced(row, dice, -1e-3 - dice.next()) },
  'a class number': { loss: 'binary', spoil: (row, dice) => replaced(row, dice, 2 + dice.below(20)) },
  'a brightness': { loss: 'binary', spoil: (row, dice) => replaced(row, dice, 255) },
  'another sum': { loss: 'categorical', spoil: row => row.map(share => share * 0.9) },
  'two classes': { loss: 'categorical', spoil: row => row.map((_, i) => (i < 2 ? 1 : 0)) },
  'a share above 1': { loss: 'categorical', spoil: (row, dice) => replaced(row, dice, 1.5) },
  'a share below 0': { loss: 'categorical', spoil: row => [-0.5, 1.5, ...row.slice(2).map(() => 0)] },
  counts: { loss: 'categorical', spoil: (row, dice) => row.map(() => 1 + dice.below(9)) },
}

function replaced(row: readonly number[], dice: Dice, value: number): number[] {
  return row.with(dice.below(row.length), value)
}

describe.each(Object.entries(WRONG))('a target with %s', (_, { loss, spoil }) => {
  const right = RIGHT[loss === 'binary' ? 'yes or no' : 'one-hot rows'] as (typeof RIGHT)[string]

  test('is found with its row, its value and a way out, wherever it is', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const dice = new Dice(round + 1)
      const units = (loss === 'categorical' ? 2 : 1) + dice.below(5)
      const rows = Array.from({ length: dice.pick([2, 32, 65, 150]) }, () => right.row(dice, units))
      const at = dice.below(rows.length)
      const spoilt = rows.with(at, spoil(rows[at] as number[], dice))
      const model = compile(netOf(loss, units, dice.below(2) === 1), { kernels: 'reference' })
      const expected = {
        code: 'TARGET_MISMATCH',
        place: expect.stringMatching(new RegExp(`"target", sample ${at}\\b`)),
      }

      const inData = errorOf(() => createTrainer(model, { data: dataOf(spoilt) }))
      expect(inData).toMatchObject(expected)
      expect(inData.place).toMatch(/^createTrainer: data/)
      expect(inData.expected).toContain('entropy1')
      expect(inData.hint.length).toBeGreaterThan(20)
      const inValidation = errorOf(() =>
        createTrainer(model, { data: dataOf(rows), validation: dataOf(spoilt) }),
      )
      expect(inValidation).toMatchObject(expected)
      expect(inValidation.place).toMatch(/^createTrainer: validation/)
      expect(await rejectionOf(evaluate(model, dataOf(spoilt)))).toMatchObject(expected)

      const { trainer, scheduler } = trial(
        { data: streamOf(spoilt), shuffle: false, batchSize: dice.pick([1, 7, 32]) },
        model as never,
      )
      const arriving = rejectionOf(finish(trainer, scheduler))
      expect(await arriving).toMatchObject(expected)
      trainer.dispose()
      model.dispose()
    }
  })
})

test('a single wrong row among ten thousand is found', () => {
  const target = Array.from({ length: 10_000 }, (_, i) => [i % 2]).with(9_999, [2])
  const model = compile(netOf('binary', 1))
  expect(errorOf(() => createTrainer(model, { data: dataOf(target) })).place).toBe(
    'createTrainer: data, "target", sample 9999',
  )
})

test('a part of the data is judged by its own rows', () => {
  for (let seed = 0; seed < ROUNDS; seed++) {
    const target = Array.from({ length: 20 }, (_, i) => [i % 2]).with(seed % 20, [2])
    const { train, validation } = dataOf(target).split({ validation: 0.5, seed })
    const model = compile(netOf('binary', 1), { kernels: 'reference' })
    const rowOf = (part: typeof train) => [...part.column('target').data].indexOf(2)
    const [right, wrong] = rowOf(train) < 0 ? [train, validation] : [validation, train]
    expect(() => createTrainer(model, { data: right })).not.toThrow()
    const { place } = errorOf(() => createTrainer(model, { data: right, validation: wrong }))
    expect(place).toBe(`createTrainer: validation, "target", sample ${rowOf(wrong)}`)
  }
})

describe('the way out', () => {
  const refused = (loss: 'binary' | 'categorical', target: Rows) =>
    errorOf(() => createTrainer(compile(netOf(loss, target[0]?.length ?? 1)), { data: dataOf(target) })).hint
  /** Does what the hint says, with the rows. */
  const followed = (hint: string, target: Rows): Rows => {
    const code = hint.match(/target: (target\.map\(.+?\))(?:;|, and|\.$|\. |$)/)?.[1]
    return new Function('target', `return ${code}`)(target)
  }

  test.each<[string, 'binary' | 'categorical', Rows, Rows]>([
    ['two classes 1 and 2', 'binary', [[1], [2], [2]], [[0], [1], [1]]],
    ['two classes -1 and 1', 'binary', [[-1], [1]], [[0], [1]]],
    [
      'labels -1 and 1',
      'binary',
      [
        [-1, 1],
        [1, 1],
      ],
      [
        [0, 1],
        [1, 1],
      ],
    ],
    [
      'pixels of 0 and 255',
      'binary',
      [
        [0, 255],
        [255, 255],
      ],
      [
        [0, 1],
        [1, 1],
      ],
    ],
    ['pixels from 0 to 255', 'binary', [[0, 51, 255]], [[0, 0.2, 1]]],
    [
      'classes 1, 2 and 5 in a yes-or-no loss',
      'binary',
      [[1], [5], [2]],
      [
        [1, 0, 0],
        [0, 0, 1],
        [0, 1, 0],
      ],
    ],
    ['rows of -1 and 1', 'categorical', [[-1, 1, -1]], [[0, 1, 0]]],
    [
      'counts',
      'categorical',
      [
        [1, 3, 0],
        [0, 0, 5],
      ],
      [
        [0.25, 0.75, 0],
        [0, 0, 1],
      ],
    ],
  ])('can be pasted, and leads to targets that are taken: %s', (_, loss, target, mended) => {
    const rows = followed(refused(loss, target), target)
    expect(rows).toEqual(mended)
    // Classes that were written in one column go with another loss.
    const width = (rows[0] as number[]).length
    const end = width === target[0]?.length ? loss : 'categorical'
    expect(() => createTrainer(compile(netOf(end, width)), { data: dataOf(rows) })).not.toThrow()
  })

  test('of several labels at a time is another loss', () => {
    expect(
      refused('categorical', [
        [1, 1, 0],
        [0, 1, 0],
      ]),
    ).toContain('sigmoid() and binaryCrossentropy()')
  })

  test('of classes in a file names the column as the file does', () => {
    const text = `a,b,status\n${Array.from({ length: 9 }, (_, i) => `${i},${-i},${1 + (i % 3)}`).join('\n')}`
    const data = parseCsv(text, { target: 'status' })
    const { hint } = errorOf(() => createTrainer(compile(netOf('binary', 1)), { data }))
    expect(hint).toContain("csv(path, { target: 'status', categorical: ['status'] })")
    expect(hint).toContain('dense({ units: 3 })')
    const two = text.replaceAll(',3', ',2')
    const way = errorOf(() =>
      createTrainer(compile(netOf('binary', 1)), { data: parseCsv(two, { target: 'status' }) }),
    ).hint
    expect(way).toContain("csv(path, { target: 'status', columns: { 'status': { type: 'binary' } } })")
    const binary = parseCsv(two, { target: 'status', columns: { status: { type: 'binary' } } })
    expect(() => createTrainer(compile(netOf('binary', 1)), { data: binary })).not.toThrow()
    const classes = parseCsv(text, { target: 'status', categorical: ['status'] })
    expect(() => createTrainer(compile(netOf('categorical', 3)), { data: classes })).not.toThrow()
    expect(errorOf(() => createTrainer(compile(netOf('categorical', 3)), { data }))).toMatchObject({
      code: 'TARGET_MISMATCH',
      got: 'one number for each sample',
      hint: expect.stringContaining("categorical: ['status']"),
    })
  })

  test('of class numbers in code is one-hot rows', () => {
    const model = compile(netOf('categorical', 4))
    const data = dataOf([[0], [3]])
    const { code, hint } = errorOf(() => createTrainer(model, { data }))
    expect(code).toBe('TARGET_MISMATCH')
    expect(followed(hint, [[0], [3]])).toEqual([
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ])
    const other = fromArrays({ x: featuresOf([[1], [2], [7]]), target: [[1], [2], [7]] })
    const way = errorOf(() => createTrainer(compile(netOf('categorical', 3)), { data: other })).hint
    expect(followed(way, [[1], [2], [7]])).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ])
  })

  test('of a target that was standardized is to leave it out', () => {
    const data = dataOf([[0], [1], [1]]).standardize({ columns: ['x', 'target'] })
    const { code, hint } = errorOf(() => createTrainer(compile(netOf('binary', 1)), { data }))
    expect(code).toBe('TARGET_MISMATCH')
    expect(hint).toContain('out of standardize()')
    const plain = dataOf([[0], [1], [1]]).standardize()
    expect(() => createTrainer(compile(netOf('binary', 1)), { data: plain })).not.toThrow()
  })
})

/** The codes of what is warned of, and the console's lines. */
async function warningsOf(net: GraphDef, data: DataSource, metrics: MetricRequest[] = [], runs = false) {
  const { trainer, scheduler } = trial({ data, metrics, epochs: 2 }, compile(net) as never)
  const codes: string[] = []
  trainer.warnings$.subscribe(({ code }) => codes.push(code))
  if (runs) await finish(trainer, scheduler)
  trainer.dispose()
  expect(said).toHaveBeenCalledTimes(codes.length)
  return codes
}

describe('what may be meant is warned of', () => {
  test.each<[string, Rows]>([
    [
      'a row of zeros, which leaves its sample out',
      [
        [1, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
    ],
    [
      'shares of two digits',
      [
        [0, 0, 1],
        [0.33, 0.33, 0.33],
        [0.33, 0.33, 0.33],
      ],
    ],
  ])('%s, once, in memory or as it arrives', async (_, rows) => {
    expect(await warningsOf(netOf('categorical', 3), dataOf(rows))).toEqual(['TARGET_MISMATCH'])
    said.mockClear()
    expect(await warningsOf(netOf('categorical', 3), streamOf(rows), [], true)).toEqual(['TARGET_MISMATCH'])
  })

  test('but a row of zeros is padding where the loss has weights', async () => {
    const [asked, weight] = [input({ name: 'target', shape: [3] }), input({ name: 'weight', shape: [] })]
    const loss = categoricalCrossentropy()(x.pipe(dense({ units: 3 }), softmax()), asked, weight)
    const net = graph({ loss, update: loss.pipe(sgd()) })
    const rows = (second: number[]) =>
      fromArrays({
        x: [
          [1, 0],
          [0, 2],
        ],
        target: [[1, 0, 0], second],
        weight: [1, 0],
      })
    expect(await warningsOf(net, rows([0, 0, 0]))).toEqual([])
    expect(await warningsOf(net, rows([0.33, 0.33, 0.33]))).toEqual(['TARGET_MISMATCH'])
  })

  const target = input({ name: 'target', shape: [1] })
  const squares = (activation: typeof tanh) => {
    const loss = meanSquaredError()(x.pipe(dense({ units: 1 }), activation()), target)
    return graph({ loss, update: loss.pipe(sgd()) })
  }
  test.each<[string, typeof tanh, Rows, boolean]>([
    ['sigmoid', sigmoid as typeof tanh, [[0], [2]], true],
    ['sigmoid', sigmoid as typeof tanh, [[0], [0.5]], false],
    ['tanh', tanh, [[-1], [-3]], true],
    ['tanh', tanh, [[-1], [1]], false],
    ['relu', relu as typeof tanh, [[4], [-1]], true],
    ['relu', relu as typeof tanh, [[4], [1e9]], false],
  ])('targets that %s never comes to: %j', async (_, activation, rows, isWarned) => {
    expect(await warningsOf(squares(activation), dataOf(rows))).toEqual(
      isWarned ? ['TARGET_OUT_OF_REACH'] : [],
    )
  })
})

describe('a metric', () => {
  const right: [string, MetricName[], GraphDef, Rows][] = [
    ['of yes or no', ['accuracy', 'binaryAccuracy'], netOf('binary', 1), [[0], [1]]],
    ['of soft labels', ['accuracy', 'binaryAccuracy'], netOf('binary', 1), [[0.3], [0.9]]],
    [
      'of classes',
      ['accuracy', 'binaryAccuracy'],
      netOf('categorical', 3),
      [
        [0, 1, 0],
        [0.2, 0.2, 0.6],
      ],
    ],
    [
      'of one label among several',
      ['accuracy', 'binaryAccuracy'],
      netOf('binary', 3),
      [
        [0, 1, 0],
        [0, 0, 1],
      ],
    ],
    [
      'of labels',
      ['binaryAccuracy', 'meanAbsoluteError'],
      netOf('binary', 3),
      [
        [1, 1, 0],
        [0, 0, 0],
      ],
    ],
    ['of squares of yes or no', ['accuracy'], netOf('squares', 1), [[0], [1]]],
    [
      'of squares of one-hot rows',
      ['accuracy'],
      netOf('squares', 2),
      [
        [0, 1],
        [1, 0],
      ],
    ],
    [
      'of a regression',
      ['r2', 'meanAbsoluteError'],
      netOf('squares', 2),
      [
        [5, 8],
        [-3, 9],
      ],
    ],
  ]
  test.each(right)('is taken where it fits: %s', async (_, metrics, net, rows) => {
    for (const data of [dataOf(rows), streamOf(rows)]) {
      expect(await warningsOf(net, data, metrics, true)).toEqual([])
      await evaluate(compile(net), data, { metrics })
    }
  })

  const wrong: [string, MetricName, GraphDef, Rows, string][] = [
    ['a regression', 'accuracy', netOf('squares', 1), [[1], [2.5], [4]], "['r2', 'meanAbsoluteError']"],
    ['a regression of one number', 'accuracy', netOf('squares', 1), [[0], [0.5]], 'r2'],
    [
      'a regression of several numbers',
      'accuracy',
      netOf('squares', 2),
      [
        [1, 2],
        [3, 4],
      ],
      'r2',
    ],
    ['squares of -1 and 1', 'accuracy', netOf('squares', 1), [[-1], [1]], 't === 1 ? 1 : 0'],
    [
      'a regression',
      'binaryAccuracy',
      netOf('squares', 2),
      [
        [1, 2],
        [3, 4],
      ],
      'r2',
    ],
    [
      'several labels at a time',
      'accuracy',
      netOf('binary', 3),
      [
        [1, 1, 0],
        [0, 1, 0],
      ],
      "['binaryAccuracy']",
    ],
    [
      'labels of which none may hold',
      'accuracy',
      netOf('binary', 3),
      [
        [0, 1, 0],
        [0, 0, 0],
      ],
      "['binaryAccuracy']",
    ],
  ]
  test('of classes by their numbers is taken beside predictions with an entry for each, and doubted if there is no such class', async () => {
    const x = input({ name: 'x', shape: [2] })
    const logits = x.pipe(dense({ units: 3, trainable: false }))
    const label = input({ name: 'label', shape: [1] })
    const loss = meanSquaredError()(x.pipe(dense({ units: 1 })), input({ name: 'target', shape: [1] }))
    const net = graph({ logits, label, update: loss.pipe(sgd()) })
    const dataWith = (last: number) =>
      fromArrays({
        x: [
          [0, 1],
          [1, 2],
          [2, 0],
        ],
        target: [1, 2, 3],
        label: [0, 2, last],
      })
    const metrics: MetricRequest[] = [
      { metric: 'accuracy', prediction: 'logits', target: 'label', fromLogits: true },
    ]
    expect(await warningsOf(net, dataWith(1), metrics)).toEqual([])
    const { trainer } = trial({ data: dataWith(3), metrics }, compile(net) as never)
    const told: string[] = []
    trainer.warnings$.subscribe(({ message }) => told.push(message))
    expect(told).toEqual([
      expect.stringMatching(
        /sample 2: expected class numbers from 0 to 2 for "accuracy" of "logits", got 3.*METRIC_MISMATCH/,
      ),
    ])
    trainer.dispose()
  })

  test.each(wrong)('is refused of %s: %s', async (_, metric, net, rows, hint) => {
    const model = compile(net)
    const metrics = [metric]
    const error = errorOf(() => createTrainer(model, { data: dataOf(rows), metrics }))
    expect(error).toMatchObject({ code: 'METRIC_MISMATCH', hint: expect.stringContaining(hint) })
    expect(error.expected).toContain(`"${metric}"`)
    expect((await rejectionOf(evaluate(model, dataOf(rows), { metrics }))).code).toBe('METRIC_MISMATCH')
    const { trainer, scheduler } = trial({ data: streamOf(rows), metrics, batchSize: 1 }, model as never)
    expect((await rejectionOf(finish(trainer, scheduler))).code).toBe('METRIC_MISMATCH')
  })

  test('that is attached to two ports is held to the same', () => {
    const net = netOf('squares', 1)
    const attached = { metric: 'accuracy', prediction: 'dense2', target: 'target' } as const
    const create = (rows: Rows) => createTrainer(compile(net), { data: dataOf(rows), metrics: [attached] })
    expect(errorOf(() => create([[3], [4]]))).toMatchObject({
      code: 'METRIC_MISMATCH',
      expected: expect.stringContaining('"dense2"'),
    })
    expect(() => create([[0], [1]])).not.toThrow()
  })

  test('is only warned of where it means something of another loss, or the loss does not say what it takes', async () => {
    const price = input({ name: 'price', shape: [1] })
    const sick = input({ name: 'sick', shape: [1] })
    const trunk = x.pipe(dense({ units: 3 }), relu())
    const first = meanSquaredError()(trunk.pipe(dense({ units: 1 })), price)
    const second = binaryCrossentropy()(trunk.pipe(dense({ units: 1 }), sigmoid()), sick)
    const net = graph({
      a: first.pipe(sgd({ parameters: ['dense2'] })),
      b: second.pipe(sgd({ parameters: ['dense3'] })),
    })
    const data = fromArrays({ x: featuresOf([[0], [0]]), price: [[300], [450]], sick: [[0], [1]] })
    expect(await warningsOf(net, data, ['accuracy'])).toEqual(['METRIC_MISMATCH'])
    said.mockClear()

    const silent = defineLoss({
      type: 'silent',
      inputs: ['prediction', 'target'],
      nonDifferentiable: ['target'],
      shapes: () => ({ loss: [] }),
      forward: ({ prediction, target }, _, { kernels: k }) => ({
        loss: k.mean(k.square(k.sub(prediction, target))),
      }),
      backward: ({ loss }, { prediction, target }, _, { kernels: k }) => ({
        prediction: k.mul(k.scale(loss, 2 / target.size), k.sub(prediction, target)),
      }),
    })
    const loss = silent()(x.pipe(dense({ units: 1 })), input({ name: 'target', shape: [1] }))
    const model = compile(graph({ loss, update: loss.pipe(sgd()) }), { nodes: [silent] })
    const { trainer } = trial({ data: dataOf([[7], [8]]), metrics: ['accuracy'] }, model as never)
    const codes: string[] = []
    trainer.warnings$.subscribe(({ code }) => codes.push(code))
    expect(codes).toEqual(['METRIC_MISMATCH'])
  })
})

test('binaryAccuracy is the share of answers that are right, whatever the batches', async () => {
  const dice = new Dice(3)
  const rows = Array.from({ length: 23 }, () => Array.from({ length: 3 }, () => dice.below(2)))
  for (const fromLogits of [false, true]) {
    const target = input({ name: 'target', shape: [3] })
    const logits = x.pipe(dense({ units: 3 }))
    const prediction = fromLogits ? logits : logits.pipe(sigmoid())
    const model = compile(graph({ prediction, loss: binaryCrossentropy({ fromLogits })(prediction, target) }))
    const told = model.predict({ x: featuresOf(rows) }).prediction.toNested() as Rows
    const right = told.flatMap((row, i) =>
      row.map((p, j) => (p > (fromLogits ? 0 : 0.5) === (rows[i]?.[j] === 1) ? 1 : 0)),
    )
    const share = right.reduce((sum: number, one) => sum + one, 0) / right.length
    for (const batchSize of [1, 4, 23, 50]) {
      const { binaryAccuracy } = await evaluate(model, dataOf(rows), {
        metrics: ['binaryAccuracy'],
        batchSize,
      })
      expect(binaryAccuracy).toBeCloseTo(share, 12)
    }
  }
})

describe('a negative weight of a sample', () => {
  const weighted = catalogue.flatMap(({ definition }) =>
    definition.role === 'loss' && definition.optional.includes('weight') ? [definition.type] : [],
  )

  test('is known by all losses that take weights', () => {
    expect(weighted.length).toBeGreaterThan(15)
    for (const { definition } of catalogue)
      if (definition.role === 'loss' && definition.optional.includes('weight')) {
        const shapes = { prediction: [4, 3], target: [4, 3], weight: [4] }
        expect(definition.expects?.(definition.config({}), shapes as never)?.weight, definition.type).toEqual(
          [0, Number.POSITIVE_INFINITY],
        )
      }
  })

  test.each([
    ['in memory', (samples: object) => fromArrays(samples as never)],
    [
      'of a stream',
      (samples: Record<string, number[][]>) =>
        fromIterable(() =>
          (samples.x ?? []).map((x, i) => ({
            x,
            target: samples.target?.[i] ?? [],
            weight: samples.weight?.[i] ?? [],
          })),
        ),
    ],
  ] as const)('is named, %s', async (_, dataOf) => {
    const x = input({ name: 'x', shape: [1] })
    const [target, weight] = [input({ name: 'target', shape: [1] }), input({ name: 'weight', shape: [1] })]
    const loss = meanSquaredError()(x.pipe(dense({ units: 1 })), target, weight)
    const net = graph({ loss, update: loss.pipe(sgd()) })
    const data = dataOf({ x: [[1], [2], [3]], target: [[1], [2], [3]], weight: [[1], [0], [-2]] } as never)
    const run = async () =>
      createTrainer(compile(net), { data: data as never, epochs: 1, shuffle: false }).run()
    expect(await rejectionOf(run())).toMatchObject({
      code: 'TARGET_MISMATCH',
      message: expect.stringMatching(/"weight", sample 2: expected numbers from 0 up.*got -2.*weight 0/),
    })
  })
})
