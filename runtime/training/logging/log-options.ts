/** What logs of a run have in common in their options. */
export interface LogOptions {
  /**
   * Whether to go on after what is there, as a run does that is resumed. False begins anew.
   *
   * @default true
   */
  readonly append?: boolean
}
