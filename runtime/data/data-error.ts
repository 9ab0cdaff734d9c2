/** What a source of data throws, told as the data's. */
import { GradstreamError, show } from '../../core/index.ts'

export function dataError(cause: unknown): GradstreamError {
  if (cause instanceof GradstreamError) return cause
  return new GradstreamError('DATA_FAILED', {
    place: 'data',
    expected: 'a batch',
    got: `"${show(cause)}"`,
    cause,
  })
}
