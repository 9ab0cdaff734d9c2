/** What the functions of a definition give, checked: what is wrong is a fault of the definition. */
import {
  CheckFailed,
  type Config,
  demandNames,
  entriesOf,
  GradstreamError,
  show,
} from '../../../core/index.ts'
import type { MetricDefinition } from './metric.ts'

/** A fault of a definition. */
export const wrong = (place: string, expected: string, got: string, hint: string, cause?: unknown) =>
  new GradstreamError('INVALID_CONFIG', { place, expected, got, hint, ...(cause !== undefined && { cause }) })

/** What was thrown at a place, with the place. */
function failed(place: string, cause: unknown): GradstreamError {
  if (!(cause instanceof GradstreamError))
    return wrong(place, 'a result', show(cause), 'See the cause.', cause)
  const { code, expected, got, hint } = cause
  return new GradstreamError(code, { place: `${place}, ${cause.place}`, expected, got, hint, cause })
}

/** What `tally` gives. What it throws undoes the step, as what a node throws does. */
export function tallied<T>({ type }: MetricDefinition, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof CheckFailed) throw cause
    const place = `defineMetric: ${type}, tally`
    if (cause instanceof GradstreamError) throw failed(place, cause)
    throw new GradstreamError('NODE_FAILED', { place, expected: 'a result', got: `"${show(cause)}"`, cause })
  }
}

/** What a function of a definition gives; what it throws, unless it is a check, is a fault of the definition. */
export function own<T>({ type }: Pick<MetricDefinition, 'type'>, name: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof CheckFailed) throw cause
    throw failed(`defineMetric: ${type}, ${name}`, cause)
  }
}

/** The lengths of the columns, checked. */
export function lengthsOf(
  definition: MetricDefinition,
  config: Config,
  classes: number,
): readonly (readonly [name: string, length: number])[] {
  const place = `defineMetric: ${definition.type}`
  const lengths = own(definition, 'columns', () => definition.columns(classes, config))
  const entries = entriesOf<unknown>(lengths)
  if (!entries?.every(([, length]) => Number.isSafeInteger(length) && (length as number) > 0))
    throw wrong(
      place,
      'columns to return a length for each name',
      show(lengths),
      'Write columns: classes => ({ right: classes }).',
    )
  const { sums, moments } = definition
  demandNames(place, { 'a sum': sums, 'a moment': moments, 'a column': entries.map(([name]) => name) })
  return entries as [string, number][]
}

/** The names of several figures, or undefined for one. */
export function namesOfFigures(
  definition: MetricDefinition,
  config: Config,
  classes: readonly string[],
): readonly string[] | undefined {
  const names = own(definition, 'figures', () => definition.figures(classes, config))
  if (names === undefined) return undefined
  const areNames = Array.isArray(names) && names.length > 0 && names.every(name => typeof name === 'string')
  if (areNames) return names
  throw wrong(
    `defineMetric: ${definition.type}`,
    'figures to return a list of names, or undefined for one figure',
    show(names),
    'Write figures: classes => classes.',
  )
}

/** The figures from totals, as many as are named, or one. */
export function figuresFrom(
  definition: MetricDefinition,
  config: Config,
  totals: Readonly<Record<string, unknown>>,
  count: number | undefined,
): readonly number[] {
  const result = own(definition, 'result', () => definition.result(totals, config))
  const list: readonly unknown[] = count === undefined ? [result] : (result as readonly unknown[])
  const areNumbers =
    Array.isArray(list) && list.length === (count ?? 1) && list.every(value => typeof value === 'number')
  if (areNumbers) return list as readonly number[]
  throw wrong(
    `defineMetric: ${definition.type}`,
    count === undefined ? 'result to return a number' : `result to return a list of ${count} numbers`,
    show(result),
    count === undefined
      ? 'For several figures, name them with figures.'
      : 'Return one for each that figures names.',
  )
}
