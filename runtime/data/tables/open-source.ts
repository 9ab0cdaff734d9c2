/** A source of a table that is open for reading. */
import { GradstreamError, show } from '../../../core/index.ts'

export type Piece = Uint8Array | string

export interface OpenSource {
  /** What errors call it. */
  readonly name: string
  /** How many bytes there are, where that is known. */
  readonly size?: number | undefined
  readonly pieces: Iterable<Piece> | AsyncIterable<Piece>
}

/** The last part of a path or of an address. */
export const nameOf = (path: string | URL): string =>
  String(path instanceof URL ? path.pathname : path)
    .split(/[/\\]/)
    .at(-1) as string

/**
 * The pieces of a source, each of them text or bytes. It is closed where reading ends early.
 *
 * @throws GradstreamError `INVALID_OPTION` for another kind of piece, `DATA_FAILED` where the source throws
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
