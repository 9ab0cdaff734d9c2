/** The confusion matrix, true classes against predicted ones, and the scores that follow from it. */
import { memo } from 'react'
import type { SaidOfSamples } from './look.ts'
import { confusionOf, macroOf, type Scores, scoresOf } from './scores.ts'
import { sourceText, type Told } from './told.ts'

interface Props {
  readonly told: Told
  readonly names: readonly string[]
  readonly samples: SaidOfSamples
}

/** Recounted when there are new predictions. */
export const Confusion = memo(({ told, names, samples }: Props) => {
  const { actual, predicted } = told
  const counts = confusionOf(actual, predicted, names.length)
  const unknown = predicted.filter(column => column < 0).length
  const right = counts.reduce((sum, row, i) => sum + (row[i] as number), 0)
  return (
    <div className="confusion">
      <p className="told">
        {right} of {sourceText(samples, actual.length)} are classified correctly:{' '}
        {((100 * right) / Math.max(actual.length, 1)).toFixed(1)}&nbsp;%
      </p>
      <div className="tables">
        <table>
          <caption className="hidden">How many samples of each class are predicted to be of each</caption>
          <thead>
            <tr>
              <th scope="col">true ╲ predicted</th>
              {names.map(name => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {counts.map((row, i) => {
              const total = row.reduce((sum, value) => sum + value, 0)
              return (
                <tr key={names[i]}>
                  <th scope="row">{names[i]}</th>
                  {row.map((value, j) => (
                    <td
                      key={names[j]}
                      className={value === 0 ? 'none' : i === j ? 'right' : 'wrong'}
                      style={{ '--share': total > 0 ? value / total : 0 } as React.CSSProperties}
                    >
                      {value}
                    </td>
                  ))}
                </tr>
              )
            })}
          </tbody>
        </table>
        <ScoresTable scores={scoresOf(counts)} names={names} />
      </div>
      {unknown > 0 && (
        <p className="refused">
          {unknown === 1
            ? '1 prediction is not a number, so no cell counts it.'
            : `${unknown} predictions are not numbers, so no cell counts them.`}
        </p>
      )}
    </div>
  )
})

function ScoresTable({
  scores,
  names,
}: {
  readonly scores: readonly Scores[]
  readonly names: readonly string[]
}) {
  return (
    <table className="scores">
      <caption className="hidden">Precision, recall and F1 of each class</caption>
      <thead>
        <tr>
          <th scope="col">class</th>
          <th scope="col">precision</th>
          <th scope="col">recall</th>
          <th scope="col">F1</th>
        </tr>
      </thead>
      <tbody>
        {scores.map((score, i) => (
          <ScoresRow key={names[i]} name={names[i] as string} scores={score} />
        ))}
      </tbody>
      <tfoot>
        <ScoresRow name="macro" scores={macroOf(scores)} />
      </tfoot>
    </table>
  )
}

const ScoresRow = ({
  name,
  scores: { precision, recall, f1 },
}: {
  readonly name: string
  readonly scores: Scores
}) => (
  <tr>
    <th scope="row">{name}</th>
    <td>{precision.toFixed(3)}</td>
    <td>{recall.toFixed(3)}</td>
    <td>{f1.toFixed(3)}</td>
  </tr>
)
