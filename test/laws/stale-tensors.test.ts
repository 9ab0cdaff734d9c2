/** In debug mode a lent tensor can be read during its emission and not later, on every public stream; nothing else differs. */
import { inspect } from 'node:util'
import {
  compile,
  createTrainer,
  type Frame,
  type GradstreamError,
  type KernelsName,
  type Model,
  tensor,
} from 'gradstream'
import { bufferCount, filter, map, type Observable, VirtualTimeScheduler } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { engineOf } from '../../runtime/engine/model.ts'
import { bytesOf, errorOf, regression, rejectionOf, samples } from '../runtime/support.ts'
import { countOf } from '../support/counts.ts'
import { Dice } from '../support/dice.ts'
import { randomGraph, WIDTH } from '../support/random-graph.ts'

const GRAPHS = countOf({ few: 4, usual: 10, full: 60 })
const STEPS = 8

/** All public streams of tensors, by the places that errors call them. */
function streamsOf(model: Model): (readonly [place: string, stream$: Observable<Frame>])[] {
  return model.nodes.flatMap(id => {
    const { forward$, backward$, parameters } = model.node(id)
    const own = Object.entries(parameters).flatMap(([name, { gradient$, update$ }]) => [
      [`${id}.${name}.gradient$`, gradient$] as const,
      [`${id}.${name}.update$`, update$] as const,
    ])
    const isOptimizer = id.startsWith('sgd')
    return [
      ...(isOptimizer ? [] : [[`${id}.forward$`, forward$] as const]),
      [`${id}.backward$`, backward$],
      ...own,
    ]
  })
}

/** Trains on the same numbers for the same seed. */
function train(model: Model, seed: number, each: () => void = () => undefined): void {
  const dice = new Dice(seed)
  const engine = engineOf(model)
  const inputs = [...engine.nodes.values()].filter(({ definition }) => definition.role === 'input')
  for (let i = 0; i < STEPS; i++) {
    const feeds = inputs.map(input => {
      const tensor = engine.lendInput(input, [2, WIDTH])
      tensor.data.set(Array.from({ length: tensor.size }, () => 2 * dice.next() - 1))
      return { input, tensor }
    })
    engine.run('train', feeds)
    each()
  }
}

/** A place without the id of its node. */
const stream = (place: string) => place.slice(place.indexOf('.'))

/** All that reads the numbers of a tensor. */
const READS: readonly ((frame: Frame) => unknown)[] = [
  ({ tensor }) => tensor.data,
  ({ tensor }) => tensor.norm(),
  ({ tensor }) => tensor.toNested(),
  ({ tensor }) => tensor.item(),
  ({ tensor }) => tensor.clone(),
  ({ tensor }) => tensor.toJSON(),
  frame => tensor(frame.tensor),
]

describe.each<KernelsName>(['reference', 'wasm'])('with the kernels %s', kernels => {
  test(`${GRAPHS} random graphs: kept frames are stale one step later, and never during the emission`, () => {
    for (let seed = 0; seed < GRAPHS; seed++) {
      const net = randomGraph(seed, 3 + (seed % 12), { momentum: 0.5 })
      const plain = compile(net, { seed, kernels })
      const model = compile(net, { seed, kernels, debug: true })
      const errors: GradstreamError[] = []
      model.errors$.subscribe(error => errors.push(error))
      const told: unknown[][] = [[], []]
      const kept: { place: string; frame: Frame; data: Frame['tensor']['data'] }[] = []
      for (const [run, each] of [plain, model].entries()) {
        for (const [place, stream$] of streamsOf(each)) {
          stream$.subscribe(frame => {
            told[run]?.push([place, frame.step, frame.mode, frame.tensor.toJSON(), frame.tensor.norm()])
            if (each === model) kept.push({ place, frame, data: frame.tensor.data })
          })
        }
      }
      train(plain, seed)
      let checked = 0
      train(model, seed, () => {
        for (; checked < kept.length; checked++) {
          const { place, frame, data } = kept[checked] as (typeof kept)[number]
          const read = READS[checked % READS.length] as (typeof READS)[number]
          const error = errorOf(() => read(frame))
          expect(error.code).toBe('STALE_TENSOR')
          // A parameter that two layers share is called by the first of them.
          expect(stream(error.place)).toBe(`${stream(place)}, step ${frame.step}`)
          // Who kept the numbers alone has none of another step.
          expect(data.every(Number.isNaN)).toBe(true)
        }
      })
      expect(checked).toBeGreaterThan(STEPS)
      expect(errors).toEqual([])
      expect(told[1]).toEqual(told[0])
      expect(bytesOf(model)).toEqual(bytesOf(plain))
    }
  })

  test('steps that nobody watches are replayed as ever, and so are those that are tapped', () => {
    const model = compile(randomGraph(3, 6), { seed: 3, kernels, debug: true })
    const frames: Frame[] = []
    model.node('dense1').forward$.subscribe(frame => {
      frame.tensor.norm()
      frames.push(frame)
    })
    train(model, 3)
    expect(engineOf(model).replay.recorded).toBe(kernels === 'wasm' ? 2 : 0)
    expect(frames.map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1))
    for (const { tensor, step } of frames)
      expect(errorOf(() => tensor.norm()).place).toBe(`dense1.forward$, step ${step}`)
  })
})

