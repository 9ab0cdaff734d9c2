/** A source of a table, open for reading. */
import { GradstreamError, show } from '../../../core/index.ts'

export type Piece = Uint8Array | string

export interface OpenSource {
  /** Its name in errors. */
  readonly name: string
  /** The number of bytes, if known. */
  readonly size?: number | undefined
  readonly pieces: Iterable<Piece> | AsyncIterable<Piece>
}

/** The last part of a path or a URL. */
export const nameOf = (path: string | URL): string =>
  String(path instanceof URL ? path.pathname : path)
    .split(/[/\\]/)
    .at(-1) as string

/**
 * The pieces of a source, each checked to be text or bytes. Closes the source if reading ends early.
 *
 * @throws GradstreamError `INVALID_OPTION` for another kind of piece, `DATA_FAILED` if the source throws
 */
export async function* checkedPieces({ name, pieces }: OpenSource): AsyncGenerator<Piece> {
  try {
    for await (const piece of pieces) {
      if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) {
        throw new GradstreamError('INVALID_OPTION', {
          place: name,
          expected: 'pieces of text or bytes (Uint8Array)',
          got: show(piece),
          hint: 'For records that are in memory, use arrayOf(records, options).',
        })
      }
      yield piece
    }
  } catch (cause) {
    if (cause instanceof GradstreamError) throw cause
    throw new GradstreamError('DATA_FAILED', {
      place: name,
      expected: 'another piece, or the end',
      got: `"${show(cause)}"`,
      cause,
    })
  }
}
