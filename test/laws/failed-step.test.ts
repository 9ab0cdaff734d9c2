/**
 * A step that fails leaves no trace: whatever fails in it, the call of a kernel, an emission or a loan of memory, all that
 * a model and its trainer remember is bit for bit as before; and the run goes on as if nothing had been.
 */
import {
  createTrainer,
  defineNode,
  dense,
  dropout,
  exponentialMovingAverage,
  fromArrays,
  type GraphDef,
  graph,
  input,
  lookahead,
  type Model,
  maxNorm,
  meanSquaredError,
  relu,
  sgd,
  type Trainer,
  tanh,
} from 'gradstream'
import { VirtualTimeScheduler } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { findBlas } from '../../kernels/blas/library.ts'
import { createKernels, type KernelsName } from '../../kernels/index.ts'
import { engineOf } from '../../runtime/engine/model.ts'
import { rows } from '../runtime/support.ts'
import { countOf, isFull } from '../support/counts.ts'
import { modelOn } from '../support/model-on.ts'
import { Sabotage } from '../support/sabotage.ts'

/** A node with a state that changes in each step, and is used twice. */
const average = defineNode({
  type: 'average',
  replayable: true,
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  state: ({ x }) => ({ mean: { shape: [x.at(-1) as number], initializer: 'zeros' as const } }),
  forward({ x, mean }, _, { kernels: k }) {
    const present = k.scale(k.sumTo(x, mean.shape), 1 / (x.shape[0] as number))
    return { y: k.sub(x, mean), mean: k.addScaled(k.scale(mean, 0.9), present, 0.1) }
  },
  backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.copy(dy) }),
})

const x = input({ name: 'x', shape: [2] })
const target = input({ name: 'target', shape: [1] })

/** Momentum, shared parameters, two optimizers; alike in each step. */
function alike(): GraphDef {
  const shared = dense({ units: 5 })
  const prediction = x.pipe(
    dense({ units: 5 }),
    relu(),
    shared,
    tanh(),
    shared,
    dense({ units: 1, name: 'head' }),
  )
  const loss = meanSquaredError()(prediction, target)
  const ofHead = loss.pipe(sgd({ learningRate: 0.05, parameters: ['head'] }))
  const rest = loss.pipe(
    sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    maxNorm({ maxValue: 0.9 }),
    lookahead({ steps: 2 }),
    exponentialMovingAverage({ decay: 0.8 }),
  )
  return graph({ prediction, loss, ofHead, rest })
}

/** The same with what is another in each step, and a node that remembers. */
function varying(): GraphDef {
  const normal = average()
  const prediction = x.pipe(
    dense({ units: 5 }),
    normal,
    dropout({ rate: 0.4 }),
    tanh(),
    dense({ units: 5 }),
    normal,
    dense({ units: 1 }),
  )
  const loss = meanSquaredError()(prediction, target)
  return graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.05, momentum: 0.9 })) })
}

interface Subject {
  readonly model: Model
  readonly trainer: Trainer
  readonly scheduler: VirtualTimeScheduler
  readonly sabotage: Sabotage
}

const kinds: readonly KernelsName[] = [
  'reference',
  'wasm',
  ...(isFull && findBlas().library ? (['blas'] as const) : []),
]
const STEPS = 9

function subjectOf(net: GraphDef, kind: KernelsName, isTapped: boolean): Subject {
  const sabotage = new Sabotage()
  const model = modelOn(net, sabotage.kernels(createKernels({ kernels: kind, threads: 1 })), {
    seed: 3,
    nodes: [average],
  })
  const scheduler = new VirtualTimeScheduler()
  const trainer = createTrainer(model, {
    data: fromArrays(rows(13)),
    batchSize: 4,
    epochs: 3,
    validation: fromArrays(rows(5, 2)),
    metrics: ['meanAbsoluteError', 'r2'],
    scheduler,
    runId: 'law',
    sliceTime: 0,
  })
  if (isTapped) {
    for (const id of model.nodes) {
      const { forward$, backward$, parameters } = model.node(id)
      const streams = Object.values(parameters).flatMap(({ gradient$, update$ }) => [gradient$, update$])
      for (const stream$ of [forward$, backward$, ...streams])
        stream$.subscribe(({ tensor }) => tensor.norm())
    }
  }
  return { model, trainer, scheduler, sabotage }
}

