/** Files of safetensors changed at random: each is read as a whole or refused. */
import { GradstreamError, readSafetensors, type Storable, writeSafetensors } from 'gradstream'
import { BITS } from '../../runtime/checkpoint/dtypes.ts'
import { type Dice, QuickDice } from '../support/dice.ts'

const encoder = new TextEncoder()

export const NAMES = [
  'a',
  '',
  '__proto__',
  'constructor',
  'a.b/c',
  '"',
  '\\',
  '\n',
  'ünïcode',
  '💧',
  'x'.repeat(300),
]
const TYPES = [
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
]

/** Tensors of random types and shapes under some of the names. */
export function randomTensors(dice: Dice): Record<string, Storable> {
  const names = NAMES.filter(() => dice.below(2) === 0)
  const tensors = names.map(name => {
    const shape = Array.from({ length: dice.below(4) }, () => dice.below(4))
    const type = dice.pick(TYPES)
    const size = shape.reduce((product, axis) => product * axis, 1)
    return [name, { shape, data: new type(Array.from({ length: size }, () => dice.below(256) - 128)) }]
  })
  return Object.fromEntries(tensors)
}

const mutationsWith = (dice: Dice): ((file: Uint8Array) => Uint8Array)[] => [
  file => file.with(dice.below(file.length), dice.below(256)),
  file => file.with(dice.below(8), dice.below(256)),
  file =>
    file.with(8 + dice.below(file.length - 8), encoder.encode(dice.pick([...'{}[]",:0129 \\']))[0] as number),
  file => file.slice(0, dice.below(file.length)),
  file => Uint8Array.from([...file, ...Array.from({ length: 1 + dice.below(9) }, () => dice.below(256))]),
  file => {
    const [from, to] = [dice.below(file.length), dice.below(file.length)]
    return Uint8Array.from([...file.slice(0, from), ...file.slice(to)])
  },
  file =>
    file.map((byte, i) =>
      i > 8 && byte >= 48 && byte < 58 && dice.below(9) === 0 ? 48 + dice.below(10) : byte,
    ),
]

export interface Outcomes {
  readonly read: number
  readonly refused: number
  /** By how many bytes the resident memory grew at most, beyond the largest file. */
  readonly memory: number
}

/** How often to look at the memory: asking takes longer than reading. */
const LOOK = 1000

/**
 * Reads so many files that were changed at random.
 *
 * @throws what `readSafetensors` throws that is no `BAD_FILE`, and an Error where what is read is not whole
 */
export function fuzzSafetensors(seed: number, count: number): Outcomes {
  const dice = new QuickDice(seed)
  const originals = Array.from({ length: 20 }, () => writeSafetensors(randomTensors(dice), { a: 'b' }))
  const mutations = mutationsWith(dice)
  let [read, refused, largest, most] = [0, 0, 0, 0]
  const before = process.memoryUsage.rss()
  for (let i = 0; i < count; i++) {
    let file: Uint8Array = dice.pick(originals)
    for (let changes = 1 + dice.below(3); changes > 0 && file.length > 8; changes--)
      file = dice.pick(mutations)(file)
    largest = Math.max(largest, file.length)
    try {
      demandWhole(file)
      read++
    } catch (error) {
      if (!(error instanceof GradstreamError) || error.code !== 'BAD_FILE') throw error
      refused++
    }
    if (i % LOOK === 0) most = Math.max(most, process.memoryUsage.rss() - before)
  }
  return { read, refused, memory: Math.max(0, most - largest) }
}

/** Whatever is read has the bytes that its shape asks for, and all of them are the rest of the file. */
function demandWhole(file: Uint8Array): void {
  const all = Object.values(readSafetensors(file).tensors)
  const header = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
  const size = all.reduce((sum, { bytes }) => sum + bytes.length, 0)
  if (size !== file.length - 8 - header) throw new Error(`${size} bytes are read of ${file.length}`)
  for (const { shape, dtype, bytes } of all) {
    const entries = shape.reduce((product, axis) => product * axis, 1)
    if ((entries * BITS[dtype]) / 8 !== bytes.length) throw new Error(`${bytes.length} bytes for ${shape}`)
  }
}
