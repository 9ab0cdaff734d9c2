/** How images are made larger or smaller. */
import type { Kernels, Tensor } from '../../core/index.ts'

/** Each entry as often as told, along the axes behind the batch. */
export function repeated(x: Tensor, factors: readonly number[], k: Kernels): Tensor {
  const [batch = 1, ...rest] = x.shape
  const field = factors.map((_, i) => rest[i] as number)
  const channels = rest.slice(factors.length)
  const apart = [batch, ...field.flatMap(length => [length, 1]), ...channels]
  const spread = [batch, ...field.flatMap((length, i) => [length, factors[i] as number]), ...channels]
  const whole = [batch, ...field.map((length, i) => length * (factors[i] as number)), ...channels]
  return k.reshape(k.expand(k.reshape(x, apart), spread), whole)
}

/** Where the middle of each of `to` entries lies among `from` entries, none of which are left on either side. */
function placesAmong(from: number, to: number, k: Kernels): Tensor {
  const middles = k.addScalar(k.scale(k.addScalar(k.iota(to), 0.5), from / to), -0.5)
  return k.minimum(k.maximum(middles, 0), from - 1)
}

/** x with other lengths along the axes behind the batch; what lies between two entries is on the straight line between them. */
export const interpolated = (x: Tensor, lengths: readonly number[], k: Kernels): Tensor =>
  lengths.reduce((y, length, i) => {
    const axis = i + 1
    const from = y.shape[axis] as number
    if (from === length) return y
    // The share of each entry of y: 1 at its own place, and less with the distance, down to 0 at the next one.
    const distance = k.abs(k.sub(k.reshape(placesAmong(from, length, k), [length, 1]), k.iota(from)))
    const shares = k.relu(k.oneMinus(distance))
    const mixed = k.contract(y, shares, { batch: [], sum: [[axis, 1]] })
    const order = y.shape.map((_, at) => (at === axis ? y.shape.length - 1 : at > axis ? at - 1 : at))
    return k.permute(mixed, order)
  }, x)

/** x with other lengths along the axes behind the batch, each entry taken from the closest place. */
export const nearest = (x: Tensor, lengths: readonly number[], k: Kernels): Tensor =>
  lengths.reduce((y, length, i) => {
    const from = y.shape[i + 1] as number
    const places = k.floor(k.scale(k.addScalar(k.iota(length), 0.5), from / length))
    return from === length ? y : k.gather(y, k.minimum(places, from - 1), i + 1)
  }, x)
