/** What a regression predicts against what is true. */
import { scaleLinear } from 'd3-scale'
import { memo } from 'react'
import { Diagram } from './diagram.tsx'
import { figures } from './format.ts'
import type { SaidOfSamples } from './look.ts'
import { Brush } from './outcome/brush.tsx'
import { type ChosenErrors, type Region, samplesWithin } from './outcome/errors.ts'
import { errorsOf } from './scores.ts'
import { sourceText, type Told } from './told.ts'

interface Props {
  readonly told: Told
  readonly name: string | undefined
  readonly samples: SaidOfSamples
  readonly chosen: ChosenErrors | undefined
  /** Shows the samples behind a region, or all of them with their errors. */
  readonly onOpen: (chosen: ChosenErrors) => void
}

export const AgainstTrue = memo(({ told, name = 'target', samples, chosen, onOpen }: Props) => {
  const { targets, meanings } = told
  const all = targets.map(([target = Number.NaN], i) => [target, meanings[i]?.[0] ?? Number.NaN] as const)
  const pairs = all.filter(pair => pair.every(Number.isFinite))
  const left = all.length - pairs.length
  if (pairs.length === 0) return <p className="refused">No prediction is a finite number.</p>
  const { r2, meanAbsoluteError } = errorsOf(pairs)
  const values = pairs.flat()
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const [from, to] = scaleLinear([least, most > least ? most : least + 1], [0, 1])
    .nice(4)
    .domain() as [number, number]
  const open = (region: Region) => {
    if (samplesWithin(told, region, false).length > 0) onOpen(region)
  }
  return (
    <Diagram
      isAlone
      label={`Predicted against true ${name}: r² is ${figures(r2)}`}
      range={[from, to]}
      across={`true ${name}`}
      up="predicted"
      baseline={[
        [from, from],
        [to, to],
      ]}
      draw={(x, y) => (
        <>
          <path
            className="dots"
            d={pairs.map(([target, said]) => `M${x(target).toFixed(1)} ${y(said).toFixed(1)}h0`).join('')}
          />
          <Brush x={x} y={y} chosen={chosen === 'errors' ? undefined : chosen} onChoose={open} />
        </>
      )}
    >
      <dl className="worth">
        <div>
          <dt>r²</dt>
          <dd data-fact="r2">{figures(r2)}</dd>
        </div>
        <div>
          <dt>mean absolute error</dt>
          <dd>{figures(meanAbsoluteError)}</dd>
        </div>
      </dl>
      <p>{sourceText(samples, all.length)}; dashed: a perfect prediction</p>
      <button type="button" className="mistakes" onClick={() => onOpen('errors')}>
        Show the largest errors
      </button>
      {left > 0 && <p className="refused">{left} of them are left out, since a number is not finite.</p>}
    </Diagram>
  )
})
