/** Gives a model what another one has learned. */
import {
  attempt,
  CheckFailed,
  check,
  checkedAt,
  entriesOf,
  GradstreamError,
  isRecord,
  listOf,
  type Numbers,
  recordOf,
  sameShape,
  show,
  showShape,
  Tensor,
  type TensorLike,
  tensor,
} from '../../core/index.ts'
import type { Engine } from './engine.ts'
import { type Held, heldBy, namedAmong, tensorsOf, unknownAmong } from './held.ts'
import { fromPytorch, nameFromKeras, permuted } from './layouts.ts'
import type { Versioned } from './versioned.ts'

/** What `model.load` takes as a tensor: also one of `readSafetensors`. */
export type Loadable = TensorLike | { toTensor(): Tensor }

export interface LoadOptions {
  /**
   * Which parts of the model to load, by the names of nodes (`'dense1'`), blocks or parameters (`'dense1.kernel'`); other tensors are left
   * out, and what an optimizer remembers as well. By default all, and each tensor needs a place.
   */
  readonly only?: readonly string[]
  /**
   * The names of the model for those of the tensors: `{ fc1: 'dense1' }` for a name or what a name begins with, or a function that gives
   * the name, or undefined for a tensor that is to be left out. By default the names are those of the model.
   */
  readonly rename?: Readonly<Record<string, string>> | ((name: string) => string | undefined)
  /** Tensors whose axes stand in another order, by the names of the model: `{ 'dense1.kernel': [1, 0] }`. None by default. */
  readonly transpose?: Readonly<Record<string, readonly number[]>>
  /** Whose names and layouts the tensors have; `'gradstream'` by default. After `rename`, the names begin with those of the nodes. */
  readonly from?: 'gradstream' | 'pytorch' | 'keras'
}

/** The number of training steps, among what a model has learned: optimizers compute with it. */
export const STEP = 'step'

/** All that a model has learned, until the next step. */
export const stateNow = (engine: Engine): Record<string, Tensor> =>
  recordOf([
    ...tensorsOf(engine, () => true),
    [STEP, new Tensor([], Float64Array.of(engine.step))] as [string, Tensor],
  ])

/** @returns the names of what was loaded */
export function loadInto(
  engine: Engine,
  tensors: Readonly<Record<string, Loadable>>,
  options: LoadOptions = {},
): string[] {
  engine.begin()
  const place = 'model.load'
  const { only, rename, transpose, from, entries } = checkedLoad(tensors, options)
  const held = heldBy(engine)
  const given = translated(engine, renamed(entries, rename), from)
  for (const [name, axes] of transpose) {
    const turned = given.get(name)
    if (!turned || !held.has(name)) throw unknownAmong(held, name, place)
    given.set(name, turnedBy(turned, axes, name))
  }
  if (!only && isWhole(held, given)) return loadWhole(engine, given, place)
  // What optimizers remember goes with all the rest and with the number of the step, or begins anew.
  const named = only ? namedAmong(held, only, place) : held
  const places = new Map([...named].filter(([, { kind }]) => kind !== 'slot'))
  for (const name of given.keys())
    if (only ? !places.has(name) : name === STEP || isSlot(name, held)) given.delete(name)
  demandFit(places, given, place)
  assign(engine, places, given)
  return [...places.keys()]
}

/** Loads everything, what optimizers remember and the number of the step included. */
export function loadWhole(engine: Engine, tensors: ReadonlyMap<string, Tensor>, place: string): string[] {
  const held = heldBy(engine)
  const given = new Map(tensors)
  const step = stepIn(given.get(STEP), place)
  given.delete(STEP)
  demandFit(held, given, place)
  assign(engine, held, given)
  engine.startAfter(step)
  return [...held.keys()]
}

