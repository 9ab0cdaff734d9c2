/** What the factories of nodes and optimizers have in common. */
import { presentScope } from './block.ts'
import { boolean, CheckFailed, checkedAt, checkingAll, entriesOf, text } from './checks.ts'
import { type Config, type Definition, isUpdating } from './definition.ts'
import { GradstreamError, listOf, show } from './errors.ts'
import { demandFiniteNumbers } from './finite.ts'
import { didYouMean, meantFor } from './nearest.ts'
import type { Layer } from './port.ts'
import { attempt, THING, type Thing, thingOf } from './things.ts'

/** Options that every node takes besides its own. */
export interface NodeOptions {
  /**
   * The node's name.
   *
   * @default its type and order, as in `dense1`
   */
  readonly name?: string
  /**
   * Whether optimizers may change its parameters.
   *
   * @default true
   */
  readonly trainable?: boolean
}

/** Options that every optimizer takes besides its own. */
export interface OptimizerOptions {
  /**
   * Its name.
   *
   * @default its type and order, as in `sgd1`
   */
  readonly name?: string
  /**
   * Which parameters it updates, by block (`'residual1'`), by node (`'dense1'`), one by one (`'dense1.kernel'`), or by a pattern in which `*`
   * stands for any characters (`'*.bias'`). By default all trainable ones that its loss reaches and that no other optimizer names.
   */
  readonly parameters?: readonly string[]
}

/** The parameters of a factory: the config function's own, with the common options added. */
export type FactoryArguments<Make extends (...options: never[]) => object, Common> =
  Parameters<Make> extends []
    ? [options?: Common]
    : Parameters<Make> extends [infer Options]
      ? [options: Options & Common]
      : Parameters<Make> extends [(infer Options)?]
        ? [options?: Options & Common]
        : never

/**
 * Reads a definition once, into a plain object, and checks that nothing required is missing, and that nothing is in it that means nothing.
 *
 * @param functions the entries that must be functions if present
 * @param others the entries that are neither required nor functions
 */
export function writtenDefinition<Spec extends object>(
  define: string,
  spec: Spec,
  { required, functions, others }: Readonly<Record<'required' | 'functions' | 'others', readonly string[]>>,
): Spec {
  const entries = entriesOf(spec)
  const refuse = (place: string, expected: string, got: string, hint: string) => {
    throw new GradstreamError('INVALID_CONFIG', { place, expected, got, hint })
  }
  const names = required.join(', ')
  if (entries === undefined)
    return refuse(
      define,
      `a definition: an object with ${names}`,
      show(spec),
      'docs/custom-nodes.md shows one.',
    ) as never
  const written = Object.fromEntries(entries)
  const place = `${define}: ${typeof written.type === 'string' && written.type !== '' ? written.type : 'a definition without type'}`
  const missing = required.find(name => written[name] === undefined)
  if (missing !== undefined) {
    const near = meantFor(
      missing,
      Object.keys(written).filter(name => !required.includes(name)),
    )
    const hint =
      near === undefined
        ? `Add ${missing} to the definition.`
        : `You wrote "${near}". Did you mean "${missing}"?`
    refuse(place, `a definition with ${names}`, `one without ${missing}`, hint)
  }
  if (typeof written.type !== 'string' || written.type === '')
    refuse(
      define,
      'type to be a non-empty string',
      show(written.type),
      "Name the type, such as type: 'swish'.",
    )
  const known = [...new Set([...required, ...functions, ...others])]
  const unknown = Object.keys(written).find(name => written[name] !== undefined && !known.includes(name))
  if (unknown !== undefined)
    refuse(
      place,
      `a definition with ${listOf(known)}`,
      `"${unknown}"`,
      didYouMean(unknown, known).hint ?? 'Remove it from the definition.',
    )
  for (const name of functions) {
    const value = written[name]
    if (value !== undefined && typeof value !== 'function')
      refuse(
        place,
        `${name} to be a function`,
        show(value),
        `Write ${name} as a function; docs/custom-nodes.md shows one.`,
      )
  }
  for (const name of LISTS) {
    const value = written[name]
    if (value !== undefined && !(Array.isArray(value) && value.every(entry => typeof entry === 'string')))
      refuse(place, `${name} to be a list of names`, show(value), `Write ${name}: ['x'].`)
  }
  for (const name of SWITCHES) {
    const value = written[name]
    if (value !== undefined && typeof value !== 'boolean')
      refuse(place, `${name} to be true or false`, show(value), `Write ${name}: true, or leave it out.`)
  }
  const { version = 1, domain = {} } = written as { version?: number; domain?: object }
  if (!Number.isSafeInteger(version) || version < 1)
    refuse(place, 'version to be a whole number above 0', show(version), 'Count versions from 1.')
  const intervals = entriesOf<unknown>(domain)
  const isInterval = (value: unknown) =>
    Array.isArray(value) && value.length === 2 && value.every(Number.isFinite)
  if (intervals?.every(([, interval]) => isInterval(interval)) !== true)
    refuse(place, 'domain to give an interval for each input', show(domain), 'Write domain: { x: [0, 1] }.')
  return written as Spec
}

