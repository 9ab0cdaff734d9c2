/** The generated table of nodes has a row for each, with all its options, and its examples work as they are written. */
import { compile, graph, input, metric, type Port } from 'gradstream'
import { beforeAll, describe, expect, test } from 'vitest'
import { isUpdating, showShape, thingOf } from '../../core/index.ts'
import { nodesPage } from '../../docs/api/nodes-page.ts'
import { catalogue } from '../../nodes/index.ts'

let page: string

beforeAll(async () => {
  page = await nodesPage()
}, 60_000)

type Factory = (options: object) => (...ports: readonly Port[]) => Port | Record<string, Port>
const factories = new Map(catalogue.map(node => [node.definition.type, node as unknown as Factory]))

/** Rows of ones. */
const full = (shape: readonly number[]) => ({
  shape,
  data: new Float32Array(shape.reduce((size, length) => size * length, 1)).fill(1),
})

const rowOf = (type: string) => page.split('\n').find(line => line.startsWith(`| [\`${type}\`]`)) ?? ''

describe.each(catalogue.map(({ definition }) => definition))('$type', definition => {
  const { type } = definition

  test('has a row, with a text', () => {
    const [, , text = ''] = rowOf(type).split(/(?<!\\)\|/)
    expect(text.trim()).not.toBe('')
  })

  test('shows each option with its default', () => {
    const [example] = 'examples' in definition ? definition.examples : []
    for (const name of Object.keys(definition.config(example?.config ?? {})))
      expect(rowOf(type)).toMatch(new RegExp(`\`${name}\`: \\S`))
  })

  test('shows what it makes of its examples', () => {
    if (isUpdating(definition) || definition.role === 'input' || definition.gradients) return
    if (definition.reads) return
    const made = [...rowOf(type).matchAll(/`(\w+)\(([^`]*)\)\(([^`)]*)\): ([^`]*) → ([^`]*)`/g)]
    expect(made.length).toBeGreaterThan(0)
    for (const [, , options, names = '', given = '', shapes] of made) {
      const sizes = given.split(/(?<=]), /).map(shape => JSON.parse(shape) as number[])
      const ports = names.split(', ').map((name, i) => input({ name, shape: sizes[i]?.slice(1) as number[] }))
      const made = factories.get(type)?.(options ? new Function(`return ${options}`)() : {})(...ports)
      const ends = thingOf(made)?.kind === 'ports' ? (made as Record<string, Port>) : { y: made as Port }
      const model = compile(graph(ends), { kernels: 'reference' })
      const rows = names.split(', ').map((name, i) => [name, full(sizes[i] as number[])])
      const answers =
        definition.role === 'loss' ? [{ shape: [] }] : Object.values(model.predict(Object.fromEntries(rows)))
      const all = shapes?.split(/(?<=]), /) ?? []
      expect(answers.map(({ shape }) => showShape(shape))).toEqual(all.slice(0, answers.length))
      model.dispose()
    }
  })
})

describe('the table of metrics', () => {
  const metricsTable = () => page.slice(page.indexOf('\n## metrics'))
  const metricRow = (name: string) =>
    metricsTable()
      .split('\n')
      .findLast(line => line.startsWith(`| \`${name}\` |`)) ?? ''

  test.each(Object.entries(metric))(
    'has a row for %s, with a text and all its options',
    (name, { definition }) => {
      const [, , text = '', targets = ''] = metricRow(name).split(/(?<!\\)\|/)
      expect(text.trim()).not.toBe('')
      expect(targets.trim()).not.toBe('')
      for (const option of Object.keys(definition.config({ specificity: 0.5, sensitivity: 0.5 })))
        expect(metricRow(name)).toContain(`\`${option}\``)
    },
  )

  test('has the options that several share, with default and limits', () => {
    for (const name of ['average', 'multiLabel', 'threshold', 'thresholds'])
      expect(metricsTable()).toMatch(new RegExp(`^\\| \`${name}\` \\| \\S`, 'm'))
    expect(metricsTable()).toContain('≥ 0, < 1')
  })
})
