/** What the layers with a kernel that moves have in common. */
import {
  CheckFailed,
  check,
  type Kernels,
  type PortShape,
  type Shape,
  type Tensor,
} from '../../core/index.ts'
import { checkedInitializer, type InitializerOption } from '../initializers/index.ts'
import { around, fieldOf, type Geometry, type Padding, perAxis, placesOf, windowsOf } from './windows.ts'

export interface KernelOptions {
  /**
   * Whether a bias is added.
   *
   * @default true
   */
  useBias?: boolean
  /**
   * The first values of the kernel.
   *
   * @default 'glorotUniform'
   */
  kernelInitializer?: InitializerOption
  /**
   * The first values of the bias.
   *
   * @default 'zeros'
   */
  biasInitializer?: InitializerOption
}

/** The options of the parameters, checked. */
export const kernelConfig = ({
  useBias = true,
  kernelInitializer = 'glorotUniform',
  biasInitializer = 'zeros',
}: KernelOptions) => ({
  useBias: check.boolean({ useBias }),
  kernelInitializer: checkedInitializer({ kernelInitializer }),
  biasInitializer: checkedInitializer({ biasInitializer }),
})

export interface MovingOptions<PerAxis, Around extends Padding> {
  /** The size of the kernel along each axis. Required. */
  kernelSize: PerAxis
  /**
   * How far the kernel moves from one place to the next.
   *
   * @default 1
   */
  strides?: PerAxis
  /**
   * Whether only whole windows count, or zeros are put around, so that with strides of 1 the result is as large as x.
   *
   * @default 'valid'
   */
  padding?: Around
}

export interface WindowOptions<PerAxis, Around extends Padding> extends MovingOptions<PerAxis, Around> {
  /**
   * How far apart the entries of a window are; above 1 only with strides of 1.
   *
   * @default 1
   */
  dilationRate?: PerAxis
}

/** The options of the windows, checked. */
export function windowConfig<Around extends Padding>(
  { kernelSize, strides = 1, padding, dilationRate = 1 }: WindowOptions<number | readonly number[], Around>,
  axes: number,
  paddings: readonly Around[],
) {
  const config = {
    kernelSize: perAxis({ kernelSize }, axes),
    strides: perAxis({ strides }, axes),
    padding: check.oneOf({ padding: padding ?? (paddings[0] as Around) }, paddings),
    dilationRate: perAxis({ dilationRate }, axes),
  }
  const isBoth = config.strides.some(stride => stride > 1) && config.dilationRate.some(rate => rate > 1)
  if (!isBoth) return config
  throw new CheckFailed(
    'strides or dilationRate of 1',
    `strides [${config.strides}] and dilationRate [${config.dilationRate}]`,
    {
      hint: 'Leave out one of them.',
    },
  )
}

export interface FilterOptions<PerAxis, Around extends Padding>
  extends WindowOptions<PerAxis, Around>,
    KernelOptions {
  /** How many channels come out. Required. */
  filters: number
  /**
   * Into how many parts the channels are cut, each with filters of its own.
   *
   * @default 1
   */
  groups?: number
}

/** The options of a convolution, checked. */
export function filterConfig<Around extends Padding>(
  { filters, groups = 1, ...options }: FilterOptions<number | readonly number[], Around>,
  axes: number,
  paddings: readonly Around[],
) {
  check.positiveInteger({ filters })
  check.positiveInteger({ groups })
  if (filters % groups !== 0)
    throw new CheckFailed(`filters to be a multiple of groups, which is ${groups}`, String(filters), {
      option: 'filters',
    })
  return { filters, ...windowConfig(options, axes, paddings), groups, ...kernelConfig(options) }
}

type FilterConfig = ReturnType<typeof filterConfig>

/** The parameters of a convolution: kernel [..., channels / groups, filters], bias [filters]. */
export function filterParameters(
  x: PortShape,
  { filters, kernelSize, groups, useBias, kernelInitializer, biasInitializer }: FilterConfig,
) {
  const channels = check.lastAxis({ x })
  if (channels % groups !== 0)
    throw new Error(`the ${channels} channels of x cannot be cut into ${groups} groups`)
  return {
    kernel: { shape: [...kernelSize, channels / groups, filters], initializer: kernelInitializer },
    bias: useBias ? { shape: [filters], initializer: biasInitializer } : undefined,
  }
}

/** A convolution of x, + bias. */
export function filtered(
  { x, kernel, bias }: { readonly x: Tensor; readonly kernel: Tensor; readonly bias?: Tensor | undefined },
  config: FilterConfig,
  k: Kernels,
): Tensor {
  const y = groupConvolved(x, kernel, config.groups, config, k)
  return bias ? k.add(y, bias) : y
}

export interface WindowConfig {
  readonly kernelSize: readonly number[]
  readonly strides: readonly number[]
  readonly dilationRate: readonly number[]
  readonly padding: Padding
}

export const geometryOf = ({
  kernelSize: sizes,
  strides,
  dilationRate: dilations,
  padding,
}: WindowConfig): Geometry => ({
  sizes,
  strides,
  dilations,
  padding,
})

/** The shape of y for x [batch, ..., channels]. */
export function movedShape(x: PortShape, config: WindowConfig, channels: number): PortShape {
  const { counts } = placesOf(fieldOf(x, config.kernelSize.length), geometryOf(config))
  return [x[0] ?? null, ...counts, channels]
}

