/** A menu of what a chart can be taken home as: a picture of a chosen size, a table, a link. */
import { useEffect, useMemo, useRef, useState } from 'react'
import { CopyLink } from '../copy-link.tsx'
import { savePng, saveSvg } from '../downloads.ts'
import { numberIn } from '../format.ts'
import { Icon } from '../icon.tsx'
import { coloursOf } from '../palette.ts'
import { measured } from '../text-width.ts'
import { type Size, type Style, USUAL } from './svg.ts'
import { useBlob } from './use-blob.ts'

/** The sides that a picture may have, in pixels. */
const SIDE = { minimum: 200, below: 4097, isWhole: true }

/** A picture that can be drawn in any size. */
export interface Drawing {
  readonly title: string
  readonly svg: (style: Style, size: Size) => string
}

/** The numbers behind it. */
export interface Table {
  /** What it has in it, in words. */
  readonly words: string
  readonly isThere: boolean
  readonly save: () => Promise<unknown>
}

interface Props {
  readonly drawing: Drawing
  readonly table: Table
  readonly isDark: boolean
  /** Parts of the view that a link names, too, although nobody has chosen them. */
  readonly pinned?: Readonly<Record<string, string>>
}

export function Save(props: Props) {
  /** The picture as it was when the menu was opened, so that it rests. */
  const [taken, setTaken] = useState<Drawing>()
  return (
    <>
      <button
        type="button"
        title="A picture, a table, or a link to this view"
        aria-haspopup="dialog"
        onClick={() => setTaken(props.drawing)}
      >
        <Icon name="save" /> <span className="word">Save …</span>
      </button>
      {taken && <Menu {...props} drawing={taken} onClose={() => setTaken(undefined)} />}
    </>
  )
}

function Menu({ drawing, table, isDark, pinned, onClose }: Props & { onClose: () => void }) {
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
        ? drawing.svg(
            { colour: coloursOf(look === 'dark'), measure: measured },
            { width: across, height: up },
          )
        : undefined,
    [drawing, across, up, look],
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
      <div className="save-picture">{url && <img src={url} alt={`The chart: ${drawing.title}`} />}</div>
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
          <span className="save-files">
            <button
              type="button"
              disabled={svg === undefined}
              onClick={() => attempt(savePng(drawing.title, svg ?? '', size, scale))}
            >
              PNG
            </button>
            <button
              type="button"
              disabled={svg === undefined}
              onClick={() => saveSvg(drawing.title, svg ?? '')}
            >
              SVG
            </button>
          </span>
        </fieldset>
        <div className="save-row">
          <small>{table.words}</small>
          <span className="spacer" />
          <button type="button" disabled={!table.isThere} onClick={() => attempt(table.save())}>
            CSV
          </button>
        </div>
        <div className="save-row">
          <small>This view for a colleague, without your token</small>
          <span className="spacer" />
          <CopyLink {...(pinned && { pinned })} />
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
