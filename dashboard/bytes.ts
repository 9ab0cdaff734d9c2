/** Formats sizes of memory. */
import { figures } from './format.ts'

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** Bytes in the largest unit that leaves a number of 1 or more: 512 B, 175 MiB, 1.5 GiB. */
export function bytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), UNITS.length - 1)
  return `${figures(value / 1024 ** power)} ${UNITS[power]}`
}
