/** The confusion matrix, true classes against predicted ones, and the scores that follow from it. */
import { type KeyboardEvent, memo, type ReactNode, useRef, useState } from 'react'
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
  /** What decides between two classes. */
  readonly decision?: ReactNode
  /** Shows the samples behind a cell, or all mistakes. */
  readonly onOpen: (chosen: Chosen) => void
}

/** Recounted when there are new predictions. */
export const Confusion = memo(({ told, names, samples, decision, onOpen }: Props) => {
  const { actual, predicted } = told
  const counts = confusionOf(actual, predicted, names.length)
  const shown = mistakenOf(counts, CLASSES)
  const unknown = predicted.filter(column => column < 0).length
  const right = counts.reduce((sum, row, i) => sum + (row[i] as number), 0)
  return (
    <div className="confusion">
      <div className="summed">
        <p className="told">
          <b>{((100 * right) / Math.max(actual.length, 1)).toFixed(1)}&nbsp;%</b> {right} of{' '}
          {sourceText(samples, actual.length)} are right
        </p>
        <button
          type="button"
          className="mistakes"
          disabled={right + unknown === actual.length}
          onClick={() => onOpen('mistakes')}
        >
          Show the mistakes
        </button>
        {decision}
      </div>
      <div className="tables">
        <Matrix counts={counts} names={names} shown={shown} onOpen={onOpen} />
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

const SCORES = ['precision', 'recall', 'F1'] as const

const MOVES: Readonly<Record<string, readonly [down: number, across: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

/** One tab stop, with arrows from cell to cell; behind each row, the scores of its class. */
function Matrix({ counts, names, shown, onOpen }: MatrixProps) {
  const [[row, column], setPlace] = useState<readonly [number, number]>([0, 0])
  const body = useRef<HTMLTableSectionElement>(null)
  const last = shown.length - 1
  const scores = scoresOf(counts)
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
      <caption className="hidden">
        How many samples of each class are predicted to be of each, with precision, recall and F1
      </caption>
      <thead>
        <tr>
          <th scope="col">true ╲ predicted</th>
          {shown.map(j => (
            <th scope="col" key={names[j]}>
              {names[j]}
            </th>
          ))}
          {SCORES.map(name => (
            <th scope="col" key={name} className={`score ${name}`}>
              {name}
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
              <ScoreCells scores={scores[i] as Scores} />
            </tr>
          )
        })}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={shown.length + 1}>
            macro
          </th>
          <ScoreCells scores={macroOf(scores)} />
        </tr>
      </tfoot>
    </table>
  )
}

const within = (place: number, last: number) => Math.min(Math.max(place, 0), last)

const ScoreCells = ({ scores: { precision, recall, f1 } }: { readonly scores: Scores }) =>
  [precision, recall, f1].map((score, i) => (
    <td key={SCORES[i]} className={`score ${SCORES[i]}`}>
      {score.toFixed(3)}
    </td>
  ))
