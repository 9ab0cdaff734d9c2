/** A key of options that is misspelt is answered with the right one, wherever it stands. */
import { GradstreamError } from 'gradstream'
import { firstValueFrom, isObservable } from 'rxjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keysIn, renamed } from './odd/places.ts'
import { type Call, calls, open } from './odd/surface.ts'

let close: () => Promise<void>
beforeAll(async () => {
  close = await open()
})
afterAll(() => close())

/** Objects whose keys are the names of users, or data. */
const OWN: readonly RegExp[] = []

const slips: readonly ((key: string) => string)[] = [
  key => key.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
  key => `${key[0]?.toUpperCase()}${key.slice(1)}`,
  key => (key.length > 3 ? `${key.slice(0, 2)}${key.slice(3)}` : key),
  key => (key.length > 3 ? `${key}s` : key),
]

async function outcome(call: Call, args: readonly unknown[]): Promise<unknown> {
  try {
    const result = call.call(args)
    await (isObservable(result) ? firstValueFrom(result) : result)
  } catch (error) {
    return error
  }
  return undefined
}

test('of all that is public', async () => {
  const failed: string[] = []
  for (const call of calls()) {
    for (const [argument, value] of call.args.entries()) {
      for (const path of keysIn(value)) {
        const place = `${call.name} ${[argument, ...path].join('.')}`
        if (OWN.some(own => own.test(place))) continue
        const key = path.at(-1) as string
        for (const slip of new Set(slips.map(slip => slip(key)))) {
          if (slip === key) continue
          const args = call.args.map((arg, i) => (i === argument ? renamed(arg, path, slip) : arg))
          const error = await outcome(call, args)
          const isAnswered = error instanceof GradstreamError && error.message.includes(`"${key}"`) && error.hint.includes('Did you mean')
          if (!isAnswered) failed.push(`${place} as ${slip}: ${error}`)
        }
      }
    }
  }
  expect(failed).toEqual([])
})
