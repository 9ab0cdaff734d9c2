/** Rows of indices, such as those of words, have to be places that there are. */
import {
  type Demand,
  fitOf,
  GradstreamError,
  isWholeNumbers,
  type ResolvedNode,
  showExpectation,
  type Tensor,
} from '../../core/index.ts'

/** What nodes ask of indices at the inputs of a graph. */
export const indexDemands = (nodes: readonly ResolvedNode[]): readonly Demand[] =>
  fitOf(nodes).demands.filter(
    ({ input, expectation }) => input.producer.definition.role === 'input' && isWholeNumbers(expectation),
  )

/** @throws GradstreamError `INDEX_MISMATCH` that names the row and the entry */
export function demandIndices({ loss, expectation }: Demand, { data, shape }: Tensor, place: string): void {
  if (!isWholeNumbers(expectation)) return
  const [from, to] = expectation.whole
  const at = data.findIndex((x: number) => !(Number.isInteger(x) && x >= from && x <= to))
  if (at < 0) return
  const size = data.length / (shape[0] as number)
  const entry = size === 1 ? '' : `, entry ${at % size}`
  throw new GradstreamError('INDEX_MISMATCH', {
    place: `${place}, row ${Math.floor(at / size)}${entry}`,
    expected: `${showExpectation(expectation)}, as "${loss.id}" requires`,
    got: String(data[at]),
  })
}
