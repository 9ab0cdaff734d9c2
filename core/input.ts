/** `input`: where values enter a graph. */
import { sampleShape } from './checks.ts'
import type { NodeDefinition } from './definition.ts'
import { layerOf, thingOfFactory } from './factory.ts'
import { Port } from './port.ts'
import type { PortShape } from './shape.ts'
import { THING } from './things.ts'

const never = () => {
  throw new Error('an input is fed, it does not fire')
}

const definition: NodeDefinition = {
  role: 'input',
  type: 'input',
  version: 1,
  config: options => ({ shape: sampleShape({ shape: (options as { shape: PortShape }).shape }) }),
  inputs: [],
  optional: [],
  variadic: false,
  outputs: ['value'],
  saved: [],
  nonDifferentiable: [],
  domain: {},
  examples: [{ config: { shape: [30] }, inputs: {} }],
  shapes: (_, { shape }) => ({ value: [null, ...(shape as PortShape)] }),
  parameters: () => ({}),
  state: () => ({}),
  forward: never,
  backward: never,
}

export interface InputOptions<Name extends string = string> {
  /**
   * The name of its column in the data, and of its rows in `predict`.
   *
   * @default its type and order, as in `input1`
   */
  readonly name?: Name
  /**
   * The shape of one sample, without the batch axis: `[30]`. A length of `null` leaves an axis open, as in `[null, 32]`: it varies from
   * batch to batch, and all samples of a batch share it. Required.
   */
  readonly shape: PortShape
}

/** The name if its type is a single literal, otherwise `string`. */
type OneName<Name extends string, Whole extends string = Name> = [
  Name extends string ? ([Whole] extends [Name] ? true : false) : never,
] extends [true]
  ? Name
  : string

/**
 * An input of a graph. `shape` describes one sample; the batch axis is implied.
 *
 * @throws GradstreamError `INVALID_CONFIG` if the shape is not a list of whole numbers above 0 and nulls.
 * @example input({ name: 'x', shape: [30] }) // takes batches [batch, 30]
 * @example input({ name: 'x', shape: [null, 32] }) // sequences of 32 features, of any length
 */
export const input = Object.assign(
  <const Name extends string = string>(
    options: InputOptions<Name>,
    ...more: never[]
  ): Port<'value', OneName<Name>> =>
    new Port<'value', OneName<Name>>({ layer: layerOf(definition, options, more), inputs: [] }, 'value'),
  { definition, [THING]: thingOfFactory(definition) },
)
