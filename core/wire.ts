/** Wires: the streams that join nodes. */
import { Observable, Subject, type Subscriber } from 'rxjs'
import type { Mode } from './definition.ts'
import { LentTensor } from './lent-tensor.ts'
import { emitGuarded, type Report, SafeObservable } from './safe-observable.ts'
import type { Tensor } from './tensor.ts'

/**
 * What a public stream of tensors emits. The tensor is lent: it is valid during the emission;
 * `tensor.clone()` makes a copy to keep.
 */
export interface Frame {
  /** The number of the training step, from 1; in inference, the number of the last step. */
  readonly step: number
  readonly mode: Mode
  readonly tensor: Tensor
}

/** What flows on a wire inside the engine. Frames of the same pass belong together. */
export interface WireFrame {
  readonly pass: number
  readonly tensor: Tensor
}

/** What an engine provides to all its wires. */
export interface WireHost {
  /** The pass under way. */
  readonly step: number
  readonly mode: Mode
  /** Whether to detect tensors that are read too late. */
  readonly debug: boolean
  report(place: string, thrown: unknown): void
  /** Called when a wire gets its first tap (`isMore`), and when it loses its last. */
  demandChanged(isMore: boolean): void
  /** The wire that told its taps of a tensor last, in the pass under way. */
  toldLast: Wire | undefined
  /** Whether this wire told its taps already, before the pass was begun again. */
  hasTold(wire: Wire): boolean
  /** Runs work that replay must not record. */
  unrecorded(work: () => void): void
}

/**
 * The subscribers from outside. Nothing they do can change the tensor on the wire meanwhile, so emissions
 * need no queue.
 */
class Tap {
  count = 0
  readonly frames = new Subject<Frame>()
  readonly stream$: Observable<Frame>
  readonly report: Report

  constructor(report: Report, changed: (isMore: boolean) => void) {
    this.report = report
    this.stream$ = new SafeObservable<Frame>(report, subscriber => {
      if (this.count++ === 0) changed(true)
      const subscription = this.frames.subscribe(subscriber)
      return () => {
        subscription.unsubscribe()
        if (--this.count === 0) changed(false)
      }
    })
  }

  complete(): void {
    emitGuarded(() => this.frames.complete(), this.report)
  }
}

/**
 * An output of a node, or a gradient. The engine's own latches subscribe to `latches$`, which is cheap and
 * unguarded; everyone else subscribes to `stream$`. The wire is its own frame, so an emission without taps
 * allocates nothing.
 */
export class Wire implements WireFrame {
  pass = 0
  tensor: Tensor = undefined as never
  /** Whether what it carries can be asked for by a name of the graph. */
  isNamed = false
  /** How many readers look at the tensor after each pass. */
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

  /** The stream for the engine's own latches. */
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
        isMore => host.demandChanged(isMore),
      )
      if (this.hasEnded) this.tap.complete()
    }
    return this.tap.stream$
  }

  /** How many latches of the engine subscribe. */
  get latches(): number {
    return this.subscribers.length
  }

  /** How many taps there are. */
  get taps(): number {
    return this.tap?.count ?? 0
  }

  get readers(): number {
    return this.readerCount
  }

  /** Whether only the engine looks at the tensor, and only until the pass is over. */
  get isPassing(): boolean {
    return !this.isNamed && this.readerCount === 0 && this.taps === 0
  }

  /** Registers a reader that looks at the tensor after each pass. Returns a function that removes it. */
  read(): () => void {
    const change = (by: number) => {
      this.readerCount += by
      this.host.demandChanged(by > 0)
    }
    change(1)
    return () => change(-1)
  }

  /** Whether anything subscribes. */
  get observed(): boolean {
    return this.subscribers.length > 0 || this.taps > 0
  }

  emit(pass: number, tensor: Tensor): void {
    this.pass = pass
    this.tensor = tensor
    const { subscribers, tap } = this
    for (let i = 0; i < subscribers.length; i++) (subscribers[i] as Subscriber<WireFrame>).next(this)
    if (tap === undefined || this.host.hasTold(this) || tap.count === 0) return
    this.host.unrecorded(() => this.emitTo(tap, tensor))
  }

  private emitTo({ frames, report }: Tap, tensor: Tensor): void {
    const { step, mode, debug } = this.host
    this.host.toldLast = this
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
