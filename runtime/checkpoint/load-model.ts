/** `loadModel`: a model from the files of `saveModel`. */
import { readFromFolder } from '#folder'
import {
  attempt,
  check,
  checkedAt,
  GradstreamError,
  type GraphDef,
  isRecord,
  show,
} from '../../core/index.ts'
import { allBytes } from '../data/tables/bytes.ts'
import { type CompileOptions, compiled } from '../engine/compile.ts'
import { loadWhole } from '../engine/load.ts'
import { engineOf, type Model } from '../engine/model.ts'
import { type Content, type Files, MANIFEST, readSealed } from './manifest.ts'
import { safetensorsIn } from './safetensors.ts'
import type { Description } from './save-model.ts'
import { DESCRIPTION, MODEL, TENSORS, unpacked } from './saved-model.ts'

/** Where a saved model is: a folder by its path or its URL, or the file of `saveModel(model)`. */
export type ModelSource = string | URL | Blob | Uint8Array | ArrayBuffer

/** The options of `compile`, but for the encoder, which is saved. `seed` and `precision` are those of the model by default. */
export interface LoadModelOptions extends Omit<CompileOptions, 'encoder'> {}

/**
 * Loads a model that `saveModel` wrote: it predicts from raw rows as the one that was saved did, and goes on training where that one was.
 * In a browser, a path is the URL of the folder, relative to the page.
 *
 * @param options those of `compile`; `nodes` has the definitions of custom nodes in the graph
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ`, `BAD_FILE` where anything of it is damaged or newer than this version,
 *   `UNKNOWN_TYPE` for custom nodes that are missing, `WEIGHTS_MISMATCH` where they are others than those it was saved with
 * @example const model = await loadModel('model/', { nodes: [swish] })
 */
export async function loadModel(source: ModelSource, options: LoadModelOptions = {}): Promise<Model> {
  const own = checkedAt('loadModel', 'INVALID_OPTION', () => check.options(options))
  const isNamed = attempt(() => typeof source === 'string' || source instanceof URL)
  const place = isNamed && source !== '' ? String(source) : 'loadModel'
  const files = await filesFrom(source, place)
  return modelFrom(files, own, place)
}

async function filesFrom(source: ModelSource, place: string): Promise<Files> {
  const isFolder = typeof source === 'string' ? source !== '' : attempt(() => source instanceof URL)
  if (isFolder) return readSealed(MODEL, place, name => readFile(source as string | URL, name))
  const isFile = attempt(
    () => source instanceof Uint8Array || source instanceof ArrayBuffer || source instanceof Blob,
  )
  if (!isFile) {
    throw new GradstreamError('INVALID_OPTION', {
      place,
      expected: "a folder, such as 'model/', or the Blob that saveModel(model) gave",
      got: show(source),
    })
  }
  const { bytes } = await allBytes(source as Blob, place)
  const files = unpacked(bytes, place)
  return readSealed(MODEL, place, async name => {
    const file = files.get(name)
    if (file) return { bytes: file }
    throw new GradstreamError('BAD_FILE', { place, expected: `the file ${name}`, got: 'none' })
  })
}

async function readFile(folder: string | URL, name: string): Promise<Content> {
  try {
    if (!/^https?:/i.test(String(folder))) return await readFromFolder(folder, name)
    return await allBytes(new URL(name, String(folder).replace(/\/?$/, '/')), 'folder')
  } catch (cause) {
    if (name !== MANIFEST || !(cause instanceof GradstreamError) || cause.code !== 'FILE_NOT_READ')
      throw cause
    throw new GradstreamError('FILE_NOT_READ', {
      place: String(folder),
      expected: `the folder of a saved model, with ${MANIFEST}`,
      got: cause.got,
      hint: "Pass the folder that saveModel(model, 'model/') wrote.",
      cause,
    })
  }
}

/** Makes the model from its files. Where something does not fit, it is disposed. */
export function modelFrom(files: Files, options: LoadModelOptions, place: string): Model {
  const { graph, seed, precision, frozen, scalings, encoder } = descriptionIn(files, place)
  const { tensors } = safetensorsIn(fileOf(files, TENSORS, place), `${place}: ${TENSORS}`)
  const given = new Map(Object.entries(tensors).map(([name, tensor]) => [name, tensor.toTensor()]))
  const model = blankFrom(graph, { seed, precision, ...options, ...(encoder && { encoder }) })
  try {
    model.offer({ scalings, encoder: model.encoder })
    loadWhole(engineOf(model), given, `${place}: ${TENSORS}`)
    model.freeze(frozen)
    return model
  } catch (error) {
    model.dispose()
    throw error
  }
}

function blankFrom(graph: GraphDef, options: CompileOptions): Model {
  try {
    return compiled(graph, options, true)
  } catch (cause) {
    if (!(cause instanceof GradstreamError) || cause.code !== 'UNKNOWN_TYPE') throw cause
    const hint = "Pass its definition: loadModel('model/', { nodes: [swish] })."
    throw new GradstreamError(cause.code, { ...cause.toJSON(), hint, cause })
  }
}

function descriptionIn(files: Files, place: string): Description {
  const text = new TextDecoder().decode(fileOf(files, DESCRIPTION, place))
  const given = attempt(() => JSON.parse(text)) as Description | undefined
  if (isRecord(given) && isRecord(given.graph) && isRecord(given.scalings) && Array.isArray(given.frozen))
    return given
  const details = {
    place: `${place}: ${DESCRIPTION}`,
    expected: 'the description of a model',
    got: show(given),
  }
  throw new GradstreamError('BAD_FILE', details)
}

function fileOf(files: Files, name: string, place: string): Uint8Array {
  const bytes = files.get(name)
  if (bytes) return bytes
  throw new GradstreamError('BAD_FILE', { place, expected: `the file ${name}`, got: 'none' })
}
