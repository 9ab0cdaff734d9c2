/** The options of checkpoints, and the names of their folders. */
import { foldersIn } from '#folder'
import { CheckFailed, check, checkedAt, directionOf, GradstreamError, show } from '../../core/index.ts'
import { demandFigure } from './monitor.ts'

export interface CheckpointOptions {
  /** A folder for the checkpoints of this run alone. Required. */
  readonly directory: string
  /** Writes one after so many steps; not by default. */
  readonly everySteps?: number
  /** Writes one after a step when so many seconds have passed; not by default. */
  readonly everySeconds?: number
  /** Writes one after so many epochs; 1 by default, unless steps or seconds are given. */
  readonly everyEpochs?: number
  /**
   * How many to keep, the latest.
   *
   * @default 3
   */
  readonly keep?: number
  /**
   * A figure of the epochs, such as `'validationLoss'`: the checkpoint after the epoch in which it was best is kept as well. The name of its
   * folder ends in `-best`; of several, the latest is the best. None by default.
   */
  readonly best?: string
  /**
   * Whether that figure should fall or rise. Required for a name that does not tell.
   *
   * @default 'max' for the metrics that rise, such as an accuracy; 'min' for losses and errors
   */
  readonly mode?: 'min' | 'max'
  /**
   * Whether SIGINT (Ctrl-C) and SIGTERM finish the step, write a checkpoint and end the process, within two seconds. A second signal ends it
   * at once. Only while a run is under way.
   *
   * @default false
   */
  readonly onSignal?: boolean
}

export interface CheckpointSettings extends CheckpointOptions {
  readonly keep: number
  readonly onSignal: boolean
}

/** Those that say when a checkpoint is written. */
const TIMES = ['everySteps', 'everySeconds', 'everyEpochs'] as const
const OPTIONS = ['directory', ...TIMES, 'keep', 'best', 'mode', 'onSignal']
const PLACE = 'createTrainer: checkpoints'

/** @throws GradstreamError `INVALID_OPTION`, `FILE_NOT_WRITTEN` where another run has its checkpoints, `NEEDS_NODE` */
export function checkpointSettings(options: CheckpointOptions, isResumed: boolean): CheckpointSettings {
  const settings = checkedAt(PLACE, 'INVALID_OPTION', () => {
    const { keep = 3, onSignal = false, ...given } = check.options(options, OPTIONS)
    const { directory, everySteps, everySeconds, everyEpochs, best, mode } = given
    check.text({ directory })
    check.positiveInteger({ keep })
    check.boolean({ onSignal })
    if (everySteps !== undefined) check.positiveInteger({ everySteps })
    if (everySeconds !== undefined) check.positiveNumber({ everySeconds })
    if (everyEpochs !== undefined) check.positiveInteger({ everyEpochs })
    if (mode !== undefined && best === undefined)
      throw new CheckFailed('a figure beside mode', 'no best', { hint: "Name it: best: 'validationLoss'." })
    if (best !== undefined) {
      check.text({ best })
      directionOf(best, mode)
    }
    const isTimed = everySteps !== undefined || everySeconds !== undefined
    return { keep, onSignal, ...(!isTimed && { everyEpochs: 1 }), ...given, directory: trimmed(directory) }
  })
  const [other] = isResumed ? [] : checkpointsIn(settings.directory)
  if (other === undefined) return settings
  throw new GradstreamError('FILE_NOT_WRITTEN', {
    place: PLACE,
    expected: 'a directory without checkpoints',
    got: `${show(settings.directory)} with those of another run`,
    hint: `Continue that run, resume(${show(settings.directory)}, { data }), or choose another directory.`,
  })
}

/** The options of a run that continues: those that are given, and else those that it had. Who says when says it anew. */
export function optionsAgain(
  directory: string,
  given: Omit<CheckpointOptions, 'directory'>,
  had: Omit<CheckpointOptions, 'directory'>,
): CheckpointOptions {
  const isTimed = TIMES.some(name => given[name] !== undefined)
  const own = Object.entries(had).filter(([name]) => !(isTimed && TIMES.some(time => time === name)))
  return { ...Object.fromEntries(own), ...given, directory }
}

/** Checks that there is the figure to watch. @throws GradstreamError `UNKNOWN_NAME` */
export function demandBest({ best }: CheckpointSettings, figures: readonly string[]): void {
  if (best !== undefined) demandFigure(`${PLACE}: best`, best, figures)
}

/** A directory without slashes at its end. */
export const trimmed = (directory: string): string => directory.replace(/(?<=.)\/+$/, '')

/** The names of checkpoints, and of broken ones that were moved aside. */
const NAME = /^checkpoint-(\d+)(-best)?(\.broken)?$/
const BROKEN = '.broken'

export const nameOf = (number: number, isBest: boolean): string =>
  `checkpoint-${String(number).padStart(6, '0')}${isBest ? '-best' : ''}`

export const brokenName = (name: string): string => `${name}${BROKEN}`

export const numberIn = (name: string): number => Number(NAME.exec(name)?.[1] ?? 0)

export const isBestName = (name: string): boolean => name.endsWith('-best')

/** The names of whole checkpoints, the latest first. */
export const numbered = (names: readonly string[]): string[] =>
  names.filter(name => NAME.test(name) && !name.endsWith(BROKEN)).sort((a, b) => numberIn(b) - numberIn(a))

/** The same of those in a directory. @throws GradstreamError `FILE_NOT_READ`, `NEEDS_NODE` */
export const checkpointsIn = (directory: string): string[] => numbered(foldersIn(directory))

/** Whether it is what a commit leaves that was cut short. */
export const isLeft = (name: string): boolean => /^\.checkpoint-\d+(-best)?\.gradstream-/.test(name)
