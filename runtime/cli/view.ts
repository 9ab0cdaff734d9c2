/** `gradstream view`: the runs that were recorded in a directory, as a table. */
import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import Table from 'cli-table3'
import { clock } from '../../core/duration.ts'
import { entryOf } from '../../core/index.ts'
import { RUN } from '../runs/format.ts'
import { listRuns } from '../runs/read-run.ts'
import type { RunSummary } from '../runs/stored-run.ts'
import { figure } from '../terminal/text.ts'

/** A name may be long, and a terminal shows one line, of which the figures need most. */
const longestName = (width: number): number => Math.max(8, Math.min(36, width - 60))

/** The columns of the table, and what each says about a run. */
const COLUMNS: Readonly<
  Record<string, { align: 'left' | 'right'; of(run: RunSummary, width: number): string }>
> = {
  run: {
    align: 'left',
    of: ({ name, folder }, width) => plain(name ?? basename(folder), longestName(width)),
  },
  status: { align: 'left', of: ({ status }) => status },
  epochs: {
    align: 'right',
    of: ({ epoch, settings }) =>
      settings ? `${epoch} of ${Math.max(settings.epochs, epoch)}` : String(epoch),
  },
  loss: { align: 'right', of: run => shown(lossOf(run).last) },
  lowest: { align: 'right', of: run => shown(lossOf(run).lowest?.value) },
  'at step': { align: 'right', of: run => String(lossOf(run).lowest?.step ?? '–') },
  of: { align: 'left', of: run => plain(lossOf(run).data, 24) },
  took: {
    align: 'right',
    of: ({ updated, started, source }) =>
      updated === started && source !== 'gradstream' ? '–' : took(updated - started),
  },
  began: { align: 'left', of: ({ started }) => moment(started) },
  by: { align: 'left', of: ({ author }, width) => plain(author ?? '', longestName(width)) },
}

/** What a narrow terminal does without, one after the other. */
const SPARED = ['by', 'at step', 'took', 'began', 'of', 'lowest', 'epochs']

/**
 * The runs in a directory, the latest first, and below them those that cannot be read.
 *
 * @param width of the terminal, which has no line for all columns when it is narrow
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ`
 */
export async function viewed(directory: string, width = Number.POSITIVE_INFINITY): Promise<string> {
  const { runs, broken } = await listRuns(directory)
  return [
    runs.length > 0 ? fitting(runs, width) : noneIn(directory),
    ...broken.map(({ error }) => `Left out: ${error.message}`),
  ].join('\n')
}

function noneIn(directory: string): string {
  const none = `There is no run in ${directory}.`
  if (!existsSync(join(directory, RUN))) return none
  return `${none} It is a run itself, so view the directory around it: ${dirname(resolve(directory))}`
}

function fitting(runs: readonly RunSummary[], width: number): string {
  let names = Object.keys(COLUMNS)
  let table = tableOf(runs, names, width)
  for (const name of SPARED) {
    if (table.indexOf('\n') <= width) break
    names = names.filter(other => other !== name)
    table = tableOf(runs, names, width)
  }
  return table
}

function tableOf(runs: readonly RunSummary[], names: readonly string[], width: number): string {
  const columns = names.flatMap(name => entryOf(COLUMNS, name) ?? [])
  const table = new Table({
    head: [...names],
    colAligns: columns.map(({ align }) => align),
    style: { head: [], border: [], compact: true },
  })
  for (const run of runs) table.push(columns.map(column => column.of(run, width)))
  return table.toString()
}

/** The loss that counts: of the validation where there is one, or else of an epoch; until the first has ended, that of a batch. */
function lossOf({ figures, metrics, extremes, source }: RunSummary) {
  const isOwn = source === 'gradstream'
  const monitor = isOwn
    ? figures.includes('validationLoss')
      ? 'validationLoss'
      : 'loss'
    : lossAmong(figures)
  const last = entryOf(metrics, monitor)
  const data = !isOwn ? monitor : monitor === 'loss' ? 'training' : 'validation'
  if (last === undefined && isOwn)
    return { last: entryOf(metrics, 'batchLoss'), lowest: undefined, data: 'batch' }
  return { last, lowest: entryOf(extremes, monitor)?.lowest, data }
}

/** What another program calls its loss, of the validation first: `val_loss`, `epoch_loss`, `Loss/train`. */
const lossAmong = (figures: readonly string[]): string =>
  figures.find(name => /val.*loss|loss.*val/i.test(name)) ?? figures.find(name => /loss/i.test(name)) ?? ''

const shown = (value: number | undefined): string => (value === undefined ? '–' : figure(value))

/** On the clock of the machine, as Swedes write it. @example moment(Date.UTC(2026, 10, 27, 12, 5)) // '2026-11-27 12:05' in London */
const moment = (time: number): string =>
  new Date(time).toLocaleString('sv', { dateStyle: 'short', timeStyle: 'short' })

/** In one line, and without what a terminal would take for an order. */
function plain(text: string, longest: number): string {
  const shown = [...text.replace(/\p{C}/gu, '·')]
  return shown.length > longest ? `${shown.slice(0, longest - 1).join('')}…` : shown.join('')
}

/** @example took(3_723_000) // '1:02:03'; less than ten seconds as '0.3 s' */
function took(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : clock(Math.round(seconds))
}
