/** What became of commands: each is done once, however often a client sends it. */
import { GradstreamError, show } from '../../../core/index.ts'

/** Commands of one client whose outcome is kept. */
const OUTCOMES = 1024
/** Clients that may have gone for good, of which it is kept. */
const GONE = 256

interface Done {
  /** What was asked under this id. */
  readonly content: string
  readonly outcome: Promise<unknown>
}

/** Ids are a client's own: what one of them counts as `a1` says nothing of the `a1` of another. */
export class Outcomes {
  /** By client; the one that was heard of last is the last. */
  private readonly clients = new Map<string, Map<string, Done>>()
  private readonly most: number

  /** @param clients how many there may be at a time */
  constructor(clients: number) {
    this.most = clients + GONE
  }

  /** What a client is known by from now on: as before, where that is remembered, else by a name that nobody guesses. */
  enter(known: string | undefined): string {
    const { clients } = this
    const own = known === undefined ? undefined : clients.get(known)
    const client = known !== undefined && own ? known : crypto.randomUUID()
    clients.delete(client)
    clients.set(client, own ?? new Map())
    if (clients.size > this.most) clients.delete(clients.keys().next().value as string)
    return client
  }

  /**
   * What came of a command, which is done unless it was.
   *
   * @throws GradstreamError (as a rejection) `INVALID_MESSAGE` where the id stands for another, and what `work` throws
   */
  once(client: string, id: string, content: string, work: () => Promise<unknown>): Promise<unknown> {
    const own = this.clients.get(client) ?? new Map<string, Done>()
    // Who says something was here last, and is the last to be forgotten.
    this.clients.delete(client)
    this.clients.set(client, own)
    const known = own.get(id)
    if (known?.content === content) return known.outcome
    if (known) return Promise.reject(repeated(id))
    const outcome = work()
    outcome.catch(() => undefined)
    own.set(id, { content, outcome })
    if (own.size > OUTCOMES) own.delete(own.keys().next().value as string)
    return outcome
  }

  /** All that are kept, perhaps not yet decided. */
  get all(): Promise<unknown>[] {
    return [...this.clients.values()].flatMap(own => [...own.values()].map(({ outcome }) => outcome))
  }
}

/** An id stands for what it was sent with first. */
export const repeated = (id: string): GradstreamError =>
  new GradstreamError('INVALID_MESSAGE', {
    place: 'message',
    expected: 'an id that this client has not used before',
    got: show(id),
    hint: 'Give each request its own id.',
  })
