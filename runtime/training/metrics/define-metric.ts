/** `defineMetric`: how every metric is written, built-in or custom. */
import {
  CheckFailed,
  type Config,
  check,
  checkedAt,
  demandNames,
  type FactoryArguments,
  show,
  type Tensor,
  THING,
  type Thing,
  writtenDefinition,
} from '../../../core/index.ts'
import { checkedMetric } from './asked-metric.ts'
import { figuresFrom, namesOfFigures, own, wrong } from './checked-definition.ts'
import type {
  MetricContext,
  MetricDefinition,
  MetricMoments,
  MetricOptions,
  MetricTargets,
} from './metric.ts'
import { Totals } from './totals.ts'

type AnyMake = (...options: never[]) => object

/** What is written down for a metric. The type parameters are inferred, all of them. */
export interface MetricSpec<
  Make extends AnyMake,
  Sum extends string,
  Column extends string,
  Moment extends string,
> {
  /** Its name, and that of its figure. */
  readonly type: string
  /** Options in, full and checked config out. */
  readonly config?: Make
  /**
   * What targets must be: `'classes'`, yes or no in one entry, a row with a share for each class, or the number of the class;
   * `'labels'`, yes or no in each entry. May depend on the config.
   *
   * @default numbers of the shape of the prediction
   */
  readonly expects?: MetricTargets | ((config: ReturnType<NoInfer<Make>>) => MetricTargets | undefined)
  /** Sums over all batches, by name. */
  readonly sums?: readonly Sum[]
  /**
   * Rows of sums over all batches, by name, each with its length: `classes => ({ right: classes })`. `classes` is the length of
   * the prediction's last axis. A number of classes that the metric is not made for is refused by a check.
   */
  columns?(classes: number, config: ReturnType<Make>): Readonly<Record<Column, number>>
  /** Numbers of which count, mean and spread over all batches are kept, by name. */
  readonly moments?: readonly Moment[]
  /**
   * Whether `tally` reckons with `context.weights` itself, because it adds up samples on its own.
   *
   * @default false: what it returns is multiplied by the weights
   */
  readonly weighted?: boolean
  /**
   * What a batch adds: for each of the sums, a tensor whose entries are added, or a number; for each of the columns, a tensor of
   * that length along its last axis; for each of the moments, a tensor of numbers. Tensors keep the axes of the samples, so that weights
   * can be applied; a number is what all of them add up to.
   */
  tally(
    values: { readonly prediction: Tensor; readonly target: Tensor },
    config: ReturnType<Make>,
    context: MetricContext,
  ): { readonly [Name in NoInfer<Sum>]: Tensor | number } & {
    readonly [Name in NoInfer<Column | Moment>]: Tensor
  }
  /**
   * The names of several figures, from those of the classes; a figure is then called `precision.setosa`. Undefined for one figure.
   *
   * @default one figure
   */
  figures?(classes: readonly string[], config: ReturnType<Make>): readonly string[] | undefined
  /** The figure, or a list of as many as `figures` names. */
  result(
    totals: { readonly [Name in Sum]: number } & { readonly [Name in Column]: Float64Array } & {
      readonly [Name in Moment]: MetricMoments
    },
    config: ReturnType<Make>,
  ): number | readonly number[]
}

/** A custom metric with its options, as its factory gives it. */
export interface CustomMetric extends MetricOptions {
  readonly metric: MetricMaker
}

/** What a request may name in place of a built-in metric. */
export interface MetricMaker {
  readonly definition: MetricDefinition
}

/** Makes requests of a custom metric, for `metrics: [...]`. */
export type MetricFactory<Make extends AnyMake> = ((
  ...options: FactoryArguments<Make, MetricOptions>
) => CustomMetric & Readonly<NonNullable<FactoryArguments<Make, MetricOptions>[0]>>) &
  MetricMaker

/** Makes requests of a built-in metric: plain data. */
export type BuiltInMetric<Type extends string, Make extends AnyMake> = ((
  ...options: FactoryArguments<Make, MetricOptions>
) => { readonly metric: Type } & Readonly<NonNullable<FactoryArguments<Make, MetricOptions>[0]>>) &
  MetricMaker

/**
 * Defines a metric: what each batch adds to its sums, and the figure computed from them. Any way to divide the data into batches
 * gives the same figure.
 *
 * @throws GradstreamError `INVALID_CONFIG` where the definition is wrong
 * @example
 * const within = defineMetric({
 *   type: 'within',
 *   config: ({ tolerance = 0.1 }: { tolerance?: number } = {}) => ({ tolerance: check.positiveNumber({ tolerance }) }),
 *   sums: ['close', 'all'],
 *   tally: ({ prediction, target }, { tolerance }, { kernels: k }) => ({
 *     close: k.less(k.abs(k.sub(prediction, target)), tolerance),
 *     all: target.size,
 *   }),
 *   result: ({ close, all }) => close / all,
 * })
 * await evaluate(model, data, { metrics: [within({ tolerance: 0.5 })] })
 */