const isWhole = (held: ReadonlyMap<string, Held>, given: ReadonlyMap<string, Tensor>) =>
  given.has(STEP) &&
  [...held.keys()].every(name => given.has(name)) &&
  [...given.keys()].every(name => held.has(name) || !isSlot(name, held))

/** Whether an optimizer, perhaps another one, remembers a tensor of that name for a parameter. */
const isSlot = (name: string, held: ReadonlyMap<string, Held>) =>
  held.get(name)?.kind !== 'parameter' && held.get(name.slice(0, name.lastIndexOf('/')))?.kind === 'parameter'

function checkedLoad(tensors: Readonly<Record<string, Loadable>>, options: LoadOptions) {
  const place = 'model.load'
  return checkedAt(place, 'INVALID_OPTION', () => {
    const known = ['only', 'rename', 'transpose', 'from']
    const { only, rename = {}, transpose = {}, from = 'gradstream' } = check.options(options, known)
    if (only !== undefined) check.texts({ only })
    check.oneOf({ from }, ['gradstream', 'pytorch', 'keras'])
    const prefixes = typeof rename === 'function' ? rename : check.byName({ rename })
    if (typeof prefixes !== 'function') check.texts({ rename: prefixes.map(([, name]) => name) })
    const turns = check.byName({ transpose })
    for (const [name, axes] of turns)
      check.list({ [name]: axes }, 'of axes, such as [1, 0]', Number.isSafeInteger)
    const entries = tensorsIn(tensors).map(([name, each]): [string, () => Tensor] => [
      name,
      () => read(each, `${place}: "${name}"`),
    ])
    return { only, rename: prefixes, transpose: turns, from, entries }
  })
}

/** What has tensors is easily given in their place. */
function tensorsIn(tensors: Readonly<Record<string, Loadable>>): [string, Loadable][] {
  const isFile =
    attempt(() => isRecord(tensors) && isRecord(tensors.tensors) && 'metadata' in tensors) === true
  const hint = isFile
    ? 'Pass its tensors: model.load(readSafetensors(bytes).tensors).'
    : attempt(() => ArrayBuffer.isView(tensors) || tensors instanceof ArrayBuffer)
      ? 'Read them first: model.load(readSafetensors(bytes).tensors).'
      : 'Pass what a model has learned: model.load(other.state()).'
  const entries = isFile ? undefined : entriesOf<Loadable>(tensors)
  if (entries !== undefined && entries.length > 0) return entries
  throw new CheckFailed('tensors by name, such as model.state()', entries ? 'none' : show(tensors), { hint })
}

function read(given: Loadable, place: string): Tensor {
  const isStored = attempt(() => typeof (given as { toTensor?: unknown }).toTensor === 'function')
  const values = isStored ? (given as { toTensor(): Tensor }).toTensor() : (given as TensorLike)
  // It is copied into the model in any case.
  return attempt(() => values instanceof Tensor) ? (values as Tensor) : tensor(values, 'float64', place)
}

type Entries = readonly (readonly [name: string, read: () => Tensor])[]

function renamed(
  entries: Entries,
  rename: readonly [string, string][] | ((name: string) => string | undefined),
): Map<string, () => Tensor> {
  const made = new Map<string, () => Tensor>()
  for (const [name, tensor] of entries) {
    const own = typeof rename === 'function' ? calledBy(rename, name) : withPrefix(name, rename)
    if (own === undefined) continue
    if (made.has(own)) {
      throw new GradstreamError('DUPLICATE_NAME', {
        place: 'model.load: rename',
        expected: 'another name for each tensor',
        got: `"${own}" twice`,
      })
    }
    made.set(own, tensor)
  }
  return made
}

function calledBy(rename: (name: string) => string | undefined, name: string): string | undefined {
  let own: unknown
  try {
    own = rename(name)
  } catch (cause) {
    throw wrongRename(`"${show(cause)}" for "${name}"`, cause)
  }
  if (own === undefined || typeof own === 'string') return own
  throw wrongRename(`${show(own)} for "${name}"`)
}

