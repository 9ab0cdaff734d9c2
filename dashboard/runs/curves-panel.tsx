/** The curves of the selected runs, one over the other. */
import { useMemo, useState } from 'react'
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import { useInAddress } from '../address.ts'
import { placeText } from '../charts/curves.ts'
import { labelOf } from '../charts/kinds.ts'
import { Save } from '../charts/save.tsx'
import { svgOf } from '../charts/svg.ts'
import { UNITS, useSmoothing, ViewControls } from '../charts/view-controls.tsx'
import { Zoom } from '../charts/zoom.tsx'
import { saveCsv } from '../downloads.ts'
import { count } from '../format.ts'
import { useMedia } from '../hooks.ts'
import { textOfList } from './address-list.ts'
import { variableOf } from './colours.ts'
import { mainFigure, numberText } from './columns.ts'
import { csvOfRuns, curvesIn, type Drawn } from './overlay-picture.ts'
import { type Line, OverlayPlot, type Span } from './overlay-plot.tsx'
import type { RunsClient } from './runs-client.ts'
import { extentOf, partsOf, spanIn, spanOf, textOfSpan } from './span.ts'
import { averaged, trackOf, valueAt } from './tracks.ts'
import { useCurves } from './use-curves.ts'
import '../charts/charts.css'

/** When the colours come again, the lines are dashed. */
const DASHES = [[], [8, 4], [2, 3]] as const

interface Props {
  readonly client: RunsClient
  /** What the runs are called together. */
  readonly title: string
  /** All of them, for what there is to draw. */
  readonly runs: readonly RunRow[]
  readonly selected: readonly RunRow[]
  readonly colours: ReadonlyMap<string, string>
  readonly onRemove: (folder: string) => void
}

