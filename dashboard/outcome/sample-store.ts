/** Samples of the run's data by their places. They never change, so each is requested once. */
import type { Predictions, PredictQuery } from '../../client.ts'
import type { Source } from '../look.ts'

/** The numbers of one sample by input. */
export type Sample = Readonly<Record<string, readonly number[]>>

/** The most numbers to keep. */
const KEPT = 2 ** 20

interface Asked {
  predict(query: PredictQuery): Promise<Predictions>
}

export class SampleStore {
  private readonly client: Asked
  private readonly source: Source
  private readonly inputs: readonly string[]
  private readonly known = new Map<number, Sample>()
  private size = 0

  constructor(client: Asked, source: Source, inputs: readonly string[]) {
    this.client = client
    this.source = source
    this.inputs = inputs
  }

  get(place: number): Sample | undefined {
    return this.known.get(place)
  }

  /** Requests those that are not there yet. An input whose numbers do not fit in one message is left out. */
  async fetch(places: readonly number[]): Promise<void> {
    const rows = places.filter(place => !this.known.has(place))
    if (rows.length === 0) return
    const { columns = {} } = await this.client.predict({ of: this.source, rows })
    for (const [i, place] of rows.entries()) {
      const sample = Object.fromEntries(
        this.inputs.flatMap(input => {
          const { data = [] } = columns[input] ?? {}
          const length = data.length / rows.length
          return length > 0 ? [[input, data.slice(i * length, (i + 1) * length)]] : []
        }),
      )
      this.known.set(place, sample)
      this.size += sizeOf(sample)
    }
    for (const [place, sample] of this.known) {
      if (this.size <= KEPT) break
      if (places.includes(place)) continue
      this.known.delete(place)
      this.size -= sizeOf(sample)
    }
  }
}

const sizeOf = (sample: Sample) => Object.values(sample).reduce((sum, { length }) => sum + length, 0)
