/** "Did you mean ...?" */
import { aliased, answered } from './elsewhere.ts'
import { remembered } from './remembered.ts'

/**
 * The name that was probably meant: one that differs only in case, one that starts with what was written, or
 * the closest one, with at most about a third of the letters changed.
 */
export function nearest(given: unknown, names: Iterable<string>): string | undefined {
  if (typeof given !== 'string' || given === '' || given.length > 60) return undefined
  const own = given.toLowerCase()
  let best: string | undefined
  let least = Math.min(3, Math.floor((given.length + 1) / 3)) + 0.5
  let seen = 0
  for (const name of names) {
    if (++seen > 1000) break
    const other = name.toLowerCase()
    const begins = own.length > 1 && other.startsWith(own)
    const changes = own === other ? 0 : begins ? 0.4 : distance(own, other, least)
    if (changes >= least) continue
    best = name
    least = changes
  }
  return best
}

/**
 * The hint `Did you mean "dense1"?`, or what to write instead of a name of another framework, or none. A name that differs only in how it
 * is spelled comes first, and one that contains what was written comes last.
 */
export function didYouMean(given: unknown, names: Iterable<string>): { hint?: string } {
  if (typeof given !== 'string') return {}
  const known = [...names]
  const spelled = known.find(name => remembered(name) === remembered(given))
  const same = spelled ?? aliased(given, known)
  const answer = same === undefined ? answered(given) : undefined
  if (answer !== undefined) return { hint: answer }
  const name = same ?? nearest(given, known) ?? containing(given, known)
  return name === undefined ? {} : { hint: `Did you mean "${name}"?` }
}

/** Which of the names that were given was probably meant for this one. */
export function meantFor(name: string, given: readonly string[]): string | undefined {
  const part = remembered(name)
  return (
    given.find(other => aliased(other, [name]) !== undefined) ??
    nearest(name, given) ??
    given.find(other => part.length > 3 && remembered(other).includes(part))
  )
}

/** The name that is spelled almost so, or that stands for one of another framework; of those that are looked up and may well not be there. */
export const nearestOf = (given: string, names: readonly string[]): string | undefined =>
  aliased(given, names) ?? nearest(given, names)

/** The only name that contains what was written, as `useCausalMask` contains `causal`. */
function containing(given: string, names: readonly string[]): string | undefined {
  const part = remembered(given)
  const [name, ...others] = part.length < 4 ? [] : names.filter(name => remembered(name).includes(part))
  return others.length === 0 ? name : undefined
}

/** The same for names that the user chose, such as columns, where an option of another framework means nothing. */
export function didYouMeanName(given: unknown, names: Iterable<string>): { hint?: string } {
  const name = nearest(given, names)
  return name === undefined ? {} : { hint: `Did you mean "${name}"?` }
}

/** How many letters to insert, delete or replace (Levenshtein, 1966). */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
