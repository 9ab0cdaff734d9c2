/** `arrayOf`: a data set from records in memory. */
import { GradstreamError, isRecord, show } from '../../core/index.ts'
import type { Dataset } from './dataset.ts'
import { checkedTableOptions, type TableOptions } from './tables/table-options.ts'
import { TableReader } from './tables/table-reader.ts'

/**
 * A data set from records, each with a value for each column: numbers, strings, booleans or dates, and `null`
 * or nothing for an empty cell. Columns are read like those of a file: see `csv`.
 *
 * @throws GradstreamError `MISSING_CELL` and `DATA_NOT_FINITE` with row and column, `DATA_AMBIGUOUS`, `UNKNOWN_NAME`,
 *   `UNKNOWN_CATEGORY`, `DATA_MISMATCH`, `DATA_EMPTY`, `TOO_LARGE`, `INVALID_OPTION`.
 * @example arrayOf([{ city: 'Paris', area: 71, price: 520 }], { target: 'price', categorical: ['city'] })
 */
export function arrayOf(records: readonly object[], options: TableOptions): Dataset {
  const checked = checkedTableOptions(options, 'arrayOf')
  const wrong = (place: string, got: unknown) =>
    new GradstreamError('INVALID_OPTION', {
      place,
      expected: 'a list of records such as { area: 71, price: 520 }',
      got: show(got),
    })
  if (!Array.isArray(records)) throw wrong('arrayOf', records)
  const names = new Set<string>()
  records.forEach((record, row) => {
    if (!isRecord(record)) throw wrong(`arrayOf, row ${row}`, record)
    for (const name of Object.keys(record)) names.add(name)
  })
  if (records.length === 0) {
    throw new GradstreamError('DATA_EMPTY', {
      place: 'arrayOf',
      expected: 'at least one record',
      got: 'none',
    })
  }
  const columns = [...names]
  const table = new TableReader('arrayOf', columns, checked, { lineWord: 'row' })
  const rows = (records as readonly Record<string, unknown>[]).map(record =>
    columns.map(name => (Object.hasOwn(record, name) ? record[name] : undefined)),
  )
  table.add(
    rows,
    rows.map((_, row) => row),
  )
  const finishing = table.finish({ source: 'arrayOf' })
  for (let step = finishing.next(); ; step = finishing.next()) if (step.done) return step.value
}
