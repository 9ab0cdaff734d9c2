/** From how far the graph is seen, and what is drawn of it then. */
import type { Size } from './view.ts'

/**
 * Below the first zoom, nodes show their names only, in larger type; below the second, frames have labels instead of
 * titles; below the third, nodes have no names.
 */
const [FAR, LABELLED, DISTANT] = [0.55, 0.36, 0.22]

export const isLabelled = (zoom: number): boolean => zoom < LABELLED
export const isNameless = (zoom: number): boolean => zoom < DISTANT

/** More nodes than so many at once are sketched; and about how much of the graph a node takes up. */
export const CROWD = 250
const AREA = 212 * 140

export interface Distance {
  /** The classes of the style sheet for it. */
  readonly look: string
  /** Whether the pane has room for a crowd of nodes. */
  readonly isCrowded: boolean
}

const LOOKS = ['', 'far', 'far labelled', 'far labelled distant']
const DISTANCES = LOOKS.flatMap(look => [false, true].map((isCrowded): Distance => ({ look, isCrowded })))

export const NEAR = DISTANCES[0] as Distance
export const CROWDED = DISTANCES.at(-1) as Distance

/** The same object for what looks the same. */
export function distanceAt(zoom: number, { width, height }: Size): Distance {
  const level = [FAR, LABELLED, DISTANT].filter(limit => zoom < limit).length
  const isCrowded = level > 0 && (width * height) / (zoom * zoom * AREA) > CROWD
  return DISTANCES[2 * level + Number(isCrowded)] as Distance
}
