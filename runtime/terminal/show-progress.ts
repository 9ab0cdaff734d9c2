/** `showProgress`: shows a run in a terminal or a log. */
import type { Observable, Subscription } from 'rxjs'
import { check, checkedAt, demandThing } from '../../core/index.ts'
import type { TrainerEvent } from '../training/events.ts'
import type { EpochRecord, RunState } from '../training/run-state.ts'
import { Allowance } from './allowance.ts'
import { columnLines, labelledLines } from './epoch-lines.ts'
import { ProgressBar } from './progress-bar.ts'
import { type Progress, RunProgress } from './run-progress.ts'
import { demandScreen, type Screen, widthOf } from './screen.ts'
import { figure, words } from './text.ts'

export interface ProgressOptions {
  /** The output; `process.stdout` by default. Only a terminal shows a bar. */
  readonly stream?: Screen
}

/**
 * Shows the progress of a run: a line for each epoch, and on a terminal a live bar below. If epochs are
 * short, the first 100 get a line each, then the latest one a few times a second, and the last one. Alarms get a line as
 * well, and at the end comes the best epoch, by the validation loss if there is one. It reads `state$`, which emits at most every
 * `publishTime`, and no single steps, so it does not slow training down.
 *
 * @param trainer a trainer, or anything else with a `state$` of a run; its alarms are those of `milestones$`
 * @returns the subscription: `unsubscribe()` removes the bar
 * @throws GradstreamError `INVALID_OPTION`; the trainer's `errors$` reports what writing throws
 * @example
 *   showProgress(trainer)
 *   await trainer.run()
 */
export function showProgress(
  trainer: {
    readonly state$: Observable<RunState>
    readonly state?: RunState
    readonly milestones$?: Observable<TrainerEvent>
  },
  options: ProgressOptions = {},
): Subscription {
  const { stream = process.stdout } = checkedAt('showProgress', 'INVALID_OPTION', () => {
    const has = ({ state$ }: typeof trainer) => typeof state$.subscribe === 'function'
    demandThing({ trainer }, 'trainer', 'a trainer, or something else with a state$', has)
    const own = check.options(options, ['stream'])
    if (own.stream !== undefined) demandScreen(own.stream)
    return own
  })
  const run = new RunProgress()
  const allowance = new Allowance()
  const linesOf = stream.isTTY ? columnLines(() => widthOf(stream)) : labelledLines
  /** The latest epoch, if it has no line yet. */
  let left: readonly EpochRecord[] = []
  let bar: ProgressBar | undefined
  const close = () => {
    bar?.close()
    bar = undefined
  }
  const write = (line: string) => {
    if (bar) bar.log(line)
    else stream.write(`${line}\n`)
  }
  const show = (state: RunState) => {
    const { position, ended, rest } = run.next(state)
    if (state.status !== 'running') close()
    else if (stream.isTTY) bar ??= new ProgressBar(stream, position)
    bar?.show(position)
    const unprinted = [...left, ...ended]
    const shown = latest(unprinted, Math.max(allowance.take(unprinted.length), rest ? 1 : 0))
    left = shown.length > 0 ? [] : latest(unprinted, 1)
    const lines = [
      ...shown.flatMap(record => linesOf(record, position)),
      ...restLines(state, rest),
      ...bestLines(state, rest),
    ]
    for (const line of lines) write(line)
  }
  const subscription = trainer.state$.subscribe(show)
  const alarms = new Allowance()
  subscription.add(
    trainer.milestones$?.subscribe(event => {
      if (event.type !== 'alarm' || alarms.take(1) === 0) return
      // The epochs before it come first, even if they are not published yet.
      if (trainer.state) show(trainer.state)
      write(`alarm in epoch ${event.epoch}, after step ${event.step}: ${event.message}`)
    }),
  )
  subscription.add(close)
  return subscription
}

/** The last `count` records; none for 0. */
const latest = (records: readonly EpochRecord[], count: number) =>
  records.slice(Math.max(0, records.length - count))

/** Where a run stopped or paused, unless it finished. */
function restLines({ epoch, epochs, step, error, reason }: RunState, rest: Progress['rest']): string[] {
  if (rest === undefined || rest === 'finished') return []
  const why = error?.message ?? reason
  return [`${rest} in epoch ${epoch}/${epochs}, after step ${step}${why ? `: ${why}` : ''}`]
}

/** The best epoch, at the end of a run that had several. */
function bestLines({ history, epochs }: RunState, rest: Progress['rest']): string[] {
  if ((rest !== 'finished' && rest !== 'stopped') || history.length < 2) return []
  const name = history.some(({ metrics }) => metrics.validationLoss !== undefined) ? 'validationLoss' : 'loss'
  const figured = history.filter(({ metrics }) => Number.isFinite(metrics[name]))
  const of = ({ metrics }: EpochRecord) => metrics[name] as number
  const [first, ...others] = figured
  if (first === undefined) return []
  const best = others.reduce((a, b) => (of(b) < of(a) ? b : a), first)
  return [`best epoch ${best.epoch}/${epochs}: ${words(name)} ${figure(of(best))}`]
}
