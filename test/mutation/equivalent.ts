/** Mutants that compute the same. One that a test does tell apart is reported, so that this list stays true. */
import type { Mutant } from './mutants.ts'

export const EQUIVALENT: readonly { file: string; change: string; reason: string }[] = [
  {
    file: 'nodes/optimizers/rms-prop.ts',
    change: 'the sign of k.scale(g, 1 - rho) flipped',
    reason: 'the mean of gradients is only squared',
  },
  {
    file: 'nodes/layers/zero-padding2d.ts',
    change: 'the sign of k.slice(dx, i + 1, before, x.shape[i + 1] as number) flipped',
    reason: 'it is sliced along two axes, and two signs cancel',
  },
  {
    file: 'kernels/reference/reference-kernels.ts',
    change: 'standardDeviation: count > 1 ? Math.sqrt(deviations / count) : 0,',
    reason: 'a single number is its own mean',
  },
  {
    file: 'kernels/wasm/assembly/finite.ts',
    change: 'another f32.const at » in return n > 0 ? seen(odd, loadFirst(x, n, all(»0))) : odd',
    reason: 'what fills the last vector is looked at, and 1 is as finite as 0',
  },
  {
    file: 'kernels/wasm/assembly/statistics.ts',
    change: 'another f32.const at » in return »0',
    reason: 'where nothing is finite there is no distance from the origin, and the mean is 0 / 0 anyway',
  },
]

export const equivalentOf = ({ file, change }: Mutant) =>
  EQUIVALENT.find(known => known.file === file && known.change === change)
