/** The operations on entries, four at a time. */
import type { EntryOperation } from '../../../core/index.ts'
import { cos, erf, exp, expm1, log, log1p, pow, sigmoid, sin, tanh } from './functions.ts'
import { bitsOf, type Lane, type Lanes } from './lanes.ts'

type Formula = (l: Lanes, a: Lane, b: Lane, c: Lane) => Lane

/** 1 where the mask has ones, else 0. */
const truth = (l: Lanes, mask: Lane) => l.do('v128.and', mask, l.all(1))

/** Ones where a truth is not 0. */
function maskOf(l: Lanes, condition: Lane): Lane {
  const [mask, one] = condition.operands
  const isTruth = condition.op === 'v128.and' && one?.op === 'constant' && one.data === bitsOf(1)
  return isTruth && mask ? mask : l.do('f32x4.ne', condition, l.all(0))
}

/** The larger or smaller one, or NaN where one is: `f32x4.max` does the same, in more instructions of the processor. */
function extreme(l: Lanes, op: 'f32x4.pmax' | 'f32x4.pmin', a: Lane, b: Lane): Lane {
  // Of two that do not compare the first is taken, so NaN in a stays; NaN in b has to be looked for.
  return l.select(l.do('f32x4.ne', b, b), b, l.do(op, a, b))
}

export const ENTRIES: Readonly<Record<EntryOperation, Formula>> = {
  add: (l, a, b) => l.add(a, b),
  sub: (l, a, b) => l.sub(a, b),
  mul: (l, a, b) => l.mul(a, b),
  div: (l, a, b) => l.div(a, b),
  pow: (l, a, b) => pow(l, a, b),
  max: (l, a, b) => extreme(l, 'f32x4.pmax', a, b),
  min: (l, a, b) => extreme(l, 'f32x4.pmin', a, b),
  less: (l, a, b) => truth(l, l.do('f32x4.lt', a, b)),
  equal: (l, a, b) => truth(l, l.do('f32x4.eq', a, b)),
  where: (l, condition, a, b) => l.select(maskOf(l, condition), a, b),
  neg: (l, x) => l.neg(x),
  abs: (l, x) => l.abs(x),
  floor: (l, x) => l.do('f32x4.floor', x),
  sqrt: (l, x) => l.do('f32x4.sqrt', x),
  exp: (l, x) => exp(l, x),
  expm1: (l, x) => expm1(l, x),
  log: (l, x) => log(l, x),
  log1p: (l, x) => log1p(l, x),
  sin: (l, x) => sin(l, x),
  cos: (l, x) => cos(l, x),
  tanh: (l, x) => tanh(l, x),
  sigmoid: (l, x) => sigmoid(l, x),
  erf: (l, x) => erf(l, x),
}
