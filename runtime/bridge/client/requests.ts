/**
 * The requests of a client: bounded in number, sent no faster than the bridge allows, and repeated until
 * answered.
 */
import { GradstreamError, show } from '../../../core/index.ts'
import { encode } from '../json.ts'
import { PAYLOAD, type Request, type ServerMessage } from '../protocol.ts'
import { disconnected } from './refusals.ts'

/** The most requests that wait for an answer. */
const MOST = 128
/** The pace of messages: a bridge accepts 200 at once and 50 per second, 20 of which are acknowledgements. */
const PACE = { atOnce: 150, perSecond: 25 } as const
/** Seconds after which a request without an answer is sent again. */
const PATIENCE = 2

interface Pending {
  readonly request: Request
  readonly text: string
  readonly resolve: (value: unknown) => void
  readonly reject: (error: GradstreamError) => void
  /** Seconds since it was sent over this connection; undefined until then. */
  waited: number | undefined
}

export class Requests {
  private readonly pending = new Map<string, Pending>()
  private readonly send: (text: string) => void
  private open = false
  private ended: GradstreamError | undefined
  /** How many messages may be sent now. */
  private budget = 0

  constructor(send: (text: string) => void) {
    this.send = send
  }

  get isOpen(): boolean {
    return this.open
  }

  /**
   * Sends a request from a caller, within the limit.
   *
   * @throws GradstreamError (as a rejection) what the bridge answers, `FORBIDDEN`, `INVALID_MESSAGE`, `DISCONNECTED`
   */
  ask(request: Request): Promise<unknown> {
    if (this.pending.size < MOST) return this.insist(request)
    return Promise.reject(
      new GradstreamError('FORBIDDEN', {
        place: request.type,
        expected: `at most ${MOST} unanswered requests`,
        got: 'one more',
        hint: 'Wait for answers before you send more requests.',
      }),
    )
  }

  /** Sends a request regardless of the limit. */
  insist(request: Request): Promise<unknown> {
    if (this.ended) return Promise.reject(this.ended)
    return new Promise((resolve, reject) => {
      this.pending.set(request.id, { request, text: textOf(request), resolve, reject, waited: undefined })
      this.flush()
    })
  }

  isAsked(id: string): boolean {
    return this.pending.has(id)
  }

  /** Drops a request whose answer no longer matters. */
  forget(id: string): void {
    this.pending.delete(id)
  }

  settle(reply: Extract<ServerMessage, { type: 'reply' }>): void {
    const pending = this.pending.get(reply.id)
    if (!pending) return
    this.pending.delete(reply.id)
    if ('error' in reply) pending.reject(new GradstreamError(reply.error.code, reply.error))
    else pending.resolve(reply.value)
  }

  /** Called on each connection, to the same run or another. */
  opened(isOther: boolean): void {
    this.open = true
    this.budget = PACE.atOnce
    for (const [id, { request, reject }] of this.pending) {
      // A bridge drops its watches when the connection ends.
      if (request.type === 'unwatch') this.pending.delete(id)
      // A command is meant for the run that its sender saw.
      if (request.type === 'command' && isOther) {
        this.pending.delete(id)
        reject(
          disconnected(
            'another run at its address',
            'Check the state of the new run, and send the command again.',
          ),
        )
      }
    }
    this.flush()
  }

  lost(): void {
    this.open = false
    for (const pending of this.pending.values()) pending.waited = undefined
  }

  /**
   * Called every second. Unanswered requests may be lost, so send them again; the bridge handles each id only
   * once.
   */
  tick(): void {
    if (!this.open) return
    this.budget = Math.min(this.budget + PACE.perSecond, PACE.atOnce)
    this.flush()
    const late: (Pending & { waited: number })[] = []
    for (const pending of this.pending.values()) {
      if (pending.waited !== undefined && ++pending.waited >= PATIENCE) late.push(pending as never)
    }
    for (const pending of late.sort((a, b) => b.waited - a.waited)) this.write(pending)
  }

  end(reason: GradstreamError): void {
    this.ended = reason
    this.open = false
    for (const { reject } of this.pending.values()) reject(reason)
    this.pending.clear()
  }

  private flush(): void {
    for (const pending of this.pending.values()) if (pending.waited === undefined) this.write(pending)
  }

  private write(pending: Pending): void {
    if (!this.open || this.budget < 1) return
    this.budget--
    pending.waited = 0
    this.send(pending.text)
  }
}

/** Refuses a request here if it would make the bridge close the connection. */
function textOf(request: Request): string {
  const refuse = (expected: string, got: string) =>
    new GradstreamError('INVALID_MESSAGE', {
      place: request.type,
      expected,
      got,
      hint: 'Send less at once.',
    })
  let text: string
  try {
    text = encode(request)
  } catch (error) {
    throw refuse('a value that JSON can represent', show(error))
  }
  const bytes = new TextEncoder().encode(text).length
  if (bytes > PAYLOAD) throw refuse(`at most ${PAYLOAD} bytes`, `${bytes}`)
  return text
}
