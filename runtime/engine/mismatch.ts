/** The error for a node that returns another shape than it announced. */
import { GradstreamError, type PortShape, showShape } from '../../core/index.ts'

export function mismatch(place: string, what: string, expected: PortShape, got: PortShape): GradstreamError {
  return new GradstreamError('SHAPE_MISMATCH', {
    place,
    expected: `${what} with the shape ${showShape(expected)}`,
    got: showShape(got),
    hint: 'Correct what the node returns, or the shapes in its definition.',
  })
}
