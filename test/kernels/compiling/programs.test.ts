/** Programs, fused and compiled, give what the reference gives instruction by instruction in float64; and fusing changes no byte. */
import { describe, expect, test } from 'vitest'
import { sizeOf, type Value } from '../../../core/index.ts'
import { interpret } from '../../../kernels/reference/interpret.ts'
import { programCode } from '../../../kernels/wasm/codegen/program-code.ts'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { BUILDS } from '../builds.ts'
import { Drawing, type Drawn } from './drawn-program.ts'

const PROGRAMS = countOf({ few: 40, usual: 200, full: 10_000 })
const GUARD = -77

/** The outputs of a program that was compiled; what it was given must stay as it was. */
function run({ program, inputs }: Drawn, relaxed: boolean, together: boolean): Float32Array[] {
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

describe.each(BUILDS)('with %s SIMD', build => {
  test(`${PROGRAMS} random programs give what the reference gives, fused or not, to the same bytes`, () => {
    for (let seed = 0; seed < PROGRAMS; seed++) {
      const drawing = new Drawing(new Dice(seed))
      const drawn = drawing.program(drawing.draw())
      const wanted = interpret(drawn.program, drawn.inputs)
      const got = run(drawn, build === 'relaxed', true)
      expect(run(drawn, build === 'relaxed', false), `seed ${seed}`).toEqual(got)
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
