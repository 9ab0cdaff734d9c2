/** Folds along rows, in registers: sums in partial sums side by side, so that they are the same however a row is walked. */
import type { Fold } from '../../../core/index.ts'
import type { FunctionBody } from './function-body.ts'
import { V128 } from './instructions.ts'

/** Vectors side by side, each with a partial result of its own. */
export const SIDES = 4

const EXTREME = { max: 'f32x4.pmax', min: 'f32x4.pmin' } as const
const START = { sum: 0, max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY } as const

/**
 * A fold of entries into one number. A sum is taken in float32, in 16 partial sums, of at most a block of entries at a
 * time; what the blocks give is added in float64. So it is exact enough for rows of any length, and costs little.
 */
export class FoldCode {
  private readonly body: FunctionBody
  private readonly fold: Fold
  private readonly sides: readonly number[]
  /** Two sums in float64; or where the sides were NaN. */
  private readonly whole: number
  private readonly value: number

  constructor(body: FunctionBody, fold: Fold) {
    this.body = body
    this.fold = fold
    this.sides = Array.from({ length: SIDES }, () => body.local(V128))
    this.whole = body.local(V128)
    this.value = body.local(V128)
  }

  /** Before the first entry. */
  begin(): void {
    this.body.lanes(0, 0, 0, 0).set(this.whole)
    this.clear()
  }

  /** Takes the vector on the stack, of which the first lanes count. */
  add(side: number, lanes: number): void {
    const { body, fold, value } = this
    const place = this.sides[side % SIDES] as number
    if (lanes < 4) this.fillUp(lanes)
    if (fold === 'sum') {
      body.get(place).vector('f32x4.add').set(place)
      return
    }
    body.set(value)
    body.get(value).get(value).vector('f32x4.ne').get(this.whole).vector('v128.or').set(this.whole)
    body.get(place).get(value).vector(EXTREME[fold]).set(place)
  }

  /** After a block of entries. */
  endBlock(): void {
    const { body, whole, value } = this
    if (this.fold !== 'sum') return
    this.together('f32x4.add')
    body.set(value).get(whole)
    body.get(value).vector('f64x2.promote_low_f32x4')
    body.get(value).get(value).shuffle(2, 3, 2, 3).vector('f64x2.promote_low_f32x4')
    body.vector('f64x2.add').vector('f64x2.add').set(whole)
    this.clear()
  }

  /** Leaves the result on the stack, in all lanes. */
  end(): void {
    const { body, fold, whole, value } = this
    if (fold === 'sum') {
      body.get(whole).extract('f64x2.extract_lane', 0).get(whole).extract('f64x2.extract_lane', 1)
      body.plain('f64.add').plain('f32.demote_f64').vector('f32x4.splat')
      return
    }
    const op = EXTREME[fold]
    this.together(op)
    body.tee(value).get(value).get(value).shuffle(2, 3, 2, 3).vector(op).tee(value)
    body
      .get(value)
      .shuffle(1, 1, 1, 1)
      .get(value)
      .vector(op)
      .extract('f32x4.extract_lane', 0)
      .vector('f32x4.splat')
    body.set(value).f32(Number.NaN).vector('f32x4.splat').get(value)
    body.get(whole).vector('v128.any_true').choose()
  }

  private clear(): void {
    for (const side of this.sides) this.body.f32(START[this.fold]).vector('f32x4.splat').set(side)
  }

  /** Leaves the four sides on the stack as one. */
  private together(op: 'f32x4.add' | 'f32x4.pmax' | 'f32x4.pmin'): void {
    const { body } = this
    const [a, b, c, d] = this.sides as [number, number, number, number]
    body.get(a).get(b).vector(op).get(c).get(d).vector(op).vector(op)
  }

  /** Puts what changes nothing behind the lanes that count. */
  private fillUp(lanes: number): void {
    const mask = [0, 1, 2, 3].map(lane => (lane < lanes ? -1 : 0)) as [number, number, number, number]
    const { body, fold } = this
    if (fold === 'sum') body.lanes(...mask).vector('v128.and')
    else
      body
        .f32(START[fold])
        .vector('f32x4.splat')
        .lanes(...mask)
        .vector('v128.bitselect')
  }
}