export function defineMetric<
  Make extends AnyMake = () => Record<never, never>,
  Sum extends string = never,
  Column extends string = never,
  Moment extends string = never,
>(spec: MetricSpec<Make, Sum, Column, Moment>): MetricFactory<Make> {
  const definition = definitionOf(spec)
  const usual = usualConfig(definition)
  if (usual) tryOut(definition, usual)
  const factory = (...options: unknown[]): unknown => requestOf(factory, definition, definition.type, options)
  return made(factory, definition, `${definition.type}()`) as unknown as MetricFactory<Make>
}

/** Defines a metric that requests name, so that they stay plain data. It is tried out when it is first asked for, so an import does not wait for it. */
export function builtInMetric<
  const Type extends string,
  Make extends AnyMake = () => Record<never, never>,
  Sum extends string = never,
  Column extends string = never,
  Moment extends string = never,
>(spec: MetricSpec<Make, Sum, Column, Moment> & { readonly type: Type }): BuiltInMetric<Type, Make> {
  const definition = definitionOf(spec)
  const { type } = definition
  const factory = (...options: unknown[]) => requestOf(type, definition, `metric.${type}`, options)
  return made(factory, definition, `metric.${type}()`) as unknown as BuiltInMetric<Type, Make>
}

/** Tells a factory from its requests, and names it in error texts. */
function made<F extends object>(factory: F, definition: MetricDefinition, code: string): F & MetricMaker {
  const thing: Thing = { kind: 'metric factory', words: `the metric ${definition.type}`, code }
  definitions.add(definition)
  return Object.assign(factory, { definition, [THING]: thing })
}

const definitions = new WeakSet<object>()

/** The definition of a custom metric that a request holds; undefined if it is none. */
export function definitionIn(value: unknown): MetricDefinition | undefined {
  if (typeof value !== 'function') return undefined
  const { definition } = value as Partial<MetricMaker>
  return definition !== undefined && definitions.has(definition) ? definition : undefined
}

const REQUIRED = ['type', 'tally', 'result']
const TARGETS: readonly unknown[] = [undefined, 'classes', 'labels']
const FUNCTIONS = ['config', 'columns', 'tally', 'figures', 'result']

function definitionOf(spec: object): MetricDefinition {
  const written = withoutUndefined(
    writtenDefinition('defineMetric', spec, {
      required: REQUIRED,
      functions: FUNCTIONS,
      others: ['expects', 'sums', 'moments', 'weighted'],
    }),
  ) as unknown as Partial<MetricDefinition> & Pick<MetricDefinition, 'type' | 'tally' | 'result'>
  const { type, expects, sums = [], moments = [] } = written
  const place = `defineMetric: ${type}`
  const targets = (config: Config) => {
    const kind: unknown =
      typeof expects === 'function' ? own({ type }, 'expects', () => expects(config)) : expects
    if (TARGETS.includes(kind)) return kind as MetricTargets | undefined
    throw wrong(
      place,
      "expects to be 'classes' or 'labels'",
      show(kind),
      'Leave it out where targets are any numbers.',
    )
  }
  if (typeof expects !== 'function') targets({})
  demandNames(place, { 'a sum': sums, 'a moment': moments })
  if (sums.length + moments.length === 0 && written.columns === undefined)
    throw wrong(place, 'sums, columns or moments', 'none', "Name what is added up: sums: ['errors', 'all'].")
  const definition: MetricDefinition = {
    columns: () => ({}),
    figures: () => undefined,
    config: () => ({}),
    weighted: false,
    ...written,
    expects: targets,
    sums,
    moments,
  }
  return definition
}

const withoutUndefined = (written: object) =>
  Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined))

/** The config without options; undefined if some are required. */
function usualConfig(definition: MetricDefinition): Config | undefined {
  try {
    return definition.config()
  } catch {
    return undefined
  }
}

/** Tries out a definition for one class and for three, as far as it goes without data. */
function tryOut(definition: MetricDefinition, config: Config): void {
  for (const classes of [['0'], ['0', '1', '2']]) {
    try {
      definition.expects(config)
      const figures = namesOfFigures(definition, config, classes)
      const totals = new Totals(definition, config, classes.length)
      figuresFrom(definition, config, totals.read(new Float64Array(totals.size)), figures?.length)
    } catch (error) {
      // It may not be made for so many classes.
      if (!(error instanceof CheckFailed)) throw error
    }
  }
}

/** A request of a metric with its options, checked at the call that passes them. */
function requestOf(metric: unknown, definition: MetricDefinition, place: string, given: readonly unknown[]) {
  const options = checkedAt(place, 'INVALID_OPTION', () => {
    if (given.length > 1) throw new CheckFailed('an object of options', given.map(show).join(' and '))
    return check.options(given[0] as object | undefined)
  })
  const { config } = checkedMetric(definition, options, place)
  // Where options are required, this is the first time that the definition can be tried out.
  tryOut(definition, config)
  return { metric, ...options }
}
