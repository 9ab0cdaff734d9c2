/** What a layer makes of samples, projected onto a plane: samples that it finds alike are near each other. */
import {
  type KeyboardEvent,
  type PointerEvent,
  useCallback,
  useEffect,
  useId,
  useMemo,
  useReducer,
  useRef,
  useState,
} from 'react'
import type { BridgeClient, ConnectionState, RunState } from '../../client.ts'
import { useInAddress } from '../address.ts'
import { Legend, ScaleBar } from '../boundary.tsx'
import { figures, share } from '../format.ts'
import { useLatest, usePoll, useSize } from '../hooks.ts'
import type { SaidOfSamples } from '../look.ts'
import { scaleOf } from '../surface.ts'
import { rowsOf, type Task } from '../task.ts'
import { actualOf } from '../told.ts'
import { type Layer, layersOf, layerValues, pointsOf, targetsOf } from './layer-values.ts'
import { type PictureShape, rangeOf } from './picture.ts'
import { alignedWith } from './principal.ts'
import type { Job, Progress } from './projection.worker.ts'
import { Projector } from './projector.ts'
import { SampleStore } from './sample-store.ts'
import { Picture } from './samples.tsx'
import { besides, drawScatter, nearestTo, placesIn } from './scatter.ts'
import './projection.css'

/** Milliseconds between two projections of a run that goes on. */
const REFRESH = 2000
const METHODS = ['PCA', 'UMAP'] as const
type Method = Job['method']
export const SEED = 1

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  readonly task: Task
  /** The names of the classes; undefined for a regression. */
  readonly names: readonly string[] | undefined
  readonly samples: SaidOfSamples
  readonly picture: PictureShape | undefined
  readonly isDark: boolean
}

export function Projection({ client, state, task, names, samples, picture, isDark }: Props) {
  const { graph } = state
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the state, only the graph matters
  const { layers, first } = useMemo(
    () => layersOf(state, graph.outputs[task.output ?? '']?.node ?? ''),
    [graph, task],
  )
  const [wanted, setLayer] = useInAddress('layer')
  const [chosen, setMethod] = useMethod()
  const layer = layers.find(({ id }) => id === wanted) ?? layers[first]
  if (!layer) return <p>No layer of this network has two numbers or more for each sample.</p>
  return (
    <div className="projection">
      <div className="projection-head">
        <label>
          layer
          <select value={layer.id} onChange={({ target }) => setLayer(target.value)}>
            {layers.map(({ id, width }) => (
              <option key={id} value={id}>
                {id}, {width} numbers
              </option>
            ))}
          </select>
        </label>
        <MethodChoice chosen={chosen} onChoose={setMethod} />
      </div>
      <Plane
        key={`${layer.id} ${chosen}`}
        client={client}
        state={state}
        task={task}
        names={names}
        samples={samples}
        picture={picture}
        isDark={isDark}
        layer={layer}
        method={chosen}
      />
    </div>
  )
}

/** The method of projections, which is the same for all of them. */
export function useMethod(): [Method, (method: Method) => void] {
  const [method, setMethod] = useInAddress('projection')
  const choose = useCallback((next: Method) => setMethod(next === METHODS[0] ? '' : next), [setMethod])
  return [METHODS.find(name => name === method) ?? METHODS[0], choose]
}

interface MethodProps {
  readonly chosen: Method
  readonly onChoose: (method: Method) => void
}

export function MethodChoice({ chosen, onChoose }: MethodProps) {
  const group = useId()
  return (
    <fieldset>
      <legend className="hidden">Method</legend>
      {METHODS.map(name => (
        <label key={name}>
          <input type="radio" name={group} checked={name === chosen} onChange={() => onChoose(name)} />
          {name}
        </label>
      ))}
    </fieldset>
  )
}

interface PlaneProps extends Props {
  readonly layer: Layer
  readonly method: Job['method']
}

