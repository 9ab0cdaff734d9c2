/** Checks, as far as the graph alone shows it, that each loss receives the kind of numbers it expects. */
import { inputsOf, isUpdating, type NodeDefinition, type Ranges } from './definition.ts'
import { GradstreamError, show } from './errors.ts'
import {
  allowed,
  type Expectation,
  intervalOf,
  isExpectation,
  isIn,
  isRange,
  isWholeNumbers,
  type Range,
  showExpectation,
  showRange,
} from './range.ts'
import { entryOf, recordOf } from './record.ts'
import type { Fault, Faults, ResolvedInput, ResolvedNode } from './resolve.ts'
import { showSwapped, swappedLosses } from './swapped.ts'
import type { TrainingPlan } from './training-plan.ts'

/** What a loss expects at an input, and what is known about the numbers it gets. */
export interface Demand {
  readonly loss: ResolvedNode
  readonly input: ResolvedInput
  readonly expectation: Expectation
  readonly range: Range | undefined
  /** The nodes that numbers pass on their way from the input to the loss, as they are. */
  readonly path: readonly ResolvedNode[]
}

/** What is known about the numbers in a graph. */
export interface Fit {
  readonly ranges: ReadonlyMap<ResolvedNode, Ranges>
  readonly demands: readonly Demand[]
}

/** Propagates the declared ranges through nodes in firing order. Invalid declarations go to `faults`, if present. */
export function fitOf(nodes: readonly ResolvedNode[], faults?: Faults): Fit {
  const ranges = new Map<ResolvedNode, Ranges>()
  const rangeOf = ({ producer, output }: ResolvedInput) => ranges.get(producer)?.[output]
  const demands: Demand[] = []
  for (const node of nodes) {
    const { definition, config, inputs } = node
    if (isUpdating(definition)) continue
    const arriving = recordOf(inputs.map(input => [input.name, rangeOf(input)] as const))
    const { ranges: rangesOf, expects } = definition
    if (rangesOf) {
      const declaredValues = () => rangesOf.call(definition, arriving, config)
      ranges.set(node, declared(node, 'ranges', definition.outputs, declaredValues, isRange, faults))
    }
    if (!expects) continue
    const asked = declared(
      node,
      'expects',
      [...inputsOf(definition), ...inputs.map(({ name }) => name)],
      () => expects.call(definition, config, shapesAt(inputs)),
      isExpectation,
      faults,
    )
    for (const input of inputs) {
      const expectation = asked[input.name]
      if (expectation === undefined) continue
      const range = arriving[input.name]
      const source = isWholeNumbers(expectation) ? sourceOf(input) : { input, path: [] }
      demands.push({ loss: node, ...source, expectation, range })
    }
  }
  return { ranges, demands }
}

/** Where the numbers at an input come from, before nodes that only rearrange them. */
function sourceOf(input: ResolvedInput): Pick<Demand, 'input' | 'path'> {
  const path: ResolvedNode[] = []
  for (let source = input; ; ) {
    const { producer, output } = source
    const { definition, inputs } = producer
    const [before] = inputs
    if (isUpdating(definition) || !definition.rearranges || !before || output !== definition.outputs[0])
      return { input: source, path: path.reverse() }
    path.push(producer)
    source = before
  }
}

/** The shapes that arrive at the inputs of a node. */
export const shapesAt = (inputs: readonly ResolvedInput[]) =>
  recordOf(inputs.map(({ name, producer, output }) => [name, producer.shapes[output] ?? []] as const))

/** The valid declarations of a definition for the given ports. */
function declared<T>(
  { id }: ResolvedNode,
  name: keyof NodeDefinition,
  ports: readonly string[],
  declare: () => { readonly [port: string]: T | undefined },
  holds: (value: unknown) => value is T,
  faults?: Faults,
): { readonly [port: string]: T | undefined } {
  const wrong = (got: string) =>
    faults?.report(
      'INVALID_CONFIG',
      id,
      `${name} to return an interval, such as [0, 1], or the name of one for each port`,
      got,
      'Correct the definition of the node.',
    )
  let declaredValues: { readonly [port: string]: T | undefined }
  try {
    declaredValues = declare()
  } catch (thrown) {
    wrong(show(thrown))
    return recordOf()
  }
  const stray = Object.keys(declaredValues ?? {}).find(port => !ports.includes(port))
  if (stray !== undefined) wrong(`"${stray}", which is none of its ports`)
  const known = ports.flatMap((port): [string, T][] => {
    const value = entryOf(declaredValues ?? {}, port)
    if (value === undefined) return []
    if (holds(value)) return [[port, value]]
    wrong(`${show(value)} of "${port}"`)
    return []
  })
  return recordOf(known)
}

/** Reports misfits: losses whose arguments are swapped, and numbers of a kind that a loss does not accept. */
export function reportMisfits(
  nodes: readonly ResolvedNode[],
  { reaching }: TrainingPlan,
  faults: Faults,
): void {
  const fit = fitOf(nodes, faults)
  const swapped = swappedLosses(nodes)
  for (const one of swapped) {
    // If this left an optimizer with nothing to train, that fault already has the same hint.
    if (faults.list.some(({ hint }) => hint === one.hint)) continue
    const severity = reaching.has(one.loss) ? 'error' : 'warning'
    report(faults, 'LOSS_SWAPPED', one.loss, { ...showSwapped(one), hint: one.hint }, severity)
  }
  const isSwapped = (loss: ResolvedNode) => swapped.some(other => other.loss === loss)
  const single = reportSingleClasses(nodes, fit, faults)
  for (const demand of fit.demands) {
    const { loss, input, expectation, range } = demand
    const severity = misfit(expectation, range)
    if (severity === undefined || isSwapped(loss) || single.has(loss)) continue
    report(
      faults,
      'RANGE_MISMATCH',
      loss,
      {
        expected: `"${input.name}" to be ${showExpectation(expectation)}`,
        got: `${showRange(range as Range)} from "${input.producer.id}"`,
        hint: wayOut(demand, fit),
      },
      severity,
    )
  }
}