const SWITCHES = ['variadic', 'replayable', 'remembers', 'rearranges']
const LISTS = [
  ...['inputs', 'optional', 'states', 'outputs', 'saved', 'nonDifferentiable'],
  ...['copies', 'sums', 'moments'],
]

/** Tells a factory from the functions it returns, and names it in error texts. */
export function thingOfFactory(definition: Definition): Thing {
  const kind = definition.role === 'optimizer' ? 'optimizer factory' : 'factory'
  return {
    kind,
    words: `the factory ${definition.type}`,
    get code() {
      return usualCall(definition)
    },
  }
}

/** Marks the function that a factory returns. */
export function nodeFunction<F extends (...inputs: never[]) => unknown>(layer: Layer, apply: F): F {
  const thing: Thing = {
    kind: 'node function',
    get words() {
      return `the node ${callOf(layer)}, which has not been applied to a port`
    },
    get code() {
      return callOf(layer)
    },
  }
  return Object.assign(apply, { [THING]: thing })
}

/** How a layer is written in code, without the options that have their default values: `dense({ units: 3 })`. */
export function callOf({ definition, config }: Layer): string {
  // A required option is always written, the others only if they differ from their defaults.
  const needed = firstOption(definition)
  const least = needed?.isNeeded ? { [needed.name]: config[needed.name] } : {}
  const usual = attempt(() => definition.config(least)) ?? {}
  const own = Object.entries(config).filter(
    ([name, value]) => Object.hasOwn(least, name) || show(usual[name]) !== show(value),
  )
  const options = own.map(([name, value]) => `${name}: ${show(value)}`).join(', ')
  return options === '' ? `${definition.type}()` : `${definition.type}({ ${options} })`
}

/** How a factory is usually called, with all required options: `relu()`, `dense({ units: 16 })`, `conv2d({ filters: 16, kernelSize: 3 })`. */
export function usualCall(definition: Definition): string {
  const options = usualOptions(definition)
  const written = Object.entries(options).map(
    ([name, value]) => `${name}: ${value === undefined ? '...' : show(value)}`,
  )
  return written.length === 0 ? `${definition.type}()` : `${definition.type}({ ${written.join(', ')} })`
}

const PLAIN = [16, 0.1, [30], 'x', true]
const USUAL: Readonly<Record<string, readonly number[]>> = {
  height: [64],
  kernelSize: [3],
  maximum: [1],
  minimum: [0],
  numHeads: [2],
  outputDim: [8],
  width: [64],
}

/** A value for each required option, as far as one is found: for the first a usual one, for the others those of an example. */
function usualOptions(definition: Definition): Readonly<Record<string, unknown>> {
  const example: Config = ('examples' in definition && definition.examples[0]?.config) || {}
  let options: Record<string, unknown> = {}
  for (let missing = refused(definition, options); missing !== undefined; ) {
    const own = Object.hasOwn(example, missing) ? [example[missing]] : []
    const values = [
      ...(USUAL[missing] ?? []),
      ...(Object.keys(options).length > 0 ? own : []),
      ...PLAIN,
      ...own,
    ]
    const value = values.find(
      value => refused(definition, { ...options, [missing as string]: value }) !== missing,
    )
    options = { ...options, [missing]: value }
    if (value === undefined) break
    missing = refused(definition, options)
  }
  return options
}

/** The option for which a config is refused. */
function refused(definition: Definition, options: Config): string | undefined {
  try {
    definition.config(options)
    return undefined
  } catch (error) {
    return error instanceof CheckFailed ? error.option : undefined
  }
}

