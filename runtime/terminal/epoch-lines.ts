/** One line per epoch: labelled for searchable logs, or in columns for easy reading. */
import type { EpochRecord } from '../training/run-state.ts'
import type { Position } from './run-progress.ts'
import { count, figure, words } from './text.ts'

/** Writes the lines of a finished epoch; the first call may add a header. */
export type EpochLines = (record: EpochRecord, position: Position) => string[]

/** @example epoch 12/60  loss 0.0741  accuracy 0.9802  validation loss 0.0612  ...  41,230 samples/s */
export const labelledLines: EpochLines = ({ epoch, metrics }, { epochs, samplesPerSecond }) => {
  const figures = Object.entries(metrics).map(([name, value]) => `${words(name)} ${figure(value)}`)
  return [[place(epoch, epochs), ...figures, `${count(samplesPerSecond)} samples/s`].join('  ')]
}

/**
 * Columns under a header, each figure next to its validation figure, cut at `width`.
 *
 * @example
 *   epoch    loss  validation  accuracy  validation  samples/s
 *   12/60  0.0741      0.0612    0.9802      0.9825     41,230
 */
export function columnLines(width: () => number): EpochLines {
  let names: readonly string[] | undefined
  const cells = (row: readonly string[], [first = '', ...rest]: readonly string[]) =>
    [
      row[0]?.padStart(Math.max(5, first.length)),
      ...rest.map((name, i) => row[i + 1]?.padStart(breadth(name))),
    ]
      .join('  ')
      .slice(0, width() - 1)
  return ({ epoch, metrics }, { epochs, samplesPerSecond }) => {
    const isNew = names === undefined
    names ??= paired(Object.keys(metrics))
    const head = [`${epochs}/${epochs}`, ...names.map(header), 'samples/s']
    const row = [
      `${epoch}/${epochs}`,
      ...names.map(name => figure(metrics[name] ?? Number.NaN)),
      count(samplesPerSecond),
    ]
    return [...(isNew ? [cells(['epoch', ...head.slice(1)], head)] : []), cells(row, head)]
  }
}

const place = (epoch: number, epochs: number) =>
  `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`

/** A column fits its header, and a figure with its sign. */
const breadth = (name: string) => Math.max(name.length, 6)

const isValidation = (name: string) => name.startsWith('validation')

const header = (name: string) => (isValidation(name) ? 'validation' : words(name))

/** Each figure followed by its validation figure: loss, validationLoss, accuracy, validationAccuracy. */
function paired(names: readonly string[]): readonly string[] {
  const own = names.filter(name => !isValidation(name))
  return own.flatMap(name => {
    const twin = `validation${name.charAt(0).toUpperCase()}${name.slice(1)}`
    return names.includes(twin) ? [name, twin] : [name]
  })
}
