/**
 * The outgoing messages of one client: answers, the latest state, and a bounded queue of events and results
 * that drops the oldest. State, events and results go out no faster than the client acknowledges them, so a
 * slow client costs little memory here or in system buffers, and always receives recent data.
 */
import { encode } from '../json.ts'
import type { Crowd, ServerMessage, SystemFigures } from '../protocol.ts'

/** The other end of a connection. */
export interface Channel {
  send(data: string | Uint8Array): void
  close(code: number, reason: string): void
  /** Bytes handed over but not yet sent. */
  readonly pending: number
}

export const LIMITS = {
  /** With more unsent bytes than this, nothing more is handed over. */
  pending: 256 * 1024,
  /** Patches in flight, and their bytes. One is always allowed, here and below. */
  patches: 8,
  patchBytes: 128 * 1024,
  /** Events and results in flight, and their bytes: few enough not to delay what follows. */
  inFlight: 512,
  inFlightBytes: 256 * 1024,
  /** Events and results that wait, and their bytes. */
  waiting: 256,
  waitingBytes: 4 * 1024 * 1024,
  /** Answers that wait, and their bytes. */
  answers: 256,
  answerBytes: 4 * 1024 * 1024,
} as const

/** An event or result. */
export interface Parcel {
  /** Its approximate size in bytes. */
  readonly bytes: number
  /** Whether to drop it before others, because the next one or the state says the same. */
  readonly isMinor: boolean
  /** Called when it goes out, so dropped ones are never serialized. */
  readonly write: (n: number) => string | Uint8Array
}

interface Numbered extends Parcel {
  readonly n: number
}

/** The current state as text for a client that has `version`; undefined if it is up to date. */
export type StateFor = (version: number | undefined) => { text: string; version: number } | undefined

export class Outbox {
  /** How many events and results were made for this client, and how many of them were dropped. */
  made = 0
  dropped = 0
  /** The version that the client has or will have when everything arrives; undefined before the first snapshot. */
  version: number | undefined
  /** Since when messages are held back and nothing moves, by the clock of the bridge. */
  blockedSince: number | undefined
  private readonly channel: Channel
  private readonly stateFor: StateFor
  private readonly now: () => number
  private readonly answers: string[] = []
  private answerBytes = 0
  private readonly waiting: Numbered[] = []
  private waitingBytes = 0
  private readonly inFlight = new Flight(LIMITS.inFlight, LIMITS.inFlightBytes)
  private readonly patches = new Flight(LIMITS.patches, LIMITS.patchBytes)
  private stateIsDue = false
  /** What the next heartbeat says of the system, and of who is connected if that is news; undefined if none is due. */
  private beatDue: { readonly system: SystemFigures; readonly crowd?: Crowd } | undefined
  /** The fewest unsent bytes seen since messages are held back. */
  private fewest = Number.POSITIVE_INFINITY

  constructor(channel: Channel, stateFor: StateFor, now: () => number) {
    this.channel = channel
    this.stateFor = stateFor
    this.now = now
  }

  /** Adds an answer, which is never dropped. Returns false if so much waits that the client must be gone. */
  answer(text: string): boolean {
    this.answers.push(text)
    this.answerBytes += text.length
    this.flush()
    const { answers, answerBytes } = this
    return answers.length <= LIMITS.answers && (answers.length <= 1 || answerBytes <= LIMITS.answerBytes)
  }

  /** Adds an event or result and numbers it. */
  post(parcel: Parcel): void {
    const { waiting } = this
    waiting.push({ ...parcel, n: ++this.made })
    this.waitingBytes += parcel.bytes
    this.flush()
    while (
      waiting.length > LIMITS.waiting ||
      (waiting.length > 1 && this.waitingBytes > LIMITS.waitingBytes)
    ) {
      const oldest = waiting.findIndex(({ isMinor }) => isMinor)
      const [gone] = waiting.splice(Math.max(oldest, 0), 1)
      this.waitingBytes -= gone?.bytes ?? 0
      this.dropped++
    }
  }

