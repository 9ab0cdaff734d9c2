/** The test matrix: to add a node to the catalogue is to be tested here. */
import { checkNode } from 'gradstream/testing'
import { describe, expect, test } from 'vitest'
import { isUpdating, type NodeDefinition, type NodeExample } from '../../core/index.ts'
import type { Shape, TensorJson } from '../../index.ts'
import { catalogue } from '../../nodes/index.ts'
import { countOf, isFull } from '../support/counts.ts'

type Inputs = Record<string, Shape | TensorJson>

/** Many entries, more axes than two, a batch of one, odd sizes, one entry. */
const every: Shape[] = [
  [33, 13],
  [2, 3, 5],
  [1, 7],
  [4, 4],
  [5, 3],
  [1, 1],
  [3, 2, 2, 3],
  [17, 1],
]
const shapes = countOf({ few: every.slice(0, 2), usual: every.slice(1, 3), full: every })

/** For an example that names shapes: the sizes that its batch takes. */
const batches = countOf({ few: [1, 5], usual: [1, 5], full: [1, 2, 3, 5, 8, 13, 16, 32] })

/** Values that are large, small, or both. */
const scaled = (factor: number, i: number): TensorJson => ({
  shape: [3, 4],
  data: [1.3, -0.7, 0.2, -1.9, 0.5, 2.3, -0.4, 0.9, -1.1, 0.3, 1.7, -2.1].map(
    value => value * (factor + i / 7),
  ),
})

function inputsFor({ inputs: names, domain }: NodeDefinition, { config, inputs }: NodeExample): Inputs[] {
  if (inputs) {
    const sizes = batches.map(batch => mapped(inputs, ([, ...sample]) => [batch, ...sample]))
    return [inputs, ...sizes]
  }
  const each = (give: (name: string, i: number) => Shape | TensorJson): Inputs =>
    Object.fromEntries(names.map((name, i) => [name, give(name, i)]))
  const shaped = shapes.map(shape => each(() => shape))
  const isOpen = names.every(name => domain[name] === undefined) || Object.hasOwn(config ?? {}, 'fromLogits')
  if (!isOpen) return shaped
  return [
    ...shaped,
    ...[1e-3, 29].map(factor => each((name, i) => (name === 'target' ? [3, 4] : scaled(factor, i)))),
  ]
}

const mapped = <T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))

const nodes = catalogue.flatMap(({ definition }) => {
  if (isUpdating(definition) || definition.role === 'input' || definition.gradients) return []
  // What belongs to another node cannot stand alone; parameter.test.ts has its laws.
  if (definition.reads) return []
  const examples = definition.examples.length > 0 ? definition.examples : [{}]
  return examples.map(example => ({
    type: definition.type,
    config: example.config ?? {},
    example,
    definition,
  }))
})

describe.each(nodes)('$type $config', ({ type, config, example, definition }) => {
  const all = inputsFor(definition, example)

  test('keeps the laws of a node on inputs of many sizes', () => {
    if (isFull) expect(all.length).toBeGreaterThanOrEqual(8)
    all.forEach((inputs, seed) => {
      checkNode({ type, config }, { inputs, seed })
    })
  })
})

test.each(nodes.filter(({ definition }) => definition.variadic))(
  '$type $config takes more than two inputs',
  ({ type, config }) => {
    checkNode({ type, config }, { inputs: { a: [2, 3], b: [2, 3], c: [2, 3], d: [2, 3] } })
  },
)

test.each(['add', 'subtract', 'multiply'])('%s repeats the smaller input', type => {
  for (const b of [[4, 1], []] as Shape[]) checkNode({ type }, { inputs: { a: [4, 3], b } })
  checkNode({ type }, { inputs: { a: [4, 1], b: [4, 3] } })
})
