/** What the factories of nodes and optimizers have in common. */
import { boolean, CheckFailed, checkedAt, text } from './checks.ts'
import type { Config, Definition } from './definition.ts'
import { GradstreamError, listOf, show } from './errors.ts'
import type { Layer } from './port.ts'

/** Options that every node takes besides its own. */
export interface NodeOptions {
  /** The node's name; by default its type and order, as in `dense1`. */
  readonly name?: string
  /** Whether optimizers may change its parameters; true by default. */
  readonly trainable?: boolean
}

/** Options that every optimizer takes besides its own. */
export interface OptimizerOptions {
  readonly name?: string
  /**
   * Which parameters it updates, by node (`'dense1'`) or one by one (`'dense1.kernel'`). By default all trainable
   * ones that its loss reaches and that no other optimizer names.
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

/** Checks that a definition has what it cannot do without. */
export function checkDefinition(define: string, spec: object, names: readonly string[]): void {
  const written = spec as Readonly<Record<string, unknown>>
  const missing = names.find(name => written[name] === undefined)
  if (missing === undefined) return
  throw new GradstreamError('INVALID_CONFIG', {
    place: `${define}: ${written.type ?? 'a definition without type'}`,
    expected: `a definition with ${names.join(', ')}`,
    got: `one without ${missing}`,
    hint: `Add ${missing} to the definition.`,
  })
}

/** Checks the options of a node where they are written, and makes the node. */
export function layerOf(definition: Definition, options: unknown = {}): Layer {
  const { type } = definition
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new GradstreamError('INVALID_CONFIG', {
      place: type,
      expected: 'an object of options',
      got: show(options),
    })
  }
  const { name, ...rest } = options as Record<string, unknown>
  // An optimizer names parameters, every other node may be frozen; neither knows the other's option.
  const common = definition.role === 'optimizer' ? 'parameters' : 'trainable'
  const { [common]: choice, ...own } = rest
  const place = typeof name === 'string' ? name : type
  if (name !== undefined) checkedAt(type, 'INVALID_CONFIG', () => text({ name: name as string }))
  const trainable = common === 'trainable' && choice !== undefined ? (choice as boolean) : true
  checkedAt(place, 'INVALID_CONFIG', () => boolean({ trainable }))
  return {
    definition,
    config: checkedConfig(definition, own, place),
    name: name as string | undefined,
    trainable,
    parameters: common === 'parameters' && choice !== undefined ? parameterNames(choice, place) : undefined,
  }
}

/** The full config of a node; options that it does not know are refused, since they are mostly misspelt. */
export function checkedConfig(definition: Definition, options: Config, place: string): Config {
  const config = checkedAt(place, 'INVALID_CONFIG', () => {
    try {
      return definition.config(options)
    } catch (cause) {
      if (cause instanceof GradstreamError || cause instanceof CheckFailed) throw cause
      const expected = `options that ${definition.type} can take`
      throw new GradstreamError('INVALID_CONFIG', { place, expected, got: show(cause), cause })
    }
  })
  const unknown = Object.keys(options).find(key => !Object.hasOwn(config, key))
  if (unknown === undefined) return config
  throw new GradstreamError('INVALID_CONFIG', {
    place,
    expected: `options among ${listOf([...Object.keys(config), 'name', definition.role === 'optimizer' ? 'parameters' : 'trainable'])}`,
    got: `"${unknown}"`,
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
