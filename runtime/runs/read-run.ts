/** `readRun` and `listRuns`: runs that were recorded. */
import { filesIn, runFoldersIn } from '#run-folder'
import { check, checkedAt, GradstreamError } from '../../core/index.ts'
import { type RunSummary, type StoredRun, storedRun, summaryOf } from './stored-run.ts'

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
      runs.push(summaryOf(await readRun(folder)))
    } catch (error) {
      if (!(error instanceof GradstreamError)) throw error
      broken.push({ folder, error })
    }
  }
  return { runs: runs.sort((a, b) => b.started - a.started), broken }
}
