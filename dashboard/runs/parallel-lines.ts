/** Where lines and axes of parallel coordinates are, in pixels: for the page and for pictures. */
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import { isBetterLow } from './best.ts'
import type { Column } from './columns.ts'
import type { Axis } from './parallel.ts'

/** The room around the axes. */
export const ROOM = { top: 34, bottom: 14, left: 62, right: 52 }

export interface Places {
  readonly top: number
  readonly bottom: number
  /** From axis to axis; 0 for a single one. */
  readonly between: number
  /** Of an axis. */
  across(axis: number): number
  /** From 0 at the bottom of an axis to 1 at its top. */
  up(place: number): number
}

/** @param above room above that of the titles */
export function placesIn(
  axes: number,
  { width, height }: { readonly width: number; readonly height: number },
  above = 0,
): Places {
  const [top, bottom] = [above + ROOM.top, height - ROOM.bottom]
  const between = axes > 1 ? (width - ROOM.left - ROOM.right) / (axes - 1) : 0
  return {
    top,
    bottom,
    between,
    across: axis => (axes > 1 ? ROOM.left + axis * between : width / 2),
    up: place => bottom - place * (bottom - top),
  }
}

/** The line of a run, broken where it has nothing. */
export function lineOf(row: RunRow, axes: readonly Axis[], { across, up }: Places): string {
  let isOpen = false
  return axes
    .map((axis, i) => {
      const place = axis.placeOf(row)
      const sign = isOpen ? 'L' : 'M'
      isOpen = place !== undefined
      return place === undefined ? '' : `${sign}${across(i).toFixed(1)} ${up(place).toFixed(1)}`
    })
    .join('')
}

/** From 0 for the worst to 1 for the best. */
export function meritOf(row: RunRow, goal: Column | undefined, axis: Axis | undefined): number {
  const place = axis?.placeOf(row) ?? 0
  return goal && isBetterLow(goal.id) ? 1 - place : place
}

/** `best validation loss`. */
export const titleOfAxis = ({ group, title }: Column): string =>
  group === 'Best' || group === 'Last' ? `${group.toLowerCase()} ${title}` : title

/** How the words at an axis are written: where, to which side, and how many characters there is room for. */
export function textAt(axis: number, axes: number, { between }: Places) {
  const isLast = axis === axes - 1
  return {
    title: {
      anchor: axis === 0 ? 'start' : isLast ? 'end' : 'middle',
      by: axis === 0 ? -ROOM.left + 4 : isLast ? ROOM.right - 4 : 0,
      longest: Math.max(between, 76) / 7.9,
    },
    mark: {
      anchor: isLast ? 'start' : 'end',
      by: isLast ? 7 : -7,
      longest: isLast ? 7 : Math.min(between, ROOM.left + 4) / 7,
    },
  } as const
}

export const cut = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, Math.max(Math.floor(longest) - 1, 1))}…` : text
