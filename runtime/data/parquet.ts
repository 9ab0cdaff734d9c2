/** `parquet`: a Parquet file as a data set. */
import { GradstreamError, show } from '../../core/index.ts'
import type { Dataset } from './dataset.ts'
import { allBytes, type TableSource } from './tables/bytes.ts'
import { checkedTableOptions, type TableOptions } from './tables/table-options.ts'
import { TableReader } from './tables/table-reader.ts'
import { nextTurn } from './turn.ts'

/** How many rows to read before other work gets a turn. */
const STRETCH = 1000

/**
 * Reads a Parquet file. Its columns work as in `csv`; columns of lists or records cannot be used.
 *
 * @param source a path, a URL, a Blob, a web stream, or bytes
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ`, `PARQUET_INVALID`, and what `csv` throws about cells and columns
 * @example const data = (await parquet('houses.parquet', { target: 'price' })).standardize()
 */
export async function parquet(source: TableSource, options: TableOptions): Promise<Dataset> {
  const checked = checkedTableOptions(options, typeof source === 'string' ? source : 'parquet')
  const [{ name, bytes }, { parquetMetadataAsync, parquetRead, parquetSchema }, { compressors }] =
    await Promise.all([allBytes(source, 'parquet'), import('hyparquet'), import('hyparquet-compressors')])
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  const file = {
    byteLength: buffer.byteLength,
    slice: (start: number, end?: number) => buffer.slice(start, end),
  }
  const invalid = (cause: unknown) =>
    new GradstreamError('PARQUET_INVALID', {
      place: name,
      expected: 'a Parquet file',
      got: show(cause),
      cause,
    })
  const metadata = await parquetMetadataAsync(file).catch(cause => {
    throw invalid(cause)
  })
  const columns = parquetSchema(metadata).children.filter(({ children }) => children.length === 0)
  const names = columns.map(({ element }) => element.name)
  const table = new TableReader(name, names, checked, { lineWord: 'row' })
  const used = names.filter(column => table.uses.some(use => use.name === column))
  let start = 0
  for (const { num_rows } of metadata.row_groups) {
    const count = Number(num_rows)
    const group = new Map<string, unknown[]>(used.map(column => [column, new Array<unknown>(count)]))
    const rowStart = start
    await parquetRead({
      file,
      metadata,
      compressors,
      columns: used,
      rowStart,
      rowEnd: rowStart + count,
      onChunk({ columnName, columnData, rowStart: first }) {
        const cells = group.get(columnName) as unknown[]
        for (let i = 0; i < columnData.length; i++) cells[first - rowStart + i] = columnData[i]
      },
    }).catch(cause => {
      throw invalid(cause)
    })
    const cells = names.map(column => group.get(column))
    for (let at = 0; at < count; at += STRETCH) {
      const length = Math.min(STRETCH, count - at)
      const rows = Array.from({ length }, (_, i) => cells.map(column => column?.[at + i]))
      table.add(
        rows,
        rows.map((_, i) => rowStart + at + i),
      )
      await nextTurn()
    }
    start += count
  }
  const finishing = table.finish({ source: name })
  for (let step = finishing.next(); ; step = finishing.next()) {
    if (step.done) return step.value
    await nextTurn()
  }
}
