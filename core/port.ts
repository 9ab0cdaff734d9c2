/** Ports: what node functions take and return while you write a graph. */
import type { Config, Definition } from './definition.ts'
import { GradstreamError, show } from './errors.ts'
import { adviceOn, attempt, THING, type Thing, thingOf } from './things.ts'

/** What a port carries. This type decides which outputs `predict` returns. */
export type PortKind = 'value' | 'loss' | 'update'

/** One use of a block, and the one around it. */
export interface Scope {
  readonly name: string
  readonly outer: Scope | undefined
}

/** One node with its config; applying it more than once shares its parameters. */
export interface Layer {
  readonly definition: Definition
  readonly config: Config
  readonly name: string | undefined
  readonly trainable: boolean
  /** The block that it was made in. */
  readonly scope: Scope | undefined
  /** The parameters that an optimizer updates; undefined for all that its loss reaches. */
  readonly parameters: readonly string[] | undefined
}

/** One use of a layer. */
export interface Application {
  readonly layer: Layer
  readonly inputs: readonly (Port | undefined)[]
}

/** A function from a port to a port, for `pipe`. */
export type PortFunction<Kind extends PortKind = 'value', Inputs extends string = string> = (
  port: Port,
) => Port<Kind, Inputs>

/**
 * An output of a node, to connect to the inputs of others. Immutable; `graph` builds the graph from it. Its
 * type carries its kind and the names of the inputs it depends on, `string` if unknown. Neither prevents
 * assigning one port to another.
 */
export class Port<Kind extends PortKind = PortKind, Inputs extends string = string> {
  /** For type checking only. */
  declare readonly kind: Kind
  readonly application: Application
  readonly output: string

  constructor(application: Application, output: string) {
    this.application = application
    this.output = output
  }

  /** For error texts. */
  get [THING](): Thing {
    const { definition } = this.application.layer
    const which = definition.outputs.length > 1 ? ` "${this.output}"` : ''
    const article = /^[aeiou]/i.test(definition.type) ? 'an' : 'a'
    const code = { input: 'x', node: 'prediction', loss: 'loss', optimizer: 'update', weights: 'update' }[
      definition.role
    ]
    return { kind: 'port', words: `a port (the output${which} of ${article} ${definition.type})`, code }
  }

  /** `x.pipe(f, g)` is `g(f(x))`. */
  pipe<Functions extends readonly ((port: Port) => Port)[]>(
    ...functions: number extends Functions['length'] ? Functions : never
  ): ReturnType<Functions[number]>
  pipe(): Port<Kind, Inputs>
  pipe<A extends Port>(a: (port: this) => A): A
  pipe<A extends Port, B extends Port>(a: (port: this) => A, b: (port: A) => B): B
  pipe<A extends Port, B extends Port, C extends Port>(
    a: (port: this) => A,
    b: (port: A) => B,
    c: (port: B) => C,
  ): C
  pipe<A extends Port, B extends Port, C extends Port, D extends Port>(
    a: (port: this) => A,
    b: (port: A) => B,
    c: (port: B) => C,
    d: (port: C) => D,
  ): D
  pipe<A extends Port, B extends Port, C extends Port, D extends Port, E extends Port>(
    a: (port: this) => A,
    b: (port: A) => B,
    c: (port: B) => C,
    d: (port: C) => D,
    e: (port: D) => E,
  ): E
  pipe<A extends Port, B extends Port, C extends Port, D extends Port, E extends Port, F extends Port>(
    a: (port: this) => A,
    b: (port: A) => B,
    c: (port: B) => C,
    d: (port: C) => D,
    e: (port: D) => E,
    f: (port: E) => F,
  ): F
  pipe<
    A extends Port,
    B extends Port,
    C extends Port,
    D extends Port,
    E extends Port,
    F extends Port,
    G extends Port,
  >(
    a: (port: this) => A,
    b: (port: A) => B,
    c: (port: B) => C,
    d: (port: C) => D,
    e: (port: D) => E,
    f: (port: E) => F,
    g: (port: F) => G,
  ): G
  pipe<
    A extends Port,
    B extends Port,
    C extends Port,
    D extends Port,
    E extends Port,
    F extends Port,
    G extends Port,
    H extends Port,
  >(
    a: (port: this) => A,
    b: (port: A) => B,
    c: (port: B) => C,
    d: (port: C) => D,
    e: (port: D) => E,
    f: (port: E) => F,
    g: (port: F) => G,
    h: (port: G) => H,
  ): H
  /** Types do not follow further functions one by one, so the inputs of the result are unknown. */
  pipe<
    A extends Port,
    B extends Port,
    C extends Port,
    D extends Port,
    E extends Port,
    F extends Port,
    G extends Port,
    H extends Port,
    Last extends PortKind,
  >(
    a: (port: this) => A,
    b: (port: A) => B,
    c: (port: B) => C,
    d: (port: C) => D,
    e: (port: D) => E,
    f: (port: E) => F,
    g: (port: F) => G,
    h: (port: G) => H,
    ...more: [...((port: Port) => Port)[], (port: Port) => Port<Last>]
  ): Port<Last>
  pipe(...functions: ((port: never) => Port)[]): Port {
    return functions.reduce<Port>((port, apply) => applied(port, apply), this)
  }
}

