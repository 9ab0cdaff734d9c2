/** Random programs over all primitives, with numbers of a common size, so that errors stay small, too. */
import {
  ENTRY_OPERATIONS,
  type EntryOperation,
  FOLDS,
  type Program,
  ProgramWriter,
  type Shape,
  sizeOf,
  Tracing,
  type Value,
} from '../../../core/index.ts'
import type { Dice } from '../../support/dice.ts'

type Operand = Value | number

const LENGTHS = [0, 1, 1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 31, 33, 40, 70]
const MOST = 4000
export interface Drawn {
  readonly program: Program
  readonly inputs: readonly Float32Array[]
}

/** Draws programs whose numbers stay of a common size, so that errors do, too. */
export class Drawing {
  /** What was asked for, by those who draw as by those who go on with what was drawn. */
  readonly writer: Tracing<Value>
  readonly inputs: Float32Array[] = []
  readonly values: Value[] = []
  private readonly whole = new ProgramWriter()
  private readonly dice: Dice
  private readonly most: number
  /** What is exactly known, in float32 as in float64: comparisons are of these alone, or a last bit would decide. */
  private readonly exact: Value[] = []
  private readonly known: Value[] = []

  /** @param most How many entries an input has at most. */
  constructor(dice: Dice, most = MOST) {
    this.dice = dice
    this.most = most
    this.writer = new Tracing(this.whole)
  }

  /** Draws instructions; what the last one makes. */
  draw(): Value {
    const { dice, known, exact } = this
    for (let i = 1 + dice.below(3); i > 0; i--) this.input(this.shape())
    for (let i = 2 + dice.below(14); i > 0; i--) {
      const kind = dice.below(12)
      const x = dice.pick(known)
      if (kind < 5) known.push(this.entry())
      else if (kind === 5) known.push(this.reduce(x))
      else if (kind === 6) known.push(this.contract(x))
      else if (kind === 7) known.push(this.lookup(x))
      else if (kind === 8) known.push(this.ordered(x))
      else {
        const source = dice.below(3) === 0 ? dice.pick(exact) : x
        const view = this.view(source)
        known.push(view)
        if (exact.includes(source)) exact.push(view)
      }
    }
    return known.at(-1) as Value
  }

  /** What was drawn, with some outputs and others by chance. */
  program(...outputs: readonly Value[]): Drawn {
    const others = this.known.filter(() => this.dice.below(5) === 0)
    return { program: this.whole.program([...outputs, ...others]), inputs: this.inputs }
  }

  private shape(): Shape {
    const { dice } = this
    const shape = Array.from({ length: dice.below(5) }, () => dice.pick(LENGTHS))
    while (sizeOf(shape) > this.most) shape[dice.below(shape.length)] = 1 + dice.below(4)
    return shape
  }

  input(shape: Shape): Value {
    const value = this.whole.input(shape)
    this.values.push(value)
    this.inputs.push(Float32Array.from({ length: sizeOf(shape) }, () => 0.1 + 1.9 * this.dice.next()))
    this.known.push(value)
    this.exact.push(value)
    return value
  }

  /** Whole numbers from 0 on, which nothing else is made of. */
  private places(shape: Shape, below: number): Value {
    const value = this.whole.input(shape)
    this.values.push(value)
    this.inputs.push(Float32Array.from({ length: sizeOf(shape) }, () => this.dice.below(below)))
    return value
  }

  private number(): number {
    return Math.fround(0.5 + this.dice.next())
  }

  /** Something that fits a value entry by entry: a value of a shape that is repeated to it, or a number. */
  private partner(x: Value, among: readonly Value[]): Operand {
    const { dice } = this
    const fitting = among.filter(({ shape }) => {
      const missing = x.shape.length - shape.length
      return missing >= 0 && shape.every((length, i) => length === 1 || length === x.shape[i + missing])
    })
    const kind = dice.below(5)
    if (kind === 0 || fitting.length === 0)
      return kind % 2 ? this.number() : this.input(this.repeatable(x.shape))
    return dice.pick(fitting)
  }

  private repeatable(shape: Shape): Shape {
    return shape
      .slice(this.dice.below(shape.length + 1))
      .map(length => (this.dice.below(3) === 0 ? 1 : length))
  }

