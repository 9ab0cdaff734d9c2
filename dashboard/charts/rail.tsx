/** The marks above a plot, each a button that tells its words. Close ones become one, with their number. */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { count } from '../format.ts'
import { measured } from '../text-width.ts'
import { type Gathered, gathered, type Label, labelsOf, worded } from './gathered.ts'
import { chiefOf, ICON_COLOURS, ICONS } from './mark-icons.ts'
import type { Mark } from './svg.ts'

/** Where the plot is in its frame, in pixels, and which part of the axis it shows. */
export interface Ground {
  readonly left: number
  readonly width: number
  readonly least: number
  readonly most: number
}

/** Marks nearer than that become one, in pixels. */
export const NEAR = 26
/** The most marks whose words are told at once. */
const MOST = 8

interface Props {
  readonly marks: readonly Mark[]
  readonly ground: Ground
  /** The pointer on the axis: it reads a mark that it is at. */
  readonly at: number | undefined
  /** What can be done with a mark, where somebody has opened it. */
  readonly actionsOf: (mark: Mark) => ReactNode
}

export function Rail({ marks, ground: { left, width, least, most }, at, actionsOf }: Props) {
  const [pointed, setPointed] = useState<number>()
  const [opened, setOpened] = useState<number>()
  /** The one that the Tab key reaches. */
  const [reached, setReached] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const id = useId()
  const placeOf = (x: number) => left + ((x - least) / (most - least)) * width
  const inView = marks.filter(({ x }) => x >= least && x <= most)
  const groups = gathered(inView, ({ x }) => placeOf(x), NEAR)
  const labels = labelsOf(groups, left, left + width)
  const current = Math.min(reached, Math.max(groups.length - 1, 0))
  const under = at === undefined ? -1 : groups.findIndex(group => Math.abs(group.at - placeOf(at)) < 5)
  const told = opened ?? pointed ?? (under < 0 ? undefined : under)
  const group = told === undefined ? undefined : groups[told]
  const isGone = opened !== undefined && opened >= groups.length
  useEffect(() => {
    if (isGone) setOpened(undefined)
  }, [isGone])

  const reach = (index: number) => {
    setReached(index)
    list.current?.querySelectorAll('button')[index]?.focus()
  }
  const move = (event: KeyboardEvent) => {
    const last = groups.length - 1
    const steps: Record<string, number> = {
      ArrowRight: Math.min(current + 1, last),
      ArrowLeft: Math.max(current - 1, 0),
      Home: 0,
      End: last,
    }
    const next = steps[event.key]
    if (event.key === 'Escape' && told !== undefined) {
      event.preventDefault()
      setOpened(undefined)
      setPointed(undefined)
    } else if (next !== undefined) {
      event.preventDefault()
      setOpened(undefined)
      reach(next)
    }
  }
  if (groups.length === 0) return null
  return (
    <div className="rail">
      <ul ref={list} aria-label="Marks" onKeyDown={move}>
        {groups.map((own, i) => {
          const kind = chiefOf(own.marks.map(mark => mark.kind))
          const { isBefore, room } = labels[i] as Label
          const [only] = own.marks
          return (
            <li
              key={keyOf(own)}
              className={isBefore ? 'before' : undefined}
              onPointerEnter={() => setPointed(i)}
              onPointerLeave={() => setPointed(undefined)}
              style={isBefore ? { right: `calc(100% - ${own.at}px)` } : { left: own.at }}
            >
              <button
                type="button"
                className={told === i ? 'mark told' : 'mark'}
                style={{ color: `var(${ICON_COLOURS[kind]})` }}
                tabIndex={i === current ? 0 : -1}
                aria-label={`${own.marks.length > 1 ? `${own.marks.length} marks` : 'Mark'}, ${i + 1} of ${groups.length}`}
                aria-describedby={`${id}${i}`}
                aria-expanded={opened === i}
                aria-controls={id}
                onFocus={() => {
                  setReached(i)
                  setPointed(i)
                }}
                onBlur={() => setPointed(undefined)}
                onClick={() => setOpened(opened === i ? undefined : i)}
              >
                <svg viewBox="0 0 12 12" aria-hidden="true">
                  <path d={ICONS[kind]} fillRule="evenodd" />
                </svg>
                {own.marks.length > 1 && <b>{own.marks.length}</b>}
              </button>
              {own.marks.length === 1 && room > 0 && (
                <span className="label" aria-hidden="true" style={{ maxWidth: room }}>
                  {only && worded(only, room, measured)}
                </span>
              )}
              <span id={`${id}${i}`} className="hidden">
                {labelOf(own)}
              </span>
            </li>
          )
        })}
      </ul>
      <div id={id} className="words" hidden={!group} style={sideOf(group?.at ?? 0, left + width)}>
        {group && (
          <ul>
            {group.marks.slice(0, MOST).map((mark, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: several can have the same words
              <li key={i}>
                <svg
                  viewBox="0 0 12 12"
                  aria-hidden="true"
                  style={{ color: `var(${ICON_COLOURS[mark.kind]})` }}
                >
                  <path d={ICONS[mark.kind]} fillRule="evenodd" />
                </svg>
                <span>
                  {mark.text} <small>{whenOf(mark)}</small>
                </span>
                {opened !== undefined && actionsOf(mark)}
              </li>
            ))}
            {group.marks.length > MOST && (
              <li>and {group.marks.length - MOST} more: zoom in to tell them apart</li>
            )}
          </ul>
        )}
      </div>
    </div>
  )
}

/** Words grow towards the middle of the plot. */
const sideOf = (at: number, right: number) =>
  at > right / 2 ? { right: `calc(100% - ${Math.round(at) + 12}px)` } : { left: Math.round(at) - 12 }

const keyOf = ({ marks: [first] }: Gathered<Mark>) =>
  first?.kind === 'best' || first?.note
    ? `${first.kind} ${first.note?.id}`
    : `${first?.kind} ${first?.step} ${first?.text}`

const labelOf = ({ marks }: Gathered<Mark>) => {
  const all = marks.slice(0, MOST).map(mark => `${mark.text}, ${whenOf(mark)}`)
  const rest = marks.length > MOST ? [`and ${marks.length - MOST} more`] : []
  return marks.length === 1 ? (all[0] as string) : `${marks.length} marks: ${[...all, ...rest].join('; ')}`
}

const whenOf = ({ author, step, time }: Mark) =>
  [author, `step ${count(step)}`, time !== undefined && new Date(time).toLocaleTimeString('en-GB')]
    .filter(Boolean)
    .join(', ')
