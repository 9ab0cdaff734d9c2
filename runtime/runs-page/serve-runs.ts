/** `serveRuns`: a page over the runs of a directory, those that go on among them. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { attempt, GradstreamError, show } from '../../core/index.ts'
import { allowList, isAllowed, randomToken, roleByToken } from '../bridge/server/guard.ts'
import { HEADERS, pageServer, readPages } from '../bridge/server/pages.ts'
import { listening } from '../bridge/server/serve.ts'
import type { RunAnswer } from './answers.ts'
import { RunIndex } from './run-index.ts'
import { nodesOf, runningTime } from './run-row.ts'

const HOST = '127.0.0.1'
const PORT = 8081
/** The most bytes of a request: its head, and what it changes. */
const HEAD = 16 * 1024
const BODY = 64 * 1024
const CONNECTIONS = 128
/** Milliseconds. */
const TO_ASK = 5000
/** The most series in one answer. */
const MOST_SERIES = 8

export interface RunsPageOptions {
  /** The port; by default 8081, or a free one if that is taken. 0 picks a free one. */
  readonly port?: number
  /** Receives the line with the address. */
  readonly print?: (line: string) => void
}

/** A page that is being served. */
export interface RunsPage {
  /** The address, with the token in its fragment, which browsers do not send. */
  readonly url: string
  /** Ends all connections and frees the port. */
  close(): Promise<void>
}

/**
 * Serves a page over the runs of a directory, to this machine alone.
 *
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ`, `INVALID_OPTION`, `PORT_UNAVAILABLE`
 */
export async function serveRuns(
  directory: string,
  { port: asked, print = console.log }: RunsPageOptions = {},
): Promise<RunsPage> {
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 0 && asked <= 65_535)) {
    const expected = 'a port from 0 to 65535'
    throw new GradstreamError('INVALID_OPTION', { place: 'view', expected, got: show(asked) })
  }
  const index = new RunIndex(directory)
  // Tells at once if there is no such directory.
  await index.begin()
  const token = randomToken()
  const roleOf = roleByToken({ controller: token, viewer: randomToken() })
  let allowed = allowList(HOST, asked ?? PORT, {})
  const pages = pageServer(readPages('runs.html'), () => allowed)
  const server = createServer(
    {
      maxHeaderSize: HEAD,
      headersTimeout: TO_ASK,
      requestTimeout: TO_ASK,
      keepAliveTimeout: TO_ASK,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => {
      const isOurs = isAllowed(request, allowed) && (request.url ?? '').startsWith('/api/')
      if (!isOurs) return pages(request, response)
      const isKnown = roleOf(tokenIn(request)) === 'controller'
      const answering = isKnown
        ? answer(index, request)
        : Promise.resolve(refusal(401, 'NO_TOKEN', 'The token is missing, or not the one that was printed.'))
      answering.then(
        given => send(request, response, given),
        (error: Error) => send(request, response, refused(error)),
      )
    },
  )
  server.maxConnections = CONNECTIONS
  const port = await listening(server, { host: HOST, port: asked ?? PORT }, asked === undefined, 'view')
  allowed = allowList(HOST, port, {})
  // For example, too many open files. It may pass.
  server.on('error', () => undefined)
  server.on('clientError', (_, socket) => socket.destroy())
  const url = `http://${HOST}:${port}/#${token}`
  print(`Compare the runs: ${url}`)
  void index.readAhead()
  return {
    url,
    close: () =>
      new Promise(resolve => {
        index.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Answer {
  readonly status: number
  readonly type?: string
  readonly body: string | Uint8Array
  readonly mark?: string
}

const tokenIn = ({ headers }: IncomingMessage): string =>
  /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? ''

async function answer(index: RunIndex, request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const isChange = request.method === 'PATCH'
  if (request.method !== 'GET' && !(isChange && pathname === '/api/notes'))
    return refusal(405, 'BAD_METHOD', 'GET, or PATCH for notes.')
  if (pathname === '/api/runs') {
    const { mark, answer } = await index.list()
    if (request.headers['if-none-match'] === `"${mark}"`) return { status: 304, body: '', mark }
    return { status: 200, body: JSON.stringify(answer), mark }
  }
  const folder = searchParams.get('run') ?? ''
  const path = index.pathOf(folder)
  if (path === undefined) return refusal(404, 'NO_RUN', `There is no run ${show(folder)} any more.`)
  if (pathname === '/api/notes' && isChange) {
    await index.note(folder, attempt(JSON.parse.bind(JSON, await bodyOf(request))))
    return { status: 204, body: '' }
  }
  if (pathname === '/api/series')
    return {
      status: 200,
      type: 'application/octet-stream',
      body: await seriesOf(index, path, searchParams.getAll('name')),
    }
  if (pathname !== '/api/run') return refusal(404, 'NOT_FOUND', 'There is nothing here.')
  const { graph, environment, series } = await index.whole(path)
  const answer: RunAnswer = {
    path,
    notes: index.notesOf(folder),
    environment,
    nodes: nodesOf(graph),
    series: [...series.keys()],
  }
  return { status: 200, body: JSON.stringify(answer) }
}

/** See `SERIES_COLUMNS`. */
async function seriesOf(index: RunIndex, path: string, names: readonly string[]): Promise<Uint8Array> {
  const run = await index.whole(path)
  const secondsAt = runningTime(run)
  const parts = names.slice(0, MOST_SERIES).flatMap(name => {
    const {
      steps = [],
      times = [],
      values = [],
    } = run.series.get(name) ?? run.series.get(name.replace(/^metrics\./, '')) ?? {}
    return [
      Float64Array.of(steps.length),
      Float64Array.from(steps),
      Float64Array.from(times, secondsAt),
      Float64Array.from(values),
    ]
  })
  const bytes = parts.map(part => Buffer.from(part.buffer))
  return Buffer.concat(bytes)
}

/** @throws GradstreamError (as a rejection) `INVALID_OPTION` */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY) {
      const [expected, got] = [`at most ${BODY} bytes`, 'more']
      throw new GradstreamError('INVALID_OPTION', { place: 'notes', expected, got })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const refusal = (status: number, code: string, message: string): Answer => ({
  status,
  body: JSON.stringify({ code, message }),
})

function refused(error: Error): Answer {
  if (error instanceof GradstreamError)
    return refusal(error.code === 'INVALID_OPTION' ? 400 : 500, error.code, error.message)
  return refusal(500, 'NOT_READ', 'The run cannot be read.')
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body, mark }: Answer,
): void {
  // What has not been read of a request that is refused.
  request.resume()
  response.writeHead(status, {
    ...HEADERS,
    ...(body.length > 0 && {
      'Content-Type': type ?? 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
    }),
    ...(mark !== undefined && { ETag: `"${mark}"` }),
  })
  response.end(body)
}
