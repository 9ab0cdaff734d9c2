/**
 * Gradients by plain recursion in float64: each value is a row of numbers that remembers how it was made, and a
 * gradient is handed down every path by itself. Nothing here is shared with nodes, kernels or engine.
 */
import type { GraphDef, NodeEntry } from 'gradstream'

type Row = number[]
type Matrix = Row[]

export interface Evaluation {
  readonly loss: number
  /** The gradient of each parameter, flat, by node and name. */
  readonly gradients: Map<string, number[]>
}

export function evaluateRecursively(
  net: GraphDef,
  feeds: Record<string, Matrix>,
  parameters: ReadonlyMap<string, number[]>,
): Evaluation {
  const entries = new Map(net.nodes.map(entry => [entry.id, entry]))
  const values = new Map<string, Matrix>()
  const sourcesOf = (entry: NodeEntry) => Object.values(entry.inputs).map(({ node }) => node)
  const kernelOf = ({ id, shares }: NodeEntry, name: string) => parameters.get(`${shares ?? id}.${name}`)

  const valueAt = (id: string): Matrix => {
    const known = values.get(id)
    if (known) return known
    const entry = entries.get(id) as NodeEntry
    const value =
      entry.type === 'input' ? (feeds[id] as Matrix) : compute(entry, sourcesOf(entry).map(valueAt))
    values.set(id, value)
    return value
  }

  const compute = (entry: NodeEntry, inputs: Matrix[]): Matrix => {
    const [a, b] = inputs as [Matrix, Matrix]
    const units = entry.config.units as number
    switch (entry.type) {
      case 'dense': {
        const kernel = kernelOf(entry, 'kernel') as number[]
        const bias = kernelOf(entry, 'bias')
        return a.map(row =>
          Array.from({ length: units }, (_, j) => {
            return row.reduce((sum, x, i) => sum + x * (kernel[i * units + j] as number), bias?.[j] ?? 0)
          }),
        )
      }
      case 'add':
        return a.map((row, r) => row.map((_, c) => inputs.reduce((sum, m) => sum + at(m, r, c), 0)))
      case 'subtract':
        return a.map((row, r) => row.map((x, c) => x - at(b, r, c)))
      case 'multiply':
        return a.map((row, r) => row.map((x, c) => x * at(b, r, c)))
      case 'concatenate':
        return a.map((row, r) => [...row, ...(b[r] as Row)])
      case 'softmax':
        return a.map(row => {
          const powers = row.map(Math.exp)
          const sum = powers.reduce((p, q) => p + q, 0)
          return powers.map(power => power / sum)
        })
      default:
        return a.map(row => row.map(x => (scalar(entry).value as (x: number) => number)(x)))
    }
  }

  const gradients = new Map<string, number[]>()
  const gather = (entry: NodeEntry, name: string, part: number[]) => {
    const key = `${entry.shares ?? entry.id}.${name}`
    const sum = gradients.get(key)
    gradients.set(key, sum ? sum.map((value, i) => value + (part[i] as number)) : part)
  }

  /** The gradient of one value is the sum over everybody who uses it, asked from the end of the graph. */
  const asked = new Map<string, Matrix>()
  const consumers = new Map<string, [NodeEntry, number][]>()
  for (const entry of net.nodes) {
    for (const [place, source] of sourcesOf(entry).entries()) {
      consumers.set(source, [...(consumers.get(source) ?? []), [entry, place]])
    }
  }
  const gradientOf = (id: string): Matrix => {
    const known = asked.get(id)
    if (known) return known
    const value = valueAt(id)
    const sum = value.map(row => row.map(() => 0))
    for (const [consumer, place] of consumers.get(id) ?? []) {
      const part = sent(consumer, place)
      for (const [r, row] of sum.entries())
        for (const c of row.keys()) row[c] = (row[c] as number) + at(part, r, c)
    }
    asked.set(id, sum)
    return sum
  }

  const sent = (entry: NodeEntry, place: number): Matrix => {
    const inputs = sourcesOf(entry).map(valueAt)
    const own = inputs[place] as Matrix
    if (entry.type === 'meanSquaredError') {
      const [prediction, target] = inputs as [Matrix, Matrix]
      const count = prediction.length * (prediction[0] as Row).length
      return prediction.map((row, r) =>
        row.map((p, c) => (place === 0 ? (2 / count) * (p - at(target, r, c)) : 0)),
      )
    }
    const dy = gradientOf(entry.id)
    switch (entry.type) {
      case 'dense': {
        const kernel = kernelOf(entry, 'kernel') as number[]
        const units = entry.config.units as number
        return own.map((row, r) =>
          row.map((_, i) =>
            (dy[r] as Row).reduce((sum, d, j) => sum + d * (kernel[i * units + j] as number), 0),
          ),
        )
      }
      case 'add':
        return dy
      case 'subtract':
        return dy.map(row => row.map(d => (place === 0 ? d : -d)))
      case 'multiply':
        return dy.map((row, r) => row.map((d, c) => d * at(inputs[1 - place] as Matrix, r, c)))
      case 'concatenate': {
        const start = place === 0 ? 0 : ((inputs[0] as Matrix)[0] as Row).length
        return own.map((row, r) => row.map((_, c) => at(dy, r, start + c)))
      }
      case 'softmax':
        return valueAt(entry.id).map((row, r) => {
          const total = row.reduce((sum, y, c) => sum + y * at(dy, r, c), 0)
          return row.map((y, c) => y * (at(dy, r, c) - total))
        })
      default:
        return own.map((row, r) => row.map((x, c) => at(dy, r, c) * scalar(entry).slope(x)))
    }
  }

  const lossEntry = net.nodes.find(({ type }) => type === 'meanSquaredError') as NodeEntry
  const [prediction, target] = sourcesOf(lossEntry).map(valueAt) as [Matrix, Matrix]
  const squares = prediction.flatMap((row, r) => row.map((p, c) => (p - at(target, r, c)) ** 2))
  const loss = squares.reduce((sum, square) => sum + square, 0) / squares.length

  for (const entry of net.nodes) {
    if (entry.type !== 'dense') continue
    const [x] = sourcesOf(entry).map(valueAt) as [Matrix]
    const dy = gradientOf(entry.id)
    const units = entry.config.units as number
    const rows = (x[0] as Row).length
    const kernel = Array.from({ length: rows * units }, (_, k) => {
      return x.reduce((sum, row, r) => sum + (row[Math.floor(k / units)] as number) * at(dy, r, k % units), 0)
    })
    gather(entry, 'kernel', kernel)
    if (entry.config.useBias) {
      gather(
        entry,
        'bias',
        Array.from({ length: units }, (_, j) => dy.reduce((sum, row) => sum + (row[j] as number), 0)),
      )
    }
  }
  return { loss, gradients }
}

const at = (matrix: Matrix, row: number, column: number) => (matrix[row] as Row)[column] as number

/** Functions of one number, each with its slope. */
function scalar({ type, config }: NodeEntry): { value(x: number): number; slope(x: number): number } {
  const alpha = config.alpha as number
  const logistic = (x: number) => 1 / (1 + Math.exp(-x))
  switch (type) {
    case 'linear':
      return { value: x => x, slope: () => 1 }
    case 'tanh':
      return { value: Math.tanh, slope: x => 1 - Math.tanh(x) ** 2 }
    case 'sigmoid':
      return { value: logistic, slope: x => logistic(x) * (1 - logistic(x)) }
    case 'softplus':
      return { value: x => Math.log1p(Math.exp(x)), slope: logistic }
    case 'leakyRelu':
      return { value: x => (x > 0 ? x : alpha * x), slope: x => (x > 0 ? 1 : alpha) }
    case 'elu':
      return {
        value: x => (x > 0 ? x : alpha * Math.expm1(x)),
        slope: x => (x > 0 ? 1 : alpha * Math.exp(x)),
      }
    default:
      throw new Error(`the reference does not know ${type}`)
  }
}
