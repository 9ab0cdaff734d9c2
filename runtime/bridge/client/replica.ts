/** The state of a run as a client has it. */
import { applyPatches, enablePatches, freeze, type Patch } from 'immer'
import type { RunState } from '../../training/run-state.ts'
import type { ServerMessage } from '../protocol.ts'

type Snapshot = Extract<ServerMessage, { type: 'snapshot' }>
type PatchMessage = Extract<ServerMessage, { type: 'patch' }>

export class Replica {
  state: RunState | undefined
  version: number | undefined

  constructor() {
    enablePatches()
  }

  /** One that is older than what is here came late, and is left out. Returns whether the state is a new one. */
  takeSnapshot({ version, state }: Snapshot): boolean {
    if (this.version !== undefined && version < this.version) return false
    this.state = freeze(state, true)
    this.version = version
    return true
  }

  /** Returns whether it fitted: `'old'` if it brings nothing new, `'gap'` if something before it is missing. */
  takePatch({ from, to, patches }: PatchMessage): 'new' | 'old' | 'gap' {
    if (this.version === undefined || this.state === undefined) return 'gap'
    if (to <= this.version) return 'old'
    if (from !== this.version) return 'gap'
    try {
      this.state = applyPatches(this.state, patches as Patch[])
    } catch {
      // A path that Immer does not go, such as a node named "constructor": the whole state is asked for.
      this.forget()
      return 'gap'
    }
    this.version = to
    return 'new'
  }

  forget(): void {
    this.version = undefined
  }
}
