/** The tables of embeddings in a network, and how many of their rows are looked at. */
import type { RunState } from '../../client.ts'
import { POINTS } from './layer-values.ts'

/** The most numbers that a bridge sends of a tensor. */
const NUMBERS = 262_144

export interface Table {
  readonly node: string
  readonly parameter: string
  readonly rows: number
  /** How many numbers a row has. */
  readonly width: number
}

export const tableOf = (
  node: string,
  parameter: string,
  [rows = 0, width = 0]: readonly number[],
): Table => ({
  node,
  parameter,
  rows,
  width,
})

/** Whether rows can be points of a plane. */
export const isTable = (shape: readonly number[]): boolean =>
  shape.length === 2 &&
  (shape[0] as number) >= 3 &&
  (shape[1] as number) >= 2 &&
  (shape[1] as number) <= NUMBERS

/** The embeddings of a network, in the order of the graph. */
export const tablesOf = ({ nodes }: Pick<RunState, 'nodes'>): Table[] =>
  Object.entries(nodes).flatMap(([id, { type, weights }]) =>
    Object.entries(weights).flatMap(([name, shape]) =>
      (/embedding$/i.test(type) || name === 'embeddings') && isTable(shape) ? [tableOf(id, name, shape)] : [],
    ),
  )

/** How many rows are looked at: the first ones. */
export const shownOf = ({ rows, width }: Table): number =>
  Math.max(1, Math.min(rows, POINTS, Math.floor(NUMBERS / width)))
