/** What is computed four numbers at a time, as a graph in which nothing stands twice. */
import type { Vector } from './instructions.ts'

/** An instruction on vectors with the lanes it takes, a constant, or a number that is known when the code runs. */
export interface Lane {
  readonly id: number
  /** Besides instructions: a constant, one of float64, what is given, and lanes of one or two others in another place. */
  readonly op: Vector | 'constant' | 'constant64' | 'given' | 'upper' | 'joined'
  readonly operands: readonly Lane[]
  /** The bits of a constant, a constant of float64, the distance of a shift, the number of what is given. */
  readonly data: number
}

const words = new DataView(new ArrayBuffer(4))

/** A number as the bits of a float32. */
export function bitsOf(value: number): number {
  words.setFloat32(0, value)
  return words.getInt32(0)
}

/** Makes lanes; asked for the same twice, it gives the same one. */
export class Lanes {
  /** Whether a · b + c is rounded once, by the fused instruction of relaxed SIMD, or twice. */
  readonly relaxed: boolean
  private readonly known = new Map<string, Lane>()

  constructor(relaxed: boolean) {
    this.relaxed = relaxed
  }

  private lane(op: Lane['op'], operands: readonly Lane[], data = 0): Lane {
    let key = `${op} ${data}`
    for (const { id } of operands) key += ` ${id}`
    const known = this.known.get(key)
    if (known) return known
    const made = { id: this.known.size, op, operands, data }
    this.known.set(key, made)
    return made
  }

  /** What is read or computed elsewhere, by a number of its own. */
  given(index: number): Lane {
    return this.lane('given', [], index)
  }

  /** The same number in all lanes. */
  all(value: number): Lane {
    return this.lane('constant', [], bitsOf(value))
  }

  /** The same 32 bits in all lanes. */
  bits(value: number): Lane {
    return this.lane('constant', [], value | 0)
  }

  /** The same float64 in both lanes. */
  all64(value: number): Lane {
    return this.lane('constant64', [], value)
  }

  /** Four numbers as two times two of float64. */
  halves(x: Lane): readonly [low: Lane, high: Lane] {
    const upper = this.lane('upper', [x])
    return [this.do('f64x2.promote_low_f32x4', x), this.do('f64x2.promote_low_f32x4', upper)]
  }

  /** The first two lanes of each. */
  joined(low: Lane, high: Lane): Lane {
    return this.lane('joined', [low, high])
  }

  do(op: Vector, ...operands: readonly Lane[]): Lane {
    return this.lane(op, operands)
  }

  shift(op: 'i32x4.shl' | 'i32x4.shr_s' | 'i32x4.shr_u', x: Lane, by: number): Lane {
    return this.lane(op, [x], by)
  }

  add(a: Lane, b: Lane): Lane {
    return this.lane('f32x4.add', [a, b])
  }

  sub(a: Lane, b: Lane): Lane {
    return this.lane('f32x4.sub', [a, b])
  }

  mul(a: Lane, b: Lane): Lane {
    return this.lane('f32x4.mul', [a, b])
  }

  div(a: Lane, b: Lane): Lane {
    return this.lane('f32x4.div', [a, b])
  }

  neg(x: Lane): Lane {
    return this.lane('f32x4.neg', [x])
  }

  abs(x: Lane): Lane {
    return this.lane('f32x4.abs', [x])
  }

  /** a · b + c */
  mulAdd(a: Lane, b: Lane, c: Lane): Lane {
    return this.relaxed ? this.lane('f32x4.relaxed_madd', [a, b, c]) : this.add(this.mul(a, b), c)
  }

  /** c - a · b */
  subMul(a: Lane, b: Lane, c: Lane): Lane {
    return this.relaxed ? this.lane('f32x4.relaxed_nmadd', [a, b, c]) : this.sub(c, this.mul(a, b))
  }

  /** x, but not above `most` or below `least`. NaN stays what it is: of two that do not compare, the first is taken. */
  clamp(x: Lane, least: number, most: number): Lane {
    const raised = this.lane('f32x4.pmax', [x, this.all(least)])
    return this.lane('f32x4.pmin', [raised, this.all(most)])
  }

  /** `a` where the mask has ones, else `b`. */
  select(mask: Lane, a: Lane, b: Lane): Lane {
    return this.lane('v128.bitselect', [a, b, mask])
  }

  /** The polynomial with these coefficients, the one of the highest power first, by Horner's rule. */
  polynomial(x: Lane, [highest, ...others]: readonly number[]): Lane {
    let p = this.all(highest as number)
    for (const coefficient of others) p = this.mulAdd(p, x, this.all(coefficient))
    return p
  }
}