export function CurvesPanel({ client, title, runs, selected, colours, onRemove }: Props) {
  const [nameWanted, setName] = useInAddress('figure')
  const [axis, setAxis] = useInAddress('axis')
  const [spanText, setSpanText] = useInAddress('zoom')
  const [window, setWindow] = useSmoothing(0)
  const [scale, setScale] = useInAddress('scale')
  const [at, setAt] = useState<number>()
  const isDark = useMedia('(prefers-color-scheme: dark)')

  const names = useMemo(() => seriesOf(runs), [runs])
  const name = names.includes(nameWanted) ? nameWanted : (names[0] ?? 'loss')
  const unit = UNITS.find(known => known === axis) ?? 'step'
  const isLog = scale === 'log'
  const { curves, missing, problem } = useCurves(client, selected, name)

  const drawn = useMemo(
    () =>
      selected.flatMap(({ folder, name: label }, i): Drawn[] => {
        const curve = curves.get(folder)
        const track = curve && trackOf(curve.points, unit, curve.epochs)
        if (!track || track.x.length === 0) return []
        const trend = window > 0 ? averaged(track, curve.points.steps, window) : undefined
        const colour = colours.get(folder)
        const before = selected.slice(0, i).filter(other => colours.get(other.folder) === colour).length
        const look = { label, colour: variableOf(colour), dash: DASHES[before % DASHES.length] ?? [] }
        return [{ folder, track, trend, look }]
      }),
    [selected, curves, unit, window, colours],
  )
  const lines = useMemo((): Line[] => {
    const raw = drawn.map(({ folder, track, trend, look }) => ({
      ...look,
      key: folder,
      track,
      isFaint: trend !== undefined,
    }))
    const trends = drawn.flatMap(({ folder, trend, look }) =>
      trend ? { ...look, key: `${folder} average`, track: trend, isFaint: false } : [],
    )
    return [...raw, ...trends]
  }, [drawn])
  const whole = useMemo((): Span => extentOf(drawn.map(({ track }) => track.x)), [drawn])
  const span = useMemo(() => spanIn(spanText), [spanText])
  const figureAt = ({ track, trend }: Drawn) => valueAt(trend ?? track, at ?? (track.x.at(-1) as number))
  const caption = `${title}: ${labelOf(name)}`
  const texts = drawn.map(one => `${one.look.label} ${numberText(figureAt(one) ?? Number.NaN)}`)
  const legend = drawn.map((one, i) => ({ ...one.look, text: texts[i] ?? '' }))
  const without = selected.length - missing - drawn.length
  const note =
    problem ??
    (selected.length === 0
      ? 'Select runs in the table to see their curves.'
      : missing > 0
        ? `Loading ${count(missing)} …`
        : without > 0 && `${without === 1 ? 'One run has' : `${count(without)} runs have`} no such points.`)
  return (
    <section className="panel curves-panel" aria-label="Curves">
      <div className="panel-head">
        <h2>Curves</h2>
        <select
          className="axis"
          aria-label="Figure"
          value={name}
          onChange={({ target }) => setName(target.value)}
        >
          {names.map(other => (
            <option key={other} value={other}>
              {labelOf(other)}
            </option>
          ))}
        </select>
        {note && <small role="status">{note}</small>}
        <span className="spacer" />
        <small className="at">
          {unit} {placeText(at ?? span?.[1] ?? whole[1], unit)}
        </small>
        <Save
          drawing={{
            title: caption,
            svg: (style, size) => {
              const range = span ?? whole
              const curves = curvesIn(drawn, range, size.width, isLog)
              return svgOf({ title: caption, curves, legend, marks: [], isLog, unit, range }, style, size)
            },
          }}
          table={{
            words: 'All points that these runs have kept of it',
            isThere: drawn.length > 0,
            save: async () => {
              const known = selected.flatMap(({ folder, name: label }) => {
                const points = curves.get(folder)?.points
                return points ? [{ folder, label, points }] : []
              })
              saveCsv(caption, csvOfRuns(name, known))
            },
          }}
          isDark={isDark}
          // Later, other runs may be the latest.
          pinned={{ runs: textOfList(selected.map(({ folder }) => folder)), figure: name }}
        />
      </div>
      <div className="charts-shown">
        <fieldset className="run-legend">
          <legend className="hidden">Curves that are drawn</legend>
          {drawn.map(one => (
            <button
              key={one.folder}
              type="button"
              title={`${one.look.label}: click to take it out`}
              onClick={() => onRemove(one.folder)}
            >
              <svg className="swatch" viewBox="0 0 22 8" aria-hidden="true">
                <line
                  x1="1"
                  x2="21"
                  y1="4"
                  y2="4"
                  stroke={`var(${one.look.colour})`}
                  strokeDasharray={one.look.dash.join(' ')}
                />
              </svg>
              <span>{one.look.label}</span> <strong>{numberText(figureAt(one) ?? Number.NaN)}</strong>
            </button>
          ))}
        </fieldset>
        <OverlayPlot
          lines={lines}
          whole={whole}
          span={span}
          isLog={isLog}
          isDark={isDark}
          unit={unit}
          label={`${labelOf(name)} over ${unit === 'time' ? unit : `${unit}s`}: ${texts.join('; ') || 'nothing yet'}`}
          onSpan={next => setSpanText(textOfSpan(next))}
          onPoint={setAt}
        />
      </div>
      <div className="panel-foot">
        <ViewControls
          window={window}
          isLog={isLog}
          unit={unit}
          hasEpochs
          onWindow={setWindow}
          onLog={log => setScale(log ? 'log' : '')}
          onUnit={next => {
            setAxis(next === 'step' ? '' : next)
            // A part of one axis is none of another.
            setSpanText('')
          }}
        />
        <Zoom
          range={span && partsOf(span, whole)}
          whole={partsOf(whole, whole)}
          onChange={parts => setSpanText(textOfSpan(parts && spanOf(parts, whole)))}
        />
      </div>
    </section>
  )
}

/** What can be drawn: the figures of epochs, the one that counts first, the loss of batches, and what was set. */
function seriesOf(runs: readonly RunRow[]): string[] {
  const main = mainFigure(runs)
  const figures = [...new Set(runs.flatMap(({ last }) => Object.keys(last)))]
  const set = new Set(
    runs.flatMap(({ hyperparameters }) => Object.keys(hyperparameters).filter(id => id.includes('.'))),
  )
  return [
    ...(main === undefined
      ? []
      : [main, ...figures.filter(figure => figure !== main)].map(figure => `metrics.${figure}`)),
    'loss',
    'throughput',
    ...set,
  ]
}
