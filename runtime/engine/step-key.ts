/** The random key of a node, which is another one in each step. */
import { RandomKey } from '../../core/index.ts'
import type { Stage } from './stage.ts'

/** Kernels draw with what it is at present. Who looks at it himself may do something else in each step. */
export class StepKey extends RandomKey {
  private readonly base: RandomKey
  private readonly stage: Stage

  constructor(base: RandomKey, stage: Stage) {
    super(0, 0)
    this.base = base
    this.stage = stage
  }

  override get k0(): number {
    this.stage.varies()
    return this.present.k0
  }

  override get k1(): number {
    this.stage.varies()
    return this.present.k1
  }

  override get present(): RandomKey {
    return this.base.child(this.stage.step)
  }
}
