/** Has rows projected by a worker, one job after another; a new job ends the one before it. */
import type { Job, Progress } from './projection.worker.ts'

export class Projector {
  private worker: Worker | undefined
  private isBusy = false
  private readonly tell: (progress: Progress) => void

  /** @param tell is called with each picture of the work in progress */
  constructor(tell: (progress: Progress) => void) {
    this.tell = tell
  }

  start(job: Job): void {
    if (this.isBusy) this.close()
    this.worker ??= new Worker(new URL('./projection.worker.ts', import.meta.url), { type: 'module' })
    this.isBusy = true
    this.worker.onmessage = ({ data }: MessageEvent<Progress>) => {
      if (data.done === 1) this.isBusy = false
      this.tell(data)
    }
    this.worker.postMessage(job)
  }

  close(): void {
    this.worker?.terminate()
    this.worker = undefined
    this.isBusy = false
  }
}
