/** Programs run: compiled, and one instruction at a time. */
import { expect } from 'vitest'
import {
  type Arithmetic,
  type Instruction,
  isEntry,
  isNumberArgument,
  type Options,
  type Shape,
  sizeOf,
  type Tensor,
  type Value,
} from '../../../core/index.ts'
import { programCode } from '../../../kernels/wasm/codegen/program-code.ts'
import type { WasmInstance } from '../../../kernels/wasm/instance.ts'
import { WasmTensor } from '../../../kernels/wasm/memory.ts'
import { WasmArithmetic } from '../../../kernels/wasm/wasm-arithmetic.ts'
import type { Drawn } from './drawn-program.ts'

const GUARD = -77

/** The outputs of a program that was compiled; what it was given must stay as it was. */
export function runCompiled({ program, inputs }: Drawn, relaxed: boolean, together: boolean): Float32Array[] {
  const code = programCode(program, { relaxed, together })
  let top = 64
  const place = (bytes: number) => {
    const start = top
    top = Math.ceil((top + bytes) / 64) * 64 + 64
    return start
  }
  const list = place(4 * code.given.length)
  const pool = place(4 * code.numbers.length)
  const places = code.given.map(({ shape }) => place(4 * sizeOf(shape)))
  const own = place(code.memory)
  const memory = new WebAssembly.Memory({
    initial: Math.ceil(top / 65_536) + 1,
    maximum: 65_536,
    shared: false,
  })
  const floats = new Float32Array(memory.buffer).fill(GUARD)
  const at = (i: number) => {
    const start = (places[i] as number) / 4
    return floats.subarray(start, start + sizeOf((code.given[i] as Value).shape))
  }
  new Int32Array(memory.buffer, list, places.length).set(places)
  floats.set(
    code.numbers.map(index => program.numbers[index] as number),
    pool / 4,
  )
  for (const [i, values] of inputs.entries()) at(i).set(values)
  floats.fill(Number.NaN, own / 4, (own + code.memory) / 4)
  const module = new WebAssembly.Module(code.bytes)
  const { exports } = new WebAssembly.Instance(module, { env: { memory, multiply: productIn(floats) } })
  ;(exports as unknown as { run(...addresses: number[]): void }).run(list, pool, own)
  for (const [i, values] of inputs.entries()) expect(at(i)).toEqual(values)
  for (const [i, { shape }] of code.given.entries()) {
    const end = (places[i] as number) / 4 + sizeOf(shape)
    expect([...floats.subarray(end, end + 16)], `behind ${i}`).toEqual(new Array(16).fill(GUARD))
  }
  return code.given.slice(inputs.length).map((_, i) => at(inputs.length + i).slice())
}

/** The matrix product in a memory, by its formula. */
function productIn(floats: Float32Array) {
  return (c: number, a: number, b: number, m: number, n: number, k: number, transposition: number) => {
    const read = (start: number, at: number) => floats[start / 4 + at] as number
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = 0
        for (let i = 0; i < k; i++) {
          const left = read(a, transposition === 2 ? i * m + row : row * k + i)
          sum += left * read(b, transposition === 1 ? column * k + i : i * n + column)
        }
        floats[c / 4 + row * n + column] = sum
      }
    }
  }
}

/** The outputs of a program whose instructions are done one after another. */
export function runEagerly({ program, inputs }: Drawn, instance: WasmInstance): Float32Array[] {
  const { memory } = instance
  const empty = (shape: Shape) =>
    new WasmTensor(shape, memory, memory.allocate(4 * sizeOf(shape)).pointer, sizeOf(shape))
  const multiply = (...values: Parameters<ReturnType<typeof productIn>>) =>
    productIn(new Float32Array(memory.memory.buffer))(...values)
  const product = { description: 'by its formula', multiply, dispose: () => undefined }
  const arithmetic = new WasmArithmetic(instance, product, { empty, at: x => (x as WasmTensor).pointer })
  const known = new Map<number, Tensor>()
  for (const [i, { id, shape }] of program.inputs.entries()) {
    const tensor = empty(shape)
    tensor.data.set(inputs[i] as Float32Array)
    known.set(id, tensor)
  }
  const of = ({ id }: Value) => known.get(id) as Tensor
  for (const instruction of program.instructions) {
    known.set(instruction.result.id, done(instruction, arithmetic, of, program.numbers))
  }
  return program.outputs.map(output => Float32Array.from(of(output).data))
}

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
  if (instruction.operation === 'contract') {
    const [a, b] = instruction.operands
    return arithmetic.contract(of(a), of(b), instruction.options)
  }
  const { operation, operands, options } = instruction
  return arithmetic.apply(operation, of(operands[0]), options as Options[typeof operation])
}
