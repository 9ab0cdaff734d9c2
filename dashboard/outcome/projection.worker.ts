/** Projects rows of numbers onto a plane, beside the page, so that the page does not stall. */
import { principal, randomOf } from './principal.ts'

export interface Job {
  readonly method: 'PCA' | 'UMAP'
  readonly rows: Float64Array
  readonly count: number
  readonly width: number
  readonly seed: number
}

export interface Progress {
  readonly points: Float64Array
  /** Of PCA: the shares of the variance. */
  readonly shares?: readonly [number, number]
  /** From 0 to 1, when it is complete. */
  readonly done: number
}

/** Usual values of UMAP: McInnes, Healy and Melville, "UMAP" (2018). */
const NEIGHBOURS = 15
const DISTANCE = 0.1
/** Rounds between two pictures of the work in progress. */
const ROUNDS = 20

addEventListener('message', ({ data }: MessageEvent<Job>) => {
  const { method, rows, count, width, seed } = data
  // With fewer there are no neighbours to speak of.
  if (method === 'PCA' || count < 4) tell({ ...principal(rows, count, width), done: 1 })
  else void umap(rows, count, width, seed)
})

async function umap(rows: Float64Array, count: number, width: number, seed: number): Promise<void> {
  const { UMAP } = await import('umap-js')
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(NEIGHBOURS, count - 1),
    minDist: DISTANCE,
    random: randomOf(seed),
  })
  const rounds = umap.initializeFit(
    Array.from({ length: count }, (_, i) => Array.from(rows.subarray(i * width, (i + 1) * width))),
  )
  for (let round = 1; round <= rounds; round++) {
    umap.step()
    if (round % ROUNDS === 0 || round === rounds)
      tell({ points: Float64Array.from(umap.getEmbedding().flat()), done: round / rounds })
  }
}

const tell = (progress: Progress) => postMessage(progress)
