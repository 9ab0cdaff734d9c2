/** The confusion matrix, true classes against predicted ones, and the scores that follow from it. */
import { type KeyboardEvent, memo, useRef, useState } from 'react'
import type { SaidOfSamples } from './look.ts'
import type { Chosen } from './outcome/behind.ts'
import { confusionOf, macroOf, mistakenOf, type Scores, scoresOf } from './scores.ts'
import { sourceText, type Told } from './told.ts'

/** The most classes to show. */
const CLASSES = 20

interface Props {
  readonly told: Told
  readonly names: readonly string[]
  readonly samples: SaidOfSamples
  /** Shows the samples behind a cell, or all mistakes. */
  readonly onOpen: (chosen: Chosen) => void
}

/** Recounted when there are new predictions. */
export const Confusion = memo(({ told, names, samples, onOpen }: Props) => {
  const { actual, predicted } = told
  const counts = confusionOf(actual, predicted, names.length)
  const shown = mistakenOf(counts, CLASSES)
  const unknown = predicted.filter(column => column < 0).length
  const right = counts.reduce((sum, row, i) => sum + (row[i] as number), 0)
  return (
    <div className="confusion">
      <div className="summed">
        <p className="told">
          {right} of {sourceText(samples, actual.length)} are classified correctly:{' '}
          {((100 * right) / Math.max(actual.length, 1)).toFixed(1)}&nbsp;%
        </p>
        <button
          type="button"
          className="mistakes"
          disabled={right + unknown === actual.length}
          onClick={() => onOpen('mistakes')}
        >
          Show the mistakes
        </button>
      </div>
      <div className="tables">
        <Matrix counts={counts} names={names} shown={shown} onOpen={onOpen} />
        <ScoresTable scores={scoresOf(counts)} names={names} shown={shown} />
      </div>
      {shown.length < names.length && (
        <p className="told">
          The {shown.length} of {names.length} classes with the most mistakes.
        </p>
      )}
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

interface MatrixProps {
  readonly counts: readonly (readonly number[])[]
  readonly names: readonly string[]
  /** The classes in it. */
  readonly shown: readonly number[]
  readonly onOpen: Props['onOpen']
}

const MOVES: Readonly<Record<string, readonly [down: number, across: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

/** One tab stop, with arrows from cell to cell. */
function Matrix({ counts, names, shown, onOpen }: MatrixProps) {
  const [[row, column], setPlace] = useState<readonly [number, number]>([0, 0])
  const body = useRef<HTMLTableSectionElement>(null)
  const last = shown.length - 1
  const move = (event: KeyboardEvent) => {
    const [down, across] = MOVES[event.key] ?? []
    if (down === undefined || across === undefined) return
    event.preventDefault()
    const next = [within(row + down, last), within(column + across, last)] as const
    setPlace(next)
    body.current?.rows[next[0]]?.cells[next[1] + 1]?.querySelector('button')?.focus()
  }
  return (
    <table className="matrix">
      <caption className="hidden">How many samples of each class are predicted to be of each</caption>
      <thead>
        <tr>
          <th scope="col">true ╲ predicted</th>
          {shown.map(j => (
            <th scope="col" key={names[j]}>
              {names[j]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body} onKeyDown={move}>
        {shown.map((i, y) => {
          const cells = counts[i] as readonly number[]
          const total = cells.reduce((sum, value) => sum + value, 0)
          return (
            <tr key={names[i]}>
              <th scope="row">{names[i]}</th>
              {shown.map((j, x) => {
                const value = cells[j] as number
                return (
                  <td
                    key={names[j]}
                    className={value === 0 ? 'none' : i === j ? 'right' : 'wrong'}
                    style={{ '--share': total > 0 ? value / total : 0 } as React.CSSProperties}
                  >
                    <button
                      type="button"
                      className="cell"
                      tabIndex={y === Math.min(row, last) && x === Math.min(column, last) ? 0 : -1}
                      aria-label={`${value} samples, true ${names[i]}, predicted ${names[j]}`}
                      onFocus={() => setPlace([y, x])}
                      onClick={() => onOpen({ actual: i, predicted: j })}
                    >
                      {value}
                    </button>
                  </td>
                )
              })}
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

const within = (place: number, last: number) => Math.min(Math.max(place, 0), last)

function ScoresTable({
  scores,
  names,
  shown,
}: {
  readonly scores: readonly Scores[]
  readonly names: readonly string[]
  readonly shown: readonly number[]
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
        {shown.map(i => (
          <ScoresRow key={names[i]} name={names[i] as string} scores={scores[i] as Scores} />
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
