/** Formats figures and their names. */

/**
 * A figure with its significant digits, in at most 8 characters.
 *
 * @example [0.98245, 41.3, 2871.4, 0.00004].map(figure) // ['0.9825', '41.30', '2871', '4.00e-5']
 */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size >= 1e7 || (size > 0 && size < 1e-3)) return value.toExponential(2)
  return value.toFixed(size >= 1000 ? 0 : size >= 10 ? 2 : 4)
}

/** @example percent(0.9735) // '97.4 %' */
export const percent = (share: number): string =>
  Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)} %`

/** @example count(41230.7) // '41,231' */
export const count = (value: number): string => Math.round(value).toLocaleString('en')

/** @example words('validationLoss') // 'validation loss' */
export const words = (name: string): string =>
  name.replace(/(?<=[a-z])[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
