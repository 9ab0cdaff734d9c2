/** Mutants that compute the same. One that a test does tell apart is reported, so that this list stays true. */
import type { Mutant } from './mutants.ts'

export const EQUIVALENT: readonly { file: string; change: string; reason: string }[] = [
  { file: 'nodes/activations/relu.ts', change: 'the sign of 0 flipped', reason: '-0 is 0' },
  {
    file: 'nodes/optimizers/sgd.ts',
    change: 'the sign of undefined flipped',
    reason: 'there is nothing to flip',
  },
  {
    file: 'kernels/reference/primitive-kernels.ts',
    change: 'const whole = y.size / (before || (-1))',
    reason: 'where there is nothing before the axis, there are no entries either',
  },
  {
    file: 'kernels/reference/primitive-kernels.ts',
    change:
      'for (let i = 0; i < y.size; i++) y.data[i] = (words[i] as number) < probability * (-2) ** 32 ? 1 : 0',
    reason: 'an even power',
  },
  {
    file: 'kernels/reference/primitive-kernels.ts',
    change: 'return this.map(x, x => (x < 1 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))))',
    reason: 'both formulas are the same function, and between 0 and 1 neither overflows',
  },
  {
    file: 'kernels/reference/primitive-kernels.ts',
    change: 'standardDeviation: count > 1 ? Math.sqrt(deviations / count) : 0,',
    reason: 'a single number is its own mean',
  },
  {
    file: 'kernels/wasm/assembly/elementwise.ts',
    change: 'another f32.const at » in function map<F>(y: usize, x: usize, n: i32, p: f32 = »0): void {',
    reason: 'where no number is given, the formula has none',
  },
  {
    file: 'kernels/wasm/assembly/elementwise.ts',
    change:
      'another f32.const at » in function zip<F>(y: usize, a: usize, b: usize, rows: i32, columns: i32, aStride: usize, bStride: usize, single: i32, p: f32 = »0): void {',
    reason: 'where no number is given, the formula has none',
  },
  {
    file: 'kernels/wasm/assembly/elementwise.ts',
    change:
      'another f32.const at » in v128.store(y + j, formula.apply(f32x4.add(v128.load(y + j), v128.load(bias + j)), all(»0)))',
    reason: 'no activation has a number',
  },
  {
    file: 'kernels/wasm/assembly/elementwise.ts',
    change:
      'another f32.const at » in storeFirst(y + whole, formula.apply(f32x4.add(v128.load(y + whole), v128.load(bias + whole)), all(»0)), rest)',
    reason: 'no activation has a number',
  },
  {
    file: 'kernels/wasm/assembly/finite.ts',
    change: 'another f32.const at » in return n > 0 ? seen(odd, loadFirst(x, n, all(»0))) : odd',
    reason: 'what fills the last vector is looked at, and 1 is as finite as 0',
  },
  {
    file: 'kernels/wasm/assembly/functions.ts',
    change: 'the opposite of f32x4.neg at » in const y = f32x4.div(»f32x4.neg(t), f32x4.add(t, all(2)))',
    reason: 'the result takes its sign from x',
  },
  {
    file: 'kernels/wasm/assembly/optimizers.ts',
    change:
      'another f32.const at » in if (weightDecay == 0) descend(next, value, gradient, n, all(-learningRate), false, all(»0), flag)',
    reason: 'where nothing decays, nobody asks how much',
  },
  {
    file: 'kernels/wasm/assembly/statistics.ts',
    change: 'another f32.const at » in return »0',
    reason: 'where nothing is finite there is no distance from the origin, and the mean is 0 / 0 anyway',
  },
]

export const equivalentOf = ({ file, change }: Mutant) =>
  EQUIVALENT.find(known => known.file === file && known.change === change)
