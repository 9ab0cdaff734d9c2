/** The sources of tables, as pieces of bytes or text. */
import { openFile } from '#files'
import { attempt, GradstreamError, show } from '../../../core/index.ts'
import { fetched, piecesOf } from './fetched.ts'
import { checkedPieces, type OpenSource } from './open-source.ts'

/**
 * A path (`'houses.csv'`), the text itself (anything with a line break in it), a `URL`, a `Blob`, a web
 * stream, or another iterable of strings or bytes, such as a Node stream.
 */
export type TableSource =
  | string
  | URL
  | Blob
  | ArrayBuffer
  | Uint8Array
  | ReadableStream<Uint8Array | string>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>

/** @throws GradstreamError (as a rejection) `FILE_NOT_READ`, `INVALID_OPTION` if the source cannot be read */
export async function openSource(source: TableSource, place: string): Promise<OpenSource> {
  if (typeof source === 'string') {
    if (/[\n\r]/.test(source)) return { name: place, size: source.length, pieces: [source] }
    if (/^https?:\/\//i.test(source)) return fetched(new URL(source))
    if (source.trim() !== '') return openFile(source)
  }
  const opening = attempt(() => openingOf(source as Exclude<TableSource, string>, place))
  if (opening) return opening()
  throw new GradstreamError('INVALID_OPTION', {
    place,
    expected: 'a path, text with line breaks, a URL, a Blob, a web stream or an iterable of text or bytes',
    got: show(source),
  })
}

/** How to open a source other than a string; undefined if it is not a source. */
function openingOf(
  source: Exclude<TableSource, string>,
  place: string,
): (() => OpenSource | Promise<OpenSource>) | undefined {
  if (source instanceof URL) return () => (source.protocol === 'file:' ? openFile(source) : fetched(source))
  if (source instanceof ArrayBuffer) return openingOf(new Uint8Array(source), place)
  if (source instanceof Uint8Array) return () => ({ name: place, size: source.byteLength, pieces: [source] })
  if (typeof Blob === 'function' && source instanceof Blob) {
    const name = 'name' in source && typeof source.name === 'string' ? source.name : place
    return () => ({ name, size: source.size, pieces: piecesOf(source.stream()) })
  }
  if (typeof source !== 'object' || source === null) return undefined
  if ('getReader' in source && typeof source.getReader === 'function')
    return () => ({ name: place, pieces: piecesOf(source) })
  if (Symbol.asyncIterator in source || Symbol.iterator in source)
    return () => ({ name: place, pieces: source })
  return undefined
}

/** All bytes of a source at once, for formats that start at the end of the file. */
export async function allBytes(
  source: TableSource,
  place: string,
): Promise<{ name: string; bytes: Uint8Array }> {
  const open = await openSource(source, place)
  const { name } = open
  const parts: Uint8Array[] = []
  for await (const piece of checkedPieces(open))
    parts.push(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece)
  if (parts.length === 1) return { name, bytes: parts[0] as Uint8Array }
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let start = 0
  for (const part of parts) {
    bytes.set(part, start)
    start += part.byteLength
  }
  return { name, bytes }
}
