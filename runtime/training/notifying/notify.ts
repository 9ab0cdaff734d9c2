/** `notify`: tells an address on the web of alarms and of the end of a run. */
import { duration } from '../../../core/duration.ts'
import { attempt, CheckFailed, check, checkedAt, entriesOf, show } from '../../../core/index.ts'
import { demandTrainer } from '../demand-trainer.ts'
import type { TrainerEvent } from '../events.ts'
import type { RunState } from '../run-state.ts'
import { short } from '../short.ts'
import type { Trainer } from '../trainer.ts'
import { Outgoing } from './outgoing.ts'

const KINDS = ['alarm', 'failed', 'finished', 'stopped'] as const

export interface NotifyOptions {
  /** Required: an address with `https:` or `http:`. It may hold a secret, so no error or alarm repeats it. */
  readonly url: string | URL
  /**
   * Which events.
   *
   * @default ['alarm', 'failed', 'finished', 'stopped']
   */
  readonly on?: readonly (typeof KINDS)[number][]
  /**
   * Further headers of the request, such as `{ authorization: 'Bearer ...' }`.
   *
   * @default {}
   */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * How long an answer may take, in seconds.
   *
   * @default 10
   */
  readonly seconds?: number
}

/** Notifications that go out. */
export interface Notifications {
  /** Ends them. What is on its way still goes out. */
  unsubscribe(): void
  /** Resolves when nothing is on its way any more. It never rejects. */
  settled(): Promise<void>
}

/** The code of the alarm that says that a notification did not arrive. */
const FAILED = 'NOTIFICATION_FAILED'

type Told = Extract<TrainerEvent, { type: (typeof KINDS)[number] }>

/**
 * Sends a `POST` with a JSON object for each alarm and each end of a run: `{ run, text, type, time, epoch, step, ... }`, where `text` is a
 * sentence and the rest is the event. Numbers that are not finite are `null`.
 *
 * It never harms the run: requests go out one at a time and at most once a second, at most 16 wait (alarms give way to ends), each has
 * `seconds`, and redirects are not followed. When one does not arrive, the run gets the alarm `NOTIFICATION_FAILED`, once until another arrives.
 *
 * @throws GradstreamError `INVALID_OPTION`
 * @example
 *   const notifications = notify(trainer, { url: 'https://example.org/hooks/42', on: ['alarm', 'failed'] })
 *   await trainer.run().finally(() => notifications.settled())
 */
export function notify(trainer: Trainer, options: NotifyOptions): Notifications {
  const place = 'notify'
  demandTrainer(place, trainer)
  const { url, on, headers, seconds } = checkedAt(place, 'INVALID_OPTION', () => checked(options))
  const run = trainer.state.runId
  const outgoing = new Outgoing({
    post: body => post(url, headers, body, 1000 * seconds),
    failed: reason =>
      trainer.alarm({ code: FAILED, message: `a notification did not arrive at ${url.host}: ${reason}` }),
    now: () => performance.now(),
    wait: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
  })
  const subscription = trainer.milestones$.subscribe(event => {
    if (!isTold(event, on)) return
    const body = JSON.stringify({ run, text: textOf(event, trainer.state), ...event })
    outgoing.add({ body, isMinor: event.type === 'alarm' })
  })
  return { unsubscribe: () => subscription.unsubscribe(), settled: () => outgoing.settled() }
}

/** An alarm about notifications would lead to the next. */
const isTold = (event: TrainerEvent, on: readonly string[]): event is Told =>
  on.includes(event.type) && !(event.type === 'alarm' && event.code === FAILED)

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/** What to call a run: its name, or if nobody gave it one, what it learns from. */
function subjectOf({ runId, data: { source } }: RunState): string {
  if (!UUID.test(runId)) return runId
  return source === null || source === 'arrays' ? 'the run' : `the run on ${source}`
}

/** What happened, and where the run stands, in two sentences. */
function textOf(event: Told, state: RunState): string {
  const what = whatHappened(event, state)
  return `${what}${/[.!?\]]$/.test(what) ? '' : '.'} ${standing(event, state)}.`
}

