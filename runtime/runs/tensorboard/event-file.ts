/**
 * Event files as TensorBoard reads them: records (`TFRecord`), each an `Event` of protocol buffers. The numbers of the fields are those of
 * `tensorflow/core/util/event.proto` and `tensorflow/core/framework/summary.proto`.
 */
import type { RunHistogram } from '../histograms.ts'
import { maskedCrc32c } from './crc32c.ts'
import { MessageWriter } from './message.ts'

export const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const
export const SUMMARY = { value: 1 } as const
export const VALUE = { tag: 1, simpleValue: 2, histogram: 5, tensor: 8 } as const
const HISTOGRAM = { minimum: 1, maximum: 2, count: 3, sum: 4, sumSquares: 5, limits: 6, counts: 7 } as const

/** What each file begins with. */
export const FILE_VERSION = 'brain.Event:2'
/** The bytes around the data of a record: its length and the checksum of that, and behind it the checksum of the data. */
export const FRAME = { before: 12, behind: 4 } as const

/** The name of the file; TensorBoard looks for `tfevents` in it. */
export const eventFileName = (time: number): string =>
  `events.out.tfevents.${String(Math.floor(time / 1000)).padStart(10, '0')}.gradstream`

/** @param time in milliseconds since 1970 */
export const versionRecord = (time: number): Uint8Array =>
  record(
    new MessageWriter().double(EVENT.wallTime, time / 1000).text(EVENT.fileVersion, FILE_VERSION).content,
  )

export const scalarRecord = (tag: string, step: number, time: number, value: number): Uint8Array =>
  valueRecord(step, time, new MessageWriter().text(VALUE.tag, tag).float(VALUE.simpleValue, value).content)

export function histogramRecord(
  tag: string,
  step: number,
  time: number,
  histogram: RunHistogram,
): Uint8Array {
  const { minimum, maximum, mean, standardDeviation, counts } = histogram
  const count = counts.reduce((sum, own) => sum + own, 0)
  const width = (maximum - minimum) / counts.length || 1
  const content = new MessageWriter()
    .double(HISTOGRAM.minimum, minimum)
    .double(HISTOGRAM.maximum, maximum)
    .double(HISTOGRAM.count, count)
    .double(HISTOGRAM.sum, count * mean)
    .double(HISTOGRAM.sumSquares, count * (standardDeviation ** 2 + mean ** 2))
    .doubles(
      HISTOGRAM.limits,
      counts.map((_, i) => minimum + width * (i + 1)),
    )
    .doubles(HISTOGRAM.counts, counts).content
  return valueRecord(
    step,
    time,
    new MessageWriter().text(VALUE.tag, tag).message(VALUE.histogram, content).content,
  )
}

function valueRecord(step: number, time: number, value: Uint8Array): Uint8Array {
  const summary = new MessageWriter().message(SUMMARY.value, value).content
  return record(
    new MessageWriter()
      .double(EVENT.wallTime, time / 1000)
      .integer(EVENT.step, step)
      .message(EVENT.summary, summary).content,
  )
}

/** Length (8 bytes), its checksum (4), the data, and their checksum (4), all with the lowest byte first. */
function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FRAME.before + data.length + FRAME.behind)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, data.length, true)
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true)
  bytes.set(data, FRAME.before)
  view.setUint32(FRAME.before + data.length, maskedCrc32c(data), true)
  return bytes
}