function Plane({ client, state, task, names, samples, picture, isDark, layer, method }: PlaneProps) {
  const total = (samples.source === 'data' ? state.data : state.validation)?.samples ?? samples.count
  const count = pointsOf(total, layer.width)
  const { progress, problem, again } = useProjected(client, state, samples, layer, method, total)
  const values = useValues(client, task, samples, count)
  const scale = names || !values ? undefined : scaleOf(values)
  const canvas = useRef<HTMLCanvasElement>(null)
  const { width, height } = useSize(canvas)
  const [at, setAt] = useState<number>()
  const points = progress?.points
  // biome-ignore lint/correctness/useExhaustiveDependencies: redraw for new colours and sizes
  useEffect(() => {
    if (canvas.current && points)
      drawScatter(canvas.current, {
        points,
        values: values ?? Array.from({ length: points.length / 2 }, () => -1),
        scale,
        chosen: at,
      })
  }, [points, values, at, isDark, width, height])
  const point = ({ nativeEvent: { offsetX, offsetY } }: PointerEvent) => {
    if (points) setAt(nearestTo(placesIn(points, width, height), offsetX, offsetY))
  }
  const move = (event: KeyboardEvent) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key] as 1 | -1 | undefined
    if (way === undefined || !points) return
    event.preventDefault()
    setAt(besides(points, at, way))
  }
  return (
    <>
      {problem !== undefined && <p className="refused">{problem}</p>}
      <canvas
        ref={canvas}
        tabIndex={0}
        role="img"
        aria-label={`${method} of ${layer.id} for ${count} samples; arrow keys go from point to point`}
        onPointerMove={point}
        onPointerLeave={() => setAt(undefined)}
        onKeyDown={move}
        onBlur={() => setAt(undefined)}
      />
      <div className="projection-foot">
        {names ? (
          <Legend names={names} />
        ) : (
          scale && <ScaleBar scale={scale} name={samples.names[task.target]?.[0]} />
        )}
        <output>{at === undefined ? factsOf(progress, count, method) : labelOf(at, values, names)}</output>
        {method === 'UMAP' && progress?.done === 1 && (
          <button type="button" onClick={again}>
            Project again
          </button>
        )}
        {picture && at !== undefined && (
          <Hovered client={client} samples={samples} input={task.input} shape={picture} place={at} />
        )}
      </div>
    </>
  )
}

const factsOf = (progress: Progress | undefined, count: number, method: Job['method']): string => {
  if (!progress) return 'Loading …'
  if (progress.done < 1) return `${method} of ${count} samples: ${share(progress.done)}`
  const kept = progress.shares && `, ${share(progress.shares[0] + progress.shares[1])} of the variance`
  return `${count} samples${kept ?? ''}`
}

function labelOf(
  at: number,
  values: readonly number[] | undefined,
  names: readonly string[] | undefined,
): string {
  const value = values?.[at]
  if (value === undefined) return `sample ${at}`
  return `sample ${at}: ${names ? (names[value] ?? '–') : figures(value)}`
}

/** The values of the layer, projected: again while the run goes on (PCA), or when asked (UMAP). */
function useProjected(
  client: BridgeClient,
  { step, status }: RunState,
  { source }: SaidOfSamples,
  { id, width }: Layer,
  method: Job['method'],
  samples: number,
) {
  const connection = useLatest<ConnectionState | undefined>(client.connection$, undefined)
  const [progress, setProgress] = useState<Progress>()
  const [problem, setProblem] = useState<string>()
  const [wish, again] = useReducer((times: number) => times + 1, 0)
  const projector = useRef<Projector>(undefined)
  const done = useRef({ step: -1, wish: -1 })
  useEffect(() => {
    let before: Float64Array | undefined
    const own = new Projector(next => {
      // What was to the left stays there.
      before = method === 'PCA' ? alignedWith(next.points, before) : next.points
      setProgress({ ...next, points: before })
    })
    projector.current = own
    return () => own.close()
  }, [method])
  const ask = async () => {
    const isNew = method === 'PCA' ? done.current.step !== step : done.current.wish !== wish
    if (!isNew) return
    try {
      const { rows, count } = await layerValues(client, { of: source, node: id, width, samples })
      projector.current?.start({ method, rows, count, width, seed: SEED })
      done.current = { step, wish }
      setProblem(undefined)
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      if (code !== 'DISCONNECTED') setProblem(message)
    }
  }
  usePoll(ask, `${connection?.connections} ${status} ${wish}`, REFRESH, connection?.status === 'open')
  return { progress, problem, again }
}

/** What is true of each sample: its class, or its number. */
function useValues(client: BridgeClient, task: Task, { source }: SaidOfSamples, count: number) {
  const [values, setValues] = useState<readonly number[]>()
  useEffect(() => {
    let isOld = false
    targetsOf(client, source, task.target, count).then(
      column => {
        if (isOld || !column) return
        const rows = rowsOf(column)
        setValues(
          task.kind === 'regression'
            ? rows.map(([value = Number.NaN]) => value)
            : rows.map(row => actualOf(task, row)),
        )
      },
      () => undefined,
    )
    return () => {
      isOld = true
    }
  }, [client, source, task, count])
  return values
}

interface HoveredProps {
  readonly client: BridgeClient
  readonly samples: SaidOfSamples
  readonly input: string
  readonly shape: PictureShape
  readonly place: number
}

/** The picture of the sample at the pointer. */
function Hovered({ client, samples: { source }, input, shape, place }: HoveredProps) {
  const store = useMemo(() => new SampleStore(client, source, [input]), [client, source, input])
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0)
  useEffect(() => {
    void store.fetch([place]).then(redraw, () => undefined)
  }, [store, place])
  const sample = store.get(place)?.[input]
  if (!sample) return null
  return <Picture label={`Sample ${place}`} sample={sample} shape={shape} range={rangeOf([sample])} />
}
