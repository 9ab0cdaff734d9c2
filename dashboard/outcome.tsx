/** What the network has learned: the decision boundary for two inputs, the confusion matrix for classes. */
import { memo, useEffect, useRef, useState } from 'react'
import type { BridgeClient, Predictions, RunState, TensorJson } from '../client.ts'
import { drawBoundary, GRID, gridOf } from './boundary.ts'
import { useInterval } from './hooks.ts'

/** How often it is looked at anew, in milliseconds. */
const REFRESH = { boundary: 400, confusion: 1000 } as const
const SAMPLES = 512

/** What is classified: the prediction, the target, and how a prediction becomes a class. */
interface Task {
  readonly input: string
  readonly target: string
  readonly isFlat: boolean
  readonly isClassification: boolean
  /** Above this, the only output says "yes"; undefined for several classes. */
  readonly threshold: number | undefined
}

function taskOf({ nodes }: RunState): Task | undefined {
  const loss = Object.values(nodes).find(({ type }) => /^(meanSquaredError|\w+Crossentropy)$/.test(type))
  const target = loss?.inputs[1]
  const inputs = Object.entries(nodes).filter(([id, { type }]) => type === 'input' && id !== target)
  const [only, ...others] = inputs
  if (!loss || target === undefined || !only || others.length > 0) return undefined
  const [input, { shape }] = only
  const isBinary = loss.type === 'binaryCrossentropy'
  return {
    input,
    target,
    isFlat: shape.length === 2 && shape[1] === 2,
    isClassification: loss.type !== 'meanSquaredError',
    threshold:
      loss.type === 'categoricalCrossentropy' ? undefined : isBinary && loss.config.fromLogits ? 0 : 0.5,
  }
}

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  readonly isDark: boolean
}

export function Outcome({ client, state, isDark }: Props) {
  const task = taskOf(state)
  if (!task || !(task.isFlat || task.isClassification)) return null
  return (
    <section className="panel outcome" aria-label="What it has learned">
      <div className="panel-head">
        <h2>{task.isFlat ? 'Decision boundary' : 'Confusion matrix'}</h2>
      </div>
      {task.isFlat ? (
        <Boundary client={client} state={state} task={task} isDark={isDark} />
      ) : (
        <Confusion client={client} state={state} task={task} />
      )}
    </section>
  )
}

/** Asks again and again while the run goes on, and once more when it rests. */
function usePredictions(client: BridgeClient, { step, status }: RunState, every: number) {
  const [samples, setSamples] = useState<Predictions>()
  const [problem, setProblem] = useState<string>()
  const asked = useRef(-1)
  const described = useRef<Predictions>(undefined)
  const source = useRef<'validation' | 'data'>('validation')
  const ask = async () => {
    if (asked.current === step && status !== 'running') return
    asked.current = step
    try {
      const columns = described.current === undefined
      const answer = await client.predict({ of: source.current, count: SAMPLES, columns })
      // What the samples are is told once.
      described.current ??= answer
      setSamples({ ...described.current, outputs: answer.outputs })
    } catch (error) {
      // A run without validation shows how it does on what it learns from.
      if (source.current === 'validation') {
        source.current = 'data'
        asked.current = -1
      } else setProblem((error as Error).message)
    }
  }
  useInterval(() => void ask(), every)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the first time at once
  useEffect(() => void ask(), [])
  return { samples, problem, source: source.current }
}

function predictionOf(outputs: Predictions['outputs']): TensorJson | undefined {
  return outputs.prediction ?? Object.values(outputs)[0]
}

/** The class of each row. */
function classesOf({ shape, data }: TensorJson, threshold: number | undefined): number[] {
  const width = shape.at(-1) ?? 1
  return Array.from({ length: shape[0] ?? 0 }, (_, row) => {
    const own = data.slice(row * width, (row + 1) * width)
    if (width === 1) return (own[0] as number) > (threshold ?? 0.5) ? 1 : 0
    return own.indexOf(Math.max(...own))
  })
}

function Boundary({ client, state, task, isDark }: Props & { readonly task: Task }) {
  const { samples, problem } = usePredictions(client, state, REFRESH.boundary)
  const canvas = useRef<HTMLCanvasElement>(null)
  const points = samples?.columns?.[task.input]
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew with each answer
  useEffect(() => {
    if (!points || !canvas.current || !samples?.columns) return
    let isCurrent = true
    const grid = gridOf(points)
    const target = samples.columns[task.target]
    client.predict({ inputs: { [task.input]: grid.rows } }).then(
      ({ outputs }) => {
        const values = predictionOf(outputs)
        if (!isCurrent || !canvas.current || !values) return
        const classes = target && task.isClassification ? classesOf(target, 0.5) : undefined
        drawBoundary(canvas.current, grid, values, points, classes, task.threshold)
      },
      () => undefined,
    )
    return () => {
      isCurrent = false
    }
  }, [samples, isDark])
  return (
    <figure className="boundary">
      <canvas ref={canvas} role="img" aria-label={`What the network says on ${GRID} by ${GRID} places`} />
      {problem && <figcaption>{problem}</figcaption>}
    </figure>
  )
}

function Confusion({ client, state, task }: Omit<Props, 'isDark'> & { readonly task: Task }) {
  const { samples, problem, source } = usePredictions(client, state, REFRESH.confusion)
  const { target, threshold } = task
  if (!samples) return <p>{problem ?? 'Comes in a moment.'}</p>
  return <Matrix samples={samples} target={target} threshold={threshold} source={source} />
}

interface MatrixProps extends Pick<Task, 'target' | 'threshold'> {
  readonly samples: Predictions
  readonly source: 'validation' | 'data'
}

/** Counted anew when there are new predictions. */
const Matrix = memo(({ samples, target: name, threshold, source }: MatrixProps) => {
  const target = samples.columns?.[name]
  const prediction = predictionOf(samples.outputs)
  if (!target || !prediction) return null
  const [told, is] = [classesOf(prediction, threshold), classesOf(target, 0.5)]
  const size = Math.max(target.shape.at(-1) ?? 1, 2)
  const names =
    samples.names?.[name]?.length === size
      ? (samples.names[name] as readonly string[])
      : Array.from({ length: size }, (_, i) => String(i))
  const counts = names.map(() => names.map(() => 0))
  is.forEach((row, i) => {
    const column = told[i] as number
    const cells = counts[row]
    if (cells?.[column] !== undefined) cells[column]++
  })
  const right = counts.reduce((sum, row, i) => sum + (row[i] as number), 0)
  return (
    <div className="confusion">
      <table>
        <caption>
          {right} of {is.length} {source === 'validation' ? 'validation' : 'training'} samples are right (
          {((100 * right) / Math.max(is.length, 1)).toFixed(1)} %)
        </caption>
        <thead>
          <tr>
            <th scope="col">is ╲ told</th>
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
                    className={i === j ? 'right' : value > 0 ? 'wrong' : ''}
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
    </div>
  )
})
