/** Stands between a program and its disk. */
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

/** Does a call that writes, or something else; `half` does half of one. */
export type Guard = <Result>(call: () => Promise<Result>, half: () => Promise<unknown>) => Promise<Result>

/**
 * Passes each call of this process that changes a disk to `guard`.
 *
 * @returns a function that takes it away again
 */
export function guardDisk(guard: Guard): () => void {
  const { mkdir, rename, rm, open } = fs
  const nothing = async () => undefined
  const guarded =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> =>
      guard(() => call(...args), nothing)
  Object.assign(fs, {
    mkdir: guarded(mkdir as never),
    rename: guarded(rename),
    rm: guarded(rm),
    async open(...args: Parameters<typeof open>) {
      const file = await guard(() => open(...args), nothing)
      return {
        write: (bytes: Uint8Array, start: number, length: number) =>
          guard(
            () => file.write(bytes, start, length),
            () => file.write(bytes, start, length >> 1),
          ),
        stat: () => file.stat(),
        read: file.read.bind(file),
        sync: () => guard(() => file.sync(), nothing),
        close: () => file.close(),
      }
    },
  })
  syncBuiltinESMExports()
  return () => {
    Object.assign(fs, { mkdir, rename, rm, open })
    syncBuiltinESMExports()
  }
}
