/** Samples of the run's data by their places. They never change, so each is requested once. */
import type { Cell, Cells, Predictions, PredictQuery } from '../../client.ts'
import type { Source } from '../look.ts'
import { recordOf } from '../record.ts'

/** The numbers of one sample by input. */
export type Sample = Readonly<Record<string, readonly number[]>>

/** What the row of a table says of a sample, by input. */
export type SampleRow = Readonly<Record<string, readonly Cell[]>>

/** The most numbers to keep. */
const KEPT = 2 ** 20

interface Asked {
  predict(query: PredictQuery): Promise<Predictions>
}

export class SampleStore {
  private readonly client: Asked
  private readonly source: Source
  private readonly inputs: readonly string[]
  private readonly hasRows: boolean
  private readonly known = new Map<number, { readonly sample: Sample; readonly row: SampleRow }>()
  private size = 0
  /** The columns of the table behind an input, if there is one. */
  names: Readonly<Record<string, readonly string[]>> = recordOf([])

  /** With `hasRows`, samples of a table have the rows as they were written. */
  constructor(client: Asked, source: Source, inputs: readonly string[], hasRows = false) {
    this.client = client
    this.source = source
    this.inputs = inputs
    this.hasRows = hasRows
  }

  get(place: number): Sample | undefined {
    return this.known.get(place)?.sample
  }

  rowOf(place: number): SampleRow {
    return this.known.get(place)?.row ?? recordOf([])
  }

  /** Requests those that are not there yet. An input whose numbers do not fit in one message is left out. */
  async fetch(places: readonly number[]): Promise<void> {
    const rows = places.filter(place => !this.known.has(place))
    if (rows.length === 0) return
    const { columns = {}, cells = {} } = await this.client.predict({
      of: this.source,
      rows,
      ...(this.hasRows && { cells: true }),
    })
    const tables = this.inputs.flatMap(input =>
      Object.hasOwn(cells, input) ? [[input, cells[input] as Cells] as const] : [],
    )
    this.names = recordOf([
      ...Object.entries(this.names),
      ...tables.map(([input, { names }]) => [input, names] as const),
    ])
    for (const [i, place] of rows.entries()) {
      const sample = Object.fromEntries(
        this.inputs.flatMap(input => {
          const { data = [] } = columns[input] ?? {}
          const length = data.length / rows.length
          return length > 0 ? [[input, data.slice(i * length, (i + 1) * length)]] : []
        }),
      )
      const row = recordOf(tables.map(([input, { rows }]) => [input, rows[i] ?? []]))
      this.known.set(place, { sample, row })
      this.size += sizeOf(sample) + sizeOf(row)
    }
    for (const [place, { sample, row }] of this.known) {
      if (this.size <= KEPT) break
      if (places.includes(place)) continue
      this.known.delete(place)
      this.size -= sizeOf(sample) + sizeOf(row)
    }
  }
}

const sizeOf = (sample: Sample | SampleRow) =>
  Object.values(sample).reduce((sum, { length }) => sum + length, 0)
