/** Asks the server of the page for runs. */
import type { RunAnswer, RunNotes, RunsAnswer } from '../../runtime/runs-page/answers.ts'
import { type Points, pointsIn } from './tracks.ts'

/** The most series in a request. */
const SERIES = 8

/** A refusal: what is wrong, in words. */
export class Refusal extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export class RunsClient {
  private readonly token: string
  private mark: string | null = null

  constructor(token: string) {
    this.token = token
  }

  /** All runs; undefined if nothing has changed since the last answer. */
  async runs(): Promise<RunsAnswer | undefined> {
    const response = await this.ask('api/runs', { headers: this.mark ? { 'If-None-Match': this.mark } : {} })
    if (response.status === 304) return undefined
    this.mark = response.headers.get('ETag')
    return (await response.json()) as RunsAnswer
  }

  async run(folder: string): Promise<RunAnswer> {
    const response = await this.ask(`api/run?${new URLSearchParams({ run: folder })}`)
    return (await response.json()) as RunAnswer
  }

  /** The points of series of a run, in the order of the names; none for a series that it does not have. */
  async series(folder: string, names: readonly string[]): Promise<Points[]> {
    const asked = names.slice(0, SERIES)
    const query = new URLSearchParams([['run', folder], ...asked.map(name => ['name', name])])
    const response = await this.ask(`api/series?${query}`)
    return pointsIn(await response.arrayBuffer(), asked.length)
  }

  /** Changes some of the notes of a run. */
  async note(folder: string, change: Partial<RunNotes>): Promise<void> {
    const query = new URLSearchParams({ run: folder })
    await this.ask(`api/notes?${query}`, { method: 'PATCH', body: JSON.stringify(change) })
  }

  private async ask(path: string, { headers, ...rest }: RequestInit = {}): Promise<Response> {
    const own = { ...headers, Authorization: `Bearer ${this.token}` }
    const response = await fetch(path, { ...rest, headers: own, cache: 'no-store' }).catch(() => {
      throw new Refusal(
        'DISCONNECTED',
        'The server does not answer. It may have been closed: npx gradstream view',
      )
    })
    if (response.ok || response.status === 304) return response
    const { code = 'REFUSED', message = response.statusText } = await response.json().catch(() => ({}))
    throw new Refusal(code, message)
  }
}
