/** A source of a table that is open for reading. */

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
