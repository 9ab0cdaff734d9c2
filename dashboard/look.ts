/** Polls a run for its predictions: for samples, and for a grid of points if it has two inputs. */
import type { Predictions, PredictQuery } from '../client.ts'
import { FINEST, type Grid, gridOf, SIDES } from './grid.ts'
import type { Task } from './task.ts'

/** The most samples to count and points to draw. */
const SAMPLES = 512
/** How long predictions for samples are good enough, in milliseconds. A plane is asked for more often. */
const SAMPLED = 950
/**
 * A plane that takes longer than the first, in milliseconds, twice in a row, comes in a coarser grid from then on, and one that takes no more than
 * the second for some time in a finer one. The time grows with the points, by less than from the second to the first.
 */
const [SLOW, FAST] = [90, 40] as const
const PATIENCE = { slow: 2, fast: 30 } as const

/** The most numbers of a tensor that a bridge sends. */
export const NUMBERS = 65_536

export type Source = 'validation' | 'data'

/** Raw samples of the run's data. */
export interface Described extends Required<Pick<Predictions, 'columns' | 'names'>> {
  readonly source: Source
  /** How many were requested. */
  readonly count: number
}

/** The current predictions. */
export interface Learned {
  readonly samples: SaidOfSamples
  readonly plane?: SaidOfPlane | undefined
}

export interface SaidOfSamples extends Described {
  readonly outputs: Predictions['outputs']
}

export interface SaidOfPlane {
  readonly points: Described
  readonly grid: Grid
  readonly outputs: Predictions['outputs']
}

/** What a look depends on: the input, whether its plane is a picture, and the most numbers of a prediction. */
export type Looked = Pick<Task, 'input' | 'isPlane' | 'width'>

interface Asked {
  predict(query: PredictQuery): Promise<Predictions>
}

export class Look {
  private readonly client: Asked
  private readonly task: Looked
  private readonly count: number
  /** Samples never change, so request them once. */
  private described: Described | undefined
  private points: Described | undefined
  private grid: Grid | undefined
  /** Which of the grids is used while the plane changes, and for how long answers have been slow (below 0) or fast. */
  private side = SIDES.length - 1
  private pace = 0
  /** The last predictions for samples, and when they came. */
  private said: { readonly samples: SaidOfSamples; readonly at: number } | undefined
  private readonly now: () => number

  constructor(client: Asked, task: Looked, now: () => number = () => performance.now()) {
    this.client = client
    this.now = now
    this.task = task
    this.count = Math.max(1, Math.min(SAMPLES, Math.floor(NUMBERS / task.width)))
  }

  /** The plane as it is now, and samples that are a second old at most; of a run at rest, fresh ones and a fine plane. */
  async next(isResting = false): Promise<Learned> {
    const { said, now } = this
    const samples = !isResting && said && now() - said.at < SAMPLED ? said.samples : await this.samples()
    if (samples !== said?.samples) this.said = { samples, at: now() }
    return { samples, ...(this.task.isPlane && { plane: await this.plane(isResting) }) }
  }

  private async samples(): Promise<SaidOfSamples> {
    const { count } = this
    if (this.described) {
      const { outputs } = await this.client.predict({ of: this.described.source, count, columns: false })
      return { ...this.described, outputs }
    }
    const { outputs, described } = await this.describe(['validation', 'data'])
    this.described = described
    return { ...described, outputs }
  }

  private async plane(isResting: boolean): Promise<SaidOfPlane | undefined> {
    const { client, task } = this
    // The points are training samples.
    this.points ??= (await this.describe(['data', 'validation'])).described
    const { points } = this
    const { [task.input]: places } = points.columns
    if (!places) return undefined
    this.grid ??= gridOf(places)
    const { grid } = this
    const side = isResting ? FINEST : (SIDES[this.side] as number)
    const asked = this.now()
    const { outputs } = await client.predict({ plane: { input: task.input, ...grid, side } })
    if (!isResting) this.adapt(this.now() - asked)
    return { points, grid, outputs }
  }

  private adapt(took: number): void {
    const { pace } = this
    this.pace = took > SLOW ? Math.min(pace, 0) - 1 : took <= FAST ? Math.max(pace, 0) + 1 : 0
    if (this.pace > -PATIENCE.slow && this.pace < PATIENCE.fast) return
    this.side = Math.min(Math.max(this.side + Math.sign(this.pace), 0), SIDES.length - 1)
    this.pace = 0
  }

  /** Samples of the first source that exists. Other errors pass through. */
  private async describe([first, second]: readonly [Source, Source]) {
    const { client, count } = this
    const ask = async (source: Source) => {
      const { outputs, columns = {}, names = {} } = await client.predict({ of: source, count, columns: true })
      return { outputs, described: { columns, names, source, count } }
    }
    try {
      return await ask(first)
    } catch (error) {
      if ((error as { code?: string }).code !== 'NOT_AVAILABLE') throw error
      return ask(second)
    }
  }
}
