/** What all kernels demand, and refuse in the same words. */
import { GradstreamError } from '../core/index.ts'

export function mismatch(kernel: string, expected: string, got: string | number): GradstreamError {
  return new GradstreamError('SHAPE_MISMATCH', { place: `kernel ${kernel}`, expected, got: String(got) })
}
