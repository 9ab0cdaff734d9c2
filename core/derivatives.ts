/** The derivative of each primitive operation, and of what is made of them. */
import type { Shaped, Step } from './arithmetic.ts'
import { type Functions, isApart } from './functions.ts'
import {
  type Contraction,
  ENTRY_OPERATIONS,
  type EntryOperation,
  freeAxes,
  type Options,
  type Windows,
} from './primitives.ts'
import type { Shape } from './shape.ts'

/** What an operation passes back to each operand; nothing where it is constant. */
type Parts<T> = readonly ((() => T) | undefined)[]

const constant = () => []

/** What comes back to an operand has the shape of the result. */
type EntryRule = <T extends Shaped>(k: Functions<T>, dy: T, operands: readonly [T, T, T], y: T) => Parts<T>

/** For y = f(x) or y = f(a, b), from dy. Where a function has a kink, the derivative is that of one of its sides. */
export const ENTRY_RULES: Readonly<Record<EntryOperation, EntryRule>> = {
  add: (_, dy) => [() => dy, () => dy],
  sub: (k, dy) => [() => dy, () => k.neg(dy)],
  mul: (k, dy, [a, b]) => [() => k.mul(dy, b), () => k.mul(dy, a)],
  div: (k, dy, [, b], y) => [() => k.div(dy, b), () => k.neg(k.mul(dy, k.div(y, b)))],
  max: (k, dy, [a, b]) => [() => k.where(k.less(a, b), 0, dy), () => k.where(k.less(a, b), dy, 0)],
  min: (k, dy, [a, b]) => [() => k.where(k.less(b, a), 0, dy), () => k.where(k.less(b, a), dy, 0)],
  // d aᵇ = b aᵇ⁻¹ da + aᵇ ln a db, which is 0 in a where b is 0, and in b where a is.
  pow: (k, dy, [a, b], y) => [
    () => k.mul(dy, k.where(b, k.mul(b, k.pow(a, k.sub(b, 1))), 0)),
    () => k.mul(dy, k.where(a, k.mul(y, k.log(a)), 0)),
  ],
  less: constant,
  equal: constant,
  floor: constant,
  where: (k, dy, [condition]) => [
    undefined,
    () => k.where(condition, dy, 0),
    () => k.where(condition, 0, dy),
  ],
  neg: (k, dy) => [() => k.neg(dy)],
  abs: (k, dy, [x]) => [() => k.where(k.less(0, x), dy, k.where(k.less(x, 0), k.neg(dy), 0))],
  sqrt: (k, dy, _, y) => [() => k.div(dy, k.mul(y, 2))],
  exp: (k, dy, _, y) => [() => k.mul(dy, y)],
  expm1: (k, dy, _, y) => [() => k.mul(dy, k.add(y, 1))],
  log: (k, dy, [x]) => [() => k.div(dy, x)],
  log1p: (k, dy, [x]) => [() => k.div(dy, k.add(x, 1))],
  sin: (k, dy, [x]) => [() => k.mul(dy, k.cos(x))],
  cos: (k, dy, [x]) => [() => k.neg(k.mul(dy, k.sin(x)))],
  tanh: (k, dy, _, y) => [() => k.mul(dy, k.oneMinus(k.square(y)))],
  sigmoid: (k, dy, _, y) => [() => k.mul(dy, k.mul(y, k.oneMinus(y)))],
  erf: (k, dy, [x]) => [() => k.mul(dy, k.mul(k.exp(k.neg(k.square(x))), 2 / Math.sqrt(Math.PI)))],
}

type Rules = {
  readonly [Name in keyof Options]: <T extends Shaped>(
    k: Functions<T>,
    dy: T,
    operands: readonly [T, T],
    y: T,
    options: Options[Name],
  ) => Parts<T>
}