/** Logits must reach at least this far on both sides: to the probabilities 0.12 and 0.88. */
const LOGIT = 2

/** How serious the mismatch is; undefined if it is harmless or unknown. */
function misfit(expectation: Expectation, range: Range | undefined): Fault['severity'] | undefined {
  if (range === undefined) return undefined
  const [from, to] = intervalOf(range)
  if (expectation === 'logits') {
    if (from <= -LOGIT && to >= LOGIT) return undefined
    // Bounded numbers of one sign look like probabilities, not logits.
    return (from >= 0 && to < Infinity) || (to <= 0 && from > -Infinity) ? 'error' : 'warning'
  }
  const [low, high] = allowed(expectation)
  if (from >= low && to <= high) {
    return expectation === 'distribution' && range !== 'distribution' ? 'warning' : undefined
  }
  // A finite upper bound that is too high may be a scale.
  return from < low || to === Infinity ? 'error' : 'warning'
}

/** The node that produces such numbers. Others, such as dropout, only pass them on. */
function culpritOf(expectation: Expectation, { producer }: ResolvedInput, { ranges }: Fit): ResolvedNode {
  for (let node = producer; ; ) {
    const before = node.inputs.find(i => misfit(expectation, ranges.get(i.producer)?.[i.output]) === 'error')
    if (!before) return node
    node = before.producer
  }
}

function wayOut({ loss, input, expectation, range }: Demand, fit: Fit): string {
  const { type } = loss.entry
  const { id } = input.producer
  const bound = intervalOf(range as Range)
  const takesLogits = 'fromLogits' in loss.config
  const learns = loss.definition.role === 'loss' && !loss.definition.nonDifferentiable.includes(input.name)
  if (!learns) return `Feed "${input.name}" with ${showExpectation(expectation)}.`
  if (expectation === 'logits') {
    if (misfit(expectation, range) === 'warning') return `Use a dense() without an activation for the logits.`
    return `Remove "${culpritOf(expectation, input, fit).id}", or write ${type}() without fromLogits.`
  }
  if (expectation !== 'distribution' && expectation !== 'probabilities')
    return `Before the loss, put an activation that gives ${showExpectation(expectation)}.`
  const activation = expectation === 'distribution' ? 'softmax' : 'sigmoid'
  if (isIn(bound, -1) || bound[1] === Infinity) {
    const logits = takesLogits && misfit('logits', range) === undefined
    return bound[0] === -Infinity
      ? `Put ${activation}() after "${id}"${logits ? `, or write ${type}({ fromLogits: true })` : ''}.`
      : `Put ${activation}() in place of "${id}".`
  }
  if (bound[1] > 1) return `Put "${id}" before ${activation}(), or leave it out.`
  return `Use ${activation}() for one class among several, or binaryCrossentropy() for independent answers.`
}

/** Softmax over one entry is always 1, and a loss over one class never changes. Returns the losses concerned. */
function reportSingleClasses(
  nodes: readonly ResolvedNode[],
  { ranges, demands }: Fit,
  faults: Faults,
): ReadonlySet<ResolvedNode> {
  const isSingle = (node: ResolvedNode, output: string) => node.shapes[output]?.at(-1) === 1
  const hint =
    'Use sigmoid() and binaryCrossentropy() for a yes-or-no answer, or one unit for each class: dense({ units: 2 }).'
  const losses = new Set<ResolvedNode>()
  for (const node of nodes) {
    for (const [output, range] of Object.entries(ranges.get(node) ?? {})) {
      if (range !== 'distribution' || !isSingle(node, output)) continue
      const behind = nodes.filter(
        ({ definition, inputs }) =>
          definition.role === 'loss' && inputs.some(i => i.producer === node && i.output === output),
      )
      for (const loss of behind) losses.add(loss)
      const source = node.inputs.find(i => ranges.get(i.producer)?.[i.output] === 'distribution')
      // Nodes that only pass the single class on are not at fault.
      if (source && isSingle(source.producer, source.output)) continue
      const got = `one, so ${output} is always 1`
      report(
        faults,
        'ONE_CLASS',
        node,
        { expected: 'several entries along the last axis', got, hint },
        behind.length > 0 ? 'error' : 'warning',
      )
    }
  }
  for (const { loss, input, expectation } of demands) {
    if (expectation !== 'distribution' || losses.has(loss) || !isSingle(input.producer, input.output))
      continue
    losses.add(loss)
    const expected = `"${input.name}" to have several classes along the last axis`
    report(faults, 'ONE_CLASS', loss, { expected, got: 'one, so the loss learns nothing', hint })
  }
  return losses
}

function report(
  faults: Faults,
  code: 'LOSS_SWAPPED' | 'RANGE_MISMATCH' | 'ONE_CLASS',
  { id, inputs }: ResolvedNode,
  texts: { expected: string; got: string; hint: string },
  severity: Fault['severity'] = 'error',
): void {
  const feeding = inputs.map(({ producer }) => `"${producer.id}"`).join(' and ')
  faults.add(new GradstreamError(code, { place: `${id}, fed by ${feeding}`, ...texts }), severity)
}
