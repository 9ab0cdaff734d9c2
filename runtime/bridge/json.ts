/**
 * Messages as JSON texts. JSON has no NaN, no infinities and no -0, but a run has them: the r² of a constant target is
 * -Infinity. Each of them travels as an object of one field:
 *
 *     { "r2": { "$number": "-Infinity" } }
 */

const FIELD = '$number'
const NAMES: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity', '-0'])

/** @throws TypeError for what JSON has no way to say, RangeError for what is too deep */
export function encode(message: unknown): string {
  // Most messages hold usual numbers alone, and are written several times as fast without a call for each value.
  return isUsual(message) ? JSON.stringify(message) : JSON.stringify(message, replaced)
}

/** @throws SyntaxError for what is no JSON, RangeError for what is too deep to be looked through */
export function decode(text: string): unknown {
  // Most messages hold plain numbers alone, and are read several times as fast without a look at each value.
  return text.includes(`"${FIELD}"`) ? JSON.parse(text, revived) : JSON.parse(text)
}

/** Whether JSON has all numbers that are in it. */
function isUsual(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (Array.isArray(value)) return value.every(isUsual)
  return typeof value !== 'object' || value === null || Object.values(value).every(isUsual)
}

function replaced(_: string, value: unknown): unknown {
  if (typeof value !== 'number') return value
  if (Object.is(value, -0)) return { [FIELD]: '-0' }
  return Number.isFinite(value) ? value : { [FIELD]: String(value) }
}

function revived(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, FIELD)) return value
  const name = (value as Record<string, unknown>)[FIELD]
  return NAMES.has(name) && Object.keys(value).length === 1 ? Number(name) : value
}
