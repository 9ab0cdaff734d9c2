/** The ROC curve and the precision-recall curve of a yes-or-no question. */
import { curveLinear, curveStepBefore, line } from 'd3-shape'
import { memo } from 'react'
import { Diagram } from './diagram.tsx'
import { figures } from './format.ts'
import type { SaidOfSamples } from './look.ts'
import { Threshold } from './outcome/threshold.tsx'
import { type Curve, curvesOf } from './scores.ts'
import { sourceText, type Told } from './told.ts'

interface Props {
  readonly told: Told
  /** What a yes is called. */
  readonly yes: string
  readonly samples: SaidOfSamples
  readonly threshold: number
  readonly onThreshold: (threshold: number) => void
}

/** Computed again when there are new predictions. */
export const ThresholdCurves = memo(({ told, yes, samples, threshold, onThreshold }: Props) => {
  const { actual, predicted, meanings } = told
  const known = actual.flatMap((of, i) => (of >= 0 && (predicted[i] ?? -1) >= 0 ? [i] : []))
  const isYes = known.map(i => actual[i] === 1)
  const curves = curvesOf(
    known.map(i => meanings[i]?.[0] as number),
    isYes,
    threshold,
  )
  if (!curves) return <p>All of these samples are of one class, so there is no curve.</p>
  const { roc, precisionRecall } = curves
  const share = isYes.filter(Boolean).length / isYes.length
  return (
    <div className="diagrams">
      <Diagram
        label={`ROC curve of ${yes}: the area under it is ${figures(roc.area)}`}
        range={[0, 1]}
        across="share of false alarms"
        up="recall"
        baseline={[
          [0, 0],
          [1, 1],
        ]}
        draw={(x, y) => <Drawn curve={roc} x={x} y={y} />}
      >
        ROC: area under it <b data-fact="ROC">{figures(roc.area)}</b>
      </Diagram>
      <Diagram
        label={`Precision-recall curve of ${yes}: the average precision is ${figures(precisionRecall.area)}`}
        range={[0, 1]}
        across="recall"
        up="precision"
        baseline={[
          [0, share],
          [1, share],
        ]}
        draw={(x, y) => <Drawn curve={precisionRecall} x={x} y={y} isStepped />}
      >
        PR: average precision <b data-fact="PR">{figures(precisionRecall.area)}</b>
      </Diagram>
      <div className="summed">
        <Threshold value={threshold} yes={yes} onChange={onThreshold} />
        <p className="told">
          Of <b>{yes}</b>, for {sourceText(samples, known.length)}. The ring is the threshold that decides;
          dashed is chance.
        </p>
      </div>
    </div>
  )
})

interface DrawnProps {
  readonly curve: Curve
  readonly x: (share: number) => number
  readonly y: (share: number) => number
  readonly isStepped?: boolean
}

function Drawn({ curve: { points, decision }, x, y, isStepped = false }: DrawnProps) {
  const path = line<readonly [number, number]>(
    ([at]) => x(at),
    ([, at]) => y(at),
  )
    .digits(1)
    .curve(isStepped ? curveStepBefore : curveLinear)
  return (
    <>
      <path
        className="curve"
        d={path([...(isStepped ? [[0, points[0]?.[1] ?? 1] as const] : []), ...points]) ?? ''}
      />
      <circle className="decision" cx={x(decision[0])} cy={y(decision[1])} r="4" />
    </>
  )
}
