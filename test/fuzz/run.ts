/** `npm run test:fuzz`: a million files changed at random. `-- --seed 5 --count 10000` tries those of another run again. */
import { parseArgs } from 'node:util'
import { fuzzSafetensors } from './safetensors.ts'

const { values } = parseArgs({ options: { seed: { type: 'string' }, count: { type: 'string' } } })
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const count = Number(values.count ?? 1_000_000)
const MOST = 32 * 2 ** 20

console.log(`safetensors: ${count.toLocaleString('en')} files, seed ${seed}`)
// The first ones are read while the engine of JavaScript still makes room for itself.
fuzzSafetensors(seed + 1, Math.min(count, 20_000))
const { read, refused, memory } = fuzzSafetensors(seed, count)
const mebibytes = (memory / 2 ** 20).toFixed(1)
console.log(
  `${read.toLocaleString('en')} read, ${refused.toLocaleString('en')} refused, ${mebibytes} MiB of memory`,
)
if (memory > MOST) throw new Error(`it took ${mebibytes} MiB beyond the largest file (seed ${seed})`)
