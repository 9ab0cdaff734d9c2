/** Makes one thing fail that a model does: a call of a kernel, an emission, or a piece of memory that it asks for. */

import type { Kernels } from '../../core/index.ts'
import { Wire } from '../../core/index.ts'
import { SlotLease } from '../../kernels/lease.ts'
import type { Exports } from '../../kernels/wasm/module.ts'
import type { Programs } from '../../kernels/wasm/programs.ts'

type Call = (...values: never[]) => unknown

export class Sabotage {
  /** How many things were done since the last `arm`. */
  done = 0
  private at = Number.POSITIVE_INFINITY
  private what = ''

  /** The thing with that number fails, once; by default none does. */
  arm(at = Number.POSITIVE_INFINITY): void {
    this.done = 0
    this.at = at
  }

  /** What failed last. */
  get failed(): string {
    return this.what
  }

  private passing(name: string, call: Call, self: unknown): Call {
    return (...values) => {
      if (this.done++ === this.at) {
        this.at = Number.POSITIVE_INFINITY
        this.what = name
        throw new Error(`${name} fails`)
      }
      return call.apply(self, values)
    }
  }

  /** Kernels whose calls can fail; in WebAssembly those of the module, and the loops and products of programs. */
  kernels(kernels: Kernels): Kernels {
    const inner = kernels as unknown as { wasm?: Exports; arithmetic: { programs: Programs } }
    if (inner.wasm) {
      const { wasm } = inner
      const { programs } = inner.arithmetic
      const entries = Object.entries(wasm as unknown as Record<string, Call>)
      inner.wasm = Object.fromEntries(
        entries.map(([name, call]) => [
          name,
          typeof call === 'function' ? this.passing(name, call, undefined) : call,
        ]),
      ) as unknown as Exports
      const calls = programs.calls.bind(programs)
      programs.calls = (program, given) =>
        calls(program, given).map(({ call, values }) => ({
          call: this.passing('a part of a program', call as Call, undefined) as typeof call,
          values,
        }))
      return kernels
    }
    // Nodes and engine ask for kernels by their names; what those ask of each other is a part of it.
    const names = [
      'lend',
      'lease',
      'owns',
      'free',
      'dispose',
      'foundNonFinite',
      'allFinite',
      'tensor',
      'totals',
      // The reference puts nothing off.
      'close',
      'keep',
      'flush',
      'settle',
      'discard',
    ]
    return new Proxy(kernels, {
      get: (target, name: string) => {
        const value = target[name as keyof Kernels] as unknown
        if (typeof value !== 'function') return value
        return names.includes(name) ? value.bind(target) : this.passing(name, value as Call, target)
      },
    })
  }

  /** Until the function that is returned is called, all wires and all loans of memory can fail. */
  everywhere(): () => void {
    const spots: [object, string][] = [
      [Wire.prototype, 'emit'],
      [SlotLease.prototype, 'take'],
    ]
    const restored = spots.map(([prototype, name]) => {
      const methods = prototype as Record<string, Call>
      const call = methods[name] as Call
      const sabotage = this
      methods[name] = function (this: unknown, ...values: never[]) {
        return sabotage.passing(name, call, this)(...values)
      }
      return () => {
        methods[name] = call
      }
    })
    return () => {
      for (const restore of restored) restore()
    }
  }
}
