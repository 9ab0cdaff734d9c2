/** Files in Node. The import `#files` resolves to `files.browser.ts` elsewhere. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { GradstreamError, show } from '../../core/index.ts'
import { nameOf, type OpenSource } from './tables/open-source.ts'

/** @throws GradstreamError (as a rejection, or by the pieces) `FILE_NOT_READ` */
export async function openFile(path: string | URL): Promise<OpenSource> {
  try {
    const { size } = await stat(path)
    return { name: nameOf(path), size, pieces: pieces(path) }
  } catch (cause) {
    throw notRead(path, cause)
  }
}

/** The pieces of a file in order. It opens with the first one and closes after the last. */
async function* pieces(path: string | URL): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path)
  } catch (cause) {
    throw notRead(path, cause)
  }
}

const notRead = (path: string | URL, cause: unknown) =>
  new GradstreamError('FILE_NOT_READ', {
    place: String(path),
    expected: 'a readable file',
    got: show(cause),
    cause,
  })
