/** `readRun` and `listRuns`: runs that were recorded. */
import { behind, filesIn, type OtherRun, otherRunAt, otherRunsIn, runFoldersIn, smallFile } from '#run-folder'
import { attempt, check, checkedAt, GradstreamError, show } from '../../core/index.ts'
import { digestFrom, LARGEST_SUMMARY } from './digest.ts'
import { EVENTS, LARGEST, NAMES, RUN, SERIES, SUMMARY } from './format.ts'
import { type RunSummary, type StoredRun, shortSummary, storedRun, summaryOf } from './stored-run.ts'

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
  const [, table = folder, run] = /^(.+\.[ct]sv)#(.+)$/is.exec(folder) ?? []
  const other = await otherRunAt(table)
  return other ? readOther(other, run) : storedRun(folder, await filesIn(folder))
}

/** Loaded when it is needed, as most programs read none. */
const loaded = () => import('./others/read-other.ts')

async function readOther(found: OtherRun, name: string | undefined): Promise<StoredRun> {
  const { otherRuns } = await loaded()
  const runs = await otherRuns(found)
  const named = name === undefined ? runs : runs.filter(({ runId }) => runId === name)
  const [run, ...others] = named
  if (run !== undefined && others.length === 0) return run
  const names = runs.map(({ runId }) => runId)
  throw new GradstreamError('BAD_FILE', {
    place: found.path,
    expected: name === undefined ? 'one run' : `the run ${show(name)}`,
    got: names.map(name => show(name)).join(', '),
    ...(names[0] !== undefined && { hint: `Name one of them: ${show(`${found.path}#${names[0]}`)}.` }),
  })
}

export interface RunList {
  /** The latest first. */
  readonly runs: readonly RunSummary[]
  /** Folders with files of a run, and other files, that cannot be read, and why. */
  readonly broken: readonly { readonly folder: string; readonly error: GradstreamError }[]
}

/**
 * The runs in a directory, each in a few words, with those of other programs in it and in folders below. One that is broken hides none of the others; what is no run is passed over.
 *
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ` where there is no such directory, `INVALID_OPTION`, `NEEDS_NODE`
 * @example const { runs } = await listRuns('runs/') // [{ runId, status, epoch, metrics, extremes, ... }, ...]
 */
export async function listRuns(directory: string): Promise<RunList> {
  checkedAt('listRuns', 'INVALID_OPTION', () => check.text({ directory }))
  const runs: RunSummary[] = []
  const broken: { folder: string; error: GradstreamError }[] = []
  const listed = async (folder: string, summaries: () => Promise<readonly RunSummary[]>) => {
    try {
      runs.push(...(await summaries()))
    } catch (error) {
      if (!(error instanceof GradstreamError)) throw error
      broken.push({ folder, error })
    }
  }
  // One after the other, since the points of all of them would need much memory.
  for (const folder of await runFoldersIn(directory))
    await listed(folder, async () => [(await summaryByDigest(folder)) ?? summaryOf(await readRun(folder))])
  const recorded = new Set(runs.map(({ runId }) => runId))
  let others: readonly OtherRun[] = []
  await listed(directory, async () => {
    others = await otherRunsIn(directory)
    return []
  })
  for (const other of others)
    await listed(other.path, async () => {
      const { otherRuns } = await loaded()
      // A log of `csvLog` beside the runs that it is about.
      const own = (await otherRuns(other)).filter(({ runId }) => !recorded.has(runId))
      return own.map(run => ({ ...summaryOf(run), name: nestedName(directory, run.folder) }))
    })
  return { runs: runs.sort((a, b) => b.started - a.started), broken }
}

/** @example nestedName('logs', 'logs/monday/train') // 'monday/train', as TensorBoard calls it; null for 'logs/monday' */
function nestedName(directory: string, path: string): string | null {
  const parts = path
    .slice(directory.length)
    .split(/[\\/]/)
    .filter(part => part !== '')
  return parts.length > 1 ? parts.join('/') : null
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
