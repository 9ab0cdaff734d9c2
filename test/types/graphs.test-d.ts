/**
 * What the compiler finds in a network that is written wrong, and what it must let pass. Nothing here runs: each line under
 * `@ts-expect-error` has to be an error, and no other one may be.
 */
import {
  add,
  compile,
  concatenate,
  defineNode,
  dense,
  fromArrays,
  type GraphDef,
  graph,
  graphFromJson,
  input,
  l2Regularization,
  lookahead,
  type Model,
  maxNorm,
  meanSquaredError,
  multiply,
  type Port,
  parameter,
  relu,
  sgd,
  sigmoid,
  type TensorLike,
  tensor,
} from 'gradstream'

const x = input({ name: 'x', shape: [2] })
const z = input({ name: 'z', shape: [2] })
const target = input({ name: 'target', shape: [1] })
const unnamed = input({ shape: [2] })
const prediction = x.pipe(dense({ units: 4 }), relu(), dense({ units: 1 }), sigmoid())
const loss = meanSquaredError()(prediction, target)
const update = loss.pipe(sgd())
const rows = [[1, 2]]
const anything = x as Port

// --- a node takes a port for each of its inputs ---------------------------------------------------------------------

// @ts-expect-error a second port is missing
add()(x)
// @ts-expect-error a second port is missing
meanSquaredError()(prediction)
// @ts-expect-error both ports are missing
multiply()()
// @ts-expect-error the port is missing
relu()()
// @ts-expect-error a list of ports is no port
add()([x, z])
// @ts-expect-error a node that is not applied is no port
meanSquaredError()(dense({ units: 1 }), target)
// @ts-expect-error a factory is no function of ports
x.pipe(relu)
// @ts-expect-error a port where a function of ports belongs
x.pipe(dense({ units: 3 })(x))
// @ts-expect-error ports where options belong
meanSquaredError(prediction, target)
// @ts-expect-error a number where options belong
dense(16)
// @ts-expect-error an option that has to be given
dense()
// @ts-expect-error a port is no graph
compile(prediction)
// @ts-expect-error a list of ports is no graph
graph([loss])

add()(x, z)
add()(x, z, x, z)
const heads: Port[] = [x, z]
add()(...heads)
concatenate()(...[1, 2, 3].map(units => x.pipe(dense({ units }))))
x.pipe()
const block = (port: Port) => add()(port, port.pipe(dense({ units: 2 }), relu()))
x.pipe(block, block)

// A variable takes what is made of it, whatever it stands on.
let layer = x
for (let i = 0; i < 3; i++) layer = layer.pipe(dense({ units: 2 }), relu())
layer = block(layer)
layer = add()(layer, z)

// --- an optimizer follows a loss ------------------------------------------------------------------------------------

// @ts-expect-error a prediction is no loss
prediction.pipe(sgd())
// @ts-expect-error a prediction is no loss
sgd()(prediction)
// @ts-expect-error an update is no loss
update.pipe(sgd())
// @ts-expect-error what is made of values is no loss
add()(x, z).pipe(sgd())
// @ts-expect-error a parameter is a value, and no loss
prediction.pipe(parameter(), sgd())
// @ts-expect-error a loss is no update
loss.pipe(maxNorm())
// @ts-expect-error a prediction is no update
lookahead()(prediction)
// @ts-expect-error a link behind an optimizer gives no loss
update.pipe(maxNorm(), sgd())

loss.pipe(sgd({ learningRate: 0.1 }))
loss.pipe(sgd(), maxNorm(), lookahead())
update.pipe(maxNorm({ axis: [0, 1], parameters: ['dense1'] }))
add()(loss, prediction.pipe(parameter(), l2Regularization())).pipe(sgd())
anything.pipe(maxNorm())
sgd()(loss)
add()(loss, meanSquaredError()(z, x)).pipe(sgd())
const half = defineNode({
  type: 'half',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward: ({ x }, _, { kernels: k }) => ({ y: k.scale(x, 0.5) }),
  backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.scale(dy, 0.5) }),
})
loss.pipe(half(), sgd())
add()(loss, half()(x)).pipe(sgd())
anything.pipe(sgd())
const sum = defineNode({
  type: 'sum',
  inputs: ['x'],
  outputs: ['sum'],
  shapes: () => ({ sum: [] }),
  forward: ({ x }, _, { kernels: k }) => ({ sum: k.sumTo(x, []) }),
  backward: ({ sum: dy }, { x }, _, { kernels: k }) => ({ x: k.mul(k.fill(x.shape, 1), dy) }),
})
x.pipe(sum(), sgd())
add()(loss, sum()(x)).pipe(sgd())
const penalty: Port = half()(x)
penalty.pipe(sgd())
const train = (loss: Port) => graph({ loss, update: loss.pipe(sgd()) })
train(loss)

// --- predict takes the inputs of the graph --------------------------------------------------------------------------

const model = compile(graph({ prediction, loss, update }), { seed: 7 })
model.predict({ x: rows })
model.predict({ x: rows, target: [[1]] })
model.predict({ x: tensor(rows) })
model.predict({ x: [Float32Array.of(1, 2)] })
model.predict({ x: { shape: [1, 2], data: [1, 2] } })
model.predict({ x: fromArrays({ x: rows }).column('x') })
model.predict({ x: rows }).prediction.toNested()
// @ts-expect-error no value for x
model.predict({})
// @ts-expect-error no value for x
model.predict({ target: [[1]] })
// @ts-expect-error no input is called y
model.predict({ x: rows, y: rows })
// @ts-expect-error no output is called predicted
model.predict({ x: rows }).predicted
// @ts-expect-error texts are no numbers
model.predict({ x: [['a', 'b']] })

// Either of two outputs can be asked for.
const two = compile(graph({ left: x.pipe(relu()), right: z.pipe(relu()), both: add()(x, z) }))
two.predict({ x: rows })
two.predict({ z: rows })
two.predict({ x: rows, z: rows })
// @ts-expect-error no output stands on neither of them
two.predict({})

// What the compiler does not know, it lets pass.
compile(graph({ y: unnamed.pipe(relu()) })).predict({ input1: rows })
compile(graph({ y: block(x) })).predict({ x: rows })
compile(graph({ y: x.pipe(relu(), relu(), relu(), relu(), relu(), relu(), relu()) })).predict({ x: rows })
compile(graph({ y: add()(...heads) })).predict({ x: rows, z: rows })
compile(graphFromJson('{}')).predict({ x: rows })
compile(train(loss)).predict({ x: rows })
compile(graph({ loss })).predict({ x: rows })
const chosen = input({ name: Math.random() < 0.5 ? 'a' : 'b', shape: [2] })
compile(graph({ y: chosen.pipe(relu()) })).predict({ a: rows })
const counted = [0, 1].map(i => input({ name: `x${i}`, shape: [2] }))
compile(graph({ y: add()(...counted) })).predict({ x0: rows, x1: rows })
const given: Record<string, TensorLike> = { x: rows }
compile(graph({ y: unnamed.pipe(relu()) })).predict(given)

// Models and graphs are what they are wherever they are passed on.
const wide: Model = model
const def: GraphDef = model.graph
compile(def).predict({ x: rows })
wide.predict({ x: rows })
