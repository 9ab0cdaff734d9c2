/** What poolings have in common. */
import { check, type Kernels, type PortShape, type Tensor } from '../../core/index.ts'
import { around, fieldOf, type Geometry, perAxis, placesOf, windowsOf } from './windows.ts'

export interface PoolingOptions<PerAxis> {
  /**
   * The size of a window along each axis.
   *
   * @default 2
   */
  poolSize?: PerAxis
  /**
   * How far the window moves from one place to the next, or `null` for its size.
   *
   * @default null
   */
  strides?: PerAxis | null
  /**
   * Whether only whole windows count, or windows may reach beyond the edge, where there is nothing.
   *
   * @default 'valid'
   */
  padding?: 'valid' | 'same'
}

/** The options of a pooling, checked. */
export function poolingConfig(
  { poolSize = 2, strides = null, padding = 'valid' }: PoolingOptions<number | readonly number[]>,
  axes: number,
) {
  const sizes = perAxis({ poolSize }, axes)
  return {
    poolSize: sizes,
    strides: strides === null ? sizes : perAxis({ strides }, axes),
    padding: check.oneOf({ padding }, ['valid', 'same']),
  }
}

type PoolingConfig = ReturnType<typeof poolingConfig>

const geometryOf = ({ poolSize: sizes, strides, padding }: PoolingConfig): Geometry => ({
  ...{ sizes, strides, padding },
  dilations: sizes.map(() => 1),
})

/** The shape of y for x [batch, ..., channels]. */
export function pooledShape(x: PortShape, config: PoolingConfig): PortShape {
  const { counts } = placesOf(fieldOf(x, config.poolSize.length), geometryOf(config))
  return [x[0] ?? null, ...counts, x.at(-1) ?? null]
}

/** The largest entry of each window. */
export function maxPooled(x: Tensor, config: PoolingConfig, k: Kernels): Tensor {
  const geometry = geometryOf(config)
  const { before, after } = placesOf(x.shape.slice(1, -1), geometry)
  if (![...before, ...after].some(zeros => zeros > 0)) return k.reduceWindows(x, 'max', windowsOf(geometry))
  const isInside = k.pad(k.fill(x.shape, 1), around(before), around(after))
  const given = k.where(isInside, k.pad(x, around(before), around(after)), Number.NEGATIVE_INFINITY)
  return k.reduceWindows(given, 'max', windowsOf(geometry))
}

/** The mean of the entries of each window that there are. */
export function averagePooled(x: Tensor, config: PoolingConfig, k: Kernels): Tensor {
  const geometry = geometryOf(config)
  const { before, after } = placesOf(x.shape.slice(1, -1), geometry)
  const summed = (x: Tensor) => k.reduceWindows(x, 'sum', windowsOf(geometry))
  if (![...before, ...after].some(zeros => zeros > 0))
    return k.scale(summed(x), 1 / geometry.sizes.reduce((size, one) => size * one, 1))
  const padded = (x: Tensor) => k.pad(x, around(before), around(after))
  const counts = summed(padded(k.fill([1, ...x.shape.slice(1, -1), 1], 1)))
  return k.div(summed(padded(x)), counts)
}
