/** Networks as people build them: widths from 1 to 70, branches and skips, each loss, each way to update. */
import {
  add,
  binaryCrossentropy,
  categoricalCrossentropy,
  concatenate,
  dense,
  dropout,
  elu,
  type GraphDef,
  graph,
  input,
  leakyRelu,
  meanSquaredError,
  multiply,
  type Port,
  relu,
  sgd,
  sigmoid,
  softmax,
  softplus,
  subtract,
  tanh,
} from 'gradstream'
import type { Dice } from './dice.ts'

export interface UsualNetwork {
  readonly net: GraphDef
  /** How wide its input and its target are. */
  readonly width: number
  readonly outputs: number
  /** What a target row looks like. */
  readonly target: 'numbers' | 'yes or no' | 'classes'
}

const WIDEST = 70

/** With `kinks: false`, no activation has a corner, at which a rounding error would change a gradient. */
export function usualNetwork(dice: Dice, { kinks = true } = {}): UsualNetwork {
  const width = 1 + dice.below(WIDEST)
  const x = input({ name: 'x', shape: [width] })
  const activation = () =>
    dice.pick([tanh(), sigmoid(), softplus(), softmax(), elu(), ...(kinks ? [relu(), leakyRelu()] : [])])
  const layer = (port: Port, units: number) => port.pipe(dense({ units, useBias: dice.below(4) > 0 }))
  let port: Port = x
  for (let depth = 1 + dice.below(4); depth > 0; depth--) {
    const units = 1 + dice.below(WIDEST)
    const branch = layer(port, units).pipe(activation())
    switch (dice.below(5)) {
      case 0:
        port = dice.pick([add, subtract, multiply])()(branch, layer(port, units)).pipe(tanh())
        break
      case 1:
        port = concatenate()(branch, port)
        break
      case 2:
        port = branch.pipe(dropout({ rate: 0.3 }))
        break
      default:
        port = branch
    }
  }
  const kind = dice.pick(['numbers', 'yes or no', 'classes'] as const)
  // One class alone is refused, since its probability is always 1.
  const outputs =
    kind === 'yes or no' ? 1 + dice.below(3) : kind === 'classes' ? 2 + dice.below(12) : 1 + dice.below(13)
  const target = input({ name: 'target', shape: [outputs] })
  const last = layer(port, outputs)
  const fromLogits = dice.below(2) === 0
  const [prediction, loss] = endOf(kind, last, target, fromLogits)
  const update = loss.pipe(
    sgd({
      learningRate: 0.01,
      momentum: dice.pick([0, 0.5]),
      nesterov: dice.below(2) === 0,
      weightDecay: dice.pick([0, 0.01]),
    }),
  )
  return { net: graph({ prediction, loss, update }), width, outputs, target: kind }
}

function endOf(
  kind: UsualNetwork['target'],
  last: Port,
  target: Port,
  fromLogits: boolean,
): [prediction: Port<'value'>, loss: Port<'loss'>] {
  switch (kind) {
    case 'numbers':
      return [last as Port<'value'>, meanSquaredError()(last, target)]
    case 'yes or no': {
      const prediction = fromLogits ? last : sigmoid()(last)
      return [prediction as Port<'value'>, binaryCrossentropy({ fromLogits })(prediction, target)]
    }
    case 'classes': {
      const prediction = fromLogits ? last : softmax()(last)
      return [prediction as Port<'value'>, categoricalCrossentropy({ fromLogits })(prediction, target)]
    }
  }
}

/** Rows for it: features around 0, and targets of its kind. */
export function rowsFor({ width, outputs, target }: UsualNetwork, dice: Dice, count: number) {
  const x = Array.from({ length: count }, () => Array.from({ length: width }, () => 4 * dice.next() - 2))
  const rows = Array.from({ length: count }, () => {
    const chosen = dice.below(outputs)
    return Array.from({ length: outputs }, (_, i) => {
      if (target === 'numbers') return 2 * dice.next() - 1
      return target === 'classes' ? Number(i === chosen) : dice.below(2)
    })
  })
  return { x, target: rows }
}
