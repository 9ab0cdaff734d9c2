/** Loops in generated WebAssembly: random ones, of every shape, write what they write entry by entry, and nothing beside it. */
import { describe, expect, test } from 'vitest'
import { ENTRY_OPERATIONS, type EntryOperation, FOLDS } from '../../../core/index.ts'
import type { Access, Loop, Store, Term } from '../../../kernels/compiling/loop.ts'
import { countOf } from '../../support/counts.ts'
import { type Dice, QuickDice } from '../../support/dice.ts'
import { BUILDS } from '../builds.ts'
import { compiled } from './compiled.ts'
import { runPlainly } from './plain-loop.ts'

const LOOPS = countOf({ few: 40, usual: 25, full: 300 })
/** Lengths below, at and above those of vectors, turns, narrow rows and blocks. */
const LENGTHS = [0, 1, 1, 2, 3, 4, 5, 7, 10, 15, 16, 17, 31, 32, 33, 47, 64, 65, 70, 130]
const LONG = [1000, 1024, 1025, 1500, 2048, 2100]
const MOST = 6000
/** What surrounds each tensor, and how much of it. */
const [GUARD, GUARDS] = [-77, 16]

interface Trial {
  readonly loop: Loop
  readonly numbers: readonly number[]
  /** The numbers of each tensor between guards, and where its first entry lies. */
  readonly tensors: readonly Float32Array[]
  readonly starts: readonly number[]
}

/** Operations that keep numbers of common size at a common size. */
const SAFE = [
  'add',
  'sub',
  'mul',
  'max',
  'min',
  'where',
  'neg',
  'abs',
  'tanh',
  'sigmoid',
  'erf',
  'exp',
  'div',
  'sqrt',
  'log1p',
] as const

class Builder {
  readonly terms: Term[] = []
  readonly numbers: number[] = []
  readonly stores: Store[] = []
  readonly tensors: Float32Array[] = []
  readonly starts: number[] = []
  readonly space: readonly number[]
  private readonly dice: Dice

  constructor(dice: Dice) {
    this.dice = dice
    const length = () => dice.pick(LENGTHS)
    const rank = 2 + dice.below(3)
    const space = Array.from({ length: rank }, length)
    // Small in front, and now and then a long row, or many rows.
    for (let axis = 0; axis < rank - 2; axis++) space[axis] = dice.below(4)
    const kind = dice.below(8)
    if (kind === 0) space.splice(0, rank, dice.below(3), dice.pick(LONG))
    if (kind === 1) space.splice(0, rank, dice.pick(LONG), 1 + dice.below(9))
    // A few thousand entries are enough to go through all branches.
    for (
      let axis = 0;
      space.reduce((product, length) => product * length) > MOST;
      axis = (axis + 1) % space.length
    )
      if ((space[axis] as number) < 1000) space[axis] = Math.ceil((space[axis] as number) / 2)
    this.space = space
  }

  /** A tensor in which an access with these strides finds all it reads, with guards around. */
  private tensor(strides: readonly number[], fill: (i: number) => number): Access {
    const ends = strides.map((stride, axis) => stride * Math.max((this.space[axis] as number) - 1, 0))
    const least = ends.reduce((sum, end) => sum + Math.min(end, 0), 0)
    const size = ends.reduce((sum, end) => sum + Math.abs(end), 1)
    const values = new Float32Array(size + 2 * GUARDS).fill(GUARD)
    for (let i = 0; i < size; i++) values[GUARDS + i] = fill(i)
    this.starts.push(GUARDS - least)
    return { tensor: this.tensors.push(values) - 1, strides }
  }

  /** Row by row, as far as an axis is not left out. */
  private packed(without: readonly number[]): number[] {
    const strides: number[] = []
    let stride = 1
    for (let axis = this.space.length - 1; axis >= 0; axis--) {
      const isLeftOut = without.includes(axis)
      strides[axis] = isLeftOut ? 0 : stride
      if (!isLeftOut) stride *= this.space[axis] as number
    }
    return strides
  }

  read(): number {
    const { dice, space } = this
    const without = space.flatMap((_, axis) => (dice.below(4) === 0 ? [axis] : []))
    const strides = this.packed(without)
    // Views: reversed, every second one, and transposed.
    const kind = dice.below(6)
    const change = (axis: number, factor: number) => {
      strides[axis] = (strides[axis] as number) * factor
    }
    if (kind === 0) change(dice.below(strides.length), -1)
    if (kind === 1) for (const axis of strides.keys()) change(axis, 2)
    if (kind === 2) strides.reverse()
    return this.terms.push({ kind: 'read', access: this.tensor(strides, () => 0.1 + 1.9 * dice.next()) }) - 1
  }

  number(): number {
    this.numbers.push(0.5 + this.dice.next())
    return this.terms.push({ kind: 'number', index: this.numbers.length - 1 }) - 1
  }

