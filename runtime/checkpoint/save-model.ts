/** `saveModel`: everything that a model is, as files. */
import { commitFolder } from '#folder'
import { attempt, CheckFailed, checkedAt, type GraphDef, graphToJson, show } from '../../core/index.ts'
import { stateNow } from '../engine/load.ts'
import { demandModel, engineOf, type Model } from '../engine/model.ts'
import { type Files, sealed } from './manifest.ts'
import { safetensorsFrom } from './safetensors.ts'
import { DESCRIPTION, MODEL, packed, TENSORS } from './saved-model.ts'

/** A model as a file describes it, beside its tensors. */
export interface Description {
  readonly graph: GraphDef
  readonly seed: number
  readonly precision: 'float32' | 'float64'
  /** The parameters that are frozen for now. */
  readonly frozen: readonly string[]
  readonly scalings: Model['scalings']
  readonly encoder?: Model['encoder']
}

/**
 * Saves a model as a folder: its graph, everything that it has learned, what optimizers remember, and what its data mean. Another process loads
 * it with `loadModel`, and predicts, or goes on training.
 *
 * The folder takes its place at once when all of it is on the disk: whatever happens, the model that was there before is there, or the
 * new one.
 *
 * @param path a folder for the model alone; it is made, or replaced if a model was saved there
 * @throws GradstreamError (as a rejection) `FILE_NOT_WRITTEN`, `INVALID_OPTION`, `BUSY` inside a step, and `NEEDS_NODE` in a browser
 * @example await saveModel(model, 'model/')
 */
export async function saveModel(model: Model, path: string | URL): Promise<void>
/**
 * Saves a model as one file, for a browser to download or to keep.
 *
 * @throws GradstreamError (as a rejection) `INVALID_OPTION`, and `BUSY` inside a step
 */
export async function saveModel(model: Model): Promise<Blob>
export async function saveModel(model: Model, path?: string | URL): Promise<unknown> {
  demandModel('saveModel', model)
  checkedAt('saveModel', 'INVALID_OPTION', () => {
    if (path === undefined || (typeof path === 'string' && path !== '')) return
    if (attempt(() => path instanceof URL)) return
    throw new CheckFailed("a path, such as 'model/', or none", show(path))
  })
  const files = filesOf(model)
  if (path !== undefined) return commitFolder(path, MODEL, files)
  return new Blob([packed(await sealed(MODEL, files))], { type: 'application/octet-stream' })
}

/**
 * Copied at once, so training may go on while they are written.
 *
 * @param lend memory for the tensors
 */
export function filesOf(model: Model, lend?: (bytes: number) => Uint8Array<ArrayBuffer>): Files {
  const engine = engineOf(model)
  const { seed, tuned, parameters, kernels } = engine
  const settings = new Map(tuned.map(({ id, settings }) => [id, settings]))
  const nodes = model.graph.nodes.map(node => ({ ...node, config: settings.get(node.id) ?? node.config }))
  const graph: GraphDef = JSON.parse(graphToJson({ ...model.graph, nodes }))
  const description: Description = {
    graph,
    seed,
    precision: kernels.precision,
    frozen: [...parameters.values()].flatMap(({ key, frozen }) => (frozen ? [key] : [])),
    scalings: model.scalings,
    ...(model.encoder && { encoder: model.encoder }),
  }
  return new Map([
    [TENSORS, safetensorsFrom(stateNow(engine), lend)],
    [DESCRIPTION, new TextEncoder().encode(`${JSON.stringify(description, null, 2)}\n`)],
  ])
}
