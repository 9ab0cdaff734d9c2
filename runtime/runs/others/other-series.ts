/** Figures over the steps that another program wrote, as those of a recorded run: in order, and in bounded number. */
import { GradstreamError } from '../../../core/index.ts'
import type { RunSeries } from '../stored-run.ts'
import { Thinned } from '../thinned.ts'

/** The most series in a file: no run that a person looks at has so many. */
export const MOST_SERIES = 2 ** 14

export const tooMany = (place: string): GradstreamError =>
  new GradstreamError('BAD_FILE', {
    place,
    expected: `at most ${MOST_SERIES} figures`,
    got: 'more',
    hint: 'Is it the file of a run?',
  })

/** Takes points in any order. */
export class OtherSeries {
  private readonly steps: number[] = []
  private readonly times: number[] = []
  private readonly values: number[] = []

  get isEmpty(): boolean {
    return this.steps.length === 0
  }

  add(step: number, time: number, value: number): void {
    this.steps.push(step)
    this.times.push(time)
    this.values.push(value)
  }

  /** All of them, or of many the extremes of parts; where a value was not a number is thinned apart, so that both stay. */
  get series(): RunSeries {
    const { steps, times, values } = this
    const at = (numbers: readonly number[], i: number) => numbers[i] as number
    const inOrder = (a: number, b: number) =>
      at(steps, a) - at(steps, b) || at(times, a) - at(times, b) || a - b
    const all = Uint32Array.from(steps.keys())
    if (all.some((i, k) => k > 0 && inOrder(i - 1, i) > 0)) all.sort(inOrder)
    const [numbers, gaps] = [new Thinned(), new Thinned()]
    for (const i of all)
      (Number.isNaN(values[i]) ? gaps : numbers).add(at(steps, i), at(times, i), at(values, i))
    const kept: (readonly [step: number, time: number, value: number])[] = []
    const told = new Set<string>()
    for (const points of [numbers, gaps])
      points.all((...point) => {
        const key = String(point)
        if (!told.has(key)) kept.push(point)
        told.add(key)
      })
    kept.sort(([a, early], [b, late]) => a - b || early - late)
    const column = (i: 0 | 1 | 2) => Float64Array.from(kept, point => point[i])
    return { steps: column(0), times: column(1), values: column(2) }
  }
}
