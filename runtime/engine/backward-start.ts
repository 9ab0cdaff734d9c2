/** Where the backward pass begins. */
import { type Tensor, Wire } from '../../core/index.ts'
import type { Stage } from './stage.ts'
import { Unit } from './unit.ts'

/** Waits for the loss, and in training sends back the gradient of the loss by itself: 1. */
export class BackwardStart extends Unit {
  readonly place: string
  readonly gradient: Wire
  private readonly stage: Stage
  private readonly starts: boolean
  private readonly one: Tensor

  constructor(stage: Stage, id: string, starts: boolean) {
    super(stage.queue)
    this.place = `${id} start of backward`
    this.gradient = new Wire(stage, `${id}.backward$`)
    this.stage = stage
    this.starts = starts
    this.one = stage.kernels.tensor([], [1])
    this.expect(1)
  }

  fire(pass: number): void {
    if (this.starts && this.stage.mode === 'train') this.gradient.emit(pass, this.one)
  }
}
