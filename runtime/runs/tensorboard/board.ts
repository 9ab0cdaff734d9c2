/** What a recorded run writes beside its own files for TensorBoard. */
import type { AppendedFile } from '#run-folder'
import type { RunHistograms } from '../histograms.ts'
import type { Take } from '../thinned.ts'
import { histogramRecord, scalarRecord, versionRecord } from './event-file.ts'
import { Parts } from './parts.ts'

/** @example tagOf('metrics.validationLoss') // 'metrics/validationLoss': TensorBoard puts those with the same beginning together */
export const tagOf = (name: string): string => name.replace('.', '/')

interface Series {
  readonly values: Parts
  readonly gaps: Parts
  readonly take: Take
}

export class Board {
  private readonly file: AppendedFile
  private readonly series = new Map<string, Series>()
  private waiting: Uint8Array[]

  /** @param started when the recording began, in milliseconds since 1970 */
  constructor(file: AppendedFile, started: number) {
    this.file = file
    this.waiting = [versionRecord(started)]
  }

  scalar(name: string, step: number, time: number, value: number): void {
    const { values, gaps, take } = this.seriesOf(name)
    const points = Number.isNaN(value) ? gaps : values
    points.add(step, time, value, take)
  }

  histograms({ step, time, values, gradients }: RunHistograms): void {
    for (const [kind, all] of Object.entries({ weights: values, gradients }))
      for (const [parameter, histogram] of Object.entries(all)) {
        const tag = `${kind}/${tagOf(parameter)}`
        if (histogram.counts.some(count => count > 0))
          this.waiting.push(histogramRecord(tag, step, time, histogram))
      }
  }

  /** The last points of a run that has come to its end. */
  end(): void {
    for (const { values, gaps, take } of this.series.values())
      for (const points of [values, gaps]) points.end(take)
  }

  /** @throws GradstreamError `FILE_NOT_WRITTEN`: the next call writes it all */
  write(): void {
    if (this.waiting.length === 0) return
    this.file.append(Buffer.concat(this.waiting))
    this.waiting = []
  }

  private seriesOf(name: string): Series {
    const known = this.series.get(name)
    if (known) return known
    const tag = tagOf(name)
    const take: Take = (step, time, value) => this.waiting.push(scalarRecord(tag, step, time, value))
    const series = { values: new Parts(), gaps: new Parts(), take }
    this.series.set(name, series)
    return series
  }
}
