/** A node opened: how its values, gradients and parameters are spread, over time; its weights; its config. */
import { useEffect, useRef, useState } from 'react'
import type { BridgeClient, Histogram, NodeInfo, Query } from '../client.ts'
import { figures, shapeText } from './format.ts'
import { drawMatrix, drawRidges } from './heat-map.ts'

/** What can be looked at, by a name for the tab. */
interface Subject {
  readonly label: string
  readonly query: Pick<Query, 'node' | 'of' | 'parameter'>
}

interface Props {
  readonly client: BridgeClient
  readonly id: string
  readonly info: NodeInfo
  readonly isDark: boolean
  readonly onClose: () => void
}

const RATE = 4
/** How many histograms are shown one above the other. */
const HISTORY = 48

export function NodePanel({ client, id, info, isDark, onClose }: Props) {
  const subjects: Subject[] = [
    { label: 'values', query: { node: id, of: 'forward' } },
    { label: 'gradients', query: { node: id, of: 'backward' } },
    ...Object.keys(info.weights).flatMap(parameter => [
      { label: parameter, query: { node: id, of: 'value' as const, parameter } },
      { label: `∇ ${parameter}`, query: { node: id, of: 'gradient' as const, parameter } },
    ]),
  ]
  const [label, setLabel] = useState('values')
  const subject = subjects.find(other => other.label === label) ?? (subjects[0] as Subject)
  const { forward, backward } = info
  return (
    <section className="panel opened" aria-label={`Node ${id}`}>
      <div className="panel-head">
        <h2>{id}</h2>
        <small>
          {info.type}, {shapeText(info.shape)}
        </small>
        <span className="spacer" />
        <button type="button" onClick={onClose} aria-label="Close the node">
          ✕
        </button>
      </div>
      <div className="tabs" role="tablist" aria-label="What of the node">
        {subjects.map(other => (
          <button
            key={other.label}
            type="button"
            role="tab"
            aria-selected={other === subject}
            onClick={() => setLabel(other.label)}
          >
            {other.label}
          </button>
        ))}
      </div>
      <Spread key={`${id} ${subject.label}`} client={client} subject={subject} isDark={isDark} />
      {subject.query.of === 'value' && (info.weights[subject.query.parameter ?? '']?.length ?? 0) === 2 && (
        <Weights client={client} subject={subject} isDark={isDark} />
      )}
      <dl className="facts">
        {[
          ['values', forward],
          ['gradients', backward],
        ].map(([name, found]) =>
          found && typeof found === 'object' ? (
            <div key={name as string}>
              <dt>{name as string}</dt>
              <dd>
                mean {figures(found.mean)}, deviation {figures(found.standardDeviation)}, from{' '}
                {figures(found.minimum)} to {figures(found.maximum)}, norm {figures(found.norm)},{' '}
                {(100 * found.zeros).toFixed(1)} % zeros
                {found.nonFinite > 0 && <strong className="ailment">, {found.nonFinite} not finite</strong>}
              </dd>
            </div>
          ) : null,
        )}
        <div>
          <dt>config</dt>
          <dd>
            {Object.entries(info.config)
              .map(([name, value]) => `${name} ${String(value)}`)
              .join(', ') || 'none'}
          </dd>
        </div>
      </dl>
    </section>
  )
}

/** Histograms over time as a heat map, the newest at the bottom, and the quantiles of the newest. */
function Spread({ client, subject, isDark }: { client: BridgeClient; subject: Subject; isDark: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [histograms, setHistograms] = useState<readonly Histogram[]>([])
  const [quantiles, setQuantiles] = useState<readonly number[]>([])
  const [problem, setProblem] = useState<string>()
  const [step, setStep] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew for another subject, by its key
  useEffect(() => {
    const { query } = subject
    const watches = [
      client
        .watch({ ...query, what: 'histogram', bins: 48, rate: RATE } as Query & { what: 'histogram' })
        .subscribe({
          next(result) {
            setStep(result.step)
            setHistograms(known => [...known, result.value].slice(-HISTORY))
          },
          error: error => setProblem(error.message),
        }),
      client.watch({ ...query, what: 'quantiles', rate: 1 } as Query & { what: 'quantiles' }).subscribe({
        next: ({ value }) => setQuantiles(value),
        error: () => undefined,
      }),
    ]
    return () => {
      for (const watch of watches) watch.unsubscribe()
    }
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours of the style sheet depend on the mode
  useEffect(() => {
    if (canvas.current) drawRidges(canvas.current, histograms)
  }, [histograms, isDark])
  const newest = histograms.at(-1)
  return (
    <figure className="spread">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Histogram of ${subject.label}${newest ? ` from ${figures(newest.minimum)} to ${figures(newest.maximum)}` : ''}`}
        data-histograms={histograms.length}
      />
      <figcaption>
        {problem ??
          (newest
            ? `step ${step.toLocaleString('en')}: ${subject.label} from ${figures(newest.minimum)} to ${figures(newest.maximum)}`
            : 'Comes with the next step.')}
        {quantiles.length === 7 && (
          <>
            {'; '}median {figures(quantiles[3])}, half of them from {figures(quantiles[2])} to{' '}
            {figures(quantiles[4])}
          </>
        )}
      </figcaption>
    </figure>
  )
}

/** A matrix of weights: blue below 0, orange above. */
function Weights({ client, subject, isDark }: { client: BridgeClient; subject: Subject; isDark: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [caption, setCaption] = useState('')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours of the style sheet depend on the mode
  useEffect(() => {
    const watch = client
      .watch({ ...subject.query, what: 'full', rate: 1 } as Query & { what: 'full' })
      .subscribe({
        next({ tensor }) {
          if (canvas.current) drawMatrix(canvas.current, tensor)
          setCaption(`${subject.label}, ${tensor.shape.join(' × ')}: inputs downwards, units to the right`)
        },
        error: error => setCaption(error.message),
      })
    return () => watch.unsubscribe()
  }, [client, subject.label, subject.query.node, isDark])
  return (
    <figure className="weights">
      <canvas ref={canvas} role="img" aria-label={`Heat map of ${subject.label}`} />
      <figcaption>{caption}</figcaption>
    </figure>
  )
}
