/**
 * Every kernel on every small shape: it computes what the reference computes in float64, and writes nothing beyond its
 * result. Blocks have exactly the room for what is lent from them first, so what is written beyond an end meets the
 * surroundings.
 */
import { expect, test } from 'vitest'
import {
  FOLDS,
  type Kernels,
  RandomKey,
  type Shape,
  sameShape,
  type Tensor,
  type Windows,
} from '../../../core/index.ts'
import { ReferenceKernels } from '../../../kernels/index.ts'
import { Dice } from '../../support/dice.ts'
import type { Bed } from './bed.ts'
import { typedPool } from './plain.ts'

const SIDE = 40
const LENGTHS = 70
const KEY = RandomKey.of(5)

const WINDOWS: readonly Windows[] = [
  { axes: [1], sizes: [2], strides: [2], dilations: [1] },
  { axes: [0, 1], sizes: [3, 2], strides: [1, 2], dilations: [2, 1] },
]

/** Numbers of a shape: any, or probabilities in (0, 1), or those of rows that sum up to 1. */
interface Draw {
  any(shape: Shape, seed?: number): Tensor
  share(shape: Shape, seed?: number): Tensor
}

type Run = (k: Kernels, shape: [rows: number, columns: number], draw: Draw) => readonly Tensor[] | Tensor

