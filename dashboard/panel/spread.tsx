/** The distribution of a tensor over time: histograms, quantiles, statistics. */
import { useEffect, useRef, useState } from 'react'
import type { BridgeClient, Query, RunStatus, Statistics } from '../../client.ts'
import { count, figures, share } from '../format.ts'
import { useSize } from '../hooks.ts'
import { drawFan } from './fan.ts'
import { drawRidges } from './ridges.ts'
import type { Sight, Subject } from './subjects.ts'

/** How often per second to request each. */
const RATE = { histogram: 4, quantiles: 2, stats: 1 } as const

const QUANTILES = ['min', '5 %', '25 %', 'median', '75 %', '95 %', 'max']

interface Props {
  readonly client: BridgeClient
  readonly subject: Subject
  readonly sight: Sight
  readonly status: RunStatus
  readonly isDark: boolean
}

export function Spread({ client, subject, sight, status, isDark }: Props) {
  const problem = useSight(client, subject, sight)
  const { label } = subject
  const histograms = sight.histograms.entries
  const quantiles = sight.quantiles.entries
  const newest = histograms.at(-1)
  const now = quantiles.at(-1)?.value
  const range = newest && `${label} from ${figures(newest.value.minimum)} to ${figures(newest.value.maximum)}`
  if (!newest) {
    return <p className="quiet">{problem ?? WAITING[status]}</p>
  }
  return (
    <div className="spread">
      <figure>
        <Drawn
          look="ridges"
          draw={canvas => drawRidges(canvas, histograms)}
          label={`Histograms of ${label} over ${histograms.length} moments: ${range}`}
          changes={[newest, isDark]}
          count={histograms.length}
        />
        <figcaption>
          Step {count(newest.step)}: {range}. One row for each moment, the newest at the bottom, each scaled
          to its own fullest bin.
        </figcaption>
      </figure>
      {now && (
        <figure>
          <Drawn
            look="fan"
            draw={canvas => drawFan(canvas, quantiles)}
            label={`Quantiles of ${label} over steps: median ${figures(now[3])}`}
            changes={[now, isDark]}
            count={quantiles.length}
          />
          <figcaption>
            Over steps: the median, with bands for the middle 50 %, the middle 90 % and all values.
          </figcaption>
          <Facts facts={QUANTILES.map((name, i) => [name, figures(now[i])] as const)} />
        </figure>
      )}
      {sight.statistics && <Numbers statistics={sight.statistics} />}
    </div>
  )
}

const ENDED =
  'Nothing to show: the run has ended, and nobody watched this while it ran. It appears if the run goes on.'

/** What is said before anything has arrived. */
const WAITING: Readonly<Record<RunStatus, string>> = {
  idle: 'Nothing to show yet: this appears with the first step.',
  running: 'Loading: this appears with the next step.',
  paused: 'Nothing to show yet: the run is paused. This appears with its next step.',
  stopped: ENDED,
  finished: ENDED,
  failed: ENDED,
}

function Numbers({ statistics }: { readonly statistics: Statistics }) {
  const { mean, standardDeviation, norm, zeros, nonFinite, count: entries } = statistics
  const facts: Fact[] = [
    ['numbers', count(entries)],
    ['mean', figures(mean)],
    ['deviation', figures(standardDeviation)],
    ['norm', figures(norm)],
    ['zeros', share(zeros)],
  ]
  return (
    <>
      <Facts facts={facts} />
      {nonFinite > 0 && <strong className="ailment">⚠ {count(nonFinite)} of them are not finite</strong>}
    </>
  )
}

type Fact = readonly [name: string, value: string]

const Facts = ({ facts }: { readonly facts: readonly Fact[] }) => (
  <dl className="statistics">
    {facts.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)

interface DrawnProps {
  readonly look: 'ridges' | 'fan'
  readonly draw: (canvas: HTMLCanvasElement) => void
  readonly label: string
  /** What it depends on besides its size. */
  readonly changes: readonly unknown[]
  readonly count: number
}

function Drawn({ look, draw, label, changes, count }: DrawnProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const { width, height } = useSize(canvas)
  // biome-ignore lint/correctness/useExhaustiveDependencies: redrawn when its data has changed
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current)
  }, [...changes, width, height])
  return <canvas ref={canvas} className={look} role="img" aria-label={label} data-histograms={count} />
}

/** Watches a subject while it is shown. Returns an error message, if any. */
function useSight(client: BridgeClient, { query, bins }: Subject, sight: Sight): string | undefined {
  const [, setCount] = useState(0)
  const [problem, setProblem] = useState<string>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: recreated for another subject, by key
  useEffect(() => {
    const seen = () => setCount(count => count + 1)
    const error = (reason: Error) => setProblem(reason.message)
    const histograms = { ...query, what: 'histogram', bins, rate: RATE.histogram } as const
    const quantiles = { ...query, what: 'quantiles', rate: RATE.quantiles } as const
    const stats = { ...query, what: 'stats', rate: RATE.stats } as const
    const watches = [
      client.watch(histograms as Query & typeof histograms).subscribe({
        next(result) {
          sight.histograms.add(result)
          seen()
        },
        error,
      }),
      client.watch(quantiles as Query & typeof quantiles).subscribe({
        next(result) {
          sight.quantiles.add(result)
          seen()
        },
        error: () => undefined,
      }),
      client.watch(stats as Query & typeof stats).subscribe({
        next({ value }) {
          sight.statistics = value
          seen()
        },
        error: () => undefined,
      }),
    ]
    return () => {
      for (const watch of watches) watch.unsubscribe()
    }
  }, [])
  return problem
}
