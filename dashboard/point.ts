/** A position or an offset. */
export interface Point {
  readonly x: number
  readonly y: number
}
