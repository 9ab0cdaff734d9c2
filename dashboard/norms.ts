/** The latest norms of each node, for its sparkline. */
import type { RunState } from '../client.ts'

const LENGTH = 48
const NONE: readonly number[] = []

export class Norms {
  private readonly byNode = new Map<string, { step: number; norms: number[] }>()

  take(nodes: RunState['nodes']): void {
    for (const [id, { backward }] of Object.entries(nodes)) {
      if (!backward) continue
      const known = this.byNode.get(id) ?? { step: -1, norms: [] }
      if (known.step === backward.step) continue
      known.step = backward.step
      known.norms = [...known.norms, backward.norm].slice(-LENGTH)
      this.byNode.set(id, known)
    }
  }

  /** Returns the same list as before if nothing has arrived since. */
  of(id: string): readonly number[] {
    return this.byNode.get(id)?.norms ?? NONE
  }
}
