/** The networks of `layered.ts` as jax-js writes them, with Adam by hand: one jitted function of the parameters. */
import { LAYERED, type LayeredName } from '../layered.ts'
import { BATCHES, randomNumbers } from '../nets.ts'

// The type check of the project runs without it.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Value = any
type Jax = Value

/** Parameters in the order in which the network asks for them. */
type Parameters = Value[]
type Net = (parameters: (...shape: number[]) => Value, x: Value) => Value

const RATE = 0.001

export function layeredTrainOf(jax: Jax, name: LayeredName): (steps: number) => Promise<void> {
  const { blockUntilReady, jit, numpy, tree, valueAndGrad } = jax
  const { batch, samples } = LAYERED[name]
  const [net, compare] = netOf(jax, name)
  const { x, target } = samples()
  const partsOf = ({ shape, data }: typeof x): Value[] =>
    Array.from({ length: BATCHES }, (_, i) => {
      const size = data.length / BATCHES
      return numpy.array(data.slice(i * size, (i + 1) * size)).reshape([batch, ...shape.slice(1)])
    })
  const [xs, targets] = [partsOf(x), partsOf(target)]

  let parameters: Parameters = []
  const draw = (...shape: number[]) => {
    const random = randomNumbers(parameters.length + 1)
    const length = shape.reduce((product, size) => product * size)
    const value = numpy.array(Float32Array.from({ length }, () => random() / 5 - 0.1)).reshape(shape)
    parameters.push(value)
    return value.ref
  }
  net(draw, xs[0].ref).dispose()
  const zeros = () => tree.map((p: Value) => numpy.zeros(p.shape), parameters)
  let [first, second]: Parameters[] = [zeros(), zeros()]

  const gradient = valueAndGrad((given: Parameters, x: Value, target: Value) => {
    let next = 0
    return compare(
      net(() => given[next++].ref, x),
      target,
    )
  })
  // Rates change with the step, so they are an argument.
  const update = jit((p: Parameters, m: Parameters, v: Parameters, x: Value, t: Value, rates: Value) => {
    const [loss, g] = gradient(tree.ref(p), x, t)
    const mean = tree.map((m: Value, g: Value) => m.mul(0.9).add(g.ref.mul(0.1)), m, g)
    const squares = tree.map((v: Value, g: Value) => v.mul(0.999).add(g.ref.mul(g.ref).mul(0.001)), v, g)
    const [rate, scale] = [rates.ref.slice(0), rates.ref.slice(1)]
    const next = p.map((p, i) =>
      p.sub(mean[i].ref.mul(rate.ref).div(numpy.sqrt(squares[i].ref).mul(scale.ref).add(1e-8))),
    )
    return [next, mean, squares, loss]
  })
  let step = 0
  return async steps => {
    for (let i = 0; i < steps; i++) {
      const [x, target] = [xs[step % BATCHES], targets[step % BATCHES]]
      step++
      const rates = numpy.array(Float32Array.of(RATE / (1 - 0.9 ** step), 1 / Math.sqrt(1 - 0.999 ** step)))
      const [p, m, v, loss] = update(parameters, first, second, x.ref, target.ref, rates)
      ;[parameters, first, second] = [p, m, v]
      loss.dispose()
      await blockUntilReady(parameters)
    }
  }
}

function netOf({ lax, nn, numpy }: Jax, name: LayeredName): [Net, (y: Value, target: Value) => Value] {
  const dense = (draw: Parameters[0], y: Value, inputs: number, units: number) =>
    numpy.matmul(y, draw(inputs, units)).add(draw(units))
  const meanSquared = (y: Value, target: Value) => numpy.square(y.sub(target)).mean()
  const crossEntropy = (rows: number) => (y: Value, target: Value) =>
    nn
      .logSoftmax(y)
      .mul(target)
      .sum()
      .mul(-1 / rows)

  const images =
    (channels: number, first: number, second: number, side: number): Net =>
    (draw, x) => {
      let y = x.transpose([0, 3, 1, 2])
      for (const [inputs, filters, size] of [
        [channels, first, side],
        [first, second, side / 2],
      ] as [number, number, number][]) {
        y = lax.conv(y, draw(filters, inputs, 3, 3), [1, 1], 'SAME').add(draw(filters, 1, 1))
        y = nn.relu(y).reshape([64, filters, size / 2, 2, size / 2, 2])
        y = numpy.max(numpy.max(y, 5), 3)
      }
      const width = second * (side / 4) ** 2
      return dense(draw, y.reshape([64, width]), width, 10)
    }

  const rows = (table: Value, x: Value) => numpy.take(table, x.astype('int32'), 0)
  const normalize = (draw: Parameters[0], x: Value) =>
    nn.standardize(x, -1, { epsilon: 1e-5 }).mul(draw(128)).add(draw(128))
  const block = (draw: Parameters[0], x: Value) => {
    const before = normalize(draw, x.ref)
    const split = () => dense(draw, before.ref, 128, 128).reshape([12, 64, 4, 32])
    const [query, key, value] = [split(), split(), split()]
    const heads = nn.dotProductAttention(query, key, value, { isCausal: true })
    const seen = x.add(dense(draw, heads.reshape([12, 64, 128]), 128, 128))
    const thought = nn.gelu(dense(draw, normalize(draw, seen.ref), 128, 512), { approximate: false })
    return seen.add(dense(draw, thought, 512, 128))
  }

  switch (name) {
    case 'CNN':
      return [images(1, 8, 16, 28), crossEntropy(64)]
    case 'wide CNN':
      return [images(16, 32, 64, 14), crossEntropy(64)]
    case 'transformer':
      return [block, meanSquared]
    case 'characters': {
      const net: Net = (draw, x) => {
        let y = rows(draw(65, 128), x).add(draw(64, 128))
        for (let i = 0; i < 4; i++) y = block(draw, y)
        return numpy.matmul(normalize(draw, y), draw(128, 65))
      }
      return [net, (y, target) => crossEntropy(12 * 64)(y, nn.oneHot(target.astype('int32'), 65))]
    }
    case 'embedding':
      return [(draw, x) => dense(draw, numpy.mean(rows(draw(10_000, 64), x), 1), 64, 1), meanSquared]
    case 'LSTM':
    case 'GRU':
      throw new Error('it has no scan, and so no recurrent layers')
  }
}
