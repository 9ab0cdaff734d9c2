/**
 * What is to go to one client: answers, the newest state, and a bounded queue of events and results that loses its
 * oldest. Nothing goes out faster than the client says it arrives, so a slow one costs no memory, here or in the
 * buffers of the system, and gets what is new when it gets something.
 */

/** The other end of a connection. */
export interface Channel {
  send(data: string | Uint8Array): void
  close(code: number, reason: string): void
  /** How many bytes were handed over and have not left. */
  readonly pending: number
}

export const LIMITS = {
  /** Bytes handed over that have not left, above which nothing more is handed over. */
  pending: 256 * 1024,
  /** Patches on their way. */
  patches: 8,
  /** Events and results on their way, and their bytes. One is always allowed. */
  inFlight: 512,
  inFlightBytes: 4 * 1024 * 1024,
  /** Events and results that wait, and their bytes. */
  waiting: 256,
  waitingBytes: 16 * 1024 * 1024,
  /** Answers that wait. */
  answers: 256,
} as const

interface Parcel {
  readonly n: number
  /** Whether it is dropped before others: the next one says as much, or the state does. */
  readonly isMinor: boolean
  readonly data: string | Uint8Array
}

/** The present state for a client that has `version`, as a text; undefined where it is up to date. */
export type StateFor = (version: number | undefined) => { text: string; version: number } | undefined

export class Outbox {
  /** How many events and results were made for this client, and how many of them were dropped. */
  made = 0
  dropped = 0
  /** What the client has, or will have when all arrives; undefined before the first snapshot. */
  version: number | undefined
  /** Since when something has been kept back, by the clock of the bridge. */
  blockedSince: number | undefined
  private readonly channel: Channel
  private readonly stateFor: StateFor
  private readonly now: () => number
  private readonly answers: string[] = []
  private readonly waiting: Parcel[] = []
  private readonly inFlight: Parcel[] = []
  private readonly patches: number[] = []
  private stateIsDue = false

  constructor(channel: Channel, stateFor: StateFor, now: () => number) {
    this.channel = channel
    this.stateFor = stateFor
    this.now = now
  }

  /** An answer, which is never dropped. Returns false where so many wait that the client must have gone. */
  answer(text: string): boolean {
    this.answers.push(text)
    this.flush()
    return this.answers.length <= LIMITS.answers
  }

  /** An event or result, which is given its number. */
  post(write: (n: number) => string | Uint8Array, isMinor: boolean): void {
    const n = ++this.made
    this.waiting.push({ n, isMinor, data: write(n) })
    this.flush()
    const { waiting } = this
    while (
      waiting.length > LIMITS.waiting ||
      (waiting.length > 1 && bytesOf(waiting) > LIMITS.waitingBytes)
    ) {
      const oldest = waiting.findIndex(parcel => parcel.isMinor)
      waiting.splice(Math.max(oldest, 0), 1)
      this.dropped++
      this.blockedSince ??= this.now()
    }
  }

  /** The state is to be brought up to date, now or when there is room. */
  publish(): void {
    this.stateIsDue = true
    this.flush()
  }

  /** The client has this version and everything up to `n`. */
  acknowledge(version: number, n: number): void {
    const { patches, inFlight } = this
    while (patches.length > 0 && (patches[0] as number) <= version) patches.shift()
    while (inFlight.length > 0 && (inFlight[0] as Parcel).n <= n) inFlight.shift()
    this.flush()
  }

  /** The client has another version than was sent. */
  sync(version: number | undefined): void {
    this.version = version
    this.patches.length = 0
    this.publish()
  }

  flush(): void {
    const { channel, answers, waiting, inFlight, patches } = this
    const hasRoom = () => channel.pending < LIMITS.pending
    while (answers.length > 0 && hasRoom()) channel.send(answers.shift() as string)
    if (this.stateIsDue && patches.length < LIMITS.patches && hasRoom()) {
      const state = this.stateFor(this.version)
      this.stateIsDue = false
      if (state) {
        channel.send(state.text)
        this.version = state.version
        patches.push(state.version)
      }
    }
    while (waiting.length > 0 && hasRoom()) {
      const next = waiting[0] as Parcel
      const isFull =
        inFlight.length >= LIMITS.inFlight || bytesOf(inFlight) + next.data.length > LIMITS.inFlightBytes
      if (inFlight.length > 0 && isFull) break
      channel.send(next.data)
      inFlight.push(next)
      waiting.shift()
    }
    if (answers.length === 0 && waiting.length === 0 && !this.stateIsDue) this.blockedSince = undefined
    else this.blockedSince ??= this.now()
  }
}

const bytesOf = (parcels: readonly Parcel[]) => parcels.reduce((sum, { data }) => sum + data.length, 0)
