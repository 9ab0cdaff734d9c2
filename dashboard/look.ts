/** Polls a run for its predictions: for samples, and for a grid of points if it has two inputs. */
import type { Predictions, PredictQuery } from '../client.ts'
import { GRID, type Grid, gridOf } from './grid.ts'
import type { Task } from './task.ts'

/** The most samples to count and points to draw. */
const SAMPLES = 512
/** How long predictions for samples are good enough, in milliseconds. A plane is asked for more often. */
const SAMPLED = 950
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
  /** The last predictions for samples, and when they came. */
  private said: { readonly samples: SaidOfSamples; readonly at: number } | undefined
  private readonly now: () => number

  constructor(client: Asked, task: Looked, now: () => number = () => performance.now()) {
    this.client = client
    this.now = now
    this.task = task
    this.count = Math.max(1, Math.min(SAMPLES, Math.floor(NUMBERS / task.width)))
  }

  /** The plane as it is now, and samples that are a second old at most; fresh ones if it matters. */
  async next(isFresh = false): Promise<Learned> {
    const { said, now } = this
    const samples = !isFresh && said && now() - said.at < SAMPLED ? said.samples : await this.samples()
    if (samples !== said?.samples) this.said = { samples, at: now() }
    return { samples, ...(this.task.isPlane && { plane: await this.plane() }) }
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

  private async plane(): Promise<SaidOfPlane | undefined> {
    const { client, task } = this
    // The points are training samples.
    this.points ??= (await this.describe(['data', 'validation'])).described
    const { points } = this
    const { [task.input]: places } = points.columns
    if (!places) return undefined
    this.grid ??= gridOf(places)
    const { grid } = this
    const { outputs } = await client.predict({ plane: { input: task.input, ...grid, side: GRID } })
    return { points, grid, outputs }
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
