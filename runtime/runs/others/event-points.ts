/** The numbers over the steps in event files of TensorBoard, as TensorFlow, PyTorch and others write them. Their origin is in `../tensorboard`. */
import { attempt, GradstreamError } from '../../../core/index.ts'
import { maskedCrc32c } from '../tensorboard/crc32c.ts'
import { EVENT, FRAME, SUMMARY, VALUE } from '../tensorboard/event-file.ts'
import { type Field, fieldsIn, WIRE } from '../tensorboard/message.ts'

/** Takes a number: its tag, the step, the time in milliseconds since 1970, and the value. */
export type TakeScalar = (tag: string, step: number, time: number, value: number) => void

/** The fields of a tensor, and of its shape. */
const TENSOR = { type: 1, shape: 2, content: 4 } as const
const [DIMENSION, SIZE] = [2, 1]

/** How a tensor holds a number, by its type: the field, and how its bytes are read where they stand in a row. */
const TYPES: Readonly<Record<number, { field: number; bytes: number; read(view: DataView): number }>> = {
  1: { field: 5, bytes: 4, read: view => view.getFloat32(0, true) },
  2: { field: 6, bytes: 8, read: view => view.getFloat64(0, true) },
  3: { field: 7, bytes: 4, read: view => view.getInt32(0, true) },
  9: { field: 10, bytes: 8, read: view => Number(view.getBigInt64(0, true)) },
  14: { field: 13, bytes: 2, read: view => bfloat16(view.getUint16(0, true)) },
  19: { field: 13, bytes: 2, read: view => float16(view.getUint16(0, true)) },
}

/**
 * Gives all numbers in the records of a file. A record at its end that is not whole was being written.
 *
 * @throws GradstreamError `BAD_FILE` with the byte
 */
export function scalarsIn(bytes: Uint8Array, place: string, take: TakeScalar): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const damaged = (got: string) =>
    new GradstreamError('BAD_FILE', { place, expected: `a record of an event file at byte ${at}`, got })
  while (at + FRAME.before <= bytes.length) {
    const isLength = view.getUint32(at + 8, true) === maskedCrc32c(bytes.subarray(at, at + 8))
    if (!isLength) throw damaged('other bytes, by their CRC-32C')
    const length = view.getUint32(at, true) + 2 ** 32 * view.getUint32(at + 4, true)
    const [start, end] = [at + FRAME.before, at + FRAME.before + length]
    if (end + FRAME.behind > bytes.length) return
    const data = bytes.subarray(start, end)
    if (view.getUint32(end, true) !== maskedCrc32c(data)) throw damaged('other bytes, by their CRC-32C')
    const event = fieldsIn(data)
    if (event === undefined || !tellEvent(event, take)) throw damaged('a message that is none')
    at = end + FRAME.behind
  }
}

/** Whether it is one that can be told. */
function tellEvent(event: readonly Field[], take: TakeScalar): boolean {
  const time = 1000 * (last(event, EVENT.wallTime, WIRE.eight)?.number ?? 0)
  const step = last(event, EVENT.step, WIRE.varint)?.number ?? 0
  const summary = last(event, EVENT.summary, WIRE.length)
  if (summary === undefined) return true
  const values = fieldsIn(summary.bytes)?.filter(
    ({ field, wire }) => field === SUMMARY.value && wire === WIRE.length,
  )
  if (values === undefined || !Number.isFinite(time) || !Number.isSafeInteger(step)) return false
  return values.every(({ bytes }) => {
    const value = fieldsIn(bytes)
    const name = value && last(value, VALUE.tag, WIRE.length)
    const tag = name ? attempt(() => new TextDecoder('utf-8', { fatal: true }).decode(name.bytes)) : ''
    if (value === undefined || tag === undefined) return false
    const number = last(value, VALUE.simpleValue, WIRE.four)?.number ?? tensorIn(value)
    if (number !== undefined && tag !== '') take(tag, step, time, number)
    return true
  })
}

/** The only number of a tensor; undefined if it has several, or words. */
function tensorIn(value: readonly Field[]): number | undefined {
  const tensor = last(value, VALUE.tensor, WIRE.length)
  const fields = tensor && fieldsIn(tensor.bytes)
  const type = TYPES[(fields && last(fields, TENSOR.type, WIRE.varint)?.number) ?? 0]
  if (fields === undefined || type === undefined || !isSingle(fields)) return undefined
  const { field, bytes, read } = type
  const viewOf = (own: Uint8Array) => new DataView(own.buffer, own.byteOffset, own.byteLength)
  const content = last(fields, TENSOR.content, WIRE.length)
  if (content?.bytes.length === bytes) return read(viewOf(content.bytes))
  const listed = fields.findLast(own => own.field === field)
  if (listed === undefined) return undefined
  // Real numbers stand in a row, whole ones as varints, and one alone may stand without a row.
  if (type.field === 5 || type.field === 6)
    return listed.wire !== WIRE.length
      ? listed.number
      : listed.bytes.length === bytes
        ? read(viewOf(listed.bytes))
        : undefined
  const whole = listed.wire === WIRE.varint ? listed.number : singleVarint(listed.bytes)
  if (whole === undefined || field !== 13) return whole
  const two = new DataView(new ArrayBuffer(2))
  two.setUint16(0, whole, true)
  return read(two)
}

/** Whether a tensor has one entry, by its shape. */
function isSingle(tensor: readonly Field[]): boolean {
  const shape = last(tensor, TENSOR.shape, WIRE.length)
  if (shape === undefined) return true
  const dimensions = fieldsIn(shape.bytes)?.filter(({ field }) => field === DIMENSION) ?? []
  return dimensions.every(({ bytes }) => last(fieldsIn(bytes) ?? [], SIZE, WIRE.varint)?.number === 1)
}

const last = (fields: readonly Field[], field: number, wire: number) =>
  fields.findLast(own => own.field === field && own.wire === wire)

/** A varint of a field has the number that its bytes have, so those get a field. */
function singleVarint(bytes: Uint8Array): number | undefined {
  const fields = fieldsIn(Uint8Array.of(8, ...bytes.subarray(0, 16)))
  return fields?.length === 1 ? fields[0]?.number : undefined
}

const bfloat16 = (bits: number) => {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint16(0, bits)
  return view.getFloat32(0)
}

/** One bit of sign, five of the exponent, ten of the fraction. */
function float16(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * 2 ** -24 * fraction
  return sign * 2 ** (exponent - 25) * (1024 + fraction)
}
