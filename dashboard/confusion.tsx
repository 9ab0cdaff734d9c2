/** The confusion matrix: true classes against predicted ones. */
import { memo } from 'react'
import type { SaidOfSamples } from './look.ts'
import { classNames, classOf, meaningOf, rowsOf, type Task } from './task.ts'

interface Props {
  readonly task: Task
  readonly samples: SaidOfSamples
}

/** Recounted when there are new predictions. */
export const Confusion = memo(({ task, samples }: Props) => {
  const { columns, outputs, names: known, source, count } = samples
  const [targets, said] = [columns[task.target], outputs[task.output ?? '']]
  if (!targets || !said) {
    return <p>The predictions of {count} samples do not fit in one message, so they are not counted.</p>
  }
  const names = classNames(task, known[task.target])
  const predicted = rowsOf(said).map(row => classOf(meaningOf(row, task)))
  const is = rowsOf(targets).map(classOf)
  const counts = names.map(() => names.map(() => 0))
  is.forEach((row, i) => {
    const cells = counts[row]
    const column = predicted[i] ?? -1
    if (cells?.[column] !== undefined) cells[column]++
  })
  const unknown = predicted.filter(column => column < 0).length
  const right = counts.reduce((sum, row, i) => sum + (row[i] as number), 0)
  const of = is.length === count ? `the first ${is.length}` : is.length
  return (
    <div className="confusion">
      <table>
        <caption>
          {right} of {of} {source === 'validation' ? 'validation' : 'training'} samples are classified
          correctly: {((100 * right) / Math.max(is.length, 1)).toFixed(1)}&nbsp;%
        </caption>
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