function whatHappened(event: Told, state: RunState): string {
  const subject = subjectOf(state)
  const atStart = subject === state.runId ? subject : `T${subject.slice(1)}`
  switch (event.type) {
    case 'alarm':
      return `Alarm in ${subject}: ${event.message}`
    case 'failed':
      return `${atStart} has failed: ${event.error.message}`
    case 'finished':
      return `${atStart} has finished`
    case 'stopped':
      return `${atStart} was stopped${event.reason === undefined ? '' : `: ${event.reason}`}`
  }
}

/** "Epoch 12 of 60, step 180, loss 0.354, validation loss 0.412, after 3 min 05 s" */
function standing({ epoch, step }: Told, { epochs, metrics, elapsed }: RunState): string {
  const { loss, validationLoss } = metrics
  const parts = [
    epoch === 0 ? 'No epoch yet' : `Epoch ${epoch} of ${epochs}, step ${step}`,
    loss !== undefined && `loss ${short(loss)}`,
    validationLoss !== undefined && `validation loss ${short(validationLoss)}`,
    `after ${duration(elapsed)}`,
  ]
  return parts.filter(Boolean).join(', ')
}

async function post(url: URL, headers: Headers, body: string, milliseconds: number): Promise<void> {
  const signal = AbortSignal.timeout(milliseconds)
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' }).catch(
    error => {
      if (signal.aborted) throw new Error(`no answer came within ${milliseconds / 1000} s`)
      throw new Error(`it cannot be reached (${causeOf(error, url)})`)
    },
  )
  // Nobody reads the answer, which may be without end.
  await response.body?.cancel().catch(() => undefined)
  if (response.ok) return
  const isRedirect = response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)
  throw new Error(`it answered with ${isRedirect ? 'a redirect' : response.status}`)
}

/** A code of the network, or words. */
function causeOf(
  error: { cause?: { code?: string; message?: string }; name?: string },
  { port }: URL,
): string {
  const { code, message } = error?.cause ?? {}
  // The standard of fetch forbids some ports, such as those of mail servers.
  if (message === 'bad port') return `no request may go to port ${port}`
  return code ?? message ?? error?.name ?? 'for an unknown reason'
}

interface Checked {
  readonly url: URL
  readonly on: readonly string[]
  readonly headers: Headers
  readonly seconds: number
}

/** Errors do not repeat the address or the headers. */
function checked(options: NotifyOptions): Checked {
  const {
    url,
    on = KINDS,
    headers = {},
    seconds = 10,
  } = check.options(options, ['url', 'on', 'headers', 'seconds'])
  const address = attempt(() => new URL(url))
  if (address === undefined || !['http:', 'https:'].includes(address.protocol)) {
    const other = typeof url === 'string' ? 'another text' : show(url)
    throw new CheckFailed(
      'url to be an address with https: or http:',
      address === undefined ? other : `one with ${address.protocol}`,
    )
  }
  if (address.username !== '' || address.password !== '')
    throw new CheckFailed('url to be an address without a password', 'one with a password', {
      hint: 'Pass it as a header: { authorization: ... }.',
    })
  check.texts({ on })
  if (on.length === 0) throw new CheckFailed('on to name an event', 'none')
  for (const kind of on) check.oneOf({ on: kind }, KINDS)
  check.positiveNumber({ seconds })
  const entries = entriesOf(headers)
  const own = attempt(() => new Headers(entries))
  if (entries?.some(([, value]) => typeof value !== 'string'))
    throw new CheckFailed('headers to be an object of texts', 'one that is not a text')
  if (entries === undefined || own === undefined)
    throw new CheckFailed(
      'headers to be an object of texts such as { authorization: "Bearer ..." }',
      entries ? 'a name or a value that no header can have' : show(headers),
    )
  own.set('content-type', 'application/json')
  return { url: address, on, headers: own, seconds }
}
