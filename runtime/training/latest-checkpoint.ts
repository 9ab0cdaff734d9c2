/** Finds the checkpoint that a run continues from. */
import { moveFolder, readFromFolder } from '#folder'
import { GradstreamError } from '../../core/index.ts'
import { type Files, readSealed } from '../checkpoint/manifest.ts'
import { MODEL } from '../checkpoint/saved-model.ts'
import { brokenName, checkpointsIn, isBestName } from './checkpoint-options.ts'
import { type BestFigure, RUN, type RunRecord, recordFrom } from './run-record.ts'

/** A checkpoint that is not whole. */
interface Broken {
  readonly path: string
  readonly error: GradstreamError
}

/** The latest checkpoint that is whole. */
export interface Latest {
  readonly path: string
  readonly files: Files
  readonly record: RunRecord
  /** The best figure of which a checkpoint is there. */
  readonly best: BestFigure | undefined
  /** Later ones. */
  readonly broken: readonly Broken[]
}

/** @throws GradstreamError `FILE_NOT_READ` where there is none; `BAD_FILE` where none is whole */
export async function latestIn(directory: string): Promise<Latest> {
  const names = checkpointsIn(directory)
  const broken: Broken[] = []
  for (const name of names) {
    const path = `${directory}/${name}`
    try {
      const files = await readSealed(MODEL, path, file => readFromFolder(path, file))
      const record = recordFrom(files.get(RUN), path)
      return { path, files, record, best: await bestIn(directory, names), broken }
    } catch (error) {
      if (!isBroken(error)) throw error
      broken.push({ path, error })
    }
  }
  const [latest] = broken
  if (latest) throw latest.error
  throw new GradstreamError('FILE_NOT_READ', {
    place: `resume: ${directory}`,
    expected: 'a directory with a checkpoint',
    got: 'none',
    hint: 'Pass the directory that createTrainer got as checkpoints.',
  })
}

/** Gives broken checkpoints another name, since an older one is taken. Returns the news of each. */
export async function moveAside({ broken, path: taken }: Latest): Promise<GradstreamError[]> {
  const moves = broken.map(async ({ path, error }) => {
    const aside = brokenName(path)
    const isMoved = await moveFolder(path, aside).then(
      () => true,
      () => false,
    )
    const { code, place, expected, got } = error
    const hint = `The run continues from ${taken}. ${isMoved ? `This one is now ${aside}.` : 'This one could not be moved aside.'}`
    return new GradstreamError(code, { place, expected, got, hint, cause: error })
  })
  return Promise.all(moves)
}

/** What the best checkpoint is kept for. */
async function bestIn(directory: string, names: readonly string[]): Promise<BestFigure | undefined> {
  const name = names.find(isBestName)
  if (name === undefined) return undefined
  const path = `${directory}/${name}`
  try {
    const isRecord = (file: string) => file === RUN
    const files = await readSealed(MODEL, path, file => readFromFolder(path, file), isRecord)
    return recordFrom(files.get(RUN), path).best ?? undefined
  } catch {
    return undefined
  }
}

/** Damaged, or without one of its files; not one that may not be read. */
const isBroken = (error: unknown): error is GradstreamError =>
  error instanceof GradstreamError &&
  (error.code === 'BAD_FILE' || MISSING.includes((error.cause as { code?: string })?.code ?? ''))

const MISSING = ['ENOENT', 'ENOTDIR', 'EISDIR']
