/** Values that nobody expects, by what they are: each is made anew, since a call may spoil one. */
import { compile, GradstreamError, graph, input, relu, Tensor } from 'gradstream'
import { of } from 'rxjs'

const cyclic = () => {
  const list: unknown[] = [1]
  list.push(list)
  return list
}

const circle = () => {
  const object: Record<string, unknown> = { x: 1 }
  object.self = object
  return object
}

const deep = () => {
  let list: unknown = 1
  for (let i = 0; i < 20_000; i++) list = [list]
  return list
}

const refusing = () =>
  new Proxy(
    {},
    Object.fromEntries(
      ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor'].map(trap => [
        trap,
        () => {
          throw new TypeError('a proxy that refuses')
        },
      ]),
    ),
  )

const port = () => input({ name: 'odd', shape: [2] })

export const oddValues: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  NaN: () => Number.NaN,
  '-0': () => -0,
  Infinity: () => Number.POSITIVE_INFINITY,
  '-1': () => -1,
  '1.5': () => 1.5,
  '1e9': () => 1e9,
  '2 ** 53': () => 2 ** 53,
  '2n': () => 2n,
  'an empty text': () => '',
  'a text': () => 'x',
  __proto__name: () => '__proto__',
  'a number in quotes': () => '10',
  'a long text': () => 'x'.repeat(100_000),
  'a symbol': () => Symbol('odd'),
  true: () => true,
  '[]': () => [],
  '[[]]': () => [[]],
  'a list of a text': () => ['x'],
  'ragged lists': () => [[1, 2], [3]],
  'a sparse list': () => new Array(3),
  'a long sparse list': () => new Array(2 ** 20),
  'a list of itself': cyclic,
  'a deep list': deep,
  '{}': () => ({}),
  'an object without prototype': () => Object.create(null),
  'a frozen list': () => Object.freeze([Object.freeze([1])]),
  'an object with a circle': circle,
  'a proxy that refuses': refusing,
  'a getter that throws': () => ({
    get x(): never {
      throw new RangeError('a getter that throws')
    },
  }),
  'an object that claims a huge length': () => ({ length: 1e9, shape: [1e9], data: { length: 1e9 } }),
  'a shape that claims a lot': () => ({ shape: [1e9], data: new Float32Array(1) }),
  'a date': () => new Date(Number.NaN),
  'a map': () => new Map([['x', 1]]),
  'a set': () => new Set(['x']),
  'a regular expression': () => /x/,
  'a function': () => () => undefined,
  'a function that throws': () => () => {
    throw new TypeError('a function that throws')
  },
  'a class': () => class Odd {},
  'a generator': () =>
    (function* () {
      yield 1
    })(),
  'a promise': () => Promise.resolve({ x: 1 }),
  'a Float32Array': () => Float32Array.of(1, 2),
  'a BigInt64Array': () => BigInt64Array.of(1n),
  'an ArrayBuffer': () => new ArrayBuffer(8),
  'a port': port,
  'a factory': () => relu,
  'a node': () => relu(),
  'a tensor': () => new Tensor([2], Float32Array.of(1, 2)),
  'a graph': () => graph({ y: port().pipe(relu()) }),
  'a model': () => compile(graph({ y: port().pipe(relu()) }), { kernels: 'reference' }),
  'an Observable': () => of(1),
  'an error': () => new Error('odd'),
  'one of our errors': () => new GradstreamError('CYCLE', { place: 'odd', expected: 'this', got: 'that' }),
}