/** The first required option, or simply the first. */
function firstOption(definition: Definition): { name: string; isNeeded: boolean } | undefined {
  const needed = refused(definition, {})
  if (needed !== undefined) return { name: needed, isNeeded: true }
  const [name] = Object.keys(attempt(() => definition.config({})) ?? {})
  return name === undefined ? undefined : { name, isNeeded: false }
}

const takes = (definition: Definition, name: string, value: unknown) =>
  attempt(() => definition.config({ [name]: value })) !== undefined

/** Checks the options of a node at the call that passes them, and makes the node. */
export function layerOf(definition: Definition, options: unknown = {}, more: readonly unknown[] = []): Layer {
  const { type } = definition
  const entries = more.length > 0 ? undefined : entriesOf(options as object)
  if (entries === undefined) throw noOptions(definition, options, more)
  const { name, ...rest } = Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<
    string,
    unknown
  >
  // Only optimizers and the links behind them take `parameters`, and only other nodes can be frozen.
  const common = isUpdating(definition) ? 'parameters' : 'trainable'
  const { [common]: choice, ...own } = rest
  const place = typeof name === 'string' ? name : type
  if (name !== undefined) checkedAt(type, 'INVALID_CONFIG', () => text({ name: name as string }))
  const trainable = common === 'trainable' && choice !== undefined ? (choice as boolean) : true
  checkedAt(place, 'INVALID_CONFIG', () => boolean({ trainable }))
  return {
    definition,
    config: checkedConfig(definition, own, place),
    name: name as string | undefined,
    scope: presentScope(),
    trainable,
    parameters: common === 'parameters' && choice !== undefined ? parameterNames(choice, place) : undefined,
  }
}

/** The error for ports, a number or a list in place of the options. */
function noOptions(definition: Definition, options: unknown, more: readonly unknown[]): GradstreamError {
  const { type, inputs } = definition
  const call = usualCall(definition)
  const given = [options, ...more]
  const isPorts = given.some(value => ['port', 'ports'].includes(thingOf(value)?.kind ?? ''))
  const option = firstOption(definition)?.name
  let hint = `Write ${call}.`
  if (isPorts) hint = `Options come first, then the ports: ${call}(${inputs.join(', ')}).`
  else if (option !== undefined && takes(definition, option, options))
    hint = `Write ${type}({ ${option}: ${show(options)} }).`
  return new GradstreamError('INVALID_CONFIG', {
    place: type,
    expected: 'an object of options',
    got: given.map(show).join(' and '),
    hint,
  })
}

/** The full config of a node. Unknown options are refused, since most are spelling mistakes. */
export function checkedConfig(definition: Definition, options: Config, place: string): Config {
  const config = checkedAt(place, 'INVALID_CONFIG', () => {
    try {
      const made = checkingAll(
        options,
        () => definition.config(options),
        () => `Pass it: ${usualCall(definition)}.`,
      )
      if (entriesOf(made) === undefined)
        throw new CheckFailed('config to return an object', show(made), {
          hint: 'Correct config in the definition.',
        })
      demandFiniteNumbers(made)
      return made
    } catch (cause) {
      if (cause instanceof GradstreamError) throw cause
      const expected = `options that ${definition.type} accepts`
      throw new GradstreamError('INVALID_CONFIG', { place, expected, got: show(cause), cause })
    }
  })
  const unknown = Object.keys(options).find(key => !Object.hasOwn(config, key))
  if (unknown === undefined) return config
  const common = isUpdating(definition) ? 'parameters' : 'trainable'
  const names = [...Object.keys(config), 'name', common]
  throw new GradstreamError('INVALID_CONFIG', {
    place,
    expected: `one of the options ${listOf(names)}`,
    got: `"${unknown}"`,
    hint: 'Use one of these options.',
    ...didYouMean(unknown, names),
  })
}

function parameterNames(parameters: unknown, place: string): readonly string[] {
  const valid =
    Array.isArray(parameters) && parameters.length > 0 && parameters.every(name => typeof name === 'string')
  if (valid) return parameters
  throw new GradstreamError('INVALID_CONFIG', {
    place,
    expected: 'parameters to be a list of names such as ["dense1", "dense2.kernel"]',
    got: show(parameters),
  })
}