const wrongRename = (got: string, cause?: unknown) =>
  new GradstreamError('INVALID_OPTION', {
    place: 'model.load: rename',
    expected: 'a name, or undefined for a tensor that is to be left out',
    got,
    cause,
  })

/** A name begins with another one as a whole: `fc1` begins `fc1.weight`, and not `fc10.weight`. */
function withPrefix(name: string, prefixes: readonly (readonly [string, string])[]): string {
  const [from, to] =
    prefixes.find(([prefix]) => name.startsWith(prefix) && /^($|[./])/.test(name.slice(prefix.length))) ?? []
  return from === undefined ? name : `${to}${name.slice(from.length)}`
}

function translated(
  engine: Engine,
  given: ReadonlyMap<string, () => Tensor>,
  from: 'gradstream' | 'pytorch' | 'keras',
): Map<string, Tensor> {
  const entries = [...given].map(
    ([name, read]) => [from === 'keras' ? nameFromKeras(name) : name, read()] as const,
  )
  const tensors = new Map(entries)
  if (from !== 'pytorch') return tensors
  return fromPytorch(
    tensors,
    [...engine.nodes.values()].map(({ resolved }) => resolved),
  )
}

function turnedBy(tensor: Tensor, axes: readonly number[], name: string): Tensor {
  if ([...axes].sort().join() === [...tensor.shape.keys()].join()) return permuted(tensor, axes)
  throw new GradstreamError('INVALID_OPTION', {
    place: `model.load: transpose "${name}"`,
    expected: `each of the axes ${[...tensor.shape.keys()].join(', ')} once`,
    got: show(axes),
  })
}

function demandFit(
  places: ReadonlyMap<string, Held>,
  given: ReadonlyMap<string, Tensor>,
  place: string,
): void {
  const missing = [...places.keys()].filter(name => !given.has(name))
  const homeless = [...given.keys()].filter(name => !places.has(name))
  const others = [...places].flatMap(([name, { shape }]) => {
    const own = given.get(name)
    return own && !sameShape(own.shape, shape)
      ? [`${name} ${showShape(own.shape)} and not ${showShape(shape)}`]
      : []
  })
  const faults = [
    ...(missing.length > 0 ? [`none for ${listOf(missing)}`] : []),
    ...(homeless.length > 0 ? [`no place for ${listOf(homeless)}`] : []),
    ...others.slice(0, MOST_FAULTS),
  ]
  if (faults.length === 0) return
  const isStateAlone =
    faults.length === 1 && missing.length > 0 && missing.every(name => places.get(name)?.kind === 'state')
  throw new GradstreamError('WEIGHTS_MISMATCH', {
    place,
    expected: 'a tensor for each parameter and state of the model, and a place for each tensor',
    got: faults.join('; '),
    ...(isStateAlone && {
      hint: 'Pass model.state(), which has the state of nodes too, or name the parts with { only }.',
    }),
  })
}

const MOST_FAULTS = 5

function stepIn(step: Tensor | undefined, place: string): number {
  const [value = -1] = step?.data ?? []
  if (step?.size === 1 && Number.isSafeInteger(value) && value >= 0) return value
  throw new GradstreamError('WEIGHTS_MISMATCH', {
    place: `${place}: "${STEP}"`,
    expected: 'the number of training steps',
    got: step ? step.toString() : 'none',
  })
}

function assign(engine: Engine, places: ReadonlyMap<string, Held>, given: ReadonlyMap<string, Tensor>): void {
  const byVersion = new Map<Versioned, Map<string, Numbers>>()
  for (const [name, { version, entry }] of places) {
    const values = byVersion.get(version) ?? new Map<string, Numbers>()
    values.set(entry, (given.get(name) as Tensor).data)
    byVersion.set(version, values)
  }
  engine.assigned()
  for (const [version, values] of byVersion) version.assign(values)
}
