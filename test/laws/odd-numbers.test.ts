/**
 * NaN and the infinities are refused in silence by nothing: wherever an option is a number, however deep, they are errors that say where.
 * The only numbers that may be anything are those that are data, which this lists with its reasons.
 */
import {
  compile,
  createTrainer,
  defineLink,
  defineLoss,
  defineMetric,
  defineNode,
  defineOptimizer,
  defineWeightLink,
  dense,
  evaluate,
  fromArrays,
  fromIterable,
  GradstreamError,
  graph,
  input,
  meanSquaredError,
  schedule,
  sgd,
  validate,
} from 'gradstream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { catalogue } from '../../nodes/index.ts'
import { errorOf } from '../core/support.ts'
import { type Path, pathsIn, replaced } from './odd/places.ts'
import { refusalOf } from './odd/refusal-of.ts'
import { type Call, calls, open } from './odd/surface.ts'

const ODD = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

let close: () => Promise<void>
beforeAll(async () => {
  close = await open()
})
afterAll(() => close())

/** Places whose numbers are data or say "all of them", and those of functions that only carry what they are given. */
const FREE: readonly RegExp[] = [
  // Numbers of tensors: what a network computes may overflow, and files keep what there was.
  /^(tensor|Tensor|writeSafetensors|evaluateNode 1\.(inputs|parameters|outputGradient)|evaluateOptimizer 1\.) /,
  /^(evaluateNode|evaluateOptimizer) 1\./,
  /^(model\.load|parameter\.assign) 0\./,
  // Samples are read, and refused, when an epoch begins.
  /^fromIterable 0\.0\./,
  // Of a run that went wrong, the figures of an epoch; and what a terminal says of itself.
  /^(lossCurve 0\.0\.(step|metrics|duration)|(lossCurve|showProgress) 1\.stream)/,
  // From the first to the last, and all samples.
  /^client\.series 1\./,
  /^moments 1\.samples$/,
  // A graph as it stands in a file is checked by `validate` and `compile`.
  /^(graphFromJson|validate|resume) /,
  // Cells of a table that are empty, which a table has words of its own for.
  /^arrayOf 0\./,
  // What a bridge that is open says of itself, and what a viewer may not ask for.
  /^(memoryTransport|client\.draft) 0\./,
  // Words of random bits, and an error's cause.
  /^(RandomKey|GradstreamError) /,
  // Checks of what is no number.
  /^check\.(byName|knownOptions|list|options) 0\./,
]

/** The numbers in the right arguments of a call, by path. */
const numbersIn = ({ args }: Call): Path[] =>
  args.flatMap((arg, i) =>
    typeof arg === 'number' ? [[String(i)]] : pathsIn(arg, 'number').map(p => [String(i), ...p]),
  )

test('of all that is public', async () => {
  const passed: string[] = []
  const tried = new Set<string>()
  for (const call of calls()) {
    for (const path of numbersIn(call)) {
      const [argument, ...rest] = path as [string, ...string[]]
      const place = `${call.name} ${path.join('.')}`
      if (FREE.some(free => free.test(place))) continue
      tried.add(call.name)
      for (const odd of ODD) {
        const args = call.args.map((arg, i) => (String(i) === argument ? replaced(arg, rest, odd) : arg))
        const error = await refusalOf(call, args)
        if (!(error instanceof GradstreamError)) passed.push(`${place} = ${odd}: ${error}`)
        else if (!error.message.includes(String(odd))) passed.push(`${place} = ${odd}: ${error.message}`)
      }
    }
  }
  expect(passed).toEqual([])
  // The public names that take numbers; a smaller number means that the walk has lost some.
  expect(tried.size).toBeGreaterThan(200)
})

const examples = catalogue.flatMap(({ definition }) => {
  const { type } = definition
  const own = 'examples' in definition ? definition.examples : []
  return (own.length > 0 ? own : [{}]).map(({ config = {} }) => ({ type, config, definition }))
})

test.each(examples)('of $type with $config', ({ config, definition }) => {
  const full = definition.config(config) as Record<string, unknown>
  for (const path of pathsIn(full, 'number')) {
    for (const odd of ODD)
      expect(() => definition.config(replaced(full, path, odd) as object)).toThrow(String(odd))
  }
  // What stands for none may be a number as well.
  for (const name of Object.keys(full).filter(name => full[name] === null)) {
    for (const odd of ODD) expect(() => definition.config({ ...full, [name]: odd })).toThrow(String(odd))
  }
})

/** Options as somebody passes them on who checks nothing, with an odd number somewhere in them. */
const unchecked = (odd: number): [place: string, options: Record<string, unknown>][] => [
  ['rate', { rate: odd }],
  ['rates[1]', { rates: [1, odd] }],
  ['deep.er[0].rate', { deep: { er: [{ rate: odd }] } }],
  ['rate', { other: null, rate: odd }],
]

