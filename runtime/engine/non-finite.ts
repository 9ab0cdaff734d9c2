/** Numbers that are not finite: which one it is, and where the first of them came from. */
import { GradstreamError, type Kernels, recordOf, type Tensor, type Wire } from '../../core/index.ts'
import type { LiveNode } from './live-node.ts'
import type { LiveParameter } from './live-parameter.ts'
import type { Versioned } from './versioned.ts'

/** The part of an engine that is looked through. */
interface Searched {
  readonly kernels: Kernels
  readonly nodes: ReadonlyMap<string, LiveNode>
  readonly parameters: ReadonlyMap<string, LiveParameter>
  readonly states: ReadonlyMap<string, Versioned>
  /** The pass in which nodes were fired last: what earlier ones left is not looked at. */
  readonly fired: number
}

/** Where the first number of a step arose that is not finite. */
export interface Origin {
  /** In words: `the output of exp1`. */
  readonly place: string
  readonly node: string
  /** What the node did; undefined for a value that the step began with. */
  readonly direction?: 'forward' | 'backward' | 'update'
  /** What it was computed from, each with the range of its numbers where they are known. */
  readonly inputs: Readonly<Record<string, readonly [minimum: number, maximum: number] | null>>
}

const origins = new WeakMap<object, Origin>()

/** Where an error of non-finite numbers, or what caused it, arose. */
export function originOf(error: unknown): Origin | undefined {
  for (let at = error; at instanceof GradstreamError; at = at.cause) {
    const origin = origins.get(at)
    if (origin) return origin
  }
  return undefined
}

/** A tensor that a unit was about to send, when it was found not to be finite. */
interface Checked {
  readonly place: string
  readonly name: string
  readonly tensor: Tensor
}

interface Looked {
  readonly place: string
  readonly node: string
  readonly direction?: 'forward' | 'backward'
  readonly tensor: Tensor | undefined
  readonly from: () => Iterable<readonly [name: string, tensor: Tensor | undefined]>
}

/**
 * Where the first number arose that is not finite, in the order in which a step computes: what it began with, values from
 * the inputs on, gradients from the loss back. It looks at all tensors, so it is asked only when a step has failed.
 */
export function firstNonFinite(
  searched: Searched,
  range: 'forward' | 'all',
  checked?: Checked,
): Origin | undefined {
  const { kernels } = searched
  for (const { tensor, from, ...where } of inOrder(searched, range, checked))
    if (tensor !== undefined && !kernels.allFinite(tensor))
      return { ...where, inputs: rangesOf(from(), kernels) }
  return undefined
}

function rangesOf(tensors: ReturnType<Looked['from']>, kernels: Kernels): Origin['inputs'] {
  return recordOf(
    [...tensors].map(([name, tensor]) => {
      if (tensor === undefined) return [name, null]
      const { minimum, maximum } = kernels.statistics(tensor)
      return [name, [minimum, maximum] as const]
    }),
  )
}

function* inOrder(
  { nodes, parameters, states, fired }: Searched,
  range: 'forward' | 'all',
  checked: Checked | undefined,
): Generator<Looked> {
  const given = (version: Versioned, place: (name: string) => string, node: string): Looked[] =>
    version.names.map(name => ({
      place: place(name),
      node,
      tensor: version.present[name],
      from: () => [],
    }))
  for (const [key, { version }] of parameters)
    yield* given(version, name => `the ${name} of ${key}`, nodeIn(key))
  for (const [id, version] of states) yield* given(version, name => `the ${name} of ${id}`, id)
  const on = (wire: Wire) => (wire.pass === fired ? wire.tensor : undefined)
  const sentBy = (place: string, name: string) =>
    checked?.place === place && checked.name === name ? checked.tensor : undefined
  const inputsOf = function* ({ resolved, parameters }: LiveNode) {
    for (const { producer, output } of resolved.inputs) {
      const from = nodes.get(producer.id) as LiveNode
      yield [placeOf(from, output), on(from.output(output).forward)] as const
    }
    for (const [name, parameter] of parameters) yield [`${resolved.id}.${name}`, parameter.used] as const
  }
  for (const node of nodes.values()) {
    const { id, outputs, definition } = node
    const what = definition.role === 'input' ? DATA : 'the output of'
    for (const { name, forward } of outputs) {
      const place = `${what} ${placeOf(node, name)}`
      yield {
        place,
        node: id,
        direction: 'forward',
        tensor: sentBy(node.forward.place, name) ?? on(forward),
        from: () => inputsOf(node),
      }
    }
  }
  if (range === 'forward') return
  for (const node of [...nodes.values()].reverse()) {
    const { id, outputs, backward } = node
    if (backward.fired !== fired) continue
    const common = { node: id, direction: 'backward' } as const
    for (const { name } of outputs) {
      const place = `the gradient at the output of ${placeOf(node, name)}`
      const tensor = sentBy(backward.place, name) ?? backward.gradientAt(name)
      yield { ...common, place, tensor, from: () => [] }
    }
    const from = function* () {
      for (const { name } of outputs) yield ['the gradient at its output', backward.gradientAt(name)] as const
      yield* inputsOf(node)
    }
    for (const { name, wire } of backward.gradients) {
      const tensor = sentBy(backward.place, name) ?? on(wire)
      yield { ...common, place: `the gradient of ${id}.${name}`, tensor, from }
    }
  }
}

/** Where the next value of a parameter or state is not finite, although all that it is made from is. */
export function updateOrigin({ kernels, parameters, fired }: Searched, place: string, name: string): Origin {
  const { version, gradient } = parameters.get(place) ?? {}
  const from = Object.entries({
    ...version?.present,
    gradient: gradient?.pass === fired ? gradient.tensor : undefined,
  })
  return {
    place: `the next ${name} of ${place}`,
    node: nodeIn(place),
    direction: 'update',
    inputs: rangesOf(version ? from : [], kernels),
  }
}

const nodeIn = (key: string) => key.replace(/\.[^.]*$| state$/, '')

const placeOf = ({ id, outputs }: LiveNode, name: string) => (outputs.length > 1 ? `${id}.${name}` : id)

const DATA = 'the data for'

const OF_DATA =
  'Replace such numbers. Data in memory are checked before the first step, so do not change an array during the run.'

/** The error of a tensor that is not finite; `origin` says where the first such number arose, unless that is the tensor itself. */
export function notFinite(
  place: string,
  { data }: Tensor,
  origin: Origin | undefined,
  isItself: boolean,
): GradstreamError {
  const entry = data.findIndex(value => !Number.isFinite(value))
  const where = data.length > 1 ? ` at entry ${entry} of ${data.length}` : ''
  const from = origin === undefined || isItself ? '' : `; the first non-finite number is in ${origin.place}`
  const error = new GradstreamError('NOT_FINITE', {
    place,
    expected: 'finite numbers',
    got: `${data[entry]}${where}${from}`,
    ...(origin?.place.startsWith(DATA) && { hint: OF_DATA }),
  })
  if (origin) origins.set(error, origin)
  return error
}
