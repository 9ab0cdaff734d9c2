/** What was asked for, one operation after another, as a way that programs which begin alike go together. */
import type { EntryOperation, Options, Shape } from '../../core/index.ts'
import type { BoundProgram } from './bound-program.ts'

export type Operation = EntryOperation | keyof Options | 'input'
export type OperationOptions = Options[keyof Options] | undefined
/** The third operand, or the list of all from the third one on. */
export type Rest = number | readonly number[]

/** Where there is no operand. */
export const NONE = Number.MAX_SAFE_INTEGER

/** How many programs that end in the same place, but store other values, are remembered. */
const ENDS = 16

/** A step on the way: an operation whose result is the value with the number `id`. */
export class Path {
  readonly before: Path | undefined
  readonly id: number
  readonly operation: Operation
  /** Its operands: numbers of values; -1, -2, ... for the first, second, ... number of the program. */
  readonly a: number
  readonly b: number
  readonly c: Rest
  readonly options: OperationOptions
  readonly shape: Shape
  readonly size: number
  private readonly next: Path[] = []
  private readonly ends: { readonly stored: readonly number[]; readonly program: BoundProgram }[] = []

  constructor(
    before: Path | undefined,
    operation: Operation,
    a: number,
    b: number,
    c: Rest,
    options: OperationOptions,
    shape: Shape,
    size: number,
  ) {
    this.before = before
    this.id = before ? before.id + 1 : -1
    this.operation = operation
    this.a = a
    this.b = b
    this.c = c
    this.options = options
    this.shape = shape
    this.size = size
  }

  /** The next step, if it was gone before. */
  find(operation: Operation, a: number, b: number, c: Rest, options: OperationOptions): Path | undefined {
    const { next } = this
    for (let i = 0; i < next.length; i++) {
      const path = next[i] as Path
      if (
        path.operation === operation &&
        path.a === a &&
        path.b === b &&
        (path.c === c || same(path.c, c)) &&
        (path.options === options || same(path.options, options))
      )
        return path
    }
    return undefined
  }

  /** The next step to an input of this shape, if it was gone before. */
  findInput(shape: Shape): Path | undefined {
    const { next } = this
    for (let i = 0; i < next.length; i++) {
      const path = next[i] as Path
      if (path.operation === 'input' && same(path.shape, shape)) return path
    }
    return undefined
  }

  add(path: Path): Path {
    this.next.push(path)
    return path
  }

  /** The program that ends here and stores these values, if there was one. */
  program(stored: readonly number[]): BoundProgram | undefined {
    return this.ends.find(end => same(end.stored, stored))?.program
  }

  /** This program ends here. */
  end(stored: readonly number[], program: BoundProgram): void {
    if (this.ends.length === ENDS) this.ends.shift()
    this.ends.push({ stored, program })
  }

  /** All steps that lead here, from the first one on. */
  get steps(): Path[] {
    const steps: Path[] = []
    for (let path: Path | undefined = this; path?.before; path = path.before) steps.push(path)
    return steps.reverse()
  }
}

/** Whether two pieces of plain data are the same. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!same(a[i], b[i])) return false
    return true
  }
  for (const key in a)
    if (!same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])) return false
  return true
}
