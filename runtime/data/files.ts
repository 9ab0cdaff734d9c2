/** Files, where there are any: the one place in the data room that needs Node. */
import { GradstreamError, show } from '../../core/index.ts'

/** Pieces of a file, in order. Nothing is opened before the first is asked for, and the file is closed after the last. */
export async function* fileChunks(path: string | URL): AsyncGenerator<Uint8Array> {
  const { createReadStream } = await import('node:fs')
  try {
    yield* createReadStream(path)
  } catch (cause) {
    throw notRead(path, cause)
  }
}

/** A whole file. */
export async function fileBytes(path: string | URL): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises')
  try {
    return await readFile(path)
  } catch (cause) {
    throw notRead(path, cause)
  }
}

/** How many bytes a file has. */
export async function fileSize(path: string | URL): Promise<number> {
  const { stat } = await import('node:fs/promises')
  try {
    return (await stat(path)).size
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
