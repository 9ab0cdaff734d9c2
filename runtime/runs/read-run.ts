/** `readRun` and `listRuns`: runs that were recorded. What reads them is loaded when it is needed, as most programs read none. */
import { check, checkedAt } from '../../core/index.ts'
import type { RunList, StoredRun } from './stored-run.ts'

const loaded = () => import('./reading.ts')

/**
 * Reads a run that `recordRun` wrote, or is writing: what it was, what happened, and its figures over the steps. Runs of other programs are read
 * from event files of TensorBoard and from tables of comma-separated values.
 *
 * A part that was being written when a process was killed is left out. Anything else that is not as it was written is refused.
 *
 * @param folder of the run, or with event files; or an event file, or a table with a column `step`, `epoch` or `time`. Where a column `run` of the
 *   table names several runs, the name of one stands behind: `log.csv#6f1c0c9e`
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ`, `BAD_FILE`, `INVALID_OPTION`, `NEEDS_NODE`, and for tables `CSV_INVALID`,
 *   `ENCODING_INVALID`, `DATA_AMBIGUOUS`
 * @example const { metrics, series } = await readRun('runs/6f1c0c9e'); series.get('metrics.validationLoss')?.values
 */
export async function readRun(folder: string): Promise<StoredRun> {
  checkedAt('readRun', 'INVALID_OPTION', () => check.text({ folder }))
  const { runIn } = await loaded()
  return runIn(folder)
}

/**
 * The runs in a directory, each in a few words, with those of other programs in it and in folders below. One that is broken hides none of the
 * others; what is no run is passed over.
 *
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ` where there is no such directory, `INVALID_OPTION`, `NEEDS_NODE`
 * @example const { runs } = await listRuns('runs/') // [{ runId, status, epoch, metrics, extremes, ... }, ...]
 */
export async function listRuns(directory: string): Promise<RunList> {
  checkedAt('listRuns', 'INVALID_OPTION', () => check.text({ directory }))
  const { runsIn } = await loaded()
  return runsIn(directory)
}
