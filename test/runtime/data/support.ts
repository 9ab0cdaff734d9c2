/** What the tests of sources share. */
import { RandomKey } from 'gradstream'
import type { Batch, BatchCursor, EpochOptions } from '../../../index.ts'

/** How a trainer of a small network for regression opens an epoch. */
export const epochOptions = (options: Partial<EpochOptions> = {}): EpochOptions => ({
  batchSize: 2,
  inputs: { x: [2], target: [1] },
  shuffle: RandomKey.of(1),
  precision: 'float64',
  scalings: {},
  ...options,
})

/** One column of a batch of which each sample has so many numbers. */
export function columnOf(batch: Batch, column = 'target', length = 1): number[] {
  const into = new Float64Array(batch.size * length)
  batch.write(column, into)
  return [...into]
}

/** The targets of all batches until the end, or until it throws, which is thrown. */
export async function drain(cursor: BatchCursor): Promise<number[][]> {
  const batches: number[][] = []
  for (let batch = await cursor.next(); batch; batch = await cursor.next()) batches.push(columnOf(batch))
  return batches
}

/** Lets promises that can be kept be kept. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}
