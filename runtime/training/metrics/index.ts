/** What a run is asked to measure. */
import { check, checkedAt, didYouMean, GradstreamError, listOf, show, thingOf } from '../../../core/index.ts'
import { type AskedMetric, checkedMetric } from './asked-metric.ts'
import * as metric from './built-in.ts'
import { type CustomMetric, definitionIn, type MetricMaker } from './define-metric.ts'
import type { MetricDefinition, MetricOptions } from './metric.ts'

type BuiltIn = typeof metric

/** A built-in metric that needs no option. */
export type MetricName = {
  [Name in keyof BuiltIn]: Parameters<BuiltIn[Name]> extends [options: object] ? never : Name
}[keyof BuiltIn]

/** A built-in metric with its options, as plain data. */
type Configured = {
  [Name in keyof BuiltIn]: { readonly metric: Name } & Readonly<NonNullable<Parameters<BuiltIn[Name]>[0]>>
}[keyof BuiltIn]

/** A built-in metric of which only the name is known. */
interface Named extends MetricOptions {
  readonly metric: MetricName
}

/**
 * A metric by its name, or with options, `{ metric: 'fBeta', beta: 2 }`, which `metric.fBeta({ beta: 2 })` gives as well; or a custom
 * one. It is measured for each loss that has a prediction and a target, or for two ports, `{ metric, prediction, target }`.
 */
export type MetricRequest = MetricName | Configured | Named | CustomMetric

const BUILT_IN: ReadonlyMap<unknown, MetricMaker> = new Map(Object.entries(metric))

function builtIn(name: unknown, place: string): MetricDefinition {
  const known = BUILT_IN.get(name)
  if (known) return known.definition
  const names = Object.keys(metric)
  throw new GradstreamError('UNKNOWN_NAME', {
    place,
    expected: `one of the metrics ${listOf(names)}, or one made by defineMetric()`,
    got: show(name),
    ...didYouMean(name, names),
  })
}

/** @throws GradstreamError `INVALID_OPTION`, `UNKNOWN_NAME` */
export function askedMetrics(requests: readonly MetricRequest[], place: string): readonly AskedMetric[] {
  if (!Array.isArray(requests)) {
    throw new GradstreamError('INVALID_OPTION', {
      place,
      expected: 'a list such as ["accuracy"]',
      got: show(requests),
      hint:
        typeof requests === 'string'
          ? `Write it as a list: metrics: ['${requests}'].`
          : "Write metrics: ['accuracy'].",
    })
  }
  return Array.from(requests as readonly unknown[], request => askedMetric(request, place))
}

function askedMetric(request: unknown, place: string): AskedMetric {
  if (thingOf(request)?.kind === 'metric factory') throw uncalled(request, place)
  if (typeof request !== 'object') return askedFor(builtIn(request, place), {}, place)
  const { metric: asked, ...options } = checkedAt(place, 'INVALID_OPTION', () =>
    check.options(request as { metric?: unknown }, undefined),
  )
  return askedFor(definitionIn(asked) ?? builtIn(asked, place), options, place)
}

const askedFor = (definition: MetricDefinition, options: object, place: string) =>
  checkedMetric(definition, options, `${place}, ${definition.type}`)

function uncalled(request: unknown, place: string): GradstreamError {
  const { words, code } = thingOf(request) as { words: string; code: string }
  return new GradstreamError('INVALID_OPTION', {
    place,
    expected: 'metrics with their options',
    got: words,
    hint: `Call it: metrics: [${code}].`,
  })
}

export type { AskedMetric } from './asked-metric.ts'
export type { Average } from './averages.ts'
export * as metric from './built-in.ts'
export {
  type BuiltInMetric,
  type CustomMetric,
  defineMetric,
  type MetricFactory,
  type MetricMaker,
  type MetricSpec,
} from './define-metric.ts'
export type {
  MetricContext,
  MetricDefinition,
  MetricMoments,
  MetricOptions,
  MetricTargets,
} from './metric.ts'
