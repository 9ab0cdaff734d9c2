/**
 * Whatever is given to whatever is public, only errors of this framework come out, in a bounded time, and they say what came.
 * A test runs a sample of the places and values; `npm run test:full` all of them.
 */
import { GradstreamError } from 'gradstream'
import { lastValueFrom, type Observable, takeUntil, timer } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countOf } from '../support/counts.ts'
import { Dice } from '../support/dice.ts'
import { type Call, calls, open } from './odd/surface.ts'
import { oddValues } from './odd/values.ts'

/** Milliseconds of a processor that a call may take, however much else the machine does. */
const LONGEST = 3000
/** Bytes that all calls together may need. */
const MEMORY = 2 ** 31
/** How long something that comes later is waited for. */
const WAIT = 5

/** The place of an argument, or of an option in it. */
type Place = readonly [argument: number, ...options: string[]]

let close: () => Promise<void>
const strays: unknown[] = []
const stray = (thrown: unknown) => strays.push(thrown)
beforeAll(async () => {
  close = await open()
  process.on('unhandledRejection', stray)
  process.on('uncaughtException', stray)
})
afterAll(async () => {
  await close()
  process.off('unhandledRejection', stray)
  process.off('uncaughtException', stray)
})

test('everything that is public is called with right arguments without an error', async () => {
  const failed: string[] = []
  for (const call of calls()) {
    if (EXCUSED.has(call.name)) continue
    const error = await outcome(call, call.args)
    if (error !== undefined) failed.push(`${call.name}: ${error}`)
  }
  expect(failed).toEqual([])
})

/** What a function of somebody else throws is theirs. */
const THEIRS = /^mapTensors with a (function that throws|class) at 1$/

/** Right arguments lead to an error here, since there is no such file, and a viewer may not steer. */
const EXCUSED = new Set(['client.draft', 'csv', 'client.send', 'connectBridge'])

describe('an odd value in each place', () => {
  test('gives nothing but errors of this framework, soon and in words', async () => {
    const failed: string[] = []
    const all = calls().flatMap(call =>
      placesOf(call.args).flatMap(place => Object.keys(oddValues).map(odd => ({ call, place, odd }))),
    )
    expect(all.length).toBeGreaterThan(20_000)
    const dice = new Dice(12)
    const count = countOf({ few: 100, usual: 900, full: all.length })
    const chosen = count >= all.length ? all : Array.from({ length: count }, () => dice.pick(all))
    const room = process.memoryUsage().rss + MEMORY
    for (const { call, place, odd } of chosen) {
      const before = process.cpuUsage()
      const fault = faultOf(await outcome(call, withOdd(call.args, place, odd)))
      const { user, system } = process.cpuUsage(before)
      const time = (user + system) / 1000
      const where = `${call.name} with ${odd} at ${place.join('.')}`
      if (fault !== undefined && !THEIRS.test(where)) failed.push(`${where}: ${fault}`)
      if (time > LONGEST) failed.push(`${where} took ${Math.round(time)} ms of a processor`)
      if (process.memoryUsage().rss > room) failed.push(`${where} took too much memory`)
      if (strays.length > 0) failed.push(`${where}: left behind ${strays.splice(0).map(String)}`)
    }
    expect(failed).toEqual([])
  })
})

function placesOf(args: readonly unknown[]): Place[] {
  return args.flatMap((arg, index): Place[] => [
    [index],
    ...optionsOf(arg).map((path): Place => [index, ...path]),
  ])
}

/** The paths to the options of plain objects, two deep. */
function optionsOf(value: unknown, depth = 0): string[][] {
  if (depth > 2) return []
  const isPlain =
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  if (!isPlain)
    return Array.isArray(value) && value.length > 0 && depth > 0 ? optionsOf(value[0], 3).concat([['0']]) : []
  return Object.entries(value).flatMap(([name, inner]) => [
    [name],
    ...optionsOf(inner, depth + 1).map(path => [name, ...path]),
  ])
}

function withOdd(args: readonly unknown[], [index, ...path]: Place, odd: string): unknown[] {
  return args.map((arg, i) => (i === index ? replaced(arg, path, odd) : arg))
}

function replaced(value: unknown, [name, ...rest]: readonly string[], odd: string): unknown {
  if (name === undefined) return oddValues[odd]?.()
  const inner = replaced((value as Record<string, unknown>)[name], rest, odd)
  if (Array.isArray(value)) return value.with(Number(name), inner)
  return { ...(value as object), [name]: inner }
}

/** What a call throws, rejects with, or sends as an error of a stream; undefined where all goes well. */
async function outcome(call: Call, args: readonly unknown[]): Promise<unknown> {
  let result: unknown
  try {
    result = call.call(args)
    if (isStream(result))
      result = lastValueFrom(result.pipe(takeUntil(timer(WAIT))), { defaultValue: undefined })
    if (isPromise(result))
      result = await Promise.race([result, new Promise(settle => setTimeout(settle, WAIT))])
  } catch (thrown) {
    return thrown ?? 'nothing'
  } finally {
    await tidy(result, args)
  }
  return undefined
}

const isStream = (value: unknown): value is Observable<unknown> =>
  typeof (value as { subscribe?: unknown } | undefined)?.subscribe === 'function'

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof (value as { then?: unknown } | undefined)?.then === 'function'

/** Gives back what the call has opened. */
async function tidy(result: unknown, args: readonly unknown[]): Promise<void> {
  for (const opened of [result, args[0]]) {
    try {
      const { close, dispose } = opened as { close?: () => unknown; dispose?: () => unknown }
      if (typeof close === 'function' && opened !== args[0]) await close.call(opened)
      if (typeof dispose === 'function' && 'state$' in (opened as object)) dispose.call(opened)
    } catch {
      // It was nothing that has to be given back.
    }
  }
}

function faultOf(error: unknown): string | undefined {
  if (error === undefined) return undefined
  if (!(error instanceof GradstreamError)) {
    const stack =
      error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 4).join(' ') : String(error)
    return `not one of ours: ${stack}`
  }
  if (/\[object \w+\]/.test(error.message)) return `says little: ${error.message}`
  return error.message.length > 2000 ? `says too much: ${error.message.length} letters` : undefined
}