  /** Comparisons and floor are of what is exactly known, or a last bit would decide. */
  apply(operation: EntryOperation, exact: () => number, any: () => number): number {
    const add = (of: EntryOperation, ...operands: number[]) =>
      this.terms.push({ kind: 'apply', operation: of, operands }) - 1
    switch (operation) {
      case 'less':
      case 'equal':
        return add(operation, exact(), exact())
      case 'floor':
        return add(operation, exact())
      case 'where':
        return add(operation, add('less', exact(), exact()), any(), any())
      case 'exp':
      case 'expm1':
        return add(operation, add('tanh', any()))
      case 'log':
      case 'log1p':
      case 'sqrt':
        return add(operation, add('add', add('abs', any()), this.number()))
      case 'div':
        return add(operation, any(), add('add', add('abs', any()), this.number()))
      case 'mul':
        return add(operation, any(), add('tanh', any()))
      default:
        return add(operation, ...Array.from({ length: ENTRY_OPERATIONS[operation] }, any))
    }
  }

  fold(operand: number, over: 'columns' | 'rows'): number {
    return this.terms.push({ kind: 'fold', fold: this.dice.pick(FOLDS), over, operand }) - 1
  }

  store(term: number, without: readonly number[]): void {
    this.stores.push({ term, access: this.tensor(this.packed(without), () => 5) })
  }
}

function trial(seed: number): Trial {
  const dice = new QuickDice(seed)
  const builder = new Builder(dice)
  const exact = Array.from({ length: 1 + dice.below(3) }, () => builder.read())
  exact.push(builder.number())
  const known = [...exact]
  const one = () => dice.pick(known)
  const operations = Object.keys(ENTRY_OPERATIONS) as EntryOperation[]
  const { space } = builder
  for (let i = 1 + dice.below(8); i > 0; i--) {
    const operation = dice.below(3) === 0 ? dice.pick(operations) : dice.pick(SAFE)
    if (dice.below(4) > 0) known.push(builder.apply(operation, () => dice.pick(exact), one))
    else {
      const folded = builder.fold(builder.apply('tanh', one, one), 'columns')
      // Of long rows a sum is large: a share of it goes on.
      known.push(builder.apply('tanh', one, () => folded))
      if (dice.below(2) === 0) builder.store(folded, [space.length - 1])
    }
  }
  builder.store(known.at(-1) as number, [])
  for (let i = dice.below(3); i > 0; i--) builder.store(one(), [])
  if (dice.below(2) === 0) builder.store(builder.fold(one(), 'rows'), [space.length - 2])
  const { terms, stores, numbers, tensors, starts } = builder
  return { loop: { space, terms, stores }, numbers, tensors, starts }
}

/** What is in the tensors after the function of a loop has run. */
function runCompiled({ loop, numbers, tensors, starts }: Trial, relaxed: boolean): Float32Array[] {
  let top = 64
  const place = (bytes: number) => {
    const start = top
    top = Math.ceil((top + bytes) / 64) * 64 + 64
    return start
  }
  const pointers = tensors.map(({ byteLength }) => place(byteLength))
  const pool = place(numbers.length * 4)
  const { memory, scratch, run } = compiled(loop, relaxed, scratch => top + scratch + 64)
  const view = (pointer: number, length: number) => new Float32Array(memory.buffer, pointer, length)
  tensors.forEach((values, i) => {
    view(pointers[i] as number, values.length).set(values)
  })
  view(pool, numbers.length).set(numbers)
  view(top, scratch / 4).fill(Number.NaN)
  const guard = view(top + scratch, 16).fill(GUARD)
  run(...pointers.map((pointer, i) => pointer + 4 * (starts[i] as number)), pool, top)
  expect([...guard], 'behind the scratch memory').toEqual(new Array(16).fill(GUARD))
  return tensors.map((values, i) => view(pointers[i] as number, values.length).slice())
}

const shown = ({ loop }: Trial) => JSON.stringify(loop)

describe.each(BUILDS)('with %s SIMD', build => {
  test(`${LOOPS} random loops do what they say, and leave alone what lies beside their tensors`, () => {
    for (let seed = 0; seed < LOOPS; seed++) {
      const drawn = trial(seed)
      const got = runCompiled(drawn, build === 'relaxed')
      const wanted = drawn.tensors.map(values => values.slice())
      runPlainly(drawn.loop, wanted, drawn.starts, drawn.numbers)
      wanted.forEach((values, tensor) => {
        const largest = values.reduce(
          (most, x) => (Number.isFinite(x) && x !== GUARD ? Math.max(most, Math.abs(x)) : most),
          1e-30,
        )
        values.forEach((value, i) => {
          const result = got[tensor]?.[i] as number
          if (Object.is(result, value) || Math.abs(result - value) <= 2e-5 * largest) return
          expect.fail(
            `seed ${seed}, tensor ${tensor}, number ${i} is ${result}, not ${value}: ${shown(drawn)}`,
          )
        })
      })
    }
  })
})
