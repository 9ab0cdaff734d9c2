/** Gradients that are derived from what was computed are those of central differences, for random programs. */
import { expect, test } from 'vitest'
import { Functions, gradients, type Program, sizeOf, type Value } from '../../core/index.ts'
import { interpret } from '../../kernels/reference/interpret.ts'
import { Drawing } from '../kernels/compiling/drawn-program.ts'
import { countOf } from '../support/counts.ts'
import { QuickDice } from '../support/dice.ts'

const PROGRAMS = countOf({ few: 20, usual: 400, full: 2000 })
const STEP = 1e-6

test(`${PROGRAMS} random programs`, () => {
  let compared = 0
  for (let seed = 0; seed < PROGRAMS; seed++) {
    const dice = new QuickDice(seed)
    const drawing = new Drawing(dice, 150)
    const y = drawing.draw()
    const k = new Functions(drawing.writer)
    const [weights, one] = [drawing.input(y.shape), drawing.input([])]
    const loss = k.sum(k.mul(y, weights))
    const wanted = drawing.values.slice(0, -2)
    const derived = gradients(k, drawing.writer.steps, new Map([[loss, one]]), wanted)
    const reached = wanted.filter((_, i) => derived[i] !== undefined)
    const outputs = [loss, ...derived.filter((gradient): gradient is Value => gradient !== undefined)]
    const { program, inputs } = drawing.program(...outputs)
    const values = inputs.map(input => Float64Array.from(input))
    values.splice(-1, 1, Float64Array.of(1))
    const made = interpret(program, values)
    for (const [i, value] of reached.entries()) {
      expect(outputs[i + 1]?.shape, `seed ${seed}`).toEqual(value.shape)
      const size = sizeOf(value.shape)
      for (const at of size === 0 ? [] : [0, dice.below(size), size - 1]) {
        const got = made[i + 1]?.[at] as number
        const numeric = slope(program, values, drawing.values.indexOf(value), at)
        const message = `seed ${seed}: input ${i}, number ${at}`
        expect(Math.abs(got - numeric), `${message} is ${got}, not ${numeric}`).toBeLessThanOrEqual(
          1e-5 + 1e-3 * Math.abs(numeric),
        )
        compared++
      }
    }
  }
  expect(compared).toBeGreaterThan(PROGRAMS)
})

/** The slope of the first output along one number of an input, by central differences. */
function slope(program: Program, values: readonly Float64Array[], input: number, at: number): number {
  const lossAt = (by: number) => {
    const moved = values.map((numbers, i) =>
      i === input ? numbers.with(at, (numbers[at] as number) + by) : numbers,
    )
    return interpret(program, moved)[0]?.[0] as number
  }
  return (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP)
}
