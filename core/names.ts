/** The names that a definition gives to what it takes, makes and keeps: in one record they must not stand for two things. */
import { GradstreamError, show } from './errors.ts'

/** What the inputs of a variadic node are called beyond its named ones. */
const COUNTED = /^input\d+$/
/** A record holds names that are numbers in an order of its own, and a dot parts a node from what belongs to it. */
const UNUSABLE = /^\d+$|\./

/** Names by what they are names of: `{ 'an input': ['x'], 'an output': ['y'] }`. */
export type NamesByKind = Readonly<Record<string, readonly string[]>>

/**
 * Demands that names can be told apart.
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
        refuse(`${kind} to have a name that is no number and has no dot`, show(name))
      if (variadic && COUNTED.test(name))
        refuse(`${kind} to have a name that no further input has, such as input3`, show(name))
      const other = known.get(name)
      if (other !== undefined) refuse(`${kind} to have a name of its own`, `${show(name)}, as ${other} has`)
      known.set(name, kind)
    }
  }
}
