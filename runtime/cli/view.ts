/** `gradstream view`: the runs that were recorded in a directory, as a table. */
import { basename } from 'node:path'
import Table from 'cli-table3'
import { entryOf } from '../../core/index.ts'
import { listRuns } from '../runs/read-run.ts'
import type { RunSummary } from '../runs/stored-run.ts'
import { figure } from '../terminal/text.ts'

/** A name may be long, and a terminal shows one line. */
const LONGEST = 36

/**
 * The runs in a directory, the latest first, and below them those that cannot be read.
 *
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ`
 */
export async function viewed(directory: string): Promise<string> {
  const { runs, broken } = await listRuns(directory)
  const table = new Table({
    head: ['run', 'status', 'epochs', 'loss', 'lowest', 'at step', 'of', 'took', 'began', 'by'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'left', 'right', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  })
  for (const run of runs) table.push(rowOf(run))
  return [
    runs.length > 0 ? table.toString() : `There is no run in ${directory}.`,
    ...broken.map(({ error }) => `Left out: ${error.message}`),
  ].join('\n')
}

function rowOf(run: RunSummary): string[] {
  const { name, folder, status, epoch, settings, metrics, extremes, started, updated, author } = run
  const monitor = run.figures.includes('validationLoss') ? 'validationLoss' : 'loss'
  const { lowest } = entryOf(extremes, monitor) ?? {}
  const last = entryOf(metrics, monitor) ?? entryOf(metrics, 'batchLoss')
  return [
    plain(name ?? basename(folder)),
    status,
    `${epoch} of ${Math.max(settings.epochs, epoch)}`,
    last === undefined ? '–' : figure(last),
    lowest ? figure(lowest.value) : '–',
    lowest ? String(lowest.step) : '–',
    monitor === 'loss' ? 'training' : 'validation',
    duration(updated - started),
    new Date(started).toISOString().slice(0, 16).replace('T', ' '),
    plain(author ?? ''),
  ]
}

/** In one line, and without what a terminal would take for an order. */
function plain(text: string): string {
  const shown = text.replace(/\p{C}/gu, '·')
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST - 1)}…` : shown
}

/** @example duration(3_723_000) // '1:02:03' */
function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const shown = parts[0] === 0 ? parts.slice(1) : parts
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}
