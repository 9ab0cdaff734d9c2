/** A place on the page, or how far something is moved. */
export interface Point {
  readonly x: number
  readonly y: number
}
