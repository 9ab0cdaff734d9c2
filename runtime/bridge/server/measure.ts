/** Measures a tensor for a query. */
import type { Kernels, Tensor } from '../../../core/index.ts'
import type { Aspect, Histogram, Measurement } from '../protocol.ts'

const BINS = 32
const SHARES = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]
const ENTRIES = 64
/** Quantiles of larger tensors use this many evenly spaced entries: sorting all of them would hold up the run. */
const SORTED = 16_384

export function measure(
  tensor: Tensor,
  aspect: Exclude<Aspect, { what: 'full' }>,
  kernels: Kernels,
): Measurement {
  switch (aspect.what) {
    case 'stats':
      return kernels.statistics(tensor)
    case 'histogram':
      return histogram(tensor, aspect.bins ?? BINS, kernels)
    case 'quantiles':
      return quantiles(tensor, aspect.at ?? SHARES)
    case 'sample':
      return Array.from(evenly(tensor, aspect.count ?? ENTRIES))
  }
}

function histogram(tensor: Tensor, bins: number, kernels: Kernels): Histogram {
  const { minimum, maximum, count, nonFinite } = kernels.statistics(tensor)
  const counts = new Array<number>(bins).fill(0)
  if (count === nonFinite) return { minimum, maximum, counts }
  const { data } = tensor
  const width = (maximum - minimum) / bins || 1
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number
    if (!Number.isFinite(value)) continue
    const bin = Math.min(Math.floor((value - minimum) / width), bins - 1)
    counts[bin] = (counts[bin] as number) + 1
  }
  return { minimum, maximum, counts }
}

/** Interpolates between entries, like NumPy and PyTorch. Only finite entries count. */
function quantiles(tensor: Tensor, shares: readonly number[]): number[] {
  const sorted = evenly(tensor, SORTED).filter(Number.isFinite).sort()
  const last = sorted.length - 1
  return shares.map(share => {
    if (last < 0) return 0
    const place = share * last
    const [below, above] = [sorted[Math.floor(place)] as number, sorted[Math.ceil(place)] as number]
    return below + (above - below) * (place - Math.floor(place))
  })
}

/** At most `count` evenly spaced entries, including the first. */
function evenly({ data }: Tensor, count: number): Tensor['data'] {
  if (data.length <= count) return data.slice()
  const sample = new (data.constructor as Float64ArrayConstructor)(count)
  for (let i = 0; i < count; i++) sample[i] = data[Math.floor((i * data.length) / count)] as number
  return sample
}