export const RULES: Rules = {
  reshape: (k, dy, [x]) => [() => k.reshape(dy, x.shape)],
  permute: (k, dy, _, _y, { axes }) => [
    () =>
      k.permute(
        dy,
        axes.map((_, axis) => axes.indexOf(axis)),
      ),
  ],
  expand: (k, dy, [x]) => [() => k.sumTo(dy, x.shape)],
  // Its part is put beside the others of the same value: see `joined`.
  slice: constant,
  flip: (k, dy, _, _y, { axes }) => [() => k.flip(dy, axes)],
  windows: (k, dy, [x], _, windows) => [() => overlapped(k, dy, x, windows)],
  overlapAdd: (k, dy, _, _y, { lengths, ...windows }) => [() => k.windows(dy, windows)],
  contract: (k, dy, pair, _, options) => SIDES.map(of => () => contractGradient(k, dy, pair, options, of)),
  reduce: (k, dy, [x], y, options) => [() => reduceGradient(k, dy, x, y, options)],
  reduceWindows: (k, dy, [x], y, { fold, ...windows }) => [
    () => {
      if (fold !== 'sum' && isApart(windows)) return tiledGradient(k, dy, x, y, windows)
      const axes = windows.axes.map((_, i) => x.shape.length + i)
      const gradient = reduceGradient(k, dy, k.windows(x, windows), y, { fold, axes })
      return overlapped(k, gradient, x, windows)
    },
  ],
  pad: (k, dy, [x], _, { before }) => [
    () => x.shape.reduce((part, length, axis) => k.slice(part, axis, before[axis] as number, length), dy),
  ],
  concatenate(k, dy, operands, _, { axis }) {
    let start = 0
    return operands.map(({ shape }) => {
      const [from, length] = [start, shape[axis] as number]
      start += length
      return () => k.slice(dy, axis, from, length)
    })
  },
  cumulativeSum: (k, dy, _, _y, { axis }) => [
    () => k.flip(k.cumulativeSum(k.flip(dy, [axis]), axis), [axis]),
  ],
  argSort: constant,
  gather: (k, dy, [x, indices], _, { axis, batch }) => [
    () => k.scatterAdd(dy, indices, { axis, batch, length: x.shape[axis] as number }),
  ],
  scatterAdd: (k, dy, [, indices], _, { axis, batch }) => [() => k.gather(dy, indices, axis, batch)],
  iota: constant,
  uniform: constant,
  bernoulli: constant,
}

/** What windows of x pass back to it. */
function overlapped<T extends Shaped>(k: Functions<T>, dy: T, { shape }: T, windows: Windows): T {
  return k.overlapAdd(dy, { ...windows, lengths: windows.axes.map(axis => shape[axis] as number) })
}

/**
 * The gradient of the extremes of windows side by side. Where x has an axis with windows, its `tiles` have two, of the windows and of the entries of
 * each, and lie where x lies. Entries that are equally large share it.
 */
function tiledGradient<T extends Shaped>(k: Functions<T>, dy: T, x: T, y: T, windows: Windows): T {
  const sizes = y.shape.map((_, axis) => windows.sizes[windows.axes.indexOf(axis)])
  const tiled = (each: (size: number) => number) =>
    y.shape.flatMap((count, axis) => (sizes[axis] === undefined ? [count] : [count, each(sizes[axis])]))
  const whole = y.shape.map((count, axis) => count * (sizes[axis] ?? 1))
  const given = whole.reduce((part, length, axis) => k.slice(part, axis, 0, length), x)
  const beside = (of: T) =>
    k.reshape(
      of,
      tiled(() => 1),
    )
  const isExtreme = k.equal(
    k.reshape(
      given,
      tiled(size => size),
    ),
    beside(y),
  )
  const share = k.div(dy, k.reduceWindows(k.reshape(isExtreme, whole), 'sum', windows))
  const gradient = k.reshape(k.where(isExtreme, beside(share), 0), whole)
  const rest = x.shape.map((length, axis) => length - (whole[axis] as number))
  return k.pad(
    gradient,
    rest.map(() => 0),
    rest,
  )
}

function reduceGradient<T extends Shaped>(
  k: Functions<T>,
  dy: T,
  x: T,
  y: T,
  { fold, axes }: Options['reduce'],
): T {
  const along = (of: T) => k.expand(k.keepAxes(of, x.shape, axes), x.shape)
  if (fold === 'sum') return along(dy)
  // Entries that are equally large share it.
  const isExtreme = k.equal(x, k.keepAxes(y, x.shape, axes))
  const share = k.div(dy, k.sum(isExtreme, axes))
  return k.where(isExtreme, along(share), 0)
}

/** The operands of a contraction. */
const SIDES = [0, 1] as const

/** From y = Σ a b: each operand gets the product of dy and the other one, with its own axes in their order. */
export function contractGradient<T extends Shaped>(
  k: Functions<T>,
  dy: T,
  [a, b]: readonly [T, T],
  { batch, sum }: Contraction,
  of: 0 | 1,
): T {
  const [own, other] = of === 0 ? [a, b] : [b, a]
  const mine = (pair: readonly [number, number]) => pair[of]
  const theirs = (pair: readonly [number, number]) => pair[1 - of] as number
  const ownFree = freeAxes(own.shape, [...batch, ...sum].map(mine))
  const otherFree = freeAxes(other.shape, [...batch, ...sum].map(theirs))
  // In dy, the axes of the batch are followed by the free ones of a, and those by the free ones of b.
  const start = batch.length + (of === 0 ? ownFree.length : 0)
  const product = k.contract(dy, other, {
    batch: batch.map((pair, i) => [i, theirs(pair)]),
    sum: otherFree.map((axis, i) => [start + i, axis]),
  })
  const summed = sum.toSorted((p, q) => theirs(p) - theirs(q))
  const order = [...batch.map(mine), ...ownFree, ...summed.map(mine)]
  return order.every((axis, i) => axis === i)
    ? product
    : k.permute(
        product,
        own.shape.map((_, axis) => order.indexOf(axis)),
      )
}

