/** Files of other programs: Parquet, NumPy, IDX. */
import { arrayOf, fromArrays, idx, npy, parquet } from 'gradstream'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, test } from 'vitest'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { rejectionOf } from '../support.ts'

describe('parquet', () => {
  const TOWNS = ['Oslo', 'Rome', 'New York']
  const rows = (count: number) => {
    const dice = new Dice(count)
    return Array.from({ length: count }, (_, i) => ({
      area: dice.next() < 0.1 ? null : dice.next() * 100,
      rooms: dice.below(9),
      sold: dice.next() < 0.5,
      town: TOWNS[dice.below(3)] as string,
      built: new Date(Date.UTC(2000, 0, 1 + i)),
      price: i / 4,
    }))
  }

  /** Columns of a file, in groups of so many rows. */
  function written(table: ReturnType<typeof rows>, rowGroupSize: number): ArrayBuffer {
    const column = <K extends keyof (typeof table)[number]>(name: K) => table.map(row => row[name])
    return parquetWriteBuffer({
      columnData: [
        { name: 'area', data: column('area'), type: 'DOUBLE' },
        { name: 'rooms', data: column('rooms').map(BigInt), type: 'INT64' },
        { name: 'sold', data: column('sold'), type: 'BOOLEAN' },
        { name: 'town', data: column('town'), type: 'STRING' },
        { name: 'built', data: column('built'), type: 'TIMESTAMP' },
        { name: 'price', data: column('price'), type: 'DOUBLE' },
      ],
      rowGroupSize,
    })
  }

  const options = {
    target: 'price',
    categorical: ['town'],
    columns: { area: { missing: 'median' } },
  } as const

  test.each([
    [1, 1000],
    [100, 1000],
    [2500, 700],
    [3000, 3000],
  ])('%i rows in groups of %i are what the records are', async (count, rowGroupSize) => {
    const table = rows(count)
    if (table.every(({ area }) => area === null)) table[0] = { ...(table[0] as (typeof table)[0]), area: 1 }
    const data = await parquet(written(table, rowGroupSize), options)
    const same = arrayOf(table, options)
    expect(data.column('x')).toEqual(same.column('x'))
    expect(data.column('target')).toEqual(same.column('target'))
    expect(data.encoder).toEqual(same.encoder)
  })

  test('columns that are not asked for are not read', async () => {
    const data = await parquet(written(rows(10), 1000), { target: 'price', features: ['rooms'] })
    expect(data.columns.x?.names).toEqual(['rooms'])
  })

  test.each([
    ['text', new TextEncoder().encode('a,b\n1,2\n')],
    ['nothing', new Uint8Array(0)],
    ['a file that breaks off', new Uint8Array(written(rows(10), 100)).slice(0, 300)],
    [
      'a file without its middle',
      new Uint8Array(written(rows(10), 100)).map((byte, i) => (i > 50 && i < 300 ? 255 : byte)),
    ],
  ])('%s is refused', async (_, bytes) => {
    expect((await rejectionOf(parquet(bytes, options))).code).toBe('PARQUET_INVALID')
  })
})

