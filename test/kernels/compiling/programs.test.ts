/** Programs, fused and compiled, give what the reference gives instruction by instruction in float64; and fusing changes no byte. */
import { describe, expect, test } from 'vitest'
import { interpret } from '../../../kernels/reference/interpret.ts'
import { countOf } from '../../support/counts.ts'
import { QuickDice } from '../../support/dice.ts'
import { BUILDS, kernelsOf } from '../builds.ts'
import { redZones } from '../red-zones.ts'
import { Drawing } from './drawn-program.ts'
import { anything, flush, isSame, nothing, runOn } from './run.ts'

const PROGRAMS = countOf({ few: 40, usual: 80, full: 10_000 })
const ONE_BY_ONE = countOf({ usual: 1, full: 20 })

/** So many in a test, so that each ends in time on a busy machine. */
const TOGETHER = 2000
const STARTS = Array.from({ length: Math.ceil(PROGRAMS / TOGETHER) }, (_, i) => i * TOGETHER)

describe.each(BUILDS)('with %s SIMD', build => {
  test.each(STARTS)(
    `of ${PROGRAMS} random programs those from %d on give what the reference gives, together, one by one or looked at in between, to the same bytes`,
    first => {
      const kernels = kernelsOf(build)
      const spoilt = redZones(kernels)
      for (let seed = first; seed < Math.min(first + TOGETHER, PROGRAMS); seed++) {
        const dice = new QuickDice(seed)
        const drawing = new Drawing(dice)
        const drawn = drawing.program(drawing.draw())
        const wanted = interpret(drawn.program, drawn.inputs)
        const got = runOn(kernels, drawn, nothing)
        // One by one, each instruction is a program of its own, which takes longest.
        if (seed % ONE_BY_ONE === 0) expectSame(runOn(kernels, drawn, flush), got, `seed ${seed}, one by one`)
        expectSame(runOn(kernels, drawn, anything(dice)), got, `seed ${seed}, looked at in between`)
        expect(spoilt(), `seed ${seed}`).toBeUndefined()
        for (const [output, values] of wanted.entries()) {
          const result = got[output] as Float32Array
          expect(result.length, `seed ${seed}`).toBe(values.length)
          // Inputs are about 1, so what comes to less has lost its first digits to a difference.
          const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 1)
          for (const [i, value] of values.entries()) {
            const difference = Math.abs((result[i] as number) - value)
            if (difference <= 2e-5 * largest || Object.is(result[i], value)) continue
            expect.fail(`seed ${seed}, output ${output}: number ${i} is ${result[i]}, not ${value}`)
          }
        }
      }
      kernels.dispose()
    },
  )
})

function expectSame(got: readonly Float32Array[], wanted: readonly Float32Array[], what: string): void {
  const isAlike =
    got.length === wanted.length && got.every((list, i) => isSame(list, wanted[i] as Float32Array))
  if (!isAlike) expect.fail(`${what}: other bytes`)
}