interface Memory {
  /** What a step changes. */
  readonly changed: unknown
  /** What is told of the run. */
  readonly told: unknown
}

/** All that is remembered from step to step. */
function memoryOf({ model, trainer }: Subject): Memory {
  const engine = engineOf(model)
  const bytes = (data: ArrayLike<number>) => Buffer.from(Float64Array.from(data).buffer).toString('base64')
  const parameters = [...engine.parameters].map(([key, { version }]) => [
    key,
    version.names.map(name => [name, bytes(version.present[name]?.data ?? [])]),
  ])
  const states = [...engine.states].map(([id, version]) => [
    id,
    version.names.map(name => [name, bytes(version.present[name]?.data ?? [])]),
  ])
  const { step, epoch, metrics, history } = trainer.state
  return { changed: { parameters, states, step, counter: engine.step }, told: { epoch, metrics, history } }
}

/** Does steps; gives the code of what failed. */
async function steps({ trainer, scheduler }: Subject, count: number): Promise<string | undefined> {
  const done = trainer.step(count).then(
    () => undefined,
    error => (error as { code: string }).code,
  )
  scheduler.flush()
  return done
}

describe.each(kinds)('with kernels %s', kind => {
  test.each([
    ['steps that are alike', alike, false],
    ['steps that are alike, and tapped', alike, true],
    ['steps that are all different', varying, false],
    ['steps that are all different, and tapped', varying, true],
  ] as const)('%s', async (_, make, isTapped) => {
    const net = make()
    const whole = subjectOf(net, kind, isTapped)
    const before: Memory[] = []
    for (let step = 0; step <= STEPS; step++) {
      before.push(memoryOf(whole))
      if (step < STEPS) await steps(whole, 1)
    }
    whole.model.dispose()

    let failures = 0
    const failed = new Set<string>()
    // BLAS differs from WebAssembly by its products alone.
    const stride = countOf({ usual: 17, full: kind === 'blas' ? 8 : 1 })
    // The first step, one that is recorded, a short batch behind it, and those that are replayed.
    for (const at of countOf({ usual: 0, full: 1 }) ? [0, 1, 2, 3, 6, 7] : [0, 2, 7]) {
      const probe = subjectOf(net, kind, isTapped)
      await steps(probe, at || 1)
      const restoreProbe = probe.sabotage.everywhere()
      probe.sabotage.arm()
      if (at > 0) await steps(probe, 1)
      const things = at > 0 ? probe.sabotage.done : 60
      restoreProbe()
      probe.model.dispose()
      for (let thing = at % stride; thing < things; thing += stride) {
        const subject = subjectOf(net, kind, isTapped)
        if (at > 0) await steps(subject, at)
        const restore = subject.sabotage.everywhere()
        subject.sabotage.arm(thing)
        const code = await steps(subject, 1)
        restore()
        subject.sabotage.arm()
        if (code === undefined) {
          // It was none of those that this step does, or one that comes after it.
          subject.model.dispose()
          continue
        }
        failures++
        failed.add(subject.sabotage.failed)
        const what = `${subject.sabotage.failed}, number ${thing} of step ${at + 1}`
        expect(code, what).toBe('NODE_FAILED')
        expect(memoryOf(subject).changed, what).toEqual(before[at]?.changed)
        await steps(subject, STEPS - at)
        expect(memoryOf(subject), `${what}, and on to the end`).toEqual(before[STEPS])
        subject.model.dispose()
      }
    }
    expect(failures).toBeGreaterThan(countOf({ usual: 8, full: 200 / stride }))
    expect([...failed]).toEqual(expect.arrayContaining(['emit', 'take']))
  })
})
