/** Programs, fused and compiled, give what the reference gives instruction by instruction in float64; and fusing changes no byte. */
import { describe, expect, test } from 'vitest'
import { interpret } from '../../../kernels/reference/interpret.ts'
import { countOf } from '../../support/counts.ts'
import { QuickDice } from '../../support/dice.ts'
import { BUILDS, instanceOf } from '../builds.ts'
import { Drawing } from './drawn-program.ts'
import { runCompiled, runEagerly } from './run.ts'

/** One in so many is done instruction by instruction, too, for which each needs a module of its own. */
const EAGER = countOf({ usual: 10, full: 50 })
const PROGRAMS = countOf({ few: 40, usual: 120, full: 3000 })

describe.each(BUILDS)('with %s SIMD', build => {
  test(`${PROGRAMS} random programs give what the reference gives, fused, one by one or eagerly, to the same bytes`, () => {
    for (let seed = 0; seed < PROGRAMS; seed++) {
      const drawing = new Drawing(new QuickDice(seed))
      const drawn = drawing.program(drawing.draw())
      const wanted = interpret(drawn.program, drawn.inputs)
      const got = runCompiled(drawn, build === 'relaxed', true)
      expect(runCompiled(drawn, build === 'relaxed', false), `seed ${seed}`).toEqual(got)
      if (seed % EAGER === 0) expect(runEagerly(drawn, instanceOf(build)), `seed ${seed}`).toEqual(got)
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
  })
})
