/** A model as files, and as one file. */
import { GradstreamError, recordOf } from '../../core/index.ts'
import type { Files, Format } from './manifest.ts'
import { safetensorsIn, writeSafetensors } from './safetensors.ts'

export const MODEL: Format = { format: 'gradstream-model', version: 1 }
/** What it consists of, beside the manifest. */
export const [TENSORS, DESCRIPTION] = ['model.safetensors', 'model.json']

/** The files of a folder in one: a safetensors file that has their bytes as its tensors. */
export const packed = (files: Files): Uint8Array<ArrayBuffer> =>
  writeSafetensors(
    recordOf(Array.from(files, ([name, data]) => [name, { shape: [data.length], data }] as const)),
  )

/** The files in it again, without a copy. */
export function unpacked(bytes: Uint8Array, place: string): Files {
  const { tensors } = safetensorsIn(bytes, place)
  const files = new Map(Object.entries(tensors).map(([name, { bytes }]) => [name, bytes] as const))
  if (Object.values(tensors).every(({ dtype, shape }) => dtype === 'U8' && shape.length === 1)) return files
  throw new GradstreamError('BAD_FILE', {
    place,
    expected: 'a model that saveModel wrote',
    got: 'other tensors',
    hint: 'Load tensors into a model of your own: model.load(readSafetensors(bytes).tensors).',
  })
}
