/** What the reference vectors of sgd leave open. */
import { schedule } from 'gradstream'
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

test.each(['sgd', 'rmsProp'])(
  'a momentum of %s that begins with 0 is there when the schedule comes to it',
  type => {
    const momentum = [0, 0, 0.9, 0.9, 0.5, 0.5]
    const gradients = [1, -0.5, 2, 1, 3, -1]
    let [w, v, mean] = [2, 0, 0]
    const expected = gradients.map((g, i) => {
      mean = 0.99 * mean + 0.01 * g * g
      v = (momentum[i] as number) * v + (type === 'sgd' ? g : g / (Math.sqrt(mean) + 1e-8))
      w -= 0.1 * v
      return w
    })
    const config = {
      learningRate: 0.1,
      momentum: schedule.piecewise({ boundaries: [2, 4], values: [0, 0.9, 0.5] }),
    }
    const got = evaluateOptimizer(
      { type, config },
      { initial: { shape: [], data: [2] }, gradients: gradients.map(g => ({ shape: [], data: [g] })) },
      { precision: 'float64' },
    )
    for (const [i, value] of expected.entries()) expect(got[i]?.data[0]).toBeCloseTo(value, 12)
  },
)