  /** Counts results that were not even made because the run had no time. */
  skip(count: number): void {
    this.made += count
    this.dropped += count
  }

  /** Sends the state, now or when there is room. */
  publish(): void {
    this.stateIsDue = true
    this.flush()
  }

  /** Sends a heartbeat with the current counts, now or when there is room. */
  beat(system: SystemFigures, crowd?: Crowd): void {
    this.beatDue = { ...this.beatDue, system, ...(crowd && { crowd }) }
    this.flush()
  }

  /** Called when the client acknowledges this version and everything up to `n`. */
  acknowledge(version: number, n: number): void {
    const [patches, parcels] = [this.patches.arrived(version), this.inFlight.arrived(n)]
    this.flush(patches || parcels)
  }

  /** Called when the client has another version than was sent. The next publication sends what it lacks. */
  sync(version: number | undefined): void {
    this.version = version
    this.patches.clear()
    this.stateIsDue = true
  }

  /** Hands over as much as there is room for. */
  flush(hasMoved = false): void {
    const { channel, answers, waiting, inFlight, patches } = this
    const hasRoom = () => channel.pending < LIMITS.pending
    while (answers.length > 0 && hasRoom()) {
      const answer = answers.shift() as string
      this.answerBytes -= answer.length
      channel.send(answer)
    }
    if (this.stateIsDue && hasRoom() && patches.hasRoom) {
      const state = this.stateFor(this.version)
      this.stateIsDue = false
      if (state) {
        channel.send(state.text)
        this.version = state.version
        patches.add(state.version, state.text.length)
      }
    }
    if (this.beatDue && hasRoom()) {
      const { version = 0, made, dropped, beatDue } = this
      this.beatDue = undefined
      channel.send(encode({ type: 'heartbeat', version, made, dropped, ...beatDue } satisfies ServerMessage))
    }
    while (waiting.length > 0 && hasRoom() && inFlight.hasRoomFor((waiting[0] as Numbered).bytes)) {
      const { n, bytes, write } = waiting.shift() as Numbered
      this.waitingBytes -= bytes
      channel.send(write(n))
      inFlight.add(n, bytes)
    }
    this.look(hasMoved)
  }

  /** A client is stuck if nothing at all moves to it. */
  private look(hasMoved: boolean): void {
    const { answers, waiting, channel } = this
    const { pending } = channel
    const isBlocked = answers.length > 0 || waiting.length > 0 || this.stateIsDue
    if (!isBlocked) this.blockedSince = undefined
    else if (hasMoved || pending < this.fewest) this.blockedSince = this.now()
    this.fewest = isBlocked ? Math.min(this.fewest, pending) : Number.POSITIVE_INFINITY
  }
}

/** Messages in flight: only their numbers, since the rest has been handed over. */
class Flight {
  private readonly most: number
  private readonly mostBytes: number
  private parts: { readonly n: number; readonly bytes: number }[] = []
  private bytes = 0

  constructor(most: number, mostBytes: number) {
    this.most = most
    this.mostBytes = mostBytes
  }

  get hasRoom(): boolean {
    return this.hasRoomFor(0)
  }

  hasRoomFor(bytes: number): boolean {
    const { parts, most, mostBytes } = this
    return parts.length === 0 || (parts.length < most && this.bytes + bytes <= mostBytes)
  }

  add(n: number, bytes: number): void {
    this.parts.push({ n, bytes })
    this.bytes += bytes
  }

  /** Returns whether anything has arrived. */
  arrived(n: number): boolean {
    const { length } = this.parts
    this.parts = this.parts.filter(part => part.n > n)
    this.bytes = this.parts.reduce((sum, part) => sum + part.bytes, 0)
    return this.parts.length < length
  }

  clear(): void {
    this.parts = []
    this.bytes = 0
  }
}
