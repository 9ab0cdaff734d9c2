/** Numbers and shapes as people read them. */
import type { PortShape } from '../client.ts'

/** Three figures: 0.0123, 1.23, 12,300, 1.2e-7. */
export function figures(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–'
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-3 || size >= 1e7) return value.toExponential(1)
  return size >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))
}

export const count = (value: number): string => Math.round(value).toLocaleString('en')

export const shapeText = (shape: PortShape): string =>
  shape.length === 0 ? 'scalar' : shape.map(length => length ?? 'batch').join(' × ')

/** `validationLoss` as "validation loss". */
export const words = (name: string): string =>
  name.replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`)