  private entry(): Value {
    const { dice, writer, known, exact } = this
    const operation = dice.pick(Object.keys(ENTRY_OPERATIONS) as EntryOperation[])
    const x = dice.pick(known)
    const tame = (value: Operand) => writer.entry('tanh', value)
    const positive = (value: Operand) => writer.entry('add', writer.entry('abs', value), this.number())
    switch (operation) {
      case 'less':
      case 'equal': {
        const of = dice.pick(exact)
        return writer.entry(operation, of, this.partner(of, exact))
      }
      case 'floor':
        return writer.entry(operation, dice.pick(exact))
      case 'where': {
        const of = dice.pick(exact)
        const condition = writer.entry('less', of, this.partner(of, exact))
        return writer.entry(operation, condition, this.partner(of, known), this.partner(of, known))
      }
      case 'sin':
      case 'cos':
        return writer.entry(operation, writer.entry('mul', tame(x), 3))
      case 'pow':
        return writer.entry(operation, positive(tame(x)), tame(this.partner(x, known)))
      case 'exp':
      case 'expm1':
        return writer.entry(operation, tame(x))
      case 'log':
      case 'log1p':
      case 'sqrt':
        return writer.entry(operation, positive(x))
      case 'div':
        return writer.entry(operation, x, positive(this.partner(x, known)))
      case 'mul':
        return writer.entry(operation, x, tame(this.partner(x, known)))
      default: {
        const others = Array.from({ length: ENTRY_OPERATIONS[operation] - 1 }, () => this.partner(x, known))
        return writer.entry(operation, x, ...others)
      }
    }
  }

  private reduce(x: Value): Value {
    const { dice, writer } = this
    const axes = x.shape.flatMap((_, axis) => (dice.below(2) === 0 ? [axis] : []))
    const fold = dice.pick(FOLDS)
    const y = writer.apply('reduce', [x], { fold, axes })
    // Means rather than sums, and nothing infinite.
    const bounded = writer.entry('max', writer.entry('min', y, 1e4), -1e4)
    const count = axes.reduce((product, axis) => product * Math.max(x.shape[axis] as number, 1), 1)
    const mean = writer.entry('mul', bounded, Math.fround(1 / count))
    if (dice.below(2) === 0) return mean
    // As it is used mostly: with the axes that it lost, to be combined with what it was made of.
    const shape = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    return writer.entry('sub', x, writer.apply('reshape', [mean], { shape }))
  }

  /** A product with another value of a fitting shape, over axes in some order. */
  private contract(x: Value): Value {
    const { dice, writer } = this
    const kinds = x.shape.map(() => dice.pick(['batch', 'sum', 'free'] as const))
    const named = x.shape.flatMap((_, axis) => (kinds[axis] === 'free' ? [] : [axis]))
    const order = [...named].sort(() => dice.next() - 0.5)
    const more = Array.from({ length: dice.below(3) }, () => 1 + dice.below(5))
    const shape = [...order.map(axis => x.shape[axis] as number), ...more]
    if (sizeOf(shape) > this.most || sizeOf(x.shape) * sizeOf(more) > this.most) return x
    const pairs = (kind: 'batch' | 'sum') =>
      order.flatMap((axis, i) => (kinds[axis] === kind ? [[axis, i] as const] : []))
    const sum = pairs('sum')
    const factors = [writer.entry('tanh', x), this.input(shape)]
    const product = writer.apply('contract', factors, { batch: pairs('batch'), sum })
    const count = sum.reduce((total, [axis]) => total * Math.max(x.shape[axis] as number, 1), 1)
    return writer.entry('mul', product, Math.fround(1 / count))
  }

  private lookup(x: Value): Value {
    const { dice, writer } = this
    const { shape } = x
    const axis = dice.below(shape.length)
    const length = shape[axis]
    if (length === undefined || length === 0) return x
    const batch = dice.below(axis + 1)
    if (dice.below(2) === 0) {
      const indices = [...shape.slice(0, batch), ...[2, 3].slice(dice.below(3))]
      if (sizeOf(shape) * sizeOf(indices.slice(batch)) > this.most * length) return x
      return writer.apply('gather', [x, this.places(indices, length)], { axis, batch })
    }
    const taken = dice.below(shape.length - axis) + 1
    const indices = [...shape.slice(0, batch), ...shape.slice(axis, axis + taken)]
    const among = 1 + dice.below(9)
    const y = writer.apply('scatterAdd', [x, this.places(indices, among)], { axis, batch, length: among })
    return writer.entry('mul', y, Math.fround(1 / Math.max(sizeOf(indices.slice(batch)), 1)))
  }

