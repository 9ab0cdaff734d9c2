/** The response of a server as the source of a table. */
import { GradstreamError, show } from '../../../core/index.ts'
import { nameOf, type OpenSource } from './open-source.ts'

const HINT = 'Check the address. A page can read from another server only if that server allows it.'

/** @throws GradstreamError (as a rejection) `FILE_NOT_READ` */
export async function fetched(address: string | URL, hint = HINT): Promise<OpenSource> {
  const failed = (got: string, cause?: unknown) =>
    new GradstreamError('FILE_NOT_READ', {
      place: String(address),
      expected: 'a response with the file',
      got,
      hint,
      cause,
    })
  let response: Response
  try {
    response = await fetch(address)
  } catch (cause) {
    throw failed(show(cause), cause)
  }
  if (!response.ok || response.body === null)
    throw failed(`${response.status} ${response.statusText}`.trimEnd())
  const length = response.headers.get('content-encoding')
    ? Number.NaN
    : Number(response.headers.get('content-length'))
  return {
    name: nameOf(address),
    size: length > 0 ? length : undefined,
    pieces: piecesOf(response.body),
  }
}

/** Not every browser can iterate web streams. */
export async function* piecesOf<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
