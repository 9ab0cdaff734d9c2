/** The curves of activations and schedules, as the page draws them. */
import { type NodeDefinition, schedule } from 'gradstream'
import { evaluateNode } from 'gradstream/testing'
import { describe, expect, test } from 'vitest'
import { courseFor, curveOf } from '../../dashboard/curves.ts'
import { groups } from '../../nodes/index.ts'

const activations = (groups.activations ?? []).map(({ definition }) => definition as NodeDefinition)
const LEARNED = ['prelu']

describe.each(activations.filter(({ type }) => !LEARNED.includes(type)))('the curve of $type', definition => {
  const { type, examples = [{}] } = definition
  const configs = [{}, ...examples.map(({ config = {} }) => config as object)]

  test.each(configs)('is what the node itself computes, with the config %j', config => {
    const own = definition.config(config)
    const { points = [] } = curveOf({ type, config: own as never }) ?? {}
    const xs = points.map(([x]) => x)
    expect([xs[0], xs.at(-1)]).toEqual([-4, 4])
    const x = { shape: [xs.length, 4], data: xs.flatMap(x => [x, 0, 0, 0]) }
    const { output } = evaluateNode(
      { type, config: own as never },
      { inputs: { x } },
      { precision: 'float64' },
    )
    const width = output.data.length / xs.length
    expect(points.map(([, y]) => y)).toEqual(xs.map((_, i) => output.data[i * width]))
  })
})

test('what is learned, or is no activation, has none', () => {
  for (const type of [...LEARNED, 'dense', 'no such type'])
    expect(curveOf({ type, config: {} })).toBeUndefined()
})

test('the curve of a schedule has its numbers by step, and the same object for the same schedule', () => {
  const cosine = schedule.cosine({ initial: 0.01, steps: 100 })
  const curve = courseFor({ momentum: 'stream', learningRate: cosine })
  expect(curve).toMatchObject({ up: 'learning rate', across: 'step' })
  for (const [step, value] of curve?.points ?? [])
    expect(value).toBeCloseTo(0.005 * (1 + Math.cos((Math.PI * Math.min(step, 100)) / 100)), 12)
  expect(courseFor({ learningRate: { ...cosine } })).toBe(curve)
  expect(courseFor({ learningRate: schedule.reduceOnPlateau({ initial: 0.1 }) })?.across).not.toBe('step')
  expect(courseFor({ learningRate: 'stream' })).toBeUndefined()
  expect(courseFor(undefined)).toBeUndefined()
})
