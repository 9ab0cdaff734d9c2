/**
 * The names in a definition. Inputs, outputs, parameters and saved values share a record, so each name must
 * be unique.
 */
import { GradstreamError, show } from './errors.ts'

/** The names of further inputs of a variadic node. */
const COUNTED = /^input\d+$/
/** Objects reorder numeric keys, and a dot separates a node from its parts. */
const UNUSABLE = /^\d+$|\./

/** Names by kind: `{ 'an input': ['x'], 'an output': ['y'] }`. */
export type NamesByKind = Readonly<Record<string, readonly string[]>>

/**
 * Checks that names are distinct and usable.
 *
 * @throws GradstreamError `INVALID_CONFIG` at `place`
 */
export function demandNames(place: string, names: NamesByKind, { variadic = false } = {}): void {
  const refuse = (expected: string, got: string) => {
    const hint = 'Use another name in the definition.'
    throw new GradstreamError('INVALID_CONFIG', { place, expected, got, hint })
  }
  const known = new Map<string, string>()
  for (const [kind, own] of Object.entries(names)) {
    for (const name of own) {
      if (typeof name !== 'string' || name === '' || UNUSABLE.test(name))
        refuse(`${kind} to have a name that is not a number and has no dot`, show(name))
      if (variadic && COUNTED.test(name))
        refuse(`${kind} to have a name that no further input can have, such as input3`, show(name))
      const other = known.get(name)
      if (other !== undefined) refuse(`${kind} to have a unique name`, `${show(name)}, the name of ${other}`)
      known.set(name, kind)
    }
  }
}
