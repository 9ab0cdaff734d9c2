/**
 * Reads the text format of Prometheus strictly. Written from the published page alone
 * (https://prometheus.io/docs/instrumenting/exposition_formats/, "Text format details"), character by character.
 */
export interface Read {
  readonly help: string
  readonly type: string
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*/
/** As Go's `ParseFloat` reads it, with the three words. */
const VALUE = /^(?:NaN|[+-]Inf|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/
const UNESCAPED: Readonly<Record<string, string>> = { '\\': '\\', '"': '"', n: '\n' }

/** All metrics of a text by name. Throws at the first character that may not stand there. */
export function readExposition(text: string): Map<string, Read> {
  const found = new Map<string, Read>()
  if (text === '') return found
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed')
  if (text !== Buffer.from(text).toString()) throw new Error('not UTF-8')
  let header: { name: string; help: string; type?: string } | undefined
  for (const line of text.slice(0, -1).split('\n')) {
    const fail = (what: string) => new Error(`${what}: ${JSON.stringify(line)}`)
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (kind === 'HELP') {
      if (found.has(name)) throw fail('a second group of a metric')
      if (METRIC_NAME.exec(name)?.[0] !== name) throw fail('no metric name')
      header = { name, help: rest }
    } else if (kind === 'TYPE') {
      if (header?.name !== name || header.type !== undefined) throw fail('a type of another metric')
      if (!['counter', 'gauge', 'histogram', 'summary', 'untyped'].includes(rest)) throw fail('no type')
      header = { ...header, type: rest }
      found.set(name, { help: header.help, type: rest, samples: [] })
    } else {
      const sample = readSample(line, fail)
      const metric = found.get(sample.name)
      if (!metric || header?.name !== sample.name) throw fail('a sample outside its group')
      const same = JSON.stringify(Object.entries(sample.labels).sort())
      if (metric.samples.some(({ labels }) => JSON.stringify(Object.entries(labels).sort()) === same))
        throw fail('a second sample with these labels')
      metric.samples.push(sample)
    }
  }
  return found
}

function readSample(line: string, fail: (what: string) => Error) {
  const name = METRIC_NAME.exec(line)?.[0]
  if (name === undefined) throw fail('no metric name')
  let at = name.length
  const labels: Record<string, string> = Object.create(null)
  if (line[at] === '{') {
    at++
    while (line[at] !== '}') {
      const label = LABEL_NAME.exec(line.slice(at))?.[0]
      if (label === undefined || label.startsWith('__')) throw fail('no label name')
      if (label in labels) throw fail('a label twice')
      at += label.length
      if (line.slice(at, at + 2) !== '="') throw fail('no label value')
      at += 2
      let value = ''
      for (; line[at] !== '"'; at++) {
        if (at >= line.length) throw fail('a label value without an end')
        if (line[at] !== '\\') value += line[at]
        else {
          const character = UNESCAPED[line[++at] ?? '']
          if (character === undefined) throw fail('an unknown escape')
          value += character
        }
      }
      labels[label] = value
      at++
      if (line[at] === ',') at++
      else if (line[at] !== '}') throw fail('no end of labels')
    }
    at++
  }
  if (line[at] !== ' ') throw fail('no space before the value')
  const value = line.slice(at + 1)
  if (!VALUE.test(value)) throw fail('no value')
  return { name, labels: { ...labels }, value: Number(value.replace('Inf', 'Infinity')) }
}
