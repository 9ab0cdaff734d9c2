/** Outcomes of commands: each is done once, however often a client sends it. */
import { GradstreamError, show } from '../../../core/index.ts'

/** How many outcomes to keep for one client. */
const OUTCOMES = 1024
/** For how many absent clients to keep them. */
const GONE = 256

interface Done {
  /** The request under this id. */
  readonly content: string
  readonly outcome: Promise<unknown>
}

/** Ids are per client: `a1` of one client has nothing to do with `a1` of another. */
export class Outcomes {
  /** By client, the most recently active last. */
  private readonly clients = new Map<string, Map<string, Done>>()
  private readonly most: number

  /** @param clients the most clients at a time */
  constructor(clients: number) {
    this.most = clients + GONE
  }

  /** The id of a client: its previous one if remembered, else a random one. */
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
   * The outcome of a command, which is carried out unless it was before.
   *
   * @throws GradstreamError (as a rejection) `INVALID_MESSAGE` if the id belongs to another command, and what `work` throws
   */
  once(client: string, id: string, content: string, work: () => Promise<unknown>): Promise<unknown> {
    const own = this.clients.get(client) ?? new Map<string, Done>()
    // An active client moves to the end, to be forgotten last.
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

  /** All kept outcomes, perhaps still pending. */
  get all(): Promise<unknown>[] {
    return [...this.clients.values()].flatMap(own => [...own.values()].map(({ outcome }) => outcome))
  }
}

/** The error for an id reused with another request. */
export const repeated = (id: string): GradstreamError =>
  new GradstreamError('INVALID_MESSAGE', {
    place: 'message',
    expected: 'an id that this client has not used before',
    got: show(id),
    hint: 'Give each request its own id.',
  })
