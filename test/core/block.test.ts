/** Blocks: the names inside them, their parameters, and what they refuse. */
import {
  add,
  block,
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  graphFromJson,
  graphToJson,
  input,
  meanSquaredError,
  type Port,
  relu,
  repeat,
  sgd,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { errorOf } from './support.ts'

const x = input({ name: 'x', shape: [4] })
const residual = (units = 4) =>
  block('residual', (x: Port) => add()(x, x.pipe(dense({ units, name: 'first' }), relu(), dense({ units }))))
const idsOf = (y: Port) => graph({ y }).nodes.map(({ id }) => id)

test('nodes of a block are named inside it, and each use has nodes of its own', () => {
  expect(idsOf(x.pipe(residual(), residual(), dense({ units: 1 })) as Port)).toEqual([
    'x',
    'residual1/first',
    'residual1/relu1',
    'residual1/dense1',
    'residual1/add1',
    'residual2/first',
    'residual2/relu1',
    'residual2/dense1',
    'residual2/add1',
    'dense1',
  ])
})

test('one function that is used twice makes two blocks', () => {
  const one = residual()
  expect(idsOf(one(one(x))).filter(id => id.endsWith('first'))).toEqual([
    'residual1/first',
    'residual2/first',
  ])
})

test('blocks stand in blocks, and are numbered in each', () => {
  const stage = block('stage', (x: Port) => residual()(residual()(x)))
  expect(idsOf(stage(stage(x))).filter(id => id.endsWith('first'))).toEqual([
    'stage1/residual1/first',
    'stage1/residual2/first',
    'stage2/residual1/first',
    'stage2/residual2/first',
  ])
})

test('repeat makes each part anew', () => {
  expect(idsOf(x.pipe(repeat(3, i => dense({ units: i + 1 }))) as Port)).toEqual([
    'x',
    'dense1',
    'dense2',
    'dense3',
  ])
  expect(idsOf(x.pipe(repeat(2, () => residual())) as Port).filter(id => id.endsWith('first'))).toHaveLength(
    2,
  )
})

test('a layer that is made outside is shared by all uses', () => {
  const shared = dense({ units: 4 })
  const part = block('part', (x: Port) => shared(x))
  const net = graph({ y: part(part(x)) })
  expect(net.nodes.slice(1)).toMatchObject([{ id: 'dense1' }, { id: 'dense2', shares: 'dense1' }])
})

test('names never meet, whatever they are', () => {
  const odd = block('dense1', (x: Port) => dense({ units: 4 })(x))
  const ids = idsOf(x.pipe(odd, dense({ units: 4, name: 'dense11' }), dense({ units: 4 }), odd) as Port)
  expect(new Set(ids).size).toBe(ids.length)
})

test('a block that throws leaves nothing behind', () => {
  const broken = block('broken', () => {
    throw new Error('no')
  })
  expect(() => broken()).toThrow('no')
  expect(idsOf(dense({ units: 1 })(x))).toEqual(['x', 'dense1'])
})

describe('a graph of blocks', () => {
  const prediction = x.pipe(
    repeat(2, () => residual()),
    dense({ units: 1 }),
  )
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
  const build = (parameters?: string[]) =>
    graph({ loss, update: loss.pipe(sgd({ learningRate: 0.1, ...(parameters && { parameters }) })) })
  const data = () => fromArrays({ x: [[1, 2, 3, 4]], target: [[1]] })

  test('is plain data', () => {
    expect(graphFromJson(graphToJson(build()))).toEqual(build())
  })

  test('trains, and an optimizer may name a block', async () => {
    const model = compile(build(['residual1']), { seed: 1, kernels: 'reference' })
    const before = ['residual1/dense1', 'residual2/dense1'].map(id =>
      model.node(id).parameters.kernel?.value.toJSON(),
    )
    const trainer = createTrainer(model, { data: data(), batchSize: 1 })
    await trainer.step()
    const after = ['residual1/dense1', 'residual2/dense1'].map(id =>
      model.node(id).parameters.kernel?.value.toJSON(),
    )
    expect(after[0]).not.toEqual(before[0])
    expect(after[1]).toEqual(before[1])
    trainer.dispose()
    model.dispose()
  })

  test('says where a block that is named is not there', () => {
    expect(errorOf(() => compile(build(['residual3']))).message).toContain('residual3')
  })
})

test.each([
  ['a name with a slash', () => block('a/b', () => x)],
  ['no name', () => block('', () => x)],
  ['no function', () => block('a', 3 as never)],
  ['no number', () => repeat(0, () => relu())],
  ['a part that is no function', () => repeat(1, (() => 3) as never)(x)],
])('%s is refused', (_, make) => {
  expect(errorOf(make).code).toBe('INVALID_OPTION')
})
