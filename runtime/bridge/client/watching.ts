/** The queries of a client, which survive lost connections. */
import { type EmissionOrder, Emitter, type Report, SafeObservable } from '../../../core/index.ts'
import type { Query, Request } from '../protocol.ts'
import { newId } from './id.ts'
import type { Requests } from './requests.ts'

interface Watch {
  readonly request: Request
  readonly results: Emitter<unknown>
}

export class Watching {
  private readonly watches = new Map<string, Watch>()
  private readonly requests: Requests
  private readonly report: Report
  private readonly order: EmissionOrder

  constructor(requests: Requests, report: Report, order: EmissionOrder) {
    this.requests = requests
    this.report = report
    this.order = order
  }

  /** Watches while subscribed. Errors if the bridge refuses the query. */
  watch(query: Query): SafeObservable<unknown> {
    const { report, order } = this
    return new SafeObservable<unknown>(report, subscriber => {
      const id = newId()
      const results = new Emitter<unknown>({ report, order })
      const watch: Watch = { request: { type: 'watch', id, query }, results }
      const subscription = results.stream$.subscribe(subscriber)
      this.watches.set(id, watch)
      this.hear(watch, this.requests.ask(watch.request))
      return () => {
        subscription.unsubscribe()
        if (this.watches.delete(id)) this.unwatch(id)
      }
    })
  }

  take(id: string, result: unknown): void {
    this.watches.get(id)?.results.next(result)
  }

  /** Called on a new connection, over which nothing is watched yet. */
  renew(): void {
    for (const watch of this.watches.values()) {
      if (!this.requests.isAsked(watch.request.id)) this.hear(watch, this.requests.insist(watch.request))
    }
  }

  end(error: Error | undefined): void {
    const all = [...this.watches.values()]
    this.watches.clear()
    for (const { results } of all) {
      if (error) results.error(error)
      else results.complete()
    }
  }

  private hear({ request, results }: Watch, answer: Promise<unknown>): void {
    answer.catch(error => {
      if (this.watches.delete(request.id)) results.error(error)
    })
  }

  private unwatch(id: string): void {
    this.requests.forget(id)
    // The next connection starts without it anyway.
    if (!this.requests.isOpen) return
    this.requests.insist({ type: 'unwatch', id: newId(), watch: id }).catch(() => undefined)
  }
}
