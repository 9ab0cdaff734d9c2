/** What the reference vectors of sgd leave open. */
import { evaluateOptimizer } from 'gradstream/testing'
import { expect, test } from 'vitest'

test('weight decay without momentum: w := w - α (g + λ w)', () => {
  const [learningRate, weightDecay] = [0.1, 0.25]
  const gradients = [
    [0.5, -1, 0],
    [-2, 0.125, 4],
  ]
  let w = [1, -3, 8]
  const expected = gradients.map(gradient => {
    w = w.map((value, i) => value - learningRate * ((gradient[i] as number) + weightDecay * value))
    return w
  })

  const got = evaluateOptimizer(
    { type: 'sgd', config: { learningRate, weightDecay } },
    {
      initial: { shape: [3], data: [1, -3, 8] },
      gradients: gradients.map(data => ({ shape: [3], data })),
    },
    { precision: 'float64' },
  )
  got.forEach(({ data }, step) => {
    data.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[step]?.[i] as number, 12)
    })
  })
  expect(got).toHaveLength(2)
})
