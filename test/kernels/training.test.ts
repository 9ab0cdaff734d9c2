/**
 * Training on any kernels is training on the reference: networks as people build them, batches of the sizes that they use,
 * and between the steps all that may be asked of a model. All kernels are held against the same run on the reference, which
 * takes longest.
 */
import { createTrainer, evaluate, fromArrays, type Model, type Trainer } from 'gradstream'
import { expect, test } from 'vitest'
import type { Kernels } from '../../core/index.ts'
import { findBlas } from '../../kernels/blas/library.ts'
import { createKernels, ReferenceKernels } from '../../kernels/index.ts'
import { engineOf } from '../../runtime/engine/model.ts'
import { countOf } from '../support/counts.ts'
import { Dice } from '../support/dice.ts'
import { modelOn } from '../support/model-on.ts'
import { rowsFor, usualNetwork } from '../support/usual-network.ts'
import { BUILDS, kernelsOf } from './builds.ts'

/** Those whose products are computed elsewhere. The mutation check, which replaces sources in one thread, does without. */
const others = (): Record<string, () => Kernels> => ({
  'wasm on 3 threads': () => createKernels({ kernels: 'wasm', threads: 3 }),
  ...(findBlas().library !== undefined &&
    Object.fromEntries(
      countOf({ usual: [2], full: [1, 2] }).map(threads => [
        `blas on ${threads} threads`,
        () => createKernels({ kernels: 'blas', threads }),
      ]),
    )),
})

/** All that there are in float32, by their names. */
const IMPLEMENTATIONS: Readonly<Record<string, () => Kernels>> = {
  ...Object.fromEntries(BUILDS.map(build => [`wasm (${build})`, () => kernelsOf(build)])),
  ...countOf({ few: () => ({}), usual: others })(),
}

/** How far a number may be from that of the reference, as a share of the largest. */
const TOLERANCE = 2e-5
const BATCHES = [1, 7, 16, 32, 48]
const NETWORKS = countOf({ usual: 1, full: 90 })
const ACTIONS = 12
/**
 * Numbers below these are held against them. A prediction may be what is left of a sum of numbers around 1 that cancel,
 * and has no more digits than they have.
 */
const LEAST = 1e-3
const LEAST_PREDICTION = 0.01
/** From a loss like this on a run diverges, and makes more of each rounding error than it was: nothing more is compared. */
const DIVERGED = 1000

interface Subject {
  readonly model: Model
  readonly trainer: Trainer
}

function expectNear(got: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void {
  const least = what.endsWith('prediction') ? LEAST_PREDICTION : LEAST
  expect(got.length, what).toBe(wanted.length)
  let largest = 0
  for (let i = 0; i < wanted.length; i++) largest = Math.max(largest, Math.abs(wanted[i] as number))
  for (let i = 0; i < wanted.length; i++) {
    const off = Math.abs((got[i] as number) - (wanted[i] as number))
    if (!(off <= TOLERANCE * Math.max(largest, least)))
      expect.fail(`${what}, entry ${i}: ${got[i]}, on the reference ${wanted[i]}`)
  }
}

test.each(BATCHES)(`${NETWORKS} networks in batches of %s`, async batchSize => {
  let diverged = 0
  for (let seed = 0; seed < NETWORKS; seed++) {
    const dice = new Dice(1000 * batchSize + seed)
    const network = usualNetwork(dice, { kinks: false })
    const few = Math.floor(batchSize / 2)
    const [data, validation] = [2 * batchSize + few, batchSize + 3].map(count =>
      fromArrays(rowsFor(network, dice, count)),
    ) as [ReturnType<typeof fromArrays>, ReturnType<typeof fromArrays>]
    const isValidated = dice.below(2) === 0
    const subjectOn = (kernels: Kernels): Subject => {
      const model = modelOn(network.net, kernels, { seed })
      const options = { data, batchSize, epochs: 3, seed, ...(isValidated && { validation }) }
      return { model, trainer: createTrainer(model, options) }
    }
    const reference = subjectOn(new ReferenceKernels('float32'))
    const subjects = Object.entries(IMPLEMENTATIONS).map(([name, make]) => [name, subjectOn(make())] as const)
    const all = async (act: (subject: Subject) => unknown, what: string) => {
      const wanted = (await act(reference)) as number[]
      for (const [name, subject] of subjects)
        expectNear((await act(subject)) as number[], wanted, `${name}, network ${seed}, ${what}`)
      hasDiverged ||= what.startsWith('metrics') && wanted.some(figure => !(Math.abs(figure) < DIVERGED))
    }
    let hasDiverged = false
    for (let action = 0; action < ACTIONS && !hasDiverged; action++) {
      // Many a model is asked before it is trained, which decides what lies beside what.
      const choice = action === 0 ? seed % 3 : dice.below(6)
      await act(choice, dice, all, { network, validation, batchSize })
      await all(({ model }) => weightsOf(model), 'weights')
    }
    if (hasDiverged) diverged++
    for (const { model, trainer } of [reference, ...subjects.map(([, subject]) => subject)]) {
      trainer.dispose()
      model.dispose()
    }
  }
  // Of 90 it is one at most; were there more, little would be compared.
  expect(diverged, 'runs that diverge').toBeLessThanOrEqual(Math.max(1, NETWORKS / 30))
})

const weightsOf = (model: Model) =>
  [...engineOf(model).parameters.values()].flatMap(({ value }) => Array.from(value.data))

async function act(
  choice: number,
  dice: Dice,
  all: (act: (subject: Subject) => unknown, what: string) => Promise<void>,
  {
    network,
    validation,
    batchSize,
  }: {
    network: ReturnType<typeof usualNetwork>
    validation: ReturnType<typeof fromArrays>
    batchSize: number
  },
): Promise<void> {
  switch (choice) {
    case 0: {
      const { x } = rowsFor(network, dice, dice.pick([batchSize, batchSize, 1, 5, 32, batchSize + 1]))
      await all(({ model }) => Array.from(model.predict({ x }).prediction?.data ?? []), 'prediction')
      return
    }
    case 1: {
      const batchSize = dice.pick([7, 16, 256])
      const figures = ({ model }: Subject) => evaluate(model, validation, { batchSize })
      await all(async subject => Object.values(await figures(subject)), 'evaluation')
      return
    }
    case 2: {
      const size = 0.5 * dice.next()
      await all(({ model }) => {
        const { value, assign } = model.node('dense1').parameters.kernel
        const data = Array.from(value.data, (entry, i) => entry + size * Math.sin(i))
        assign({ shape: value.shape, data })
        return []
      }, 'assignment')
      return
    }
    default: {
      const count = 1 + dice.below(4)
      await all(async ({ trainer }) => {
        const { metrics } = await trainer.step(count)
        return Object.values(metrics)
      }, `metrics after ${count} steps`)
    }
  }
}
