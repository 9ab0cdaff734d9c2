/** Windows over the axes between the batch and the channels, of convolutions and poolings: how many fit, and what is put around. */
import {
  CheckFailed,
  check,
  type PortShape,
  type Shape,
  show,
  showShape,
  type Windows,
} from '../../core/index.ts'

export type Padding = 'valid' | 'same' | 'causal'

/** Windows along each axis, and what is put around: nothing, zeros on both sides, or zeros in front. */
export interface Geometry {
  readonly sizes: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly padding: Padding
}

/** Where windows are: the zeros in front and behind, and how many windows fit, along each axis. */
export interface Places {
  readonly before: readonly number[]
  readonly after: readonly number[]
  readonly counts: readonly number[]
}

/** A whole number for each axis, from one for all or from a list. */
export function perAxis(
  option: { readonly [name: string]: number | readonly number[] },
  axes: number,
): readonly number[] {
  const [[name, given]] = Object.entries(option) as [[string, number | readonly number[]]]
  const all = typeof given === 'number' ? Array<number>(axes).fill(given) : given
  const fits =
    Array.isArray(all) && all.length === axes && all.every(one => Number.isSafeInteger(one) && one > 0)
  if (!fits && axes > 1) {
    // One number may still be written in quotes, or alone in brackets.
    const [one] = [given].flat()
    const isOne = [given].flat().length === 1 && Number.isSafeInteger(Number(one)) && Number(one) > 0
    throw new CheckFailed(`${name} to be a whole number above 0, or a list of ${axes}`, show(given), {
      option: name,
      ...(isOne && { hint: `Write ${name}: ${Number(one)}.` }),
    })
  }
  for (const one of fits ? all : [given]) check.positiveInteger({ [name]: one as number })
  return [...(all as readonly number[])]
}

/** The lengths of the axes between the batch and the channels. @throws CheckFailed where there are more or fewer */
export function fieldOf(x: PortShape, axes: number): readonly number[] {
  const names = ['time', 'height, width', 'depth, height, width'][axes - 1]
  if (x.length === axes + 2) return x.slice(1, -1) as readonly number[]
  // Where only the last axis is missing, its length is 1.
  const shape = x.length === axes + 1 ? [...x.slice(1), 1].join(', ') : `${names}, channels`
  throw new CheckFailed(`"x" with the axes [batch, ${names}, channels]`, showShape(x), {
    hint: `Put reshape({ targetShape: [${shape}] }) before it.`,
  })
}

/** As TensorFlow places them: with `'same'` there is a window for each stride, and the odd zero is put behind. */
export function placesOf(field: readonly number[], { sizes, strides, dilations, padding }: Geometry): Places {
  const spans = sizes.map((size, i) => (size - 1) * (dilations[i] as number) + 1)
  const around = field.map((length, i): [number, number] => {
    const [span = 1, stride = 1] = [spans[i], strides[i]]
    if (padding === 'valid') return [0, 0]
    if (padding === 'causal') return [span - 1, 0]
    const missing = Math.max((Math.ceil(length / stride) - 1) * stride + span - length, 0)
    return [Math.floor(missing / 2), Math.ceil(missing / 2)]
  })
  const counts = field.map((length, i) => {
    const [before, after] = around[i] as [number, number]
    return Math.floor((length + before + after - (spans[i] as number)) / (strides[i] as number)) + 1
  })
  if (counts.every(count => count > 0))
    return { before: around.map(([b]) => b), after: around.map(([, a]) => a), counts }
  throw new Error(`no window of ${spans.join(' x ')} fits into ${field.join(' x ')}`)
}

/** Windows over the axes behind the batch, as the operations take them. */
export const windowsOf = ({ sizes, strides, dilations }: Geometry): Windows => ({
  axes: sizes.map((_, i) => i + 1),
  ...{ sizes, strides, dilations },
})

/** Zeros around the axes between the batch and the channels, and none elsewhere. */
export const around = (zeros: readonly number[]): Shape => [0, ...zeros, 0]