/**
 * The gradients of what was computed in some steps, at values that they started from: Σ seed · ∂y/∂x. None where nothing
 * that is seeded depends on a value.
 *
 * @param seeds The gradients of results that are known.
 */
export function gradients<T extends Shaped>(
  k: Functions<T>,
  steps: readonly Step<T>[],
  seeds: ReadonlyMap<T, T>,
  wanted: readonly T[],
): (T | undefined)[] {
  const known = new Map(seeds)
  const active = new Set<T | number>(wanted)
  for (const { operands, result } of steps)
    if (operands.some(operand => active.has(operand))) active.add(result)
  const pieces = new Map<T, Piece<T>[]>()
  const pass = (to: T, gradient: T) => {
    const before = known.get(to)
    known.set(to, before ? k.add(before, gradient) : gradient)
  }
  const gradientAt = (value: T) => {
    for (const gradient of joined(k, value.shape, pieces.get(value) ?? [])) pass(value, gradient)
    pieces.delete(value)
    return known.get(value)
  }
  for (const { operation, operands, options, result } of steps.toReversed()) {
    if (!active.has(result)) continue
    const dy = gradientAt(result)
    if (dy === undefined) continue
    if (operation === 'slice') {
      const [x] = operands as readonly [T]
      const { starts } = options as Options['slice']
      if (active.has(x)) pieces.set(x, [...(pieces.get(x) ?? []), { starts, gradient: dy }])
      continue
    }
    const parts = rule(operation)(k, dy, operands as unknown as readonly [T, T, T], result, options)
    for (const [i, part] of parts.entries()) {
      const operand = operands[i]
      if (!part || operand === undefined || typeof operand === 'number' || !active.has(operand)) continue
      pass(operand, k.sumTo(part(), operand.shape))
    }
  }
  return wanted.map(gradientAt)
}

/** The gradient of a part of a value, and where the part begins. */
interface Piece<T> {
  readonly starts: readonly number[]
  readonly gradient: T
}

/**
 * The gradients of a value from those of its parts. Parts that lie beside each other along an axis are put together, with zeros between:
 * a value that is cut into a hundred parts is not added up a hundred times.
 */
function joined<T extends Shaped>(k: Functions<T>, whole: Shape, pieces: readonly Piece<T>[]): T[] {
  const surrounded = ({ starts, gradient }: Piece<T>) => {
    const after = whole.map(
      (length, axis) => length - (starts[axis] as number) - (gradient.shape[axis] as number),
    )
    return k.pad(gradient, starts, after)
  }
  const axis = whole.findIndex((length, i) => pieces.some(({ gradient }) => gradient.shape[i] !== length))
  const lengthOf = ({ gradient }: Piece<T>) => gradient.shape[axis] as number
  const startOf = ({ starts }: Piece<T>) => starts[axis] as number
  const inOrder = pieces.toSorted((a, b) => startOf(a) - startOf(b))
  const isAlong = pieces.every(({ gradient }) =>
    whole.every((length, i) => i === axis || gradient.shape[i] === length),
  )
  const isApart = inOrder.every((piece, i) => {
    const next = inOrder[i + 1]
    return next === undefined || startOf(piece) + lengthOf(piece) <= startOf(next)
  })
  if (pieces.length < 2 || !isAlong || !isApart) return pieces.map(surrounded)
  const zeros = (length: number) => (length > 0 ? [k.fill(whole.with(axis, length), 0)] : [])
  let end = 0
  const parts = inOrder.flatMap(piece => {
    const gap = zeros(startOf(piece) - end)
    end = startOf(piece) + lengthOf(piece)
    return [...gap, piece.gradient]
  })
  return [k.concatenate([...parts, ...zeros((whole[axis] as number) - end)], axis)]
}

type Rule = <T extends Shaped>(
  k: Functions<T>,
  dy: T,
  operands: readonly [T, T, T],
  y: T,
  options: unknown,
) => Parts<T>

const rule = (operation: Step<Shaped>['operation']): Rule =>
  operation in ENTRY_OPERATIONS
    ? ENTRY_RULES[operation as EntryOperation]
    : (RULES[operation as keyof Options] as unknown as Rule)
