/** Reports what a source of data throws as an error of the data. */
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
