/** Event files are, byte for byte, what google.protobuf and crc32c make of the public definitions; `event-files.py` wrote them. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { RunHistogram } from '../../runtime/runs/histograms.ts'
import { crc32c } from '../../runtime/runs/tensorboard/crc32c.ts'
import { histogramRecord, scalarRecord, versionRecord } from '../../runtime/runs/tensorboard/event-file.ts'

interface Known {
  readonly crc32c: readonly (readonly [bytes: string, crc: number])[]
  readonly version: { readonly time: number; readonly record: string }
  readonly scalars: readonly {
    readonly tag: string
    readonly step: number
    readonly time: number
    readonly value: string
    readonly record: string
  }[]
  readonly histogram: {
    readonly tag: string
    readonly step: number
    readonly time: number
    readonly histogram: Omit<RunHistogram, 'nonFinite'>
    readonly record: string
  }
}

const known: Known = JSON.parse(readFileSync(new URL('event-files.json', import.meta.url), 'utf8'))
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))
const numbers: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity }

test('the checksum is the same', () => {
  for (const [text, crc] of known.crc32c) expect(crc32c(bytes(text))).toBe(crc)
})

test('the first record says what kind of file it is', () => {
  expect(versionRecord(known.version.time)).toEqual(bytes(known.version.record))
})

test('a record has a number over the steps', () => {
  for (const { tag, step, time, value, record } of known.scalars)
    expect(scalarRecord(tag, step, time, numbers[value] ?? Number(value)), `${tag}: ${value}`).toEqual(
      bytes(record),
    )
})

test('a record has a histogram', () => {
  const { tag, step, time, histogram, record } = known.histogram
  expect(histogramRecord(tag, step, time, { ...histogram, nonFinite: 0 })).toEqual(bytes(record))
})
