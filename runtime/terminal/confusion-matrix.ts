/** `confusionMatrix`: which classes are mistaken for which. */
import Table from 'cli-table3'
import {
  attempt,
  CheckFailed,
  check,
  checkedAt,
  GradstreamError,
  sameShape,
  show,
  showShape,
  Tensor,
} from '../../core/index.ts'
import { count, percent } from './text.ts'

/** How many samples of each true class were predicted as each class. */
type Counts = readonly (readonly number[])[]

/**
 * A table with a row for each true class and a column for each predicted class. The recall of a class is at
 * the end of its row, its precision at the bottom of its column, and the accuracy below.
 *
 * @param prediction probabilities [samples, classes], or [samples, 1] for yes or no, with the threshold 1/2
 * @param target one-hot classes, class numbers [samples] or [samples, 1], or 0 and 1
 * @param classes their names, in order; for yes or no, the name of 0, then of 1
 * @throws GradstreamError `SHAPE_MISMATCH` if the tensors differ in shape or have no class axis,
 *   `INVALID_OPTION` if there are not as many names as classes
 * @example confusionMatrix(model.predict({ x }).prediction, target, ['malignant', 'benign'])
 */
export function confusionMatrix(prediction: Tensor, target: Tensor, classes?: readonly string[]): string {
  checkedAt('confusionMatrix', 'INVALID_OPTION', () => {
    for (const [name, given] of Object.entries({ prediction, target }))
      if (!attempt(() => given instanceof Tensor))
        throw new CheckFailed(`${name} to be a tensor`, show(given), {
          hint: 'Make one: confusionMatrix(tensor(prediction), tensor(target)).',
        })
    if (classes !== undefined) check.texts({ classes })
  })
  const counts = tally(prediction, target)
  const names = classes ?? counts.map((_, index) => String(index))
  if (names.length !== counts.length) {
    throw new GradstreamError('INVALID_OPTION', {
      place: 'confusionMatrix',
      expected: `${counts.length} class names`,
      got: String(names.length),
    })
  }
  const right = counts.map((row, index) => row[index] as number)
  const rows = counts.map(sum)
  const columns = counts.map((_, predicted) => sum(counts.map(row => row[predicted] as number)))
  const table = new Table({
    head: ['true \\ predicted', ...names, 'recall %'],
    colAligns: ['left', ...names.map(() => 'right' as const), 'right'],
    chars: ONE_RULE,
    style: { head: [], border: [], compact: true, 'padding-right': 0 },
  })
  counts.forEach((row, index) => {
    table.push([names[index], ...row.map(cell), share(right[index], rows[index])])
  })
  table.push(['precision %', ...columns.map((all, index) => share(right[index], all)), ''])
  const lines = table.toString().split('\n')
  return `${lines.map(line => line.trimEnd()).join('\n')}\n accuracy ${percent(sum(right) / sum(rows))}`
}

/** A single line, below the header. */
const ONE_RULE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  'mid-mid': '─',
  'right-mid': '',
  right: '',
  middle: ' ',
}

/** Zeros should not catch the eye. */
const cell = (samples: number) => (samples === 0 ? '·' : count(samples))

/** A percentage; 100 only if it is exactly all. */
function share(part = 0, whole = 0): string {
  if (whole === 0) return '–'
  return String(part === whole ? 100 : Math.min(99, Math.round((100 * part) / whole)))
}

function tally(prediction: Tensor, target: Tensor): Counts {
  const { shape } = prediction
  const [samples = 0, width = 0] = shape
  const byNumber = width > 1 && target.size === samples && target.shape[0] === samples
  if (!(sameShape(shape, target.shape) || byNumber) || shape.length !== 2) {
    throw new GradstreamError('SHAPE_MISMATCH', {
      place: 'confusionMatrix',
      expected: 'prediction and target of the same shape [samples, classes]',
      got: `${showShape(shape)} and ${showShape(target.shape)}`,
      hint: "Pass model.predict({ x: data.column('x') }).prediction and data.column('target').",
    })
  }
  const size = Math.max(2, width)
  const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0))
  for (let sample = 0; sample < samples; sample++) {
    const actual = byNumber ? (target.data[sample] as number) : classAt(target, sample, width)
    const row = counts[actual]
    if (!row) throw noClass(actual, sample, size)
    const predicted = classAt(prediction, sample, width)
    row[predicted] = (row[predicted] as number) + 1
  }
  return counts
}

const noClass = (number: number, sample: number, classes: number) =>
  new GradstreamError('INDEX_MISMATCH', {
    place: `confusionMatrix: target, row ${sample}`,
    expected: `whole numbers from 0 to ${classes - 1}`,
    got: String(number),
  })

/** The class with the largest entry; with one entry per sample, 1 above 1/2, else 0. */
function classAt({ data }: Tensor, sample: number, width: number): number {
  if (width === 1) return (data[sample] as number) > 0.5 ? 1 : 0
  const start = sample * width
  let best = 0
  for (let i = 1; i < width; i++) if ((data[start + i] as number) > (data[start + best] as number)) best = i
  return best
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