/** By the name of the kernel. Each is called in every way that goes through the module on another path. */
const RUNS: Readonly<Record<string, Run>> = {
  fill: (k, shape) => k.fill(shape, 0.5),
  copy: (k, shape, { any }) => k.copy(any(shape)),
  reshape: (k, [r, c], { any }) => k.reshape(any([r, c]), [c, r]),
  slice: (k, [r, c], { any }) => [
    k.slice(any([r, c]), 0, r >> 1, r - (r >> 1)),
    k.slice(any([r, c]), 1, c >> 1, c - (c >> 1)),
  ],
  concatenate: (k, [r, c], { any }) => [
    k.concatenate([any([r, c]), any([1, c], 1)], 0),
    k.concatenate([any([r, c]), any([r, 1], 1)], 1),
  ],
  bernoulli: (k, shape) => k.bernoulli(shape, 0.4, KEY),
  uniform: (k, shape) => k.uniform(shape, KEY),
  normal: (k, shape) => k.normal(shape, KEY),
  iota: (k, [r, c]) => k.iota(r * c),
  ...Object.fromEntries(
    (['add', 'sub', 'mul', 'div', 'equal'] as const).map((name): [string, Run] => [
      name,
      (k, [r, c], { any, share }) => {
        const all = any([r, c])
        // Not near 0, since it divides as well.
        const others = [[r, c], [c], [r, 1], [], [1, 1]].map(shape => k.addScalar(share(shape, 1), 0.5))
        return others.flatMap(other => [k[name](all, other), k[name](other, k.addScalar(share([r, c]), 0.5))])
      },
    ]),
  ),
  addScaled: (k, shape, { any }) => k.addScaled(any(shape), any(shape, 1), -0.75),
  wherePositive: (k, shape, { any }) => {
    const [x, a, b] = [any(shape), any(shape, 1), any(shape, 2)]
    return [
      k.wherePositive(x, a, b),
      k.wherePositive(x, a, 0),
      k.wherePositive(x, 2, b),
      k.wherePositive(x, 1, 0),
    ]
  },
  scale: (k, shape, { any }) => k.scale(any(shape), -1.5),
  addScalar: (k, shape, { any }) => k.addScalar(any(shape), 0.3),
  oneMinus: (k, shape, { any }) => k.oneMinus(any(shape)),
  maximum: (k, shape, { any }) => k.maximum(any(shape), 0.25),
  greater: (k, shape, { any }) => k.greater(any(shape), 0.25),
  abs: (k, shape, { any }) => k.abs(any(shape)),
  square: (k, shape, { any }) => k.square(any(shape)),
  sqrt: (k, shape, { share }) => k.sqrt(share(shape)),
  exp: (k, shape, { any }) => k.exp(any(shape)),
  expm1: (k, shape, { any }) => k.expm1(any(shape)),
  log: (k, shape, { share }) => k.log(share(shape)),
  tanh: (k, shape, { any }) => k.tanh(any(shape)),
  sin: (k, shape, { any }) => k.sin(any(shape)),
  cos: (k, shape, { any }) => k.cos(any(shape)),
  pow: (k, [r, c], { any, share }) => [
    k.pow(share([r, c]), any([c], 1)),
    k.pow(any([r, c]), 3),
    k.pow(2, any([r, c])),
  ],
  relu: (k, shape, { any }) => k.relu(any(shape)),
  sigmoid: (k, shape, { any }) => k.sigmoid(any(shape)),
  softplus: (k, shape, { any }) => k.softplus(any(shape)),
  softmax: (k, shape, { any }) => k.softmax(any(shape)),
  logSoftmax: (k, shape, { any }) => k.logSoftmax(any(shape)),
  sumLastAxis: (k, shape, { any }) => k.sumLastAxis(any(shape)),
  argMaxLastAxis: (k, shape, { any }) => k.argMaxLastAxis(any(shape)),
  sum: (k, shape, { any }) => k.sum(any(shape)),
  mean: (k, shape, { any }) => k.mean(any(shape)),
  sumTo: (k, [r, c], { any }) => [[c], [1, c], [r, 1], []].map(to => k.sumTo(any([r, c]), to)),
  addAll: (k, shape, { any }) => k.addAll([any(shape), any(shape, 1), any(shape, 2)]),
  matMul: (k, [r, c], { any }) => [
    k.matMul(any([r, c]), any([c, 9], 1)),
    k.matMul(any([r, 9]), any([9, c], 1)),
    k.matMul(any([r, 3]), any([3, c], 1)),
    k.matMul(any([r, 9]), any([c, 9], 1), 'nt'),
    k.matMul(any([9, r]), any([9, c], 1), 'tn'),
    k.matMul(any([c, r]), any([c, 1], 1), 'tn'),
  ],
  affine: (k, [r, c], { any }) => k.affine(any([r, 5]), any([5, c], 1), any([c], 2)),
  minimum: (k, shape, { any }) => k.minimum(any(shape), any(shape, 1)),
  less: (k, shape, { any }) => k.less(any(shape), any(shape, 1)),
  where: (k, shape, { any }) => k.where(k.greater(any(shape), 0), any(shape, 1), any(shape, 2)),
  neg: (k, shape, { any }) => k.neg(any(shape)),
  floor: (k, shape, { any }) => k.floor(any(shape)),
  log1p: (k, shape, { share }) => k.log1p(share(shape)),
  erf: (k, shape, { any }) => k.erf(any(shape)),
  permute: (k, shape, { any }) => k.permute(any(shape), [1, 0]),
  expand: (k, [r, c], { any }) => [k.expand(any([c]), [r, c]), k.expand(any([r, 1]), [r, c])],
  flip: (k, shape, { any }) => [k.flip(any(shape), [0]), k.flip(any(shape), [1])],
  windows: (k, shape, { any }) => WINDOWS.map(windows => k.windows(any(shape), windows)),
  reduceWindows: (k, shape, { any }) =>
    WINDOWS.flatMap(windows => FOLDS.map(fold => k.reduceWindows(any(shape), fold, windows))),
  overlapAdd: (k, [r, c], { any }) =>
    k.overlapAdd(any([r, c, 3]), {
      axes: [0],
      sizes: [3],
      strides: [2],
      dilations: [2],
      lengths: [2 * r + 3],
    }),
  cumulativeSum: (k, shape, { any }) => [k.cumulativeSum(any(shape), 0), k.cumulativeSum(any(shape))],
  argSort: (k, shape, { any }) => k.argSort(any(shape)),
  sort: (k, shape, { any }) => k.sort(any(shape)),
  gather: (k, [r, c], { any }) => {
    const [rows, places] = [k.floor(k.mul(k.iota(5), r / 5)), k.argSort(any([r, c], 1))]
    return [
      k.gather(any([r, c]), rows),
      k.gather(any([r, c]), places, 1, 1),
      k.gather(any([c, r, 3]), rows, 1),
    ]
  },
  scatterAdd: (k, [r, c], { any }) => {
    const places = k.floor(k.mul(k.iota(r), 0.4))
    return [
      k.scatterAdd(any([r, c]), places, { length: r }),
      k.scatterAdd(any([c, r]), places, { axis: 1, length: r + 2 }),
    ]
  },
  pad: (k, shape, { any }) => k.pad(any(shape), [1, 2], [0, 3]),
  contract: (k, [r, c], { any }) =>
    k.contract(any([3, r, 2]), any([3, 2, c], 1), { batch: [[0, 0]], sum: [[2, 1]] }),
  max: (k, shape, { any }) => [[0], [1], [0, 1]].map(axes => k.max(any(shape), axes)),
  min: (k, shape, { any }) => [[0], [1], [0, 1]].map(axes => k.min(any(shape), axes)),
  keepAxes: (k, shape, { any }) => k.keepAxes(k.sum(any(shape), [0]), shape, [0]),
  'a layer, and what follows': (k, [r, c], { any }) => {
    const y = k.relu(k.affine(any([r, 5]), any([5, c], 1), any([c], 2)))
    const slope = k.wherePositive(y, k.softmax(y), 0)
    return [y, k.sumTo(slope, [c]), k.matMul(any([r, 5]), slope, 'tn')]
  },
}

