/** Possible mistakes, which stop nothing. */
import type { Observable } from 'rxjs'
import { type EmissionOrder, Emitter } from './emitter.ts'
import type { ErrorCode, ErrorReport } from './errors.ts'
import type { Report } from './safe-observable.ts'

/** A possible mistake, as plain data. */
export interface Warning {
  readonly code: ErrorCode
  /** Where: a node, a metric, a column of the data. */
  readonly place: string
  /** What to do about it. */
  readonly hint: string
  readonly message: string
}

/** How many warnings later subscribers still receive. */
const KEPT = 100

/** Reports each warning once: on the console, and on a stream that starts with all earlier ones. */
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

  /** Reports a warning, unless it was reported before. */
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
