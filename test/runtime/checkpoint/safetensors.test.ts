/** The whole format, with its limits: what it allows comes back as it was, and everything else is refused. */
import { readSafetensors, type Storable, Tensor, writeSafetensors } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { BITS } from '../../../runtime/checkpoint/dtypes.ts'
import { fuzzSafetensors, NAMES, randomTensors } from '../../fuzz/safetensors.ts'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { errorOf } from '../support.ts'

const encoder = new TextEncoder()
const MIB = 2 ** 20

/** A file with that header, and so many bytes of data. */
function fileWith(header: string | Uint8Array, data = 0, length?: bigint): Uint8Array {
  const bytes = typeof header === 'string' ? encoder.encode(header) : header
  const file = new Uint8Array(8 + bytes.length + data)
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(bytes.length), true)
  file.set(bytes, 8)
  return file
}

/** Fills a file from some place on, copying twice as much each time. */
function repeat(file: Uint8Array, bytes: Uint8Array, from: number): void {
  file.set(bytes, from)
  for (let done = bytes.length; from + done < file.length; done *= 2)
    file.copyWithin(from + done, from, from + done)
}

const entry = (shape: string, from: number, to: number, dtype = 'F32') =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${from},${to}]}`

describe('what is written', () => {
  test('comes back as it was, of each type and shape, and under any name', () => {
    const dice = new Dice(1)
    for (let i = countOf({ few: 10, usual: 200, full: 2000 }); i > 0; i--) {
      const tensors = randomTensors(dice)
      const metadata = Object.fromEntries(NAMES.filter(() => dice.below(3) === 0).map(name => [name, name]))
      const read = readSafetensors(writeSafetensors(tensors, metadata))
      expect(Object.keys(read.tensors).sort()).toEqual(Object.keys(tensors).sort())
      expect({ ...read.metadata }).toEqual(metadata)
      for (const [name, stored] of Object.entries(read.tensors)) {
        const given = tensors[name] as { shape: number[]; data: Float32Array }
        expect(stored.shape).toEqual(given.shape)
        expect(Array.from(stored.toTensor().data)).toEqual(Array.from(given.data))
      }
    }
  })

  test('is the same bytes in whatever order it is given, and read and written again', () => {
    const dice = new Dice(2)
    for (let i = 0; i < 50; i++) {
      const tensors = randomTensors(dice)
      const bytes = writeSafetensors(tensors, { b: '1', a: '2' })
      const turned = Object.fromEntries(Object.entries(tensors).reverse())
      expect(writeSafetensors(turned, { a: '2', b: '1' })).toEqual(bytes)
      const read = readSafetensors(bytes)
      expect(writeSafetensors(read.tensors, read.metadata)).toEqual(bytes)
    }
  })

  test('begins its numbers at a multiple of eight, and each tensor at a multiple of its width', () => {
    const dice = new Dice(3)
    for (let i = 0; i < 50; i++) {
      const bytes = writeSafetensors(randomTensors(dice))
      expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0)
      for (const { dtype, bytes: own } of Object.values(readSafetensors(bytes).tensors))
        expect(own.byteOffset % (BITS[dtype] / 8)).toBe(0)
    }
  })

  test('may be a tensor, nested arrays, flat ones with a shape, or a part of a larger array', () => {
    const part = new Float32Array([9, 1, 2, 3, 4, 9]).subarray(1, 5)
    const forms: Storable[] = [
      new Tensor([2, 2], Float32Array.of(1, 2, 3, 4)),
      [[1, 2], Float32Array.of(3, 4)],
      { shape: [2, 2], data: [1, 2, 3, 4] },
      { shape: [2, 2], data: part },
    ]
    const written = forms.map(given => writeSafetensors({ given }))
    for (const bytes of written) expect(bytes).toEqual(written[0])
  })

  test('is read without a copy, wherever its bytes stand in a buffer', () => {
    const bytes = writeSafetensors({ a: [1, 2, 3] })
    for (let shift = 0; shift < 9; shift++) {
      const buffer = new Uint8Array(bytes.length + shift + 3)
      buffer.set(bytes, shift)
      const { tensors } = readSafetensors(buffer.subarray(shift, shift + bytes.length))
      expect(tensors.a?.bytes.buffer).toBe(buffer.buffer)
      expect(tensors.a?.toTensor().toNested()).toEqual([1, 2, 3])
    }
  })

  test.each<[string, () => unknown, string]>([
    [
      'two shapes that do not agree',
      () => writeSafetensors({ a: { shape: [3], data: Float32Array.of(1) } }),
      'SHAPE_MISMATCH',
    ],
    ['texts', () => writeSafetensors({ a: 'b' as never }), 'DATA_NOT_FINITE'],
    ['nothing', () => writeSafetensors(undefined as never), 'INVALID_OPTION'],
    ['metadata that are no texts', () => writeSafetensors({}, { a: 1 } as never), 'INVALID_OPTION'],
    ['the name of the metadata', () => writeSafetensors({ __metadata__: [1] }), 'INVALID_OPTION'],
    ['half a letter', () => writeSafetensors({ 'a\ud800': [1] }), 'INVALID_OPTION'],
  ])('is refused where it is %s', (_, write, code) => {
    expect(errorOf(write)).toMatchObject({ code })
  })
})

describe('numbers of a type that no array has', () => {
  /** As PyTorch and ml_dtypes print them. */
  const KNOWN: [dtype: keyof typeof BITS, bytes: number[], values: number[]][] = [
    ['F16', [0x00, 0x3c, 0x00, 0xfc, 0x01, 0x00], [1, Number.NEGATIVE_INFINITY, 2 ** -24]],
    ['BF16', [0x80, 0x3f, 0x49, 0x40, 0x80, 0xff], [1, 3.140625, Number.NEGATIVE_INFINITY]],
    ['F8_E5M2', [0x3c, 0x7b, 0x01, 0xfc], [1, 57344, 2 ** -16, Number.NEGATIVE_INFINITY]],
    ['F8_E4M3', [0x38, 0x7e, 0x01, 0xff], [1, 448, 2 ** -9, Number.NaN]],
    ['BOOL', [0, 1, 1], [0, 1, 1]],
  ]
  test.each(KNOWN)('are read: %s', (dtype, bytes, values) => {
    const file = fileWith(`{"a":${entry(`[${values.length}]`, 0, bytes.length, dtype)}}`, bytes.length)
    file.set(bytes, file.length - bytes.length)
    expect(Array.from(readSafetensors(file).tensors.a?.toTensor().data ?? [])).toEqual(values)
  })

  test.each(['C64', 'F4', 'F6_E2M3', 'F6_E3M2', 'F8_E8M0'])('are given as bytes alone: %s', dtype => {
    const bytes = BITS[dtype as keyof typeof BITS]
    const stored = readSafetensors(fileWith(`{"a":${entry('[8]', 0, bytes, dtype)}}`, bytes)).tensors.a
    expect(stored?.bytes).toHaveLength(bytes)
    expect(errorOf(() => stored?.toTensor())).toMatchObject({ code: 'BAD_FILE', got: `the type ${dtype}` })
  })

  test('are refused where float64 does not hold them', () => {
    const { tensors } = readSafetensors(
      writeSafetensors({ a: { shape: [1], data: BigInt64Array.of(2n ** 53n) } }),
    )
    expect(errorOf(() => tensors.a?.toTensor())).toMatchObject({ code: 'BAD_FILE' })
  })
})

const one = entry('[1]', 0, 4)
const HOSTILE: Record<string, Uint8Array> = {
  'no bytes': new Uint8Array(0),
  'seven bytes': new Uint8Array(7),
  'no header': fileWith(''),
  'a header longer than the file': fileWith('{}', 0, 3n),
  'a header of 100 MB and one byte': fileWith('{}', 0, 100_000_001n),
  'a header of 2^64 - 1 bytes': fileWith('{}', 0, 2n ** 64n - 1n),
  'a header of 2^63 bytes': fileWith('{}', 0, 2n ** 63n),
  'a header that begins with a space': fileWith(' {}'),
  'a header with a byte order mark': fileWith('\ufeff{}'),
  'a list': fileWith('[]'),
  'half an object': fileWith('{'),
  'something behind the object': fileWith('{}x'),
  'zeros behind the object': fileWith('{}\0\0'),
  'no UTF-8': fileWith(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)),
  'overlong UTF-8': fileWith(Uint8Array.of(0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d)),
  'a number in place of a tensor': fileWith('{"a":1}'),
  'a tensor without a shape': fileWith('{"a":{"dtype":"F32","data_offsets":[0,0]}}'),
  'a tensor with something more': fileWith(`{"a":{"x":1,"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4),
  'an unknown type': fileWith(`{"a":${entry('[1]', 0, 4, 'F33')}}`, 4),
  'the type __proto__': fileWith(`{"a":${entry('[1]', 0, 4, '__proto__')}}`, 4),
  'one offset': fileWith('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}', 4),
  'three offsets': fileWith('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}', 8),
  'a negative axis': fileWith(`{"a":${entry('[-1]', 0, 4)}}`, 4),
  'a fractional axis': fileWith(`{"a":${entry('[1.0]', 0, 4)}}`, 4),
  'an axis with an exponent': fileWith(`{"a":${entry('[1e0]', 0, 4)}}`, 4),
  'an axis with a leading zero': fileWith(`{"a":${entry('[01]', 0, 4)}}`, 4),
  'an axis of 2^64 + 1': fileWith(`{"a":${entry('[18446744073709551617]', 0, 4)}}`, 4),
  'a shape that overflows': fileWith(`{"a":${entry('[4294967296,4294967296,1]', 0, 4)}}`, 4),
  'a shape that overflows before a 0': fileWith(
    `{"a":${entry('[9007199254740991,9007199254740991,0]', 0, 0)}}`,
  ),
  'a shape of other bytes': fileWith(`{"a":${entry('[2]', 0, 4)}}`, 4),
  'a shape of half a byte': fileWith(`{"a":${entry('[1]', 0, 1, 'F4')}}`, 1),
  'offsets in the wrong order': fileWith(`{"a":${entry('[1]', 4, 0)}}`, 4),
  'a hole at the beginning': fileWith(`{"a":${entry('[1]', 4, 8)}}`, 8),
  'a hole in the middle': fileWith(`{"a":${one},"b":${entry('[1]', 8, 12)}}`, 12),
  'bytes that nobody has': fileWith(`{"a":${one}}`, 5),
  'fewer bytes than it says': fileWith(`{"a":${one}}`, 3),
  'two tensors in one place': fileWith(`{"a":${one},"b":${one}}`, 4),
  'tensors that overlap': fileWith(`{"a":${entry('[2]', 0, 8)},"b":${entry('[2]', 4, 12)}}`, 12),
  'a name twice': fileWith(`{"a":${one},"a":${entry('[1]', 4, 8)}}`, 8),
  'a name twice, written in two ways': fileWith(`{"a":${one},"\\u0061":${entry('[1]', 4, 8)}}`, 8),
  '__proto__ twice': fileWith(`{"__proto__":${one},"__proto__":${entry('[1]', 4, 8)}}`, 8),
  'a key of a tensor twice': fileWith(
    `{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
    4,
  ),
  'metadata twice': fileWith('{"__metadata__":{},"__metadata__":{}}'),
  'a key of metadata twice': fileWith('{"__metadata__":{"a":"1","a":"2"}}'),
  'metadata that are no texts': fileWith('{"__metadata__":{"a":1}}'),
  'metadata in objects': fileWith('{"__metadata__":{"a":{"b":"c"}}}'),
  'metadata that are null': fileWith('{"__metadata__":null}'),
  'half a letter in a name': fileWith(`{"\\ud800":${one}}`, 4),
  'a control character in a name': fileWith(`{"\n":${one}}`, 4),
  'a wrong escape in a name': fileWith(`{"\\x":${one}}`, 4),
  'a comma at the end': fileWith(`{"a":${one},}`, 4),
  'a comment': fileWith('{/* */}'),
}

describe('a hostile file', () => {
  test.each(Object.entries(HOSTILE))('is refused: %s', (_, file) => {
    expect(errorOf(() => readSafetensors(file))).toMatchObject({ code: 'BAD_FILE', place: 'readSafetensors' })
  })

  test('does not get through by names that objects have', () => {
    const { tensors, metadata } = readSafetensors(
      fileWith(
        `{"__metadata__":{"__proto__":"x"},"__proto__":${one},"constructor":${entry('[1]', 4, 8)}}`,
        8,
      ),
    )
    expect(Object.keys(tensors)).toEqual(['__proto__', 'constructor'])
    expect(Object.keys(metadata)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf({})).not.toHaveProperty('dtype')
  })

  /** Resident memory, while one after the other is read. */
  test('takes no more memory than its size and 32 MiB, however large it says it is', () => {
    const size = countOf({ few: 2 * MIB, usual: 4 * MIB, full: 100_000_000 })
    const contents = ['{', '[', '"', '{"a":', '{"a":[', '{"', '\\', ' ', '9', ',']
    const file = new Uint8Array(8 + size)
    new DataView(file.buffer).setBigUint64(0, BigInt(size), true)
    const before = process.memoryUsage().rss
    for (const content of contents) {
      for (const start of ['{', '{"a":', '{"', '{"__metadata__":{"']) {
        repeat(file, encoder.encode(content), 8)
        file.set(encoder.encode(start), 8)
        expect(errorOf(() => readSafetensors(file))).toMatchObject({ code: 'BAD_FILE' })
      }
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(size + 32 * MIB)
  })
})

describe('a file that was changed at random', () => {
  test('is read as a whole or refused, and never anything else', () => {
    const { read, refused, memory } = fuzzSafetensors(4, countOf({ few: 500, usual: 10_000 }))
    expect(read).toBeGreaterThan(0)
    expect(refused).toBeGreaterThan(read)
    // What other tests left behind is collected meanwhile; `npm run test:fuzz` looks at the memory more closely.
    expect(memory).toBeLessThan(100 * MIB)
  })
})
