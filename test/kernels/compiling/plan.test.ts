/** Planned memory: nothing is overwritten while anybody may read it, and little is taken. */
import { expect, test } from 'vitest'
import { gradients, ProgramWriter, sizeOf, Tracing, type Value, whole } from '../../../core/index.ts'
import { fused } from '../../../kernels/compiling/fuse.ts'
import type { Access } from '../../../kernels/compiling/loop.ts'
import type { CompiledPart } from '../../../kernels/compiling/part.ts'
import { planned } from '../../../kernels/compiling/plan.ts'
import { countOf } from '../../support/counts.ts'
import { QuickDice } from '../../support/dice.ts'
import { functionsOver } from '../../support/functions-over.ts'
import { Drawing } from './drawn-program.ts'

const PROGRAMS = countOf({ few: 40, usual: 200, full: 10_000 })

test(`in ${PROGRAMS} random programs, no value is overwritten before it is read for the last time`, () => {
  let inPlace = 0
  for (let seed = 0; seed < PROGRAMS; seed++) {
    const drawing = new Drawing(new QuickDice(seed))
    const { program } = drawing.program(drawing.draw())
    const made = whole(fused(program))
    const given = new Set([...program.inputs, ...made.outputs].map(({ id }) => id))
    const { places, onto, bytes } = planned(made, given)
    const lives = new Map<number, { first: number; last: number; start: number; end: number }>()
    for (const [i, { tensors }] of made.parts.entries()) {
      for (const { base } of tensors) {
        const output = onto.get(base.id) ?? base.id
        // Outputs lie behind one another, where no place is.
        const start = places.get(base.id) ?? (given.has(output) ? bytes + (output + 1) * 2 ** 30 : undefined)
        if (start === undefined) {
          expect.fail(`seed ${seed}: a value without a place`)
          continue
        }
        const end = start + Math.max(4 * sizeOf(base.shape), 1)
        lives.set(base.id, { first: lives.get(base.id)?.first ?? i, last: i, start, end })
        if (places.has(base.id)) expect(end).toBeLessThanOrEqual(bytes)
      }
    }
    const all = [...lives]
    for (const [i, [id, a]] of all.entries()) {
      for (const [other, b] of all.slice(0, i)) {
        if (!(a.first <= b.last && b.first <= a.last && a.start < b.end && b.start < a.end)) continue
        const [dying, next] = a.last < b.last || b.first > a.first ? [a, b] : [b, a]
        const [from, to] = dying === a ? [id, other] : [other, id]
        const part = made.parts[dying.last] as CompiledPart
        const isInPlace = dying.start === next.start && dying.end === next.end && dying.last === next.first
        expect(isInPlace && overwrites(part, from, to), `seed ${seed}: two values in one place`).toBe(true)
        inPlace++
      }
    }
  }
  expect(inPlace).toBeGreaterThan(PROGRAMS / 20)
})

/** Whether a loop reads each number of one value before it writes the same one of the other, and never again. */
function overwrites(part: CompiledPart, from: number, to: number): boolean {
  if (!('loop' in part)) return false
  const { loop, tensors } = part
  const isOf = (id: number) => (access: Access) => tensors[access.tensor]?.base.id === id
  const reads = loop.terms.flatMap(term => (term.kind === 'read' ? [term.access] : [])).filter(isOf(from))
  const writes = loop.stores.map(({ access }) => access).filter(isOf(to))
  const isLate = loop.stores.some(({ term, access }) => isOf(to)(access) && loop.terms[term]?.kind === 'fold')
  const inRows = loop.terms.some(term => term.kind === 'fold' && term.over === 'columns')
  const walks = new Set([...reads, ...writes].map(({ strides }) => strides.join()))
  const begins = new Set([...reads, ...writes].map(({ tensor }) => tensors[tensor]?.offset))
  return !isLate && !inRows && writes.length === 1 && walks.size === 1 && begins.size === 1 && begins.has(0)
}

test('20 times dense 256 and elu, batch 256, with all gradients, takes less than 20 MiB', () => {
  const writer = new ProgramWriter()
  const trace = new Tracing<Value>(writer)
  const k = functionsOver(trace)
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
  const fusedProgram = whole(fused(program))
  const given = new Set([...program.inputs, ...fusedProgram.outputs].map(({ id }) => id))
  expect(planned(fusedProgram, given).bytes).toBeLessThan(20 * 2 ** 20)
})
