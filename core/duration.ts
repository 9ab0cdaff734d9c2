/** Durations as people write them, in seconds. */

/** The largest first. */
const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const

const two = (value: number): string => String(value).padStart(2, '0')

const count = (value: number): string => Math.round(value).toLocaleString('en')

/**
 * A duration in its two largest units.
 *
 * @example [7, 65, 12_000].map(duration) // ['7 s', '1 min 05 s', '3 h 20 min']
 */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds)
  const at = UNITS.findIndex(([, length]) => whole >= length)
  if (at < 0) return `${whole} s`
  const [unit, length] = UNITS[at] as (typeof UNITS)[number]
  const [smaller, part] = UNITS[at + 1] ?? (['s', 1] as const)
  return `${count(Math.floor(whole / length))} ${unit} ${two(Math.floor((whole % length) / part))} ${smaller}`
}

/**
 * One that is over, which may have been short.
 *
 * @example [0.32, 65].map(taken) // ['0.3 s', '1 min 05 s']
 */
export const taken = (seconds: number): string =>
  seconds < 9.95 ? `${Math.max(0, seconds).toFixed(1)} s` : duration(Math.round(seconds))

/**
 * One that is only estimated, in one unit.
 *
 * @example [42, 150].map(roughly) // ['40 s', '3 min']
 */
export function roughly(seconds: number): string {
  const found = UNITS.find(([, length]) => seconds >= 2 * length)
  if (found) return `${count(seconds / found[1])} ${found[0]}`
  return `${seconds < 20 ? Math.ceil(seconds) : 5 * Math.round(seconds / 5)} s`
}

/**
 * One as a clock shows it, for axes and tables. Fractions of a second only where there are any.
 *
 * @example [5, 0.25, 3750].map(clock) // ['0:05', '0:00.25', '1:02:30']
 */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds + 1e-9)
  const fraction = Number((seconds - whole).toFixed(3))
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const rest = `${two(whole % 60)}${fraction > 0 ? String(fraction).slice(1) : ''}`
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`
}
