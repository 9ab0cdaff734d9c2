/** Where a loop has come to in each of its tensors. */
import type { Access } from '../../compiling/loop.ts'
import type { FunctionBody } from './function-body.ts'
import { I32 } from './instructions.ts'

const NUMBER = 4

interface Pointer {
  readonly access: Access
  /** Holds the address of the row. */
  readonly local: number
}

export class Pointers {
  private readonly body: FunctionBody
  private readonly space: readonly number[]
  private readonly pointers = new Map<string, Pointer>()

  /** The first parameters of the function are the addresses of the tensors. */
  constructor(body: FunctionBody, space: readonly number[], accesses: readonly Access[]) {
    this.body = body
    this.space = space
    const taken = new Set<number>()
    for (const access of accesses) {
      const key = keyOf(access)
      if (this.pointers.has(key)) continue
      // A parameter is a local, too; who walks through the same tensor in another way has one of its own.
      const local = taken.has(access.tensor) ? body.local(I32) : access.tensor
      taken.add(access.tensor)
      this.pointers.set(key, { access, local })
    }
  }

  /** The local with the address of the present row. */
  of(access: Access): number {
    return (this.pointers.get(keyOf(access)) as Pointer).local
  }

  begin(): void {
    for (const { access, local } of this.pointers.values()) {
      if (local !== access.tensor) this.body.get(access.tensor).set(local)
    }
  }

  /** Goes on by one along an axis, or by more, when all axes behind it but the columns have come to their ends. */
  advance(axis: number, by = 1): void {
    const { space, body } = this
    const inner = axis + 1 < space.length - 1 ? axis + 1 : undefined
    for (const { access, local } of this.pointers.values()) {
      const strideOf = (of: number) => (space[of] === 1 ? 0 : (access.strides[of] as number))
      const back = inner === undefined ? 0 : (space[inner] as number) * strideOf(inner)
      const bytes = (by * strideOf(axis) - back) * NUMBER
      if (bytes !== 0) body.get(local).i32(bytes).plain('i32.add').set(local)
    }
  }
}

const keyOf = ({ tensor, strides }: Access) => `${tensor}: ${strides}`
