/**
 * What a list says about a run is made of a few of its events and points. `summary.json` has those few, and how far into the files they reach, so
 * that a list reads them and what came since, in place of everything.
 */
import { checksum } from '#run-folder'
import { attempt, entryOf, isRecord } from '../../core/index.ts'
import { type Covered, jsonFrom, type RunEvent } from './format.ts'

/** The largest `summary.json` that is read. */
export const LARGEST_SUMMARY = 2 ** 22

/** The name of a series, and a point: step, time and value. */
export type NamedPoint = readonly [name: string, step: number, time: number, value: number]

export interface Digest {
  readonly events: Covered & { readonly latest: readonly RunEvent[] }
  readonly series: Covered & { readonly points: readonly NamedPoint[] }
}

const FORMAT = 'gradstream-run-summary'
const VERSION = 1

/** The bytes of `summary.json`. JSON has not every number, so the others are words: `"NaN"`, `"-Infinity"`. */
export function digestJson({ events, series }: Digest): Uint8Array {
  const points = series.points.map(([name, step, time, value]) => [name, step, time, worded(value)])
  const digest = { events, series: { ...series, points } }
  return jsonFrom({ format: FORMAT, version: VERSION, check: checkOf(digest), digest })
}

const checkOf = (digest: unknown) => checksum(new TextEncoder().encode(JSON.stringify(digest)))

function worded(value: number): number | string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : String(value)
}

/** What `summary.json` holds; undefined if it is no such file, or not as it was written. */
export function digestFrom(bytes: Uint8Array): Digest | undefined {
  const found: unknown = attempt(() => JSON.parse(new TextDecoder().decode(bytes)))
  if (!isRecord(found) || found.format !== FORMAT || found.version !== VERSION) return undefined
  const { digest, check } = found
  if (!isRecord(digest) || checkOf(digest) !== check) return undefined
  const { events, series } = digest
  if (!isCovered(events) || !isCovered(series)) return undefined
  const [latest, points] = [entryOf(events, 'latest'), entryOf(series, 'points')]
  if (!Array.isArray(latest) || !Array.isArray(points) || !points.every(isPoint)) return undefined
  return {
    events: { bytes: events.bytes, check: events.check, latest },
    series: {
      bytes: series.bytes,
      check: series.check,
      points: points.map(([name, step, time, value]) => [name, step, time, Number(value)]),
    },
  }
}

const isCovered = (part: unknown): part is Covered & Record<string, unknown> =>
  isRecord(part) &&
  Number.isSafeInteger(part.bytes) &&
  (part.bytes as number) >= 0 &&
  Number.isInteger(part.check)

const isPoint = (point: unknown): point is NamedPoint =>
  Array.isArray(point) &&
  point.length === 4 &&
  typeof point[0] === 'string' &&
  (typeof point[3] === 'number' || typeof point[3] === 'string')

/** Of the events so far, those that a summary is made of. */
export class LatestEvents {
  private readonly found = new Map<string, { event: RunEvent; text: string; number: number }>()
  private count = 0

  /** @param text of the event; `isStatus` says whether it tells what the status is */
  add(event: RunEvent, text: string, isStatus: boolean): void {
    const { found } = this
    const number = this.count++
    const keep = (reason: string) => found.set(reason, { event, text, number })
    keep('last')
    if (isStatus) keep('status')
    if (event.type === 'hyperparameters') keep('hyperparameters')
    if (event.time >= (found.get('time')?.event.time ?? Number.NEGATIVE_INFINITY)) keep('time')
    if (event.step >= (found.get('step')?.event.step ?? 0)) keep('step')
  }

  /** As they are read, in the order in which they came. */
  get all(): RunEvent[] {
    const texts = new Map([...this.found.values()].map(({ number, text }) => [number, text]))
    return [...texts].sort(([a], [b]) => a - b).map(([, text]) => JSON.parse(text))
  }
}
