/** Random graphs, and a plain recursive reference for their gradients that knows nothing of streams or kernels. */
import {
  add,
  concatenate,
  dense,
  elu,
  type GraphDef,
  graph,
  input,
  leakyRelu,
  linear,
  meanSquaredError,
  multiply,
  type Port,
  type SgdOptions,
  sgd,
  sigmoid,
  softmax,
  softplus,
  subtract,
  tanh,
} from 'gradstream'
import { Dice } from './dice.ts'

export const WIDTH = 3

/**
 * A graph of `size` nodes besides inputs, loss and optimizer: layers, activations and merges that take earlier nodes
 * at random, preferring a few, so that fan-outs are wide (up to 50) and diamonds and skips many. All nodes that feed
 * nothing are added up in front of the loss.
 */
export function randomGraph(
  seed: number,
  size: number,
  options: SgdOptions = {},
  behind: (update: Port<'update'>) => Port = update => update,
): GraphDef {
  const dice = new Dice(seed)
  const x = input({ name: 'x', shape: [WIDTH] })
  const target = input({ name: 'target', shape: [WIDTH] })
  const ports: Port[] = [x]
  const fanOut = new Map<Port, number>([[x, 0]])
  const take = (): Port => {
    const open = ports.filter(port => (fanOut.get(port) as number) < 50)
    // One time in three the same early port again, else any.
    const port = dice.below(3) === 0 ? (open[0] as Port) : dice.pick(open)
    fanOut.set(port, (fanOut.get(port) as number) + 1)
    return port
  }
  const shared = dense({ units: WIDTH })
  const makers: (() => Port)[] = [
    () => take().pipe(dense({ units: WIDTH })),
    () => take().pipe(dense({ units: WIDTH, useBias: false, trainable: dice.below(2) === 0 })),
    () => take().pipe(shared),
    () => take().pipe(dice.pick([tanh, sigmoid, softplus, softmax, linear])()),
    () => take().pipe(dice.pick([leakyRelu, elu])({ alpha: 0.4 })),
    () => dice.pick([subtract, multiply])()(take(), take()).pipe(tanh()),
    () => add()(...Array.from({ length: 2 + dice.below(4) }, take)).pipe(tanh()),
    () => concatenate()(take(), take()).pipe(dense({ units: WIDTH }), tanh()),
  ]
  let made = 0
  while (made < size - 2) {
    const port = dice.pick(makers)()
    made += 1
    ports.push(port)
    fanOut.set(port, 0)
  }
  const loose = ports.filter(port => fanOut.get(port) === 0)
  const joined = loose.length > 1 ? add()(...loose) : (loose[0] as Port)
  const prediction = joined.pipe(dense({ units: WIDTH }))
  const loss = meanSquaredError()(prediction, target)
  return graph({ prediction, loss, update: behind(loss.pipe(sgd({ learningRate: 1e-4, ...options }))) })
}
