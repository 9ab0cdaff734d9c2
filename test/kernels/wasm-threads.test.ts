/** The kernels in WebAssembly keep the contract on several threads, and give the same bytes on any number of them. */
import { describe, expect, test } from 'vitest'
import { type Kernels, RandomKey, sizeOf, type Tensor, type Transposition } from '../../core/index.ts'
import { createKernels } from '../../kernels/index.ts'
import { countOf } from '../support/counts.ts'
import { kernelsContract } from './contract.ts'
import { redZones } from './red-zones.ts'

kernelsContract('wasm on 3 threads', {
  make: () => createKernels({ kernels: 'wasm', threads: 3 }),
  surroundings: redZones,
  precisions: ['float32'],
  hasOtherProducts: true,
})

const bytesOf = ({ data }: Tensor): Buffer =>
  Buffer.from(new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength))

const TRANSPOSITIONS: readonly Transposition[] = ['nn', 'nt', 'tn']

/** Rows, columns and depths: many pieces of rows, of columns, few of either, and too small for a second thread. */
const SIZES = [
  [256, 256, 256],
  [129, 513, 33],
  [513, 129, 65],
  [1000, 10, 100],
  [10, 1000, 100],
  [3, 2000, 131],
  [2000, 3, 131],
  [1, 4001, 130],
  [4001, 1, 130],
  [70, 70, 1000],
  [777, 777, 1],
  [13, 17, 29],
  [1, 1, 130],
] as const

const VALUES = RandomKey.of(3).uniform(550_000, -2, 2)

/** Whatever is computed of random numbers: results by what they are. */
function everything(k: Kernels): Map<string, Buffer> {
  const results = new Map<string, Buffer>()
  const random = (shape: number[], seed: number) =>
    k.tensor(shape, VALUES.subarray(seed, seed + sizeOf(shape)))
  for (const [m, n, inner] of SIZES) {
    for (const transposition of TRANSPOSITIONS) {
      k.lend(k.lease())
      const a = random(transposition === 'tn' ? [inner, m] : [m, inner], 1)
      const b = random(transposition === 'nt' ? [n, inner] : [inner, n], 2)
      results.set(`'${transposition}' [${m}, ${n}] over ${inner}`, bytesOf(k.matMul(a, b, transposition)))
    }
  }
  k.lend(k.lease())
  const [x, t, kernel, bias] = [
    random([300, 130], 3),
    random([300, 130], 4),
    random([130, 67], 5),
    random([67], 6),
  ]
  const dJ = k.fill([], 1)
  const others: Record<string, Tensor> = {
    affine: k.tanh(k.affine(x, kernel, bias)),
    softmax: k.softmax(x),
    logSoftmax: k.logSoftmax(x),
    sum: k.sum(x),
    sumTo: k.sumTo(x, [130]),
    softplus: k.softplus(x),
    'a loss': k.sum(k.mul(t, k.logSoftmax(x))),
    'its gradient': k.mul(dJ, k.sub(k.mul(k.softmax(x), k.sumLastAxis(t)), t)),
    bernoulli: k.bernoulli([300, 7], 0.5, RandomKey.of(1)),
  }
  for (const [name, y] of Object.entries(others)) results.set(name, bytesOf(y))
  return results
}

function expectSame(got: Map<string, Buffer>, expected: Map<string, Buffer>): void {
  expect(got.size).toBe(expected.size)
  for (const [name, bytes] of expected) {
    if (Buffer.compare(bytes, got.get(name) as Buffer) !== 0) expect.fail(`${name} has other bytes`)
  }
}

describe('the same bytes', () => {
  const alone = createKernels({ kernels: 'wasm', threads: 1 })
  const expected = everything(alone)
  alone.dispose()

  test.each([1, 2, 3])('come from threads: %s, on every run', threads => {
    const k = createKernels({ kernels: 'wasm', threads })
    for (let run = 0; run < 2; run++) expectSame(everything(k), expected)
    k.dispose()
  })

  test('come from helpers that slept meanwhile, or were only just started', async () => {
    for (let round = 0; round < 2; round++) {
      const k = createKernels({ kernels: 'wasm', threads: 8 })
      expectSame(everything(k), expected)
      // Not a time to wait for: helpers start and fall asleep whenever they do, and the result must not depend on it.
      await new Promise(resolve => setImmediate(resolve))
      expectSame(everything(k), expected)
      k.dispose()
    }
  })

  test.each([
    [1000, 10, 100],
    [2000, 3, 131],
    [2001, 5, 41],
    [57, 1001, 13],
  ])('come from neighbours of a piece that end beside it: [%s, %s] over %s', async (m, n, inner) => {
    const k = createKernels({ kernels: 'wasm', threads: 3 })
    const lease = k.lease()
    const [a, b] = [
      k.tensor([m, inner], VALUES.subarray(0, m * inner)),
      k.tensor([inner, n], VALUES.subarray(0, inner * n)),
    ]
    const product = () => {
      // An entry that is lost shows what was there before.
      k.lend(lease)
      k.fill([m, n], -1e9)
      k.lend(lease)
      return bytesOf(k.matMul(a, b))
    }
    const alone = createKernels({ kernels: 'wasm', threads: 1 })
    alone.lend(alone.lease())
    const wanted = bytesOf(alone.matMul(alone.tensor(a.shape, a.data), alone.tensor(b.shape, b.data)))
    for (let run = 0; run < countOf({ usual: 40, full: 800 }); run++) {
      // Now and then the helpers may come into being.
      if (run % 100 === 1) await new Promise(resolve => setImmediate(resolve))
      if (Buffer.compare(product(), wanted) !== 0) expect.fail(`run ${run} has other bytes`)
    }
    alone.dispose()
    k.dispose()
  })
})
