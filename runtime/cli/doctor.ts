/** `gradstream doctor`: which kernels run here, how fast they are, and how to get faster ones. */
import { arch, availableParallelism, platform } from 'node:os'
import Table from 'cli-table3'
import { GradstreamError, type Kernels, RandomKey } from '../../core/index.ts'
import { findBlas } from '../../kernels/blas/library.ts'
import { createKernels, type KernelsName } from '../../kernels/index.ts'

/** The width and height of the matrices in the speed test. */
const SIZE = { reference: 128, wasm: 512, blas: 512 } as const
const REPETITIONS = 20

export function doctor(): string {
  const table = new Table({
    head: ['kernels', 'what runs', 'matrix product'],
    colAligns: ['left', 'left', 'right'],
    style: { head: [], border: [], compact: true },
  })
  for (const name of ['blas', 'wasm', 'reference'] as const) table.push([name, ...examined(name)])
  const chosen = createKernels()
  chosen.dispose()
  const { library, reason } = { reason: '', ...findBlas() }
  return [
    `Node ${process.version} on ${platform()} ${arch()}, ${availableParallelism()} threads at once`,
    table.toString(),
    `kernels: 'auto' selects ${chosen.name}.`,
    library ? `The BLAS library is ${library.path}.` : `To get faster kernels: ${reason}.`,
  ].join('\n')
}

/** Describes kernels and their speed, or why they do not run. */
function examined(name: Exclude<KernelsName, 'auto'>): [what: string, speed: string] {
  let kernels: Kernels
  try {
    kernels = createKernels({ kernels: name })
  } catch (error) {
    return [error instanceof GradstreamError ? `not here: ${error.got}` : String(error), '']
  }
  const size = SIZE[name]
  const gigaflops = (2 * size ** 3) / productTime(kernels, size) / 1e6
  kernels.dispose()
  return [kernels.description, `${gigaflops.toPrecision(3)} GFLOP/s`]
}

/** The best time of a matrix product, in milliseconds. */
function productTime(kernels: Kernels, size: number): number {
  const matrix = (seed: number) => kernels.tensor([size, size], RandomKey.of(seed).uniform(size * size, -1))
  const [a, b, lease] = [matrix(1), matrix(2), kernels.lease()]
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < REPETITIONS; i++) {
    kernels.lend(lease)
    const start = performance.now()
    kernels.matMul(a, b)
    best = Math.min(best, performance.now() - start)
  }
  return best
}