/** Trains in virtual time. */
function finish(model: Model): void {
  const scheduler = new VirtualTimeScheduler()
  void createTrainer(model, { data: samples(10), batchSize: 4, epochs: 2, runId: 'debug', scheduler }).run()
  scheduler.flush()
}

test('without debug, frames that are kept give the norm of one step several times, in silence', () => {
  const model = compile(regression(), { seed: 1 })
  const norms: number[][] = []
  model
    .node('dense1')
    .forward$.pipe(
      filter(({ mode }) => mode === 'train'),
      bufferCount(2),
    )
    .subscribe(frames => norms.push(frames.map(({ tensor }) => tensor.norm())))
  finish(model)
  expect(norms).toHaveLength(3)
  expect(norms[0]?.[0]).toBe(norms[0]?.[1])
})

test('with debug, the same subscriber fails and is told the place, the step and the way out', () => {
  const model = compile(regression(), { seed: 1, debug: true })
  const errors: GradstreamError[] = []
  model.errors$.subscribe(error => errors.push(error))
  const norms: number[][] = []
  model
    .node('dense1')
    .forward$.pipe(bufferCount(3))
    .subscribe(frames => norms.push(frames.map(({ tensor }) => tensor.norm())))
  model
    .node('dense1')
    .forward$.pipe(
      map(({ tensor }) => tensor.clone()),
      bufferCount(3),
    )
    .subscribe(tensors => norms.push(tensors.map(tensor => tensor.norm())))
  finish(model)
  expect(norms).toHaveLength(2)
  for (const three of norms) expect(new Set(three).size).toBe(3)
  expect(errors[0]).toMatchObject({ code: 'SUBSCRIBER_FAILED', place: 'subscriber of dense1.forward$' })
  expect(errors[0]?.cause).toMatchObject({
    code: 'STALE_TENSOR',
    place: 'dense1.forward$, step 1',
    hint: expect.stringContaining('map(({ tensor }) => tensor.clone())'),
  })
})

describe('in debug mode', () => {
  const debug = { seed: 1, debug: true } as const

  test('a stale tensor has its shape and can be shown, and read() rejects', async () => {
    const model = compile(regression(), debug)
    const frames: Frame[] = []
    model.node('prediction').forward$.subscribe(frame => frames.push(frame))
    model.predict({ x: [[1, 2]] })
    const { tensor: stale } = frames[0] as Frame
    expect([stale.shape, stale.size]).toEqual([[1, 1], 1])
    expect(inspect(stale)).toBe('Tensor [1, 1] of dense2.forward$, inference after step 0, stale')
    expect((await rejectionOf(stale.read())).code).toBe('STALE_TENSOR')
  })

  test('the value of a parameter can be read until it changes', () => {
    const model = compile(regression(), debug)
    const { kernel } = model.node('dense1').parameters
    const before = kernel.value
    const norm = before.norm()
    expect(before.norm()).toBe(norm)
    // Still the present one while a step goes on.
    let during: number | undefined
    model.node('dense1').forward$.subscribe(() => {
      during ??= before.norm()
    })
    const after: unknown[] = []
    kernel.update$.subscribe(() => after.push(errorOf(() => before.norm()).code))
    finish(model)
    expect(during).toBe(norm)
    expect(new Set(after)).toEqual(new Set(['STALE_TENSOR']))
    expect(errorOf(() => before.data)).toMatchObject({ code: 'STALE_TENSOR', place: 'dense1.kernel value' })
    const assigned = kernel.value
    kernel.assign(assigned)
    expect(errorOf(() => assigned.data).code).toBe('STALE_TENSOR')
    expect(kernel.value.norm()).not.toBe(norm)
  })

  test('what predict gives is yours', () => {
    const model = compile(regression(), debug)
    const { prediction } = model.predict({ x: [[1, 2]] })
    const before = prediction.toNested()
    model.predict({ x: [[3, 4]] })
    finish(model)
    expect(prediction.toNested()).toEqual(before)
  })
})

test('debug is a boolean', () => {
  expect(errorOf(() => compile(regression(), { debug: 'yes' as never })).code).toBe('INVALID_OPTION')
})