/** A file as `numpy.save` writes it. */
function npyFile(
  descr: string,
  shape: readonly number[],
  body: Uint8Array,
  fortran = false,
  version = 1,
): Uint8Array {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const size = version === 1 ? 10 : 12
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${axes}), }`
  const header = `${text.padEnd(Math.ceil((text.length + 1 + size) / 64) * 64 - size - 1)}\n`
  const file = new Uint8Array(size + header.length + body.length)
  const view = new DataView(file.buffer)
  file.set([0x93, ...[...'NUMPY'].map(letter => letter.charCodeAt(0)), version, 0])
  if (version === 1) view.setUint16(8, header.length, true)
  else view.setUint32(8, header.length, true)
  file.set(new TextEncoder().encode(header), size)
  file.set(body, size + header.length)
  return file
}

describe('npy', () => {
  const TYPES = [
    ['b1', 1, (view: DataView, at: number, value: number) => view.setUint8(at, value)],
    ['u1', 1, (view, at, value) => view.setUint8(at, value)],
    ['i2', 2, (view, at, value, little) => view.setInt16(at, value, little)],
    ['u4', 4, (view, at, value, little) => view.setUint32(at, value, little)],
    ['i8', 8, (view, at, value, little) => view.setBigInt64(at, BigInt(value), little)],
    ['f4', 4, (view, at, value, little) => view.setFloat32(at, value, little)],
    ['f8', 8, (view, at, value, little) => view.setFloat64(at, value, little)],
  ] as const satisfies readonly (readonly [
    string,
    number,
    (view: DataView, at: number, value: number, little: boolean) => void,
  ])[]

  test(`arrays of all types, orders and shapes`, async () => {
    for (let seed = 0; seed < countOf({ usual: 40, full: 400 }); seed++) {
      const dice = new Dice(seed)
      const [type, bytes, write] = dice.pick(TYPES)
      const shape = Array.from({ length: dice.below(4) }, () => 1 + dice.below(5))
      const count = shape.reduce((product, axis) => product * axis, 1)
      const values = Array.from({ length: count }, () => (type === 'b1' ? dice.below(2) : dice.below(120)))
      const little = dice.next() < 0.7
      const body = new Uint8Array(count * bytes)
      const isColumnMajor = dice.next() < 0.3
      // In column-major order the first axis is the fastest.
      const places = values.map((_, i) => {
        if (!isColumnMajor) return i
        let [rest, place, stride] = [i, 0, count]
        const index = shape.map((__, axis) => {
          stride /= shape[axis] as number
          const at = Math.floor(rest / stride)
          rest -= at * stride
          return at
        })
        let step = 1
        index.forEach((at, axis) => {
          place += at * step
          step *= shape[axis] as number
        })
        return place
      })
      const view = new DataView(body.buffer)
      values.forEach((value, i) => {
        write(view, (places[i] as number) * bytes, value, little)
      })
      const mark = bytes === 1 ? '|' : little ? '<' : '>'
      const tensor = await npy(npyFile(mark + type, shape, body, isColumnMajor, dice.pick([1, 2])))
      expect([tensor.shape, [...tensor.data]]).toEqual([shape, values])
      expect(tensor.data instanceof Float64Array).toBe(['u4', 'i8', 'f8'].includes(type))
    }
  })

  test('half precision', async () => {
    const body = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff).buffer)
    const { data } = await npy(npyFile('<f2', [5], body))
    expect([...data].map(value => Number(value.toPrecision(5)))).toEqual([1, -2, 0.33325, 5.9605e-8, 65504])
  })

  test('go into fromArrays', async () => {
    const x = await npy(npyFile('<f4', [3, 2], new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)))
    expect(fromArrays({ x }).shapes).toEqual({ x: [2] })
  })

  test.each([
    ['text', new TextEncoder().encode('1,2,3\n')],
    ['nothing', new Uint8Array(0)],
    ['objects', npyFile('|O', [2], new Uint8Array(16))],
    ['texts', npyFile('<U5', [2], new Uint8Array(40))],
    ['too few numbers', npyFile('<f8', [2], new Uint8Array(15))],
    ['a header that breaks off', npyFile('<f8', [2], new Uint8Array(16)).slice(0, 40)],
  ])('%s is refused', async (_, bytes) => {
    expect((await rejectionOf(npy(bytes))).code).toBe('ARRAY_INVALID')
  })
})

describe('idx', () => {
  const file = (type: number, shape: readonly number[], body: ArrayLike<number>) =>
    Uint8Array.from([
      0,
      0,
      type,
      shape.length,
      ...shape.flatMap(axis => [0, 0, axis >> 8, axis & 255]),
      ...Array.from(body),
    ])

  test('images as those of MNIST, plain and compressed', async () => {
    const body = Array.from({ length: 300 * 4 }, (_, i) => i % 256)
    const plain = file(8, [300, 2, 2], body)
    const zipped = await new Response(
      new Blob([plain]).stream().pipeThrough(new CompressionStream('gzip')),
    ).arrayBuffer()
    for (const bytes of [plain, new Uint8Array(zipped)]) {
      const { shape, data } = await idx(bytes)
      expect([shape, [...data]]).toEqual([[300, 2, 2], body])
    }
  })

  test('numbers are big-endian', async () => {
    expect((await idx(file(11, [2], [0xff, 0xfe, 1, 0]))).data).toEqual(Float32Array.of(-2, 256))
    expect((await idx(file(13, [1], [0x3f, 0x80, 0, 0]))).data).toEqual(Float32Array.of(1))
  })

  test.each([
    ['text', new TextEncoder().encode('1,2,3\n')],
    ['nothing', new Uint8Array(0)],
    ['too few numbers', file(8, [3], [1, 2])],
    ['a type that there is not', file(7, [1], [1])],
    ['a gzip file that breaks off', Uint8Array.of(0x1f, 0x8b, 8, 0)],
  ])('%s is refused', async (_, bytes) => {
    expect((await rejectionOf(idx(bytes))).code).toBe('ARRAY_INVALID')
  })
})
