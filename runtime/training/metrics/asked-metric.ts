/** A metric with its options, as a run is asked for it. */
import {
  CheckFailed,
  type Config,
  check,
  checkedAt,
  checkingAll,
  demandFiniteNumbers,
  entriesOf,
  GradstreamError,
  show,
} from '../../../core/index.ts'
import type { MetricDefinition, MetricOptions } from './metric.ts'

const COMMON = ['name', 'prediction', 'target', 'fromLogits', 'weights']

/** What a request asks for, checked. */
export interface AskedMetric extends MetricOptions {
  readonly definition: MetricDefinition
  readonly config: Config
}

/** @throws GradstreamError `INVALID_OPTION` */
export function checkedMetric(definition: MetricDefinition, options: object, place: string): AskedMetric {
  const { name, prediction, target, fromLogits, weights, ...rest } = options as MetricOptions
  return checkedAt(place, 'INVALID_OPTION', () => {
    const config = configOf(definition, rest)
    check.knownOptions(rest, [...Object.keys(config), ...COMMON])
    if (name !== undefined) check.text({ name })
    if (prediction !== undefined) check.text({ prediction })
    if (target !== undefined) check.text({ target })
    if ((prediction === undefined) !== (target === undefined))
      throw new CheckFailed(
        'prediction and target together, or none of them',
        `${prediction === undefined ? 'target' : 'prediction'} alone`,
      )
    if (fromLogits !== undefined) check.boolean({ fromLogits })
    if (weights !== undefined) checkWeights(weights, prediction !== undefined)
    return {
      definition,
      config,
      ...(name !== undefined && { name }),
      ...(prediction !== undefined && { prediction }),
      ...(target !== undefined && { target }),
      ...(fromLogits !== undefined && { fromLogits }),
      ...(weights !== undefined && { weights }),
    }
  })
}

function checkWeights(weights: unknown, isOfTwoPorts: boolean): void {
  if (typeof weights === 'boolean' ? !(weights && isOfTwoPorts) : typeof weights === 'string') return
  const expected = isOfTwoPorts
    ? 'weights to be the name of an output or a node, or false'
    : 'weights to be true, false, or the name of an output or a node'
  throw new CheckFailed(expected, show(weights), {
    option: 'weights',
    hint: isOfTwoPorts
      ? "Two ports belong to no loss, so name the weights: weights: 'mask'."
      : "Write weights: true for those of the loss, or name others: weights: 'mask'.",
  })
}

function configOf(definition: MetricDefinition, options: object): Config {
  let config: Config
  try {
    config = checkingAll(options, () => definition.config(options))
    if (entriesOf(config) !== undefined) demandFiniteNumbers(config)
  } catch (cause) {
    if (cause instanceof GradstreamError) throw cause
    throw new CheckFailed(`options that ${definition.type} accepts`, show(cause), {
      hint: 'Correct the options, or config in the definition.',
    })
  }
  if (entriesOf(config) !== undefined) return config
  throw new CheckFailed('config to return an object', show(config), {
    hint: 'Correct config in the definition.',
  })
}
