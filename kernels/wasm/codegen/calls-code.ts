/** Calls one after another as a function of a module, so that JavaScript makes one call for all of them. */
import { FunctionBody } from './function-body.ts'
import { I32 } from './instructions.ts'
import { ModuleWriter } from './module-writer.ts'

/** A call of a function with values that stay as they are. */
export interface Call {
  readonly call: (...values: readonly number[]) => void
  readonly values: readonly number[]
}

/** A module that exports `run`, and the functions that it imports. */
export function callsModule(calls: readonly Call[], shared: boolean) {
  const writer = new ModuleWriter(shared)
  const known = new Map<Call['call'], number>()
  const imports: Record<string, Call['call']> = {}
  for (const { call, values } of calls) {
    if (known.has(call)) continue
    const name = `f${known.size}`
    imports[name] = call
    const parameters = new Array<typeof I32>(values.length).fill(I32)
    known.set(call, writer.import(name, { parameters, results: [] }))
  }
  const body = new FunctionBody([])
  for (const { call, values } of calls) {
    // Addresses go up to 2³², constants to 2³¹.
    for (const value of values) body.i32(value | 0)
    body.call(known.get(call) as number)
  }
  writer.function(body, 'run')
  return { bytes: writer.bytes(), imports }
}
