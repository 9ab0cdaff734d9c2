/** Numbers that are not finite: which one it is, and where the first of them came from. */
import { GradstreamError, type Kernels, type Tensor } from '../../core/index.ts'
import type { LiveNode } from './live-node.ts'
import type { LiveParameter } from './live-parameter.ts'

/** The part of an engine that is looked through. */
interface Searched {
  readonly kernels: Kernels
  readonly nodes: ReadonlyMap<string, LiveNode>
  readonly parameters: ReadonlyMap<string, LiveParameter>
}

/**
 * Where the first number arose that is not finite, in the order in which a step computes: what it began with, values from
 * the inputs on, gradients from the loss back. It looks at all tensors, so it is asked only when a step has failed. Undefined
 * where it is the output of the unit `of`, of which the error tells anyway.
 */
export function firstNonFinite(
  searched: Searched,
  range: 'forward' | 'all',
  of?: string,
): string | undefined {
  for (const [place, tensor, unit] of inOrder(searched, range))
    if (tensor !== undefined && !searched.kernels.allFinite(tensor))
      return unit !== undefined && unit === of ? undefined : place
  return undefined
}

function* inOrder(
  { nodes, parameters }: Searched,
  range: 'forward' | 'all',
): Generator<readonly [place: string, tensor: Tensor | undefined, unit?: string]> {
  for (const [key, { version }] of parameters)
    for (const name of version.names)
      yield [name === 'value' ? `the value of ${key}` : `the ${name} of ${key}`, version.present[name]]
  for (const { id, outputs, definition } of nodes.values()) {
    const what = definition.role === 'input' ? 'the data for' : 'the output of'
    for (const { name, forward } of outputs)
      yield [`${what} ${placeOf(id, outputs, name)}`, forward.tensor, `${id} forward`]
  }
  if (range === 'forward') return
  for (const { id, outputs, backward } of [...nodes.values()].reverse()) {
    for (const { name } of outputs)
      yield [`the gradient at the output of ${placeOf(id, outputs, name)}`, backward.gradientAt(name)]
    for (const { name, wire } of backward.gradients) yield [`the gradient of ${id}.${name}`, wire.tensor]
  }
}

const placeOf = (id: string, outputs: readonly unknown[], name: string) =>
  outputs.length > 1 ? `${id}.${name}` : id

/** The error of a tensor that is not finite; `origin` says where the first such number arose. */
export function notFinite(place: string, { data }: Tensor, origin: string | undefined): GradstreamError {
  const entry = data.findIndex(value => !Number.isFinite(value))
  const where = data.length > 1 ? ` at entry ${entry} of ${data.length}` : ''
  const from = origin === undefined ? '' : `; the first non-finite number is in ${origin}`
  return new GradstreamError('NOT_FINITE', {
    place,
    expected: 'finite numbers',
    got: `${data[entry]}${where}${from}`,
  })
}
