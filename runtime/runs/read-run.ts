/** `readRun` and `listRuns`: runs that were recorded. */
import { behind, filesIn, runFoldersIn, smallFile } from '#run-folder'
import { attempt, check, checkedAt, GradstreamError } from '../../core/index.ts'
import { digestFrom, LARGEST_SUMMARY } from './digest.ts'
import { EVENTS, LARGEST, NAMES, RUN, SERIES, SUMMARY } from './format.ts'
import { type RunSummary, type StoredRun, shortSummary, storedRun, summaryOf } from './stored-run.ts'

/**
 * Reads a run that `recordRun` wrote, or is writing: what it was, what happened, and its figures over the steps.
 *
 * A part that was being written when a process was killed is left out. Anything else that is not as it was written is refused.
 *
 * @param folder of the run
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ`, `BAD_FILE`, `INVALID_OPTION`, `NEEDS_NODE`
 * @example const { metrics, series } = await readRun('runs/6f1c0c9e'); series.get('metrics.validationLoss')?.values
 */
export async function readRun(folder: string): Promise<StoredRun> {
  checkedAt('readRun', 'INVALID_OPTION', () => check.text({ folder }))
  return storedRun(folder, await filesIn(folder))
}

export interface RunList {
  /** The latest first. */
  readonly runs: readonly RunSummary[]
  /** Folders with files of a run that cannot be read, and why. */
  readonly broken: readonly { readonly folder: string; readonly error: GradstreamError }[]
}

/**
 * The runs in a directory, each in a few words. One that is broken hides none of the others; what is no run is passed over.
 *
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ` where there is no such directory, `INVALID_OPTION`, `NEEDS_NODE`
 * @example const { runs } = await listRuns('runs/') // [{ runId, status, epoch, metrics, extremes, ... }, ...]
 */
export async function listRuns(directory: string): Promise<RunList> {
  checkedAt('listRuns', 'INVALID_OPTION', () => check.text({ directory }))
  const runs: RunSummary[] = []
  const broken: { folder: string; error: GradstreamError }[] = []
  // One after the other, since the points of all of them would need much memory.
  for (const folder of await runFoldersIn(directory)) {
    try {
      runs.push((await summaryByDigest(folder)) ?? summaryOf(await readRun(folder)))
    } catch (error) {
      if (!(error instanceof GradstreamError)) throw error
      broken.push({ folder, error })
    }
  }
  return { runs: runs.sort((a, b) => b.started - a.started), broken }
}

/** The summary of a run by its digest, without reading all of it; undefined where that cannot be relied on. */
async function summaryByDigest(folder: string): Promise<RunSummary | undefined> {
  const content = (name: string, most: number) => smallFile(`${folder}/${name}`, most)
  const summary = await content(SUMMARY, LARGEST_SUMMARY)
  const digest = summary && digestFrom(summary)
  if (digest === undefined) return undefined
  // As `filesIn`: the names after the points, and the description last.
  const files = new Map<string, Uint8Array | undefined>()
  files.set(SERIES, await behind(`${folder}/${SERIES}`, digest.series))
  files.set(NAMES, await content(NAMES, LARGEST))
  files.set(EVENTS, await behind(`${folder}/${EVENTS}`, digest.events))
  files.set(RUN, await content(RUN, LARGEST))
  const isWhole = (all: typeof files): all is Map<string, Uint8Array> =>
    ![...all.values()].includes(undefined)
  return isWhole(files) ? attempt(() => shortSummary(folder, digest, files)) : undefined
}
