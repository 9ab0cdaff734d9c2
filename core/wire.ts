/** Wires: the streams that nodes are joined by. */
import { Observable, Subject, type Subscriber } from 'rxjs'
import type { Mode } from './definition.ts'
import { LentTensor } from './lent-tensor.ts'
import { emitGuarded, type Report, SafeObservable } from './safe-observable.ts'
import type { Tensor } from './tensor.ts'

/** What a public stream of tensors emits. The tensor is lent: valid during the emission, `tensor.clone()` keeps it. */
export interface Frame {
  /** The number of the training step, from 1; in inference, that of the last step done. */
  readonly step: number
  readonly mode: Mode
  readonly tensor: Tensor
}

/** What flows on a wire inside the engine. Frames are joined by their pass: one run through the graph. */
export interface WireFrame {
  readonly pass: number
  readonly tensor: Tensor
}

/** What all wires of an engine share. */
export interface WireHost {
  /** The pass under way. */
  readonly step: number
  readonly mode: Mode
  /** Whether tensors that are read after their time are found. */
  readonly debug: boolean
  report(place: string, thrown: unknown): void
  /** Told when the first tap of a wire comes, and when its last one goes. */
  demandChanged(): void
  /** Does what lies beside the arithmetic of a pass. */
  unrecorded(work: () => void): void
}

/** The subscribers from outside. What they do cannot make the wire carry another tensor meanwhile, so none waits. */
class Tap {
  count = 0
  readonly frames = new Subject<Frame>()
  readonly stream$: Observable<Frame>
  readonly report: Report

  constructor(report: Report, changed: () => void) {
    this.report = report
    this.stream$ = new SafeObservable<Frame>(report, subscriber => {
      if (this.count++ === 0) changed()
      const subscription = this.frames.subscribe(subscriber)
      return () => {
        subscription.unsubscribe()
        if (--this.count === 0) changed()
      }
    })
  }

  complete(): void {
    emitGuarded(() => this.frames.complete(), this.report)
  }
}

/**
 * An output of a node, or a gradient. The engine's own latches subscribe to `latches$`, which costs little and may not
 * fail; everybody else to `stream$`. The wire is its own frame, so an emission that nobody taps allocates nothing.
 */
export class Wire implements WireFrame {
  pass = 0
  tensor: Tensor = undefined as never
  /** Whether it carries something else than it says, in a pass that began without taps: those are then left out. */
  silent = false
  /** How many there are who look at the tensor after a pass. */
  private readerCount = 0
  private subscribers: readonly Subscriber<WireFrame>[] = []
  private tap: Tap | undefined
  private hasEnded = false
  private readonly host: WireHost
  private readonly place: string

  constructor(host: WireHost, place: string) {
    this.host = host
    this.place = place
  }

  /** The stream for the engine's own subscribers. */
  get latches$(): Observable<WireFrame> {
    return new Observable(subscriber => {
      this.subscribers = [...this.subscribers, subscriber]
      return () => {
        this.subscribers = this.subscribers.filter(other => other !== subscriber)
      }
    })
  }

  /** The public stream. */
  get stream$(): Observable<Frame> {
    const { host, place } = this
    if (this.tap === undefined) {
      this.tap = new Tap(
        thrown => host.report(place, thrown),
        () => host.demandChanged(),
      )
      if (this.hasEnded) this.tap.complete()
    }
    return this.tap.stream$
  }

  /** How many subscribers the engine itself has on it. */
  get latches(): number {
    return this.subscribers.length
  }

  /** How many subscriptions there are from outside. */
  get taps(): number {
    return this.tap?.count ?? 0
  }

  get readers(): number {
    return this.readerCount
  }

  /** Somebody will look at the tensor after each pass, until the function that is returned is called. */
  read(): () => void {
    const change = (by: number) => {
      this.readerCount += by
      this.host.demandChanged()
    }
    change(1)
    return () => change(-1)
  }

  /** Whether anybody at all subscribes. */
  get observed(): boolean {
    return this.subscribers.length > 0 || this.taps > 0
  }

  emit(pass: number, tensor: Tensor): void {
    this.pass = pass
    this.tensor = tensor
    const { subscribers, tap } = this
    for (let i = 0; i < subscribers.length; i++) (subscribers[i] as Subscriber<WireFrame>).next(this)
    if (tap !== undefined && tap.count > 0 && !this.silent) this.host.unrecorded(() => this.tell(tap, tensor))
  }

  private tell({ frames, report }: Tap, tensor: Tensor): void {
    const { step, mode, debug } = this.host
    if (!debug) {
      emitGuarded(() => frames.next({ step, mode, tensor }), report)
      return
    }
    const place = `${this.place}, ${mode === 'train' ? 'step' : 'inference after step'} ${step}`
    let isOver = false
    const lent = new LentTensor(tensor, { place, time: 'during its emission', isOver: () => isOver })
    emitGuarded(() => frames.next({ step, mode, tensor: lent }), report)
    isOver = true
    lent.poison()
  }

  complete(): void {
    this.hasEnded = true
    for (const subscriber of this.subscribers) subscriber.complete()
    this.tap?.complete()
  }
}
