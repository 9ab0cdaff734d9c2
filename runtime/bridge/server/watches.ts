/** Queries at work: each is computed once, however many ask it, and only as often as asked. */
import {
  EMPTY,
  filter,
  interval,
  type Observable,
  type SchedulerLike,
  type Subscription,
  startWith,
  switchMap,
  take,
} from 'rxjs'
import { type Frame, GradstreamError, listOf, type Tensor } from '../../../core/index.ts'
import { engineOf } from '../../engine/model.ts'
import { insideOf } from '../../training/inside.ts'
import type { Trainer } from '../../training/trainer.ts'
import type { Measurement, Query } from '../protocol.ts'
import { measure } from './measure.ts'

/** How often a second, where a query does not say. */
const RATE = 5

/** What a query gave; `tensor` for `full`, lent. */
export interface Taken {
  readonly step: number
  readonly value?: Measurement
  readonly tensor?: Tensor
}

/** In place of a node: all of them. */
const ALL = '*'

type Listener = (taken: Taken) => void

export class Watches {
  private readonly trainer: Trainer
  private readonly scheduler: SchedulerLike
  private readonly shared = new Map<string, { listeners: Set<Listener>; subscription: Subscription }>()

  constructor(trainer: Trainer, scheduler: SchedulerLike) {
    this.trainer = trainer
    this.scheduler = scheduler
  }

  /**
   * Listens to a query until the function that is returned is called.
   *
   * @throws GradstreamError `UNKNOWN_NAME`
   */
  add(query: Query, listener: Listener): () => void {
    if (query.node === ALL) return this.addAll(query)
    const key = JSON.stringify(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)))
    const known = this.shared.get(key) ?? this.open(query)
    this.shared.set(key, known)
    known.listeners.add(listener)
    return () => {
      known.listeners.delete(listener)
      if (known.listeners.size > 0) return
      known.subscription.unsubscribe()
      this.shared.delete(key)
    }
  }

  /** Watches every node for the state. */
  private addAll(query: Query): () => void {
    if (
      query.what !== 'stats' ||
      query.of === 'value' ||
      query.of === 'gradient' ||
      query.output !== undefined
    ) {
      throw new GradstreamError('INVALID_MESSAGE', {
        place: 'query',
        expected: `stats, forward or backward, of "${ALL}"`,
        got: `${query.what}, ${query.of}`,
      })
    }
    const nodes = Object.keys(this.trainer.state.nodes)
    const stops = nodes.map(node => this.add({ ...query, node }, () => undefined))
    return () => {
      for (const stop of stops) stop()
    }
  }

  private open(query: Query) {
    const frames$ = this.framesOf(query)
    const { kernels } = engineOf(this.trainer.model)
    const listeners = new Set<Listener>()
    const subscription = this.paced(frames$, query).subscribe(({ step, tensor }) => {
      const taken =
        query.what === 'full' ? { step, tensor } : { step, value: measure(tensor, query, kernels) }
      this.remember(query, taken)
      for (const listener of [...listeners]) listener(taken)
    })
    return { listeners, subscription }
  }

  /** A stream is tapped only for the frame that is wanted, so that the steps between cost nothing. */
  private paced(frames$: Observable<Frame>, { every, rate = RATE }: Query): Observable<Frame> {
    const trained$ = frames$.pipe(filter(({ mode }) => mode === 'train'))
    if (every !== undefined) return trained$.pipe(filter(({ step }) => step % every === 0))
    return interval(1000 / rate, this.scheduler).pipe(
      startWith(0),
      switchMap(() => trained$.pipe(take(1))),
    )
  }

  /** Statistics of values and gradients are part of the state, for everybody to see. */
  private remember({ what, of, node, output }: Query, { step, value }: Taken): void {
    if (what !== 'stats' || output !== undefined || (of !== 'forward' && of !== 'backward')) return
    const { id } = this.trainer.model.node(node)
    insideOf(this.trainer).note(
      new Map([[id, { [of]: { ...(value as Extract<Measurement, { norm: number }>), step } }]]),
    )
  }

  private framesOf({ node, of, output, parameter }: Query): Observable<Frame> {
    const { model } = this.trainer
    const known = model.node(node)
    if (of === 'forward' || of === 'backward') {
      const streams = output === undefined ? known : own(known.outputs, output, `output of "${node}"`)
      return of === 'forward' ? streams.forward$ : streams.backward$
    }
    const { gradient$ } = own(known.parameters, parameter as string, `parameter of "${node}"`)
    if (of === 'gradient') return gradient$
    return this.valuesOf(known.id, parameter as string)
  }

  /** The values of a parameter after each step. */
  private valuesOf(node: string, name: string): Observable<Frame> {
    const { events$, model } = this.trainer
    const parameter = model.node(node).parameters[name]
    return events$.pipe(
      switchMap(event =>
        event.type === 'step' && parameter
          ? [{ step: event.step, mode: 'train' as const, tensor: parameter.value }]
          : EMPTY,
      ),
    )
  }
}

/** What a record has under a name of its own. */
function own<T>(record: Readonly<Record<string, T>>, name: string, what: string): T {
  const found = Object.hasOwn(record, name) ? record[name] : undefined
  if (found !== undefined) return found
  throw new GradstreamError('UNKNOWN_NAME', {
    place: 'query',
    expected: `a ${what}: ${listOf(Object.keys(record))}`,
    got: `"${name}"`,
  })
}
