/** The built-in metrics for the generated pages: their formulas, and their options with defaults and limits. */

import { limitsIn } from '../../core/checks.ts'
import { attempt } from '../../core/index.ts'
import { metric } from '../../index.ts'
import { showLimits } from './limits.ts'
import { interfaceOf, type Option, optionsIn } from './options.ts'
import { declared, exportsOf, parse } from './syntax.ts'

const files = new Map(exportsOf('runtime/training/metrics/built-in.ts'))

const INTRODUCTION = `## metrics

For \`metrics: [...]\` of \`createTrainer\` and \`evaluate\`: by name, \`'f1'\`; with options as data, \`{ metric: 'fBeta', beta: 2 }\`; or by
function, \`metric.fBeta({ beta: 2 })\`, which gives the same data. Each also takes \`name\`, \`prediction\` and \`target\` for two ports,
\`fromLogits\`, and \`weights\`. What has the weight 0 in the loss, such as padding, is left out, and all else counts once; with
\`weights: true\` answers count as in the loss. Sums are kept in float64 over all batches, so a figure does not depend on how the data are divided or shuffled.
[Write one of your own](custom-nodes.md#a-metric) with \`defineMetric\`.

In the formulas of classes, \`right\` counts the samples rightly predicted to be of a class, \`wrong\` those wrongly predicted to be of it,
and \`missed\` those of the class that were not. A yes-or-no question has one class, the yes. Options that several metrics share:`

/** Options of many metrics, which are told once. */
const SHARED = ['average', 'multiLabel', 'threshold', 'thresholds']

interface MetricText {
  readonly name: string
  readonly text: string
  /** What targets must be. */
  readonly targets: string
  readonly options: readonly (Option & { readonly limits: string })[]
}

const TARGETS = { classes: 'classes', labels: 'yes or no in each entry' } as const

export const metricTexts = (): MetricText[] =>
  Object.entries(metric).map(([name, { definition }]) => {
    const found = declared(name, files.get(name) as string)
    if (!found) throw new Error(`${name} is not declared`)
    const limits = limitsIn(() => definition.config(NEEDED))
    const known = optionsOfFile(found.file)
    // Where some options are required, these numbers will do.
    const config = definition.config(NEEDED)
    const own = Object.keys(config).map(option => {
      const inFile = known.find(each => each.name === option)
      if (!inFile) throw new Error(`${name}: the option ${option} has no comment`)
      return { ...inFile, limits: showLimits(limits[option]) }
    })
    const kind = attempt(() => definition.expects(config))
    return { name, text: found.doc.text, targets: kind ? TARGETS[kind] : 'numbers', options: own }
  })

const NEEDED = { specificity: 0.5, sensitivity: 0.5, threshold: 0.5 }

/** The options of all interfaces of a file. */
const optionsOfFile = (file: string): Option[] =>
  parse(file).body.flatMap(({ declaration }) => {
    const name = declaration?.type === 'TSInterfaceDeclaration' ? declaration.id?.name : undefined
    const options = name?.endsWith('Options') ? interfaceOf(name, file) : undefined
    return options ? optionsIn(options.found, options.node) : []
  })

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')

/** `beta`: 1 (> 0) */
const optionText = ({ name, value, limits }: MetricText['options'][number]) =>
  `\`${name}\`: ${value}${limits && ` (${limits})`}`

/** The options of a metric, for a cell of a table. */
export const optionsOfMetric = (name: string): string =>
  metricTexts()
    .find(each => each.name === name)
    ?.options.map(optionText)
    .join(', ') ?? ''

export function metricsPart(): string {
  const all = metricTexts()
  const shared = SHARED.map(name => {
    const option = all.flatMap(({ options }) => options).findLast(each => each.name === name)
    return option && `| ${[`\`${name}\``, option.value, option.limits, option.text].map(cell).join(' | ')} |`
  })
  const rows = all.map(({ name, text, targets, options }) => {
    const own = options.filter(option => !SHARED.includes(option.name))
    const also = options.filter(option => SHARED.includes(option.name)).map(option => `\`${option.name}\``)
    const shown = [
      ...own.map(option => `${optionText(option)}: ${option.text.replace(/ Required\.$/, '')}`),
      also.join(', '),
    ].filter(Boolean)
    return `| ${[`\`${name}\``, text, targets, shown.join('<br>')].map(cell).join(' | ')} |`
  })
  return [
    INTRODUCTION,
    ['| option | default | limits | |', '|---|---|---|---|', ...shared].join('\n'),
    ['| | | targets | options |', '|---|---|---|---|', ...rows].join('\n'),
  ].join('\n\n')
}
