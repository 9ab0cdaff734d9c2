/** The test matrix: to add a node to the catalogue is to be tested here. */
import { checkNode } from 'gradstream/testing'
import { describe, expect, test } from 'vitest'
import type { Shape, TensorJson } from '../../index.ts'
import { catalogue } from '../../nodes/index.ts'

type Inputs = Record<string, Shape | TensorJson>

/** The configs to check a node with, where the default one is not all. */
const configs: Record<string, Record<string, unknown>[]> = {
  dense: [{ units: 3 }, { units: 1, useBias: false }],
  dropout: [{ rate: 0 }, { rate: 0.4 }],
  leakyRelu: [{}, { alpha: 0.01 }],
  elu: [{}, { alpha: 0.7 }],
  concatenate: [{}, { axis: 1 }],
  binaryCrossentropy: [
    {},
    { fromLogits: true },
    { fromLogits: true, labelSmoothing: 0.1 },
    { labelSmoothing: 0.1 },
  ],
  categoricalCrossentropy: [
    {},
    { fromLogits: true },
    { fromLogits: true, labelSmoothing: 0.1 },
    { labelSmoothing: 0.1 },
  ],
}

/** A batch of one, odd sizes, more axes than two, one entry, many entries. */
const shapes: Shape[] = [
  [1, 1],
  [1, 7],
  [5, 3],
  [2, 3, 5],
  [4, 4],
  [3, 2, 2, 3],
  [17, 1],
  [33, 13],
]

/** Values that are large, small, or both. */
const scaled = (factor: number): TensorJson => ({
  shape: [3, 4],
  data: [1.3, -0.7, 0.2, -1.9, 0.5, 2.3, -0.4, 0.9, -1.1, 0.3, 1.7, -2.1].map(value => value * factor),
})

const inputsFor = (
  names: readonly string[],
  domains: Readonly<Record<string, unknown>>,
  config: object,
): Inputs[] => {
  const each = (give: (name: string) => Shape | TensorJson): Inputs =>
    Object.fromEntries(names.map(name => [name, give(name)]))
  const open = names.every(name => domains[name] === undefined) || 'fromLogits' in config
  const shaped = shapes.map(shape => each(() => shape))
  if (!open) return shaped
  return [...shaped, ...[1e-3, 30].map(factor => each(name => (name === 'target' ? [3, 4] : scaled(factor))))]
}

const nodes = catalogue.flatMap(({ definition }) => {
  if (definition.role === 'optimizer' || definition.role === 'input') return []
  return (configs[definition.type] ?? [{}]).map(config => ({ type: definition.type, config, definition }))
})

describe.each(nodes)('$type $config', ({ type, config, definition }) => {
  const all = inputsFor(definition.inputs, definition.domain, config)

  test('keeps the laws of a node on at least 8 inputs', () => {
    expect(all.length).toBeGreaterThanOrEqual(8)
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
