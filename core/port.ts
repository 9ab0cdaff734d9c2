/** Ports: what node functions take and give while a graph is written down. */
import type { Config, Definition } from './definition.ts'

/** What a port carries: the type decides what `predict` gives. */
export type PortKind = 'value' | 'loss' | 'update'

/** One node with its config; applying it more than once shares its parameters. */
export interface Layer {
  readonly definition: Definition
  readonly config: Config
  readonly name: string | undefined
  readonly trainable: boolean
  /** Which parameters an optimizer takes, where it is not all that its loss reaches. */
  readonly parameters: readonly string[] | undefined
}

/** One use of a layer. */
export interface Application {
  readonly layer: Layer
  readonly inputs: readonly (Port | undefined)[]
}

export type PortFunction<Kind extends PortKind = 'value'> = (port: Port) => Port<Kind>

/** An output of a node, to be connected to inputs of others. Immutable; the graph is read off it by `graph`. */
export class Port<Kind extends PortKind = PortKind> {
  declare readonly kind: Kind
  readonly application: Application
  readonly output: string

  constructor(application: Application, output: string) {
    this.application = application
    this.output = output
  }

  /** `x.pipe(f, g)` is `g(f(x))`. */
  pipe<Kind extends PortKind>(last: PortFunction<Kind>): Port<Kind>
  pipe<Kind extends PortKind>(a: PortFunction<PortKind>, last: PortFunction<Kind>): Port<Kind>
  pipe<Kind extends PortKind>(...all: [...PortFunction<PortKind>[], PortFunction<Kind>]): Port<Kind>
  pipe(...functions: PortFunction<PortKind>[]): Port {
    return functions.reduce<Port>((port, apply) => apply(port), this)
  }
}
