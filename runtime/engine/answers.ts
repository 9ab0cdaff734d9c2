/** What predictions mean: numbers in the unit of the data, and classes by their names. */
import {
  entryOf,
  GradstreamError,
  listOf,
  type ResolvedNode,
  recordOf,
  type Tensor,
} from '../../core/index.ts'
import { type Scaling, unstandardize } from '../data/scaling.ts'
import { type ColumnEncoding, classesOf, type Encoder, predictedWidthOf } from '../data/tables/encoder.ts'
import type { Engine } from './engine.ts'

/** A class that was predicted. */
export interface ClassAnswer {
  readonly class: string
  /** The probability of that class. */
  readonly probability: number
  /** The probabilities of all classes, by their names. */
  readonly probabilities: Readonly<Record<string, number>>
}

/** What a model says about a row, by target column: a number in the column's own unit, or a class with its probability. */
export type Answer = Readonly<Record<string, number | ClassAnswer>>

/** An output of the graph that a loss compares with an input. */
interface Compared {
  readonly output: string
  readonly target: string
  readonly fromLogits: boolean
}

/** Which outputs are compared with which inputs, by the losses of the graph. */
export function comparedOutputs({ nodes, graph }: Engine): Compared[] {
  return [...nodes.values()].flatMap(({ definition, resolved }) => {
    const port = (name: string) => resolved.inputs.find(input => input.name === name)
    const [prediction, target] = [port('prediction'), port('target')]
    if (definition.role !== 'loss' || !prediction || target?.producer.definition.role !== 'input') return []
    const found = Object.entries(graph.outputs).filter(
      ([, { node, output }]) => node === prediction.producer.id && output === prediction.output,
    )
    const fromLogits = (resolved as ResolvedNode).config.fromLogits === true
    return found.map(([output]) => ({ output, target: target.producer.id, fromLogits }))
  })
}

/** Predictions of standardized targets, brought back in place to the unit of the data. */
export function inOwnUnits(
  outputs: Readonly<Record<string, Tensor>>,
  compared: readonly Compared[],
  scalings: Readonly<Record<string, Scaling>>,
): void {
  const done = new Set<string>()
  for (const { output, target } of compared) {
    const [tensor, scaling] = [entryOf(outputs, output), entryOf(scalings, target)]
    if (!tensor || !scaling || done.has(output) || tensor.shape.at(-1) !== scaling.mean.length) continue
    done.add(output)
    unstandardize(tensor.data, scaling)
  }
}

/**
 * What the predictions say about each row.
 *
 * @throws GradstreamError `NOT_AVAILABLE` where no output is compared with the target
 */
export function answersOf(
  { targets }: Encoder,
  outputs: Readonly<Record<string, Tensor>>,
  compared: readonly Compared[],
): Answer[] {
  const width = targets.reduce((sum, encoding) => sum + predictedWidthOf(encoding), 0)
  const fits = (name: string) =>
    entryOf(outputs, name)?.shape.length === 2 && outputs[name]?.shape[1] === width
  const pair = compared.find(({ output, target }) => target === 'target' && fits(output))
  const others = Object.keys(outputs).filter(fits)
  const name = pair?.output ?? (others.length === 1 ? others[0] : undefined)
  if (name === undefined) {
    throw new GradstreamError('NOT_AVAILABLE', {
      place: 'model.predict',
      expected: `an output of the graph with ${width} numbers for ${listOf(targets.map(({ column }) => column))}`,
      got: listOf(Object.entries(outputs).map(([output, { shape }]) => `${output} [${shape.join(', ')}]`)),
      hint: 'Add the prediction to the outputs: graph({ prediction, loss }).',
    })
  }
  const { data, shape } = outputs[name] as Tensor
  return Array.from({ length: shape[0] as number }, (_, row) => {
    let offset = row * width
    return recordOf(
      targets.map((encoding): [string, number | ClassAnswer] => {
        const values = Array.from(data.subarray(offset, offset + predictedWidthOf(encoding)))
        offset += values.length
        return [encoding.column, answerOf(encoding, values, pair?.fromLogits === true)]
      }),
    )
  })
}

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z))

function softmax(logits: readonly number[]): number[] {
  const most = Math.max(...logits)
  const powers = logits.map(z => Math.exp(z - most))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map(power => power / sum)
}

function answerOf(encoding: ColumnEncoding, values: readonly number[], fromLogits: boolean) {
  const { type } = encoding
  if (type === 'number' || type === 'date') {
    const [value = Number.NaN] = values
    return fromLogits ? sigmoid(value) : value
  }
  const [p = Number.NaN] = type === 'binary' && fromLogits ? values.map(sigmoid) : values
  const shares = type === 'binary' ? [1 - p, p] : fromLogits ? softmax(values) : values
  const classes = classesOf(encoding)
  const best = shares.reduce((found, share, i) => (share > (shares[found] as number) ? i : found), 0)
  return {
    class: classes[best] as string,
    probability: shares[best] as number,
    probabilities: recordOf(classes.map((name, i) => [name, shares[i] as number] as const)),
  }
}
