/**
 * The text format of Prometheus, version 0.0.4, without timestamps: https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 *     # HELP gradstream_steps_total Training steps done.
 *     # TYPE gradstream_steps_total counter
 *     gradstream_steps_total 1200
 */

/** The media type that a scraper expects. */
export const EXPOSITION = 'text/plain; version=0.0.4; charset=utf-8'

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly value: number
  /** None by default. Names are ours; values may be any text. */
  readonly labels?: Labels
}

/** A metric with all its samples, which differ by their labels. */
export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly samples: readonly Sample[]
}

/** The text of all families. One without samples is left out, and so is a second sample with the same labels. */
export const exposition = (families: readonly Family[]): string => families.map(familyText).join('')

function familyText({ name, type, help, samples }: Family): string {
  const values = new Map<string, number>()
  for (const { labels = {}, value } of samples) {
    const text = labelsText(labels)
    if (!values.has(text)) values.set(text, value)
  }
  if (values.size === 0) return ''
  const lines = Array.from(values, ([labels, value]) => `${name}${labels} ${numberText(value)}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

/** UTF-8 has no half of a surrogate pair, and some readers take a zero for the end. */
const escaped = (text: string): string =>
  text.replace(/[\ud800-\udfff\0]/gu, '\ufffd').replace(/[\\"\n]/g, character => ESCAPES[character] as string)

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
