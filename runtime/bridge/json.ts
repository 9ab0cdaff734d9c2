/**
 * Messages as JSON text. JSON has no NaN, infinities or -0, but a run does: the r² of a constant target is
 * -Infinity. Each travels as an object with one field:
 *
 *     { "r2": { "$number": "-Infinity" } }
 */

const FIELD = '$number'
const NAMES: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity', '-0'])

/** @throws TypeError for values that JSON cannot hold, RangeError if nested too deeply */
export function encode(message: unknown): string {
  // Most messages hold only ordinary numbers, and are written several times faster without a call per value.
  return isUsual(message) ? JSON.stringify(message) : JSON.stringify(message, replaced)
}

/** @throws SyntaxError for invalid JSON, RangeError if nested too deeply */
export function decode(text: string): unknown {
  // Most messages hold only ordinary numbers, and are read several times faster without a call per value.
  return text.includes(`"${FIELD}"`) ? JSON.parse(text, revived) : JSON.parse(text)
}

/** Whether JSON can hold all numbers in a value. */
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