/** Applies a function to a port, and checks both the function and its result. */
function applied(port: Port, apply: unknown): Port {
  const kind = thingOf(apply)?.kind
  const isFactory = kind === 'factory' || kind === 'optimizer factory'
  if (typeof apply !== 'function' || isFactory)
    throw misused('a function from a port to a port, such as relu()', show(apply), adviceOn('apply', apply))
  let result: unknown
  try {
    result = apply(port)
  } catch (cause) {
    if (cause instanceof GradstreamError) throw cause
    throw misused(
      'a function from a port to a port',
      `${show(apply)}, which threw "${show(cause)}"`,
      undefined,
      cause,
    )
  }
  if (attempt(() => result instanceof Port)) return result as Port
  const ports = thingOf(result)
  const hint =
    ports?.code && `Choose one of its outputs: x.pipe(x => ${nameOf(apply)}(x).${firstOf(result)}).`
  throw misused('each function to return a port', `${show(result)} from ${show(apply)}`, hint)
}

const nameOf = (apply: unknown) => (apply as { name?: string }).name || 'split'

const firstOf = (ports: unknown) => Object.keys(ports as object)[0]

function misused(expected: string, got: string, hint: string | undefined, cause?: unknown): GradstreamError {
  const usual = 'Pass functions from ports to ports: x.pipe(dense({ units: 3 }), relu()).'
  return new GradstreamError('INVALID_OPTION', { place: 'pipe', expected, got, hint: hint ?? usual, cause })
}

/** The names of the inputs that ports depend on. */
export type InputsOf<P> = P extends Port<PortKind, infer Inputs> ? Inputs : never

/** Checks that the arguments of a node function are ports. Missing ones are left for `validate` to report. */
export function portsOf(
  layer: Layer,
  code: () => string,
  given: readonly unknown[],
): readonly (Port | undefined)[] {
  const { definition } = layer
  const names = definition.inputs.join(', ')
  const wrong = given.find(port => port !== undefined && attempt(() => port instanceof Port) !== true)
  if (wrong === undefined && given.every(port => port === undefined || port instanceof Port))
    return given as readonly (Port | undefined)[]
  const many =
    thingOf(wrong)?.kind === 'ports'
      ? `Pass the ${definition.inputs.length === 1 ? 'port itself' : 'ports as separate arguments'}: ${code()}(${names}).`
      : undefined
  const call = `Write ${code()}(${names}), where each is a port such as x = input({ name: 'x', shape: [30] }).`
  throw new GradstreamError('INVALID_OPTION', {
    place: layer.name ?? definition.type,
    expected:
      definition.inputs.length === 1 ? `a port for its input "${names}"` : `ports for its inputs ${names}`,
    got: show(wrong),
    hint: many ?? adviceOn('port', wrong) ?? call,
  })
}
