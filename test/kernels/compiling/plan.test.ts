/** Planned memory: nothing is overwritten while anybody may read it, and little is taken. */
import { expect, test } from 'vitest'
import { Functions, gradients, ProgramWriter, sizeOf, Tracing, type Value } from '../../../core/index.ts'
import { fused } from '../../../kernels/compiling/fuse.ts'
import { planned } from '../../../kernels/compiling/plan.ts'
import { countOf } from '../../support/counts.ts'
import { QuickDice } from '../../support/dice.ts'
import { Drawing } from './drawn-program.ts'

const PROGRAMS = countOf({ few: 40, usual: 300, full: 3000 })

test(`in ${PROGRAMS} random programs, no value is overwritten before it is read for the last time`, () => {
  for (let seed = 0; seed < PROGRAMS; seed++) {
    const drawing = new Drawing(new QuickDice(seed))
    const { program } = drawing.program(drawing.draw())
    const made = fused(program)
    const given = new Set([...program.inputs, ...made.outputs].map(({ id }) => id))
    const { places, bytes } = planned(made, given)
    const lives = new Map<number, { first: number; last: number; start: number; end: number }>()
    for (const [i, { tensors }] of made.parts.entries()) {
      for (const { base } of tensors) {
        const start = places.get(base.id)
        if (start === undefined) {
          expect(given.has(base.id), `seed ${seed}: a value without a place`).toBe(true)
          continue
        }
        const end = start + Math.max(4 * sizeOf(base.shape), 1)
        lives.set(base.id, { first: lives.get(base.id)?.first ?? i, last: i, start, end })
        expect(end).toBeLessThanOrEqual(bytes)
      }
    }
    const all = [...lives.values()]
    for (const [i, a] of all.entries()) {
      for (const b of all.slice(0, i)) {
        const meet = a.first <= b.last && b.first <= a.last && a.start < b.end && b.start < a.end
        expect(meet, `seed ${seed}: two values in one place`).toBe(false)
      }
    }
  }
})

test('20 times dense 256 and elu, batch 256, with all gradients, takes less than 20 MiB', () => {
  const writer = new ProgramWriter()
  const trace = new Tracing<Value>(writer)
  const k = new Functions(trace)
  const parameters: Value[] = []
  let x = writer.input([256, 256])
  for (let layer = 0; layer < 20; layer++) {
    const [kernel, bias] = [writer.input([256, 256]), writer.input([256])]
    parameters.push(kernel, bias)
    const z = k.add(k.matMul(x, kernel), bias)
    x = k.where(k.less(0, z), z, k.expm1(z))
  }
  const loss = k.mean(k.square(x))
  const made = gradients(k, trace.steps, new Map([[loss, writer.input([])]]), parameters)
  const program = writer.program([loss, ...(made as Value[])])
  const fusedProgram = fused(program)
  const given = new Set([...program.inputs, ...fusedProgram.outputs].map(({ id }) => id))
  expect(planned(fusedProgram, given).bytes).toBeLessThan(20 * 2 ** 20)
})
