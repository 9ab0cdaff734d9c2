/** A key of options that is misspelt is answered with the right one, wherever it stands. */
import { GradstreamError } from 'gradstream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countOf } from '../support/counts.ts'
import { Dice } from '../support/dice.ts'
import { keysIn, renamed } from './odd/places.ts'
import { refusalOf } from './odd/refusal-of.ts'
import { calls, open } from './odd/surface.ts'

let close: () => Promise<void>
beforeAll(async () => {
  close = await open()
})
afterAll(() => close())

/** Objects whose keys are names of users, whole graphs and tensors as they stand in files, and those of functions that take any key. */
const OWN: readonly RegExp[] = [
  /^(GradstreamError|memoryTransport|mapTensors|trainer\.refuse) /,
  /^(graph|fromArrays|writeSafetensors) /,
  /^(graphToJson|graphFromJson|validate|compile) 0\./,
  /^(compile 1\.encoder|resume 1\.graph)\./,
  /^(defineNode|defineLoss) 0\.domain\./,
  /^notify 1\.headers\./,
  /^(lossCurve|showProgress) 1\.stream\./,
  /^(checkNode|evaluateNode|evaluateOptimizer) 1\.(inputs|parameters|outputGradient|initial)\./,
  /^model\.(offer|scalingsFor) 0\./,
  /^model\.load (0\.|1\.rename\.)/,
  /^(data|samples)\.epoch 0\.(inputs|scalings)\./,
  // A client that may only watch may not send anything, whatever it is.
  /^client\.(send|draft) /,
  /^check\./,
]
/** Slips that come to another option. */
const OTHERS = ['host as hosts', 'part as parts']

const slips: readonly ((key: string) => string)[] = [
  key => key.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
  key => `${key[0]?.toUpperCase()}${key.slice(1)}`,
  key => (key.length > 3 ? `${key.slice(0, 2)}${key.slice(3)}` : key),
  key => (key.length > 3 ? `${key}s` : key),
]

test('of all that is public', async () => {
  const all = calls().flatMap(call =>
    call.args.flatMap((value, argument) =>
      keysIn(value).flatMap(path => {
        const key = path.at(-1) as string
        const place = `${call.name} ${[argument, ...path].join('.')}`
        if (OWN.some(own => own.test(place))) return []
        return [...new Set(slips.map(slip => slip(key)))]
          .filter(slip => slip !== key && !OTHERS.includes(`${key} as ${slip}`))
          .map(slip => ({ call, argument, path, key, place, slip }))
      }),
    ),
  )
  expect(all.length).toBeGreaterThan(2000)
  const dice = new Dice(3)
  const count = countOf({ few: 100, usual: 500, full: all.length })
  const chosen = count >= all.length ? all : Array.from({ length: count }, () => dice.pick(all))
  const failed: string[] = []
  for (const { call, argument, path, key, place, slip } of chosen) {
    const args = call.args.map((arg, i) => (i === argument ? renamed(arg, path, slip) : arg))
    const error = await refusalOf(call, args)
    const isAnswered = error instanceof GradstreamError && error.hint.includes(`Did you mean "${key}"?`)
    if (!isAnswered) failed.push(`${place} as ${slip}: ${error}`)
  }
  expect(failed).toEqual([])
})
