/** NaN at any place of a graph is caught in the same step: the error knows the node, and nothing has been learned. */
import { compile, GradstreamError, type KernelsName, Tensor } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { Wire } from '../../core/index.ts'
import { findBlas } from '../../kernels/blas/library.ts'
import { engineOf } from '../../runtime/engine/model.ts'
import { originOf } from '../../runtime/engine/non-finite.ts'
import { countOf, isFull } from '../support/counts.ts'
import { Dice } from '../support/dice.ts'
import { randomGraph, WIDTH } from '../support/random-graph.ts'

const kinds: readonly KernelsName[] = [
  'reference',
  'wasm',
  ...(isFull && findBlas().library ? (['blas'] as const) : []),
]
const BATCH = 4

/** A model after some steps, so many that the next ones would be replayed. */
function trained(seed: number, kernels: KernelsName) {
  const net = randomGraph(seed, 3 + (seed % 25), { momentum: 0.5, learningRate: 0.01 })
  const model = compile(net, { seed, kernels, threads: 1 })
  const engine = engineOf(model)
  const dice = new Dice(seed)
  const rows = Array.from({ length: 2 * BATCH * WIDTH }, () => 2 * dice.next() - 1)
  /** Runs a step; `spoil` may change the data for an input. */
  const step = (spoil: (id: string, data: Tensor['data']) => void = () => undefined) => {
    const feeds = ['x', 'target'].map((id, i) => {
      const input = engine.nodes.get(id) as NonNullable<ReturnType<typeof engine.nodes.get>>
      const tensor = engine.lendInput(input, [BATCH, WIDTH])
      tensor.data.set(rows.slice(i * BATCH * WIDTH, (i + 1) * BATCH * WIDTH))
      spoil(id, tensor.data)
      return { input, tensor }
    })
    engine.run('train', feeds)
  }
  for (let i = 0; i < 5; i++) step()
  return { model, engine, step, dice }
}

type Trained = ReturnType<typeof trained>

/** One way to spoil a step. It gives the node at fault, and what mends it. */
interface Poison {
  readonly name: string
  readonly node: string
  /** Runs a step with it; afterwards all is as before. */
  run(): void
}

/**
 * NaN in what a wire sends. All of it, since nothing may come of a single entry: frozen layers may have fed that part of a concatenation.
 */
function onWire({ engine, step }: Trained, wire: Wire): void {
  const own: { emit?: unknown } = wire
  own.emit = (pass: number, tensor: Tensor) => {
    engine.unrecorded(() => {
      // A copy, since a node may send what it was given to several others.
      const spoiled = tensor.clone()
      spoiled.data.fill(Number.NaN)
      Wire.prototype.emit.call(wire, pass, spoiled)
    })
  }
  engine.changed()
  try {
    step()
  } finally {
    delete own.emit
    engine.changed()
  }
}

function* poisons(trial: Trained): Generator<Poison> {
  const { model, engine, step, dice } = trial
  for (const id of ['x', 'target'])
    yield {
      name: `the data for ${id}`,
      node: id,
      run: () =>
        step((input, data) => {
          if (input === id) data[dice.below(data.length)] = Number.NaN
        }),
    }
  for (const [name, { shape, data }] of Object.entries(model.state())) {
    if (name === 'step') continue
    yield {
      name,
      node: name.replace(/\..*$/, ''),
      run() {
        const state = model.state()
        const spoiled = new Tensor(shape, data.slice().fill(Number.NaN, dice.below(data.length)))
        model.load({ ...state, [name]: spoiled })
        const given = bytesIn(model.state())
        try {
          step()
        } finally {
          // Not even what was put there has changed.
          expect(bytesIn(model.state())).toEqual(given)
          model.load(state)
        }
      },
    }
  }
  for (const { id, outputs, backward, definition } of engine.nodes.values()) {
    // Data are spoilt above; a loss is looked at before it is sent, so nothing can happen to it on the way.
    const isInside = definition.role !== 'input' && definition.role !== 'loss'
    for (const { name, forward } of outputs)
      if (isInside) yield { name: `the output ${name} of ${id}`, node: id, run: () => onWire(trial, forward) }
    for (const { name, wire, needed } of backward.gradients)
      if (needed) yield { name: `the gradient of ${id}.${name}`, node: id, run: () => onWire(trial, wire) }
  }
}

const bytesIn = (state: Record<string, Tensor>) =>
  Object.entries(state).map(([name, { data }]) => [
    name,
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
  ])

function thrownBy(work: () => void): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}

describe.each(kinds)('with kernels %s', kernels => {
  test('in inputs, weights, slots, values and gradients of random graphs', () => {
    let places = 0
    for (let seed = 1; seed <= countOf({ few: 2, usual: kernels === 'wasm' ? 2 : 5, full: 20 }); seed++) {
      const trial = trained(seed, kernels)
      const { model, engine, step } = trial
      for (const { name, node, run } of poisons(trial)) {
        const before = bytesIn(model.state())
        const { step: last } = engine
        const error = thrownBy(run)
        const told = [name, error instanceof GradstreamError && error.code, originOf(error)?.node]
        expect(told).toEqual([name, 'NOT_FINITE', node])
        expect((error as GradstreamError).place).toContain(`step ${last + 1}`)
        expect(bytesIn(model.state())).toEqual(before)
        expect(engine.step).toBe(last)
        places++
      }
      // It goes on as one that nobody poisoned.
      const other = trained(seed, kernels)
      for (let i = 0; i < 5; i++) {
        step()
        other.step()
      }
      expect(bytesIn(model.state())).toEqual(bytesIn(other.model.state()))
      model.dispose()
      other.model.dispose()
    }
    expect(places).toBeGreaterThan(40)
  })
})
