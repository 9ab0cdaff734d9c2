/** How much is put around, or cut off, along each axis. */
import { CheckFailed, show } from '../../core/index.ts'

type Sides = readonly [before: number, after: number]

/** One number for all sides, one for both sides of each axis, or two for each axis. */
export type Around = number | readonly (number | Sides)[]

/** The zeros, or what is cut off, before and after along each axis. */
export function sidesOf(option: { readonly [name: string]: Around }, axes: number): readonly Sides[] {
  const [[name, given]] = Object.entries(option) as [[string, Around]]
  const all = typeof given === 'number' ? Array<Around>(axes).fill(given) : given
  const isList = Array.isArray(all) && (all.length === axes || (axes === 1 && all.length === 2))
  // Along a single axis, [1, 2] are its two sides.
  const isPair = isList && axes === 1 && all.length === 2
  const sides = isPair ? [all] : isList ? all.map(one => (typeof one === 'number' ? [one, one] : one)) : []
  const isSide = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every(one => Number.isSafeInteger(one) && one >= 0)
  if (sides.length === axes && sides.every(isSide))
    return sides.map(([before, after]) => [before, after]) as Sides[]
  const example = axes === 1 ? '[1, 2]' : `[${Array(axes).fill('[1, 2]').join(', ')}]`
  throw new CheckFailed(
    `${name} to be a whole number from 0 up, or two for each axis, such as ${example}`,
    show(given),
    {
      option: name,
    },
  )
}
