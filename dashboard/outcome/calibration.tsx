/** How often what has some probability comes true: the reliability diagram, and how many samples each part has. */
import { memo } from 'react'
import { Diagram } from '../diagram.tsx'
import { figures } from '../format.ts'
import type { SaidOfSamples } from '../look.ts'
import { type Calibration, calibrationOf } from '../scores.ts'
import { sourceText, type Told } from '../told.ts'

interface Props {
  readonly told: Told
  /** What a yes is called; undefined for several classes, of which the likeliest counts. */
  readonly yes: string | undefined
  readonly samples: SaidOfSamples
}

/** Computed again when there are new predictions. */
export const CalibrationView = memo(({ told, yes, samples }: Props) => {
  const { actual, predicted, meanings } = told
  const known = actual.flatMap((of, i) => (of >= 0 && (predicted[i] ?? -1) >= 0 ? [i] : []))
  const calibration = calibrationOf(
    known.map(i =>
      yes === undefined ? Math.max(...(meanings[i] as number[])) : (meanings[i]?.[0] as number),
    ),
    known.map(i => (yes === undefined ? actual[i] === predicted[i] : actual[i] === 1)),
  )
  if (known.length === 0) return <p className="refused">No prediction is a number.</p>
  const { bins, error } = calibration
  const across = yes === undefined ? 'probability of the class' : `probability of ${yes}`
  return (
    <div className="diagrams">
      <Diagram
        label={`Reliability diagram: the expected calibration error is ${figures(error)}`}
        range={[0, 1]}
        across={across}
        up="share that is true"
        baseline={[
          [0, 0],
          [1, 1],
        ]}
        draw={(x, y) => <Reliability bins={bins} x={x} y={y} />}
      >
        Calibration error <b data-fact="ECE">{figures(error)}</b>
      </Diagram>
      <Diagram
        label="How many samples have which probability"
        range={[0, 1]}
        across={across}
        up="share of samples"
        draw={(x, y) => (
          <path
            className="bars"
            d={bins.map(({ from, to, count }) => bar(x(from), x(to), y(0), y(count / known.length))).join('')}
          />
        )}
      >
        Samples by probability
      </Diagram>
      <p>
        {yes === undefined ? (
          'Of the likeliest class'
        ) : (
          <>
            Of <b>{yes}</b>
          </>
        )}
        , in 10 bins, for {sourceText(samples, known.length)}. Dashed: what is as likely as the model says.
        Below it, the model is too sure.
      </p>
    </div>
  )
})

interface ReliabilityProps {
  readonly bins: Calibration['bins']
  readonly x: (share: number) => number
  readonly y: (share: number) => number
}

function Reliability({ bins, x, y }: ReliabilityProps) {
  const filled = bins.filter(({ count }) => count > 0)
  return (
    <>
      <path
        className="bars"
        d={filled.map(({ from, to, share }) => bar(x(from), x(to), y(0), y(share))).join('')}
      />
      <path
        className="curve"
        d={filled
          .map(
            ({ confidence, share }, i) =>
              `${i === 0 ? 'M' : 'L'}${x(confidence).toFixed(1)} ${y(share).toFixed(1)}`,
          )
          .join('')}
      />
      {filled.map(({ from, confidence, share }) => (
        <circle key={from} className="decision" cx={x(confidence)} cy={y(share)} r="3" />
      ))}
    </>
  )
}

/** A bar with a little room on both sides. */
const bar = (left: number, right: number, bottom: number, top: number) =>
  `M${(left + 1).toFixed(1)} ${bottom}H${(right - 1).toFixed(1)}V${top.toFixed(1)}H${(left + 1).toFixed(1)}Z`
