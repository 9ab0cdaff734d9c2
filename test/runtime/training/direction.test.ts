/** The direction that the name of a figure tells is the one in which better predictions move it. */
import {
  categoricalCrossentropy,
  compile,
  cosineSimilarity,
  evaluate,
  fromArrays,
  graph,
  input,
  linear,
  type MetricRequest,
  meanSquaredError,
  metric,
  softmax,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { directionOf, usualDirection } from '../../../core/index.ts'
import { catalogue } from '../../../nodes/index.ts'
import { QuickDice } from '../../support/dice.ts'

const CLASSES = 8
const ROWS = 96
/** A matrix of counts is no figure that gets better. */
const metrics = Object.keys(metric).filter(name => name !== 'confusionMatrix')

/** Targets, and predictions that miss them by noise of a size. */
function guesses(kind: 'classes' | 'numbers', noise: number) {
  const dice = new QuickDice(5)
  const draw = () => dice.next() * 2 - 1
  const target = Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: CLASSES }, (_, c) =>
      kind === 'classes' ? Number(c === row % CLASSES) : 3 + c / 4 + draw(),
    ),
  )
  const scale = kind === 'classes' ? 4 : 1
  return fromArrays({
    target,
    x: target.map(row => row.map(value => scale * value + noise * draw())),
  })
}

async function figureOf(asked: MetricRequest, kind: 'classes' | 'numbers', noise: number): Promise<number> {
  const x = input({ name: 'x', shape: [CLASSES] })
  const target = input({ name: 'target', shape: [CLASSES] })
  const prediction = x.pipe(kind === 'classes' ? softmax() : linear())
  const loss = (kind === 'classes' ? categoricalCrossentropy() : meanSquaredError())(prediction, target)
  const model = compile(graph({ prediction, loss }), { kernels: 'reference' })
  const { loss: _, ...figures } = await evaluate(model, guesses(kind, noise), { metrics: [asked] })
  model.dispose()
  return Object.values(figures)[0] as number
}

const OPTIONS: Readonly<Record<string, object>> = {
  fBeta: { beta: 2 },
  topKAccuracy: { k: 3 },
  sensitivityAtSpecificity: { specificity: 0.9 },
  specificityAtSensitivity: { sensitivity: 0.9 },
}

test.each(metrics)('of %s', async name => {
  const asked = { metric: name, ...OPTIONS[name] } as MetricRequest
  const kind = await figureOf(asked, 'classes', 1).then(
    () => 'classes' as const,
    () => 'numbers' as const,
  )
  const [good, poor] = [await figureOf(asked, kind, 1), await figureOf(asked, kind, 12)]
  expect(good).not.toBe(poor)
  expect(usualDirection(name)).toBe(good > poor ? 'max' : 'min')
})

test.each(catalogue.filter(({ definition }) => definition.role === 'loss'))(
  'of the loss $definition.type, under the name of its node',
  ({ definition: { type } }) => {
    for (const name of [`${type}1`, `${type}12`]) expect(usualDirection(name)).toBe('min')
    const validated = `validation${type[0]?.toUpperCase()}${type.slice(1)}1`
    expect(usualDirection(validated)).toBe('min')
  },
)

describe('the name tells it', () => {
  const forms = (name: string) => [
    name,
    `validation${name[0]?.toUpperCase()}${name.slice(1)}`,
    `head.${name}`,
    `validationHead.${name}`,
    `${name}.setosa`,
  ]
  test.each(metrics)('in each form of %s', name => {
    const usual = usualDirection(name)
    expect(forms(name).map(usualDirection)).toEqual(forms(name).map(() => usual))
  })

  test.each(['fit', 'head.fit', 'error.f1', 'accuracy.loss', 'validation', '', '.', 'toString', '1'])(
    'not where it is %j',
    name => {
      expect(usualDirection(name)).toBeUndefined()
      expect(() => directionOf(name, undefined)).toThrow('mode to be "min" or "max"')
      expect([directionOf(name, 'min'), directionOf(name, 'max')]).toEqual(['min', 'max'])
    },
  )
})

test('a similarity rises as a metric, and falls as a loss', () => {
  expect(usualDirection('cosineSimilarity')).toBe('max')
  expect(usualDirection(`${cosineSimilarity.definition.type}1`)).toBe('min')
})