describe.each(ODD)('%d in what somebody defines without checks', odd => {
  const given = unchecked(odd)
  const config = (options: object = {}) => options as Record<string, unknown>
  const node = {
    type: 'own',
    config,
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }: never) => ({ y: x }),
    forward: ({ x }: never) => ({ y: x }),
  }
  const optimizer = { type: 'own', config, slots: () => ({}), update: ({ value }: never) => ({ value }) }
  const x = input({ name: 'x', shape: [2] })
  const factories: Readonly<Record<string, (options?: object) => unknown>> = {
    node: defineNode(node as never) as never,
    loss: defineLoss({ ...node, shapes: () => ({ loss: [] }) } as never) as never,
    optimizer: defineOptimizer(optimizer as never) as never,
    link: defineLink({ type: 'own', config, gradients: (all: unknown) => all } as never) as never,
    'weight link': defineWeightLink({
      type: 'own',
      config,
      copies: [],
      takes: () => true,
      demands: () => undefined,
      update: (weights: unknown) => weights,
    } as never) as never,
    metric: defineMetric({
      type: 'own',
      config,
      sums: ['all'],
      tally: () => ({ all: 1 }),
      result: () => 1,
    }) as never,
  }

  test.each(Object.entries(factories))('is refused with its place: a %s', (_, factory) => {
    for (const [place, options] of given) {
      const { code, expected, got } = errorOf(() => factory(options))
      expect([`${place} to be a finite number`, String(odd)]).toEqual([expected, got])
      expect(['INVALID_CONFIG', 'INVALID_OPTION']).toContain(code)
    }
    expect(() => factory({ rate: 1, rates: [0], deep: { er: [null, 'NaN'] }, isOdd: true })).not.toThrow()
  })

  test('is refused in a graph that was made elsewhere', () => {
    const factory = factories.node as never as () => (x: unknown) => never
    const net = graph({ y: x.pipe(factory() as never) })
    for (const [place, options] of given) {
      const nodes = net.nodes.map(entry => (entry.type === 'own' ? { ...entry, config: options } : entry))
      const faults = validate({ ...net, nodes }, { nodes: [factory as never] })
      expect(faults).toMatchObject([{ code: 'INVALID_CONFIG', expected: `${place} to be a finite number` }])
      expect(() => compile({ ...net, nodes }, { nodes: [factory as never] })).toThrow(place)
    }
  })
})

test('is shown as it is where it is inside of another option', () => {
  const kernelInitializer = { initializer: 'constant', value: Number.NaN } as const
  expect(errorOf(() => dense({ units: 2, kernelInitializer }))).toMatchObject({
    expected: 'value to be a finite number',
    got: 'NaN',
  })
  const learningRate = { schedule: 'constant', value: Number.POSITIVE_INFINITY }
  expect(errorOf(() => sgd({ learningRate }))).toMatchObject({
    expected: 'value to be a finite number',
    got: 'Infinity',
  })
})

test('a schedule that overflows is refused, also of an optimizer that checks nothing', () => {
  const own = defineOptimizer({
    type: 'own',
    config: ({ learningRate = 1 }: { learningRate?: number } = {}) => ({ learningRate }),
    slots: () => ({}),
    update: ({ value }) => ({ value }),
  })
  const { code, expected, got } = errorOf(() =>
    own({ learningRate: schedule.exponential({ initial: 1, rate: 1e9, steps: 1 }) }),
  )
  expect(code).toBe('INVALID_CONFIG')
  expect(expected).toBe('learningRate to be a finite number')
  expect(got).toContain('Infinity')
})

describe('in data', () => {
  const shape = [3]
  const x = input({ name: 'x', shape })
  const other = input({ name: 'other', shape: [2, 2] })
  const target = input({ name: 'target', shape: [1] })
  const prediction = x.pipe(dense({ units: 1 }))
  const loss = meanSquaredError()(prediction, target)
  const second = other.pipe(dense({ units: 1, trainable: false }))
  const net = graph({ prediction, second, loss, update: loss.pipe(sgd()) })
  const rows = (count: number, [height, ...inner]: readonly number[]): number[][] =>
    Array.from(
      { length: count },
      () => Array.from({ length: height as number }, () => (inner.length > 0 ? [1, 2] : 1)) as never,
    )
  const given = (count: number) => ({ x: rows(count, [3]), other: rows(count, [2, 2]) })

  test.each(['float32', 'float64'] as const)('of predict, with input, row and entry, in %s', precision => {
    const model = compile(net, { kernels: 'reference', precision })
    const beyond = precision === 'float32' ? [1e39, -1e39, 2 ** 128 - 2 ** 103] : []
    for (const odd of [...ODD, ...beyond]) {
      for (const [count, row] of [
        [1, 0],
        [5, 4],
        [2000, 1500],
      ] as const) {
        const inputs = given(count)
        ;(inputs.x[row] as number[])[2] = odd
        const { code, place, got } = errorOf(() => model.predict(inputs))
        expect([code, place, got]).toEqual([
          'DATA_NOT_FINITE',
          `model.predict: input "x", row ${row}, entry 2`,
          String(odd),
        ])
        const deep = given(count)
        ;((deep.other[row] as never as number[][])[1] as number[])[0] = odd
        expect(errorOf(() => model.predict(deep)).place).toBe(
          `model.predict: input "other", row ${row}, entry 2`,
        )
      }
    }
    const largest = precision === 'float32' ? (2 - 2 ** -23) * 2 ** 127 : Number.MAX_VALUE
    for (const fine of [largest, -largest, -0, 5e-324]) model.predict({ x: [[fine, 0, 0]] })
    // The model is as it was.
    expect(model.predict(given(2)).prediction.shape).toEqual([2, 1])
    model.dispose()
  })

  test('of evaluate and of a run, with sample and entry', async () => {
    const model = compile(net, { kernels: 'reference' })
    for (const odd of ODD) {
      expect(
        errorOf(() =>
          fromArrays({
            x: [
              [0, 1, 2],
              [0, odd, 2],
            ],
          }),
        ).place,
      ).toBe('x, sample 1, entry 1')
      const samples = () =>
        fromIterable([
          { x: [0, 1, 2], other: [1, 2, 3, 4], target: [1] },
          { x: [0, odd, 2], other: [1, 2, 3, 4], target: [1] },
        ])
      const refused = {
        code: 'DATA_NOT_FINITE',
        place: expect.stringContaining('data, sample 1, x, entry 1'),
      }
      await expect(evaluate(model, samples())).rejects.toMatchObject(refused)
      await expect(createTrainer(model, { data: samples() }).run()).rejects.toMatchObject(refused)
    }
    model.dispose()
  })
})
