/** Reads recorded runs, and those of other programs, from their files. */
import { behind, filesIn, type OtherRun, otherRunAt, otherRunsIn, runFoldersIn, smallFile } from '#run-folder'
import { attempt, GradstreamError, show } from '../../core/index.ts'
import { digestFrom, LARGEST_SUMMARY } from './digest.ts'
import { EVENTS, LARGEST, NAMES, RUN, SERIES, SUMMARY } from './format.ts'
import { otherRuns } from './others/read-other.ts'
import {
  type RunList,
  type RunSummary,
  type StoredRun,
  shortSummary,
  storedRun,
  summaryOf,
} from './stored-run.ts'

/** @throws GradstreamError (as a rejection) as `readRun` does */
export async function runIn(folder: string): Promise<StoredRun> {
  const [, table = folder, run] = /^(.+\.[ct]sv)#(.+)$/is.exec(folder) ?? []
  const other = await otherRunAt(table)
  return other ? readOther(other, run) : storedRun(folder, await filesIn(folder))
}

async function readOther(found: OtherRun, name: string | undefined): Promise<StoredRun> {
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

/** @throws GradstreamError (as a rejection) as `listRuns` does */
export async function runsIn(directory: string): Promise<RunList> {
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
    await listed(folder, async () => [await summaryIn(folder)])
  const recorded = new Set(runs.map(({ runId }) => runId))
  let others: readonly OtherRun[] = []
  await listed(directory, async () => {
    others = await otherRunsIn(directory)
    return []
  })
  for (const other of others)
    await listed(other.path, async () => {
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

/** A run in a few words, by its digest where that can be relied on. @throws GradstreamError (as a rejection) as `readRun` does */
export async function summaryIn(folder: string): Promise<RunSummary> {
  return (await summaryByDigest(folder)) ?? summaryOf(await runIn(folder))
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