  /** What depends on the order along an axis, and what is made of nothing. */
  private ordered(x: Value): Value {
    const { dice, writer } = this
    const { shape } = x
    const axis = dice.below(shape.length)
    const length = shape[axis]
    if (length === undefined) return this.made()
    switch (dice.below(3)) {
      case 0: {
        const sums = writer.apply('cumulativeSum', [x], { axis })
        return writer.entry('mul', sums, Math.fround(1 / Math.max(length, 1)))
      }
      case 1: {
        const fitting = this.exact.filter(({ shape }) => shape.length > 0)
        if (fitting.length === 0) return this.made()
        const of = dice.pick(fitting)
        const last = of.shape.length - 1
        const places = writer.apply('argSort', [of], {})
        if (dice.below(2) === 0) return writer.entry('div', places, Math.max(of.shape.at(-1) as number, 1))
        return writer.apply('gather', [of, places], { axis: last, batch: last })
      }
      default:
        return this.made()
    }
  }

  private made(): Value {
    const { dice, writer } = this
    if (dice.below(2) === 0) {
      const length = dice.pick(LENGTHS)
      return writer.entry('div', writer.apply('iota', [], { length }), Math.max(length, 1))
    }
    const key = this.places([4], 2 ** 16)
    const options = { shape: this.shape() }
    const y = dice.below(2)
      ? writer.apply('uniform', [key], options)
      : writer.apply('bernoulli', [key, this.input([])], options)
    this.exact.push(y)
    return y
  }

  /** Windows that fit in some axes. */
  private windows(shape: Shape) {
    const { dice } = this
    const axes = shape.flatMap((length, axis) => (length > 1 && dice.below(2) ? [axis] : []))
    const sizes = axes.map(axis => 1 + dice.below(Math.min(shape[axis] as number, 4)))
    const dilations = axes.map((axis, i) => {
      const most = Math.floor(((shape[axis] as number) - 1) / Math.max((sizes[i] as number) - 1, 1))
      return 1 + dice.below(Math.min(Math.max(most, 1), 3))
    })
    return { axes, sizes, dilations, strides: axes.map(() => 1 + dice.below(3)) }
  }

  private view(x: Value): Value {
    const { dice, writer } = this
    const { shape } = x
    switch (dice.below(9)) {
      case 7: {
        const windows = this.windows(shape)
        const fold = dice.pick(FOLDS)
        const every = writer.apply('windows', [x], windows)
        if (dice.below(2) === 0 || sizeOf(every.shape) > this.most) {
          const y = writer.apply('reduceWindows', [x], { ...windows, fold })
          return writer.entry('mul', y, Math.fround(1 / sizeOf(windows.sizes)))
        }
        if (dice.below(2) === 0) return every
        const lengths = windows.axes.map(axis => shape[axis] as number)
        const y = writer.apply('overlapAdd', [every], { ...windows, lengths })
        return writer.entry('mul', y, Math.fround(1 / sizeOf(windows.sizes)))
      }
      case 8: {
        const axis = dice.below(shape.length)
        if (shape.length === 0 || sizeOf(shape) > this.most / 4) return x
        const more = Array.from({ length: dice.below(3) }, () => this.input(shape.with(axis, dice.below(4))))
        return writer.apply('concatenate', dice.below(2) ? [x, ...more] : [...more, x, x], { axis })
      }
      case 0: {
        const lengths = shape.map(length => dice.below(length + 1))
        const starts = shape.map((length, axis) => dice.below(length - (lengths[axis] as number) + 1))
        return writer.apply('slice', [x], { starts, lengths })
      }
      case 1:
        return writer.apply('flip', [x], { axes: shape.flatMap((_, axis) => (dice.below(2) ? [axis] : [])) })
      case 2: {
        const left = shape.map((_, axis) => axis)
        const axes = shape.map(() => left.splice(dice.below(left.length), 1)[0] as number)
        return writer.apply('permute', [x], { axes })
      }
      case 5: {
        if (sizeOf(shape) > this.most / 3) return x
        const counts = () => shape.map(() => dice.below(3))
        return writer.apply('pad', [x], { before: counts(), after: counts() })
      }
      case 3: {
        if (sizeOf(shape) > this.most / 3) return writer.apply('reshape', [x], { shape: [sizeOf(shape)] })
        const repeated = shape.map(length => (length === 1 && dice.below(2) ? 1 + dice.below(3) : length))
        return writer.apply('expand', [x], { shape: [1 + dice.below(2), ...repeated] })
      }
      case 4:
        return writer.apply('reshape', [x], {
          shape: [...shape].flatMap(length => (dice.below(3) ? [length] : [1, length])),
        })
      default:
        return writer.apply('reshape', [x], {
          shape: shape.length > 1 ? [sizeOf(shape.slice(0, 2)), ...shape.slice(2)] : [...shape, 1],
        })
    }
  }
}
