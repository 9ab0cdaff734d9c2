/** A menu of what a chart can be taken home as: a picture of a chosen size, a table, a link. */
import { useEffect, useMemo, useRef, useState } from 'react'
import type { BridgeClient, RunState } from '../../client.ts'
import { CopyLink } from '../copy-link.tsx'
import { saveCsv, savePng, saveSvg } from '../downloads.ts'
import { numberIn } from '../format.ts'
import { coloursOf } from '../palette.ts'
import { measured } from '../text-width.ts'
import { type Picture, svgOf, USUAL } from './svg.ts'
import { useBlob } from './use-blob.ts'

/** The sides that a picture may have, in pixels. */
const SIDE = { minimum: 200, below: 4097, isWhole: true }

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  /** The series of the chart. */
  readonly names: readonly string[]
  readonly picture: Picture
  readonly isConnected: boolean
  readonly isDark: boolean
}

export function Save(props: Props) {
  /** The picture as it was when the menu was opened, so that it rests. */
  const [taken, setTaken] = useState<Picture>()
  return (
    <>
      <button
        type="button"
        title="A picture, a table, or a link to this view"
        aria-haspopup="dialog"
        onClick={() => setTaken(props.picture)}
      >
        Save …
      </button>
      {taken && <Menu {...props} picture={taken} onClose={() => setTaken(undefined)} />}
    </>
  )
}

function Menu({
  client,
  state,
  names,
  picture,
  isConnected,
  isDark,
  onClose,
}: Props & { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [width, setWidth] = useState(String(USUAL.width))
  const [height, setHeight] = useState(String(USUAL.height))
  const [scale, setScale] = useState(2)
  const [look, setLook] = useState(isDark ? 'dark' : 'light')
  const [problem, setProblem] = useState<string>()
  useEffect(() => dialog.current?.showModal(), [])

  const sides = [numberIn(width, SIDE), numberIn(height, SIDE)] as const
  const [across, up] = sides
  const wrong = sides.find(side => typeof side === 'string')
  const svg = useMemo(
    () =>
      typeof across === 'number' && typeof up === 'number'
        ? svgOf(
            picture,
            { colour: coloursOf(look === 'dark'), measure: measured },
            { width: across, height: up },
          )
        : undefined,
    [picture, across, up, look],
  )
  const url = useBlob(svg)
  const attempt = (work: Promise<unknown>) => {
    setProblem(undefined)
    work.catch((error: Error) => setProblem(error.message))
  }
  const size = { width: across as number, height: up as number }
  return (
    <dialog
      ref={dialog}
      className="save"
      aria-label="Save"
      onClose={({ target }) => target === dialog.current && onClose()}
    >
      <div className="save-picture">{url && <img src={url} alt={`The chart: ${picture.title}`} />}</div>
      <div className="save-form">
        <fieldset className="save-row">
          <legend className="hidden">The picture</legend>
          <Side name="Width" value={width} onChange={setWidth} />
          <span aria-hidden="true">×</span>
          <Side name="Height" value={height} onChange={setHeight} />
          <select aria-label="Pixels" value={scale} onChange={({ target }) => setScale(Number(target.value))}>
            <option value={1}>1×</option>
            <option value={2}>2×, for sharp screens</option>
          </select>
          <select aria-label="Colours" value={look} onChange={({ target }) => setLook(target.value)}>
            <option value="light">light</option>
            <option value="dark">dark</option>
          </select>
          <span className="spacer" />
          <button
            type="button"
            disabled={svg === undefined}
            onClick={() => attempt(savePng(picture.title, svg ?? '', size, scale))}
          >
            PNG
          </button>
          <button
            type="button"
            disabled={svg === undefined}
            onClick={() => saveSvg(picture.title, svg ?? '')}
          >
            SVG
          </button>
        </fieldset>
        <div className="save-row">
          <small>All points that the run has kept of these curves</small>
          <span className="spacer" />
          <button
            type="button"
            disabled={!isConnected}
            onClick={() => attempt(saveCsv(client, names, state))}
          >
            CSV
          </button>
        </div>
        <div className="save-row">
          <small>This view for a colleague, without your token</small>
          <span className="spacer" />
          <CopyLink />
        </div>
        <div className="save-row">
          <small className="refused" role="alert">
            {problem ?? (wrong !== undefined && `a side of the picture: ${wrong}`)}
          </small>
          <span className="spacer" />
          <button type="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </div>
    </dialog>
  )
}

interface SideProps {
  readonly name: string
  readonly value: string
  readonly onChange: (value: string) => void
}

const Side = ({ name, value, onChange }: SideProps) => (
  <input
    type="number"
    aria-label={`${name} in pixels`}
    title={`${name} in pixels`}
    min={SIDE.minimum}
    max={SIDE.below - 1}
    value={value}
    onChange={({ target }) => onChange(target.value)}
  />
)