/** What lends no tensor: it is called as well, since it might write all the same. */
const LOOKS: Readonly<Record<string, (k: Kernels, x: Tensor) => unknown>> = {
  allFinite: (k, x) => k.allFinite(x),
  checkFinite: (k, x) => k.checkFinite(x),
  foundNonFinite: k => k.foundNonFinite(),
  statistics: (k, x) => k.statistics(x),
  copyTotals: k => k.copyTotals(k.totals(3), k.totals(3)),
  tally: (k, x) => k.tally(k.totals(1), 0, x),
  tallyColumns: (k, x) => k.tallyColumns(k.totals(x.shape.at(-1) ?? 1), 0, x),
  tallyMoments: (k, x) => k.tallyMoments(k.totals(3), 0, x),
}

/** How memory is given out, which the other sections try. */
const MEMORY = [
  ...['tensor', 'lease', 'lend', 'owns', 'free', 'empty', 'record', 'dispose', 'totals'],
  ...['close', 'keep', 'flush', 'settle', 'discard'],
]

const methodsOf = (object: object): string[] => {
  const own = Object.entries(Object.getOwnPropertyDescriptors(object))
  const prototype = Object.getPrototypeOf(object) as object | null
  const names = own.filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
  return [
    ...names.map(([name]) => name),
    ...(prototype && prototype !== Object.prototype ? methodsOf(prototype) : []),
  ]
}

export function room(bed: Bed): void {
  const all = [
    ...Array.from({ length: SIDE * SIDE }, (_, i) => [1 + Math.floor(i / SIDE), 1 + (i % SIDE)] as const),
    ...Array.from({ length: LENGTHS - SIDE }, (_, i) => [1, SIDE + 1 + i] as const),
  ]
  // Drawn at random, more of those of one row and of one column: no pattern of sizes is left out.
  const dice = new Dice(all.length)
  const SHAPES = all.filter(
    ([rows, columns]) => dice.next() < bed.drawn * (rows === 1 || columns === 1 ? 8 : 1),
  )
  const shares = new Map<number, Float32Array>()
  const share = (size: number, seed: number) => {
    const all = shares.get(seed) ?? typedPool(20_000, seed).map(x => 0.5 + 0.24 * x)
    shares.set(seed, all)
    return all.subarray(0, size)
  }
  const lent = (k: Kernels): Draw => {
    const draw = (shape: Shape, values: (size: number) => Float32Array) => {
      const x = k.empty(shape)
      x.data.set(values(x.size))
      return x
    }
    return {
      any: (shape, seed = 0) => draw(shape, size => typedPool(size, seed)),
      share: (shape, seed = 0) => draw(shape, size => share(size, seed)),
    }
  }

  /** As `bed.expectNear`, for finite numbers, and fast. */
  const expectAlike = (got: Tensor, wanted: Tensor, what: string) => {
    const [a, b] = [got.data, wanted.data]
    if (a.length !== b.length || !sameShape(got.shape, wanted.shape))
      expect.fail(`${what} has [${got.shape}]`)
    // What is made of numbers about 1 and comes to less has lost its first digits to a difference.
    let [largest, off] = [1, 0]
    for (let i = 0; i < b.length; i++) {
      largest = Math.max(largest, Math.abs(b[i] as number))
      off = Math.max(off, Math.abs((a[i] as number) - (b[i] as number)))
    }
    if (!(off <= bed.tolerance * largest))
      expect.fail(`${what} is off by ${off}, where ${largest} is the largest entry`)
  }

  test('no kernel is forgotten', () => {
    const tried = [...Object.keys(RUNS), ...Object.keys(LOOKS), ...MEMORY]
    const interfaced = methodsOf(new ReferenceKernels(bed.precision)).filter(name => name in bed.k)
    // What the implementations have for themselves.
    const own = ['allocate', 'capacity', 'release', 'view', 'lastAxis', 'keyNumbers']
    expect(interfaced.filter(name => !tried.includes(name) && !own.includes(name))).toEqual([])
  })

  test.each(Object.entries(RUNS))('%s', (name, run) => {
    const reference = new ReferenceKernels('float64')
    const other = reference.lease()
    for (const shape of SHAPES) {
      const what = `${name} [${shape}]`
      // A new one each time: what is lent first has exactly the room that it needs.
      const own = bed.k.lease()
      bed.k.lend(own)
      reference.lend(other)
      const got = [run(bed.k, [...shape], lent(bed.k))].flat()
      const wanted = [run(reference, [...shape], lent(reference))].flat()
      for (let i = 0; i < wanted.length; i++) expectAlike(got[i] as Tensor, wanted[i] as Tensor, what)
      bed.expectIntact(what)
      bed.k.free(own)
    }
  })

  test.each(Object.entries(LOOKS))('%s', (name, look) => {
    for (const shape of SHAPES) {
      bed.k.lend(bed.lease)
      look(bed.k, lent(bed.k).any(shape))
    }
    bed.expectIntact(name)
  })
}
