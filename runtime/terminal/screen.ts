/** The target of text: a terminal, a pipe or a file. */

import { attempt, CheckFailed, show } from '../../core/index.ts'

/** A stream that may be a terminal, such as `process.stdout`. */
export interface Screen {
  write(text: string): unknown
  readonly isTTY?: boolean
  /** How many characters fit in a line of a terminal. */
  readonly columns?: number
  /** Whether a terminal shows colors and its user wants them (`NO_COLOR`). */
  hasColors?(): boolean
}

/** The width to use: that of the terminal, or 80 characters without one. */
export const widthOf = ({ columns }: Screen): number => columns || 80

export const wantsColor = (screen: Screen): boolean => screen.isTTY === true && screen.hasColors?.() === true

/** Throws if the stream cannot be written to. */
export function demandScreen(stream: unknown): void {
  if (attempt(() => typeof (stream as Screen).write === 'function')) return
  throw new CheckFailed('stream to be a writable stream', show(stream), {
    hint: 'Use process.stdout, or a file stream.',
  })
}
