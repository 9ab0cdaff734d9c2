/** Programs run: put off and then done together, or one instruction at a time. */
import { expect } from 'vitest'
import {
  type Arithmetic,
  type Instruction,
  isEntry,
  isNumberArgument,
  type Kernels,
  type Lease,
  type Numbers,
  type Options,
  type Tensor,
  type Value,
} from '../../../core/index.ts'
import type { Deferred } from '../../../kernels/wasm/deferred.ts'
import type { QuickDice } from '../../support/dice.ts'
import type { Drawn } from './drawn-program.ts'

/** What may come in between two instructions: nothing, or something that has them done. */
export type Between = (kernels: Kernels, known: readonly Tensor[], leases: Lease[]) => void

export const nothing: Between = () => undefined
export const flush: Between = kernels => kernels.flush()

/** Looks at numbers, opens another lease, has something done or nothing, at random. */
export function anything(dice: QuickDice): Between {
  return (kernels, known, leases) => {
    const one = dice.pick(known)
    switch (dice.below(6)) {
      case 0:
        expect(one.data.length).toBe(one.size)
        break
      case 1:
        leases.push(kernels.lease())
        kernels.lend(leases.at(-1) as Lease)
        break
      case 2:
        kernels.flush()
        break
      case 3:
        kernels.statistics(one)
        break
      case 4:
        kernels.checkFinite(one)
    }
  }
}

/** The outputs of a program on kernels; what it was given must stay as it was. */
export function runOn(kernels: Kernels, { program, inputs }: Drawn, between: Between): Float32Array[] {
  const { arithmetic } = kernels as unknown as { arithmetic: Deferred }
  const [own, lease] = [kernels.lease(), kernels.lease()]
  const leases: Lease[] = [own, lease]
  kernels.lend(own)
  const known = new Map<number, Tensor>()
  for (const [i, { id, shape }] of program.inputs.entries()) {
    const tensor = kernels.empty(shape)
    tensor.data.set(inputs[i] as Float32Array)
    known.set(id, tensor)
  }
  kernels.lend(lease)
  const of = ({ id }: Value) => known.get(id) as Tensor
  for (const instruction of program.instructions) {
    known.set(instruction.result.id, done(instruction, arithmetic, of, program.numbers))
    between(kernels, [...known.values()], leases)
  }
  kernels.close()
  for (const output of program.outputs) kernels.keep(of(output))
  kernels.settle()
  const results = program.outputs.map(output => Float32Array.from(of(output).data))
  for (const [i, input] of program.inputs.entries())
    if (!isSame(of(input).data, inputs[i] as Float32Array)) expect.fail(`input ${i} has changed`)
  for (const memory of leases) kernels.free(memory)
  return results
}

/** Whether two lists have the same bytes; it takes less than to compare their numbers one by one. */
export const isSame = (a: Numbers, b: Numbers): boolean =>
  Buffer.compare(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  ) === 0

function done(
  instruction: Instruction,
  arithmetic: Arithmetic<Tensor>,
  of: (value: Value) => Tensor,
  numbers: readonly number[],
): Tensor {
  if (isEntry(instruction)) {
    const operands = instruction.operands.map(operand =>
      isNumberArgument(operand) ? (numbers[operand.number] as number) : of(operand),
    )
    return arithmetic.entry(instruction.operation, ...operands)
  }
  const { operation, operands, options } = instruction
  return arithmetic.apply(operation, operands.map(of), options as Options[typeof operation])
}
