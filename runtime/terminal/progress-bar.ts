/** A progress bar at the bottom of a terminal, with permanent lines above it. */
import cliProgress, { type GenericBar, type MultiBar, type Options, type Params } from 'cli-progress'
import { clock } from '../../core/duration.ts'
import { beforeExit } from './before-exit.ts'
import type { Position } from './run-progress.ts'
import type { Screen } from './screen.ts'
import { count, figure } from './text.ts'

/** The shortest and the longest useful bar. */
const SHORTEST = 16
const LONGEST = 48

/** Drawn from its creation until `close`, at most ten times a second. */
export class ProgressBar {
  private readonly bars: MultiBar
  private readonly bar: GenericBar
  private readonly release: () => void

  constructor(screen: Screen, position: Position) {
    this.bars = new cliProgress.MultiBar({
      stream: screen as NodeJS.WritableStream & Screen,
      format,
      barsize: LONGEST,
      barCompleteChar: '━',
      barIncompleteChar: '─',
      hideCursor: true,
      linewrap: true,
      clearOnComplete: true,
      forceRedraw: true,
      etaBuffer: 50,
    })
    this.bar = this.bars.create(1, share(position), position)
    this.release = beforeExit(() => this.bars.stop())
  }

  show(position: Position): void {
    this.bar.update(share(position), position)
  }

  /** Writes a permanent line above the bar. */
  log(line: string): void {
    this.bars.log(`${line}\n`)
  }

  /** Removes the bar and restores the cursor. */
  close(): void {
    this.release()
    this.bars.update()
    this.bars.stop()
  }
}

/** How much of the run is done, from 0 to 1. */
function share({ epoch, epochs, step, stepsPerEpoch }: Position): number {
  const ofEpoch = stepsPerEpoch ? step / stepsPerEpoch : 0
  return Math.min(1, (Math.max(0, epoch - 1) + ofEpoch) / epochs)
}

/** The bar as text, with as many figures as leave room for it, most important first. */
function format(options: Options, { progress, eta, maxWidth }: Params, position: Position): string {
  const { epoch, epochs, step, stepsPerEpoch, loss, samplesPerSecond } = position
  const place = `epoch ${epoch}/${epochs} `
  const figures = [
    ` ${String(Math.floor(100 * progress)).padStart(3)} %`,
    `  step ${stepsPerEpoch === null ? step : `${String(step).padStart(String(stepsPerEpoch).length)}/${stepsPerEpoch}`}`,
    loss === undefined ? '' : `  loss ${figure(loss)}`,
    Number.isFinite(eta) ? `  ${clock(Math.floor(eta))} left` : '',
    samplesPerSecond > 0 ? `  ${count(samplesPerSecond)} samples/s` : '',
  ]
  // Keep the last columns free for the cursor and for the ^C of the terminal.
  const room = maxWidth - 3 - place.length
  let tail = ''
  for (const text of figures) if (tail.length + text.length + SHORTEST <= room) tail += text
  const barsize = Math.max(0, Math.min(LONGEST, room - tail.length))
  return `${place}${cliProgress.Format.BarFormat(progress, { ...options, barsize })}${tail}`
}
