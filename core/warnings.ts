/** What may be a mistake, and stops nothing. */
import type { Observable } from 'rxjs'
import { type EmissionOrder, Emitter } from './emitter.ts'
import type { ErrorCode, ErrorReport } from './errors.ts'
import type { Report } from './safe-observable.ts'

/** Something that may be a mistake: plain data. */
export interface Warning {
  readonly code: ErrorCode
  /** Where: a node, a metric, a column of the data. */
  readonly place: string
  /** What to do about it. */
  readonly hint: string
  readonly message: string
}

/** How many are kept for those who subscribe later. */
const KEPT = 100

/** Reports each warning once: on a stream that begins with all earlier ones, and on the console. */
export class Warnings {
  readonly stream$: Observable<Warning>
  private readonly emitter: Emitter<Warning>
  private readonly reported: Warning[] = []
  private readonly messages = new Set<string>()

  constructor(report: Report, order: EmissionOrder) {
    this.emitter = new Emitter({ report, order, past: () => this.reported })
    this.stream$ = this.emitter.stream$
  }

  /** The latest of them, oldest first. */
  get all(): readonly Warning[] {
    return this.reported
  }

  /** Reports it, unless it was reported before. */
  add({ code, place, hint, message }: ErrorReport): Warning | undefined {
    if (this.messages.has(message) || this.messages.size >= KEPT) return undefined
    this.messages.add(message)
    const warning: Warning = Object.freeze({ code, place, hint, message })
    this.reported.push(warning)
    console.warn(message)
    this.emitter.next(warning)
    return warning
  }

  complete(): void {
    this.emitter.complete()
  }
}