/** x with zeros around. */
function surrounded(x: Tensor, geometry: Geometry, k: Kernels): Tensor {
  const { before, after } = placesOf(x.shape.slice(1, -1), geometry)
  return [...before, ...after].some(zeros => zeros > 0) ? k.pad(x, around(before), around(after)) : x
}

/** y[o, f] = Σ x[o + i, c] kernel[i, c, f], over the places i of a window and the channels c of x. */
export function convolved(x: Tensor, kernel: Tensor, config: WindowConfig, k: Kernels): Tensor {
  const geometry = geometryOf(config)
  const axes = geometry.sizes.length
  const windows = k.windows(surrounded(x, geometry, k), windowsOf(geometry))
  // [batch, ..., channels, places of a window] -> [batch, ..., places of a window, channels], as in the kernel
  const field = Array.from({ length: axes + 1 }, (_, axis) => axis)
  const places = geometry.sizes.map((_, i) => axes + 2 + i)
  const given = k.permute(windows, [...field, ...places, axes + 1])
  return k.contract(given, kernel, { batch: [], sum: [...field].map(i => [axes + 1 + i, i]) })
}

/** A convolution for each group of channels by itself: kernel [..., channels / groups, filters]. */
function groupConvolved(x: Tensor, kernel: Tensor, groups: number, config: WindowConfig, k: Kernels): Tensor {
  if (groups === 1) return convolved(x, kernel, config, k)
  const [last, own, filters] = [
    x.shape.length - 1,
    kernel.shape.at(-2) as number,
    (kernel.shape.at(-1) as number) / groups,
  ]
  const parts = Array.from({ length: groups }, (_, i) =>
    convolved(k.slice(x, last, i * own, own), k.slice(kernel, last, i * filters, filters), config, k),
  )
  return k.concatenate(parts, last)
}

/**
 * y[o, c m] = Σ x[o + i, c] kernel[i, c, m]: each channel by itself, with a kernel [..., channels, multiplier]. The places of a window
 * are added up one after the other, each as one product entry by entry.
 */
export function depthwise(x: Tensor, kernel: Tensor, config: WindowConfig, k: Kernels): Tensor {
  const geometry = geometryOf(config)
  const { counts } = placesOf(x.shape.slice(1, -1), geometry)
  const given = surrounded(x, geometry, k)
  const [channels = 1, multiplier = 1] = kernel.shape.slice(-2)
  const windows = k.windows(given, windowsOf(geometry))
  const field = [x.shape[0] as number, ...counts]
  const places = placesIn(geometry.sizes)
  const rank = field.length
  const terms = places.map(place => {
    const at = place.reduce((left, i, axis) => k.slice(left, rank + 1 + axis, i, 1), windows)
    const factor = place.reduce((left, i, axis) => k.slice(left, axis, i, 1), kernel)
    return k.mul(k.reshape(at, [...field, channels, 1]), k.reshape(factor, [channels, multiplier]))
  })
  return k.reshape(k.addAll(terms), [...field, channels * multiplier])
}

/** All places of a window: [0, 0], [0, 1], ... */
const placesIn = (sizes: readonly number[]): readonly (readonly number[])[] =>
  sizes.reduce<readonly (readonly number[])[]>(
    (places, size) => places.flatMap(place => Array.from({ length: size }, (_, i) => [...place, i])),
    [[]],
  )

/**
 * The reverse of a convolution: each entry of x puts a kernel [..., filters, channels] into y, and what overlaps is added. With `'same'`,
 * y is as long as x times the strides.
 */
export function transposed(x: Tensor, kernel: Tensor, config: WindowConfig, k: Kernels): Tensor {
  const geometry = geometryOf(config)
  const axes = geometry.sizes.length
  const field = x.shape.slice(1, -1)
  // [batch, ..., places of a window, filters] -> [batch, ..., filters, places of a window]
  const parts = k.contract(x, kernel, { batch: [], sum: [[axes + 1, axes + 1]] })
  const places = geometry.sizes.map((_, i) => axes + 1 + i)
  const windows = k.permute(parts, [...field.map((_, i) => i), axes, 2 * axes + 1, ...places])
  const lengths = field.map((_, i) => fullLength(field, geometry, i))
  const whole = k.overlapAdd(windows, { ...windowsOf(geometry), lengths })
  const wanted = transposedField(field, config)
  return wanted.reduce((y, length, i) => cut(y, i + 1, length, k), whole)
}

/** How long the sum of all windows is along an axis. */
const fullLength = (field: Shape, { sizes, strides, dilations }: Geometry, i: number) =>
  ((field[i] as number) - 1) * (strides[i] as number) +
  ((sizes[i] as number) - 1) * (dilations[i] as number) +
  1

/** The lengths of the axes of a transposed convolution. */
export const transposedField = (field: Shape, config: WindowConfig): Shape =>
  field.map((length, i) => {
    const whole = fullLength(field, geometryOf(config), i)
    const strided = length * (config.strides[i] as number)
    return config.padding === 'same' ? strided : Math.max(whole, strided)
  })

/** The middle of an axis, or the axis with zeros behind. */
function cut(y: Tensor, axis: number, length: number, k: Kernels): Tensor {
  const whole = y.shape[axis] as number
  if (whole === length) return y
  if (whole > length) return k.slice(y, axis, Math.floor((whole - length) / 2), length)
  const zeros = y.shape.map(() => 0)
  return k.pad(y, zeros, zeros.with(axis, length - whole))
}
