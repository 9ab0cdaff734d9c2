/** Keeps the view of the graph: all of it until somebody pans or zooms, and from then on what they look at. */
import type { ReactFlowInstance } from '@xyflow/react'
import { type RefObject, useLayoutEffect, useRef, useState } from 'react'
import { type Placed, SIZE } from './layout.ts'
import type { Point } from './point.ts'
import { anchored, fitted, type Size, showing, type View } from './view.ts'

/** A node that takes the place of what stood there, and the focus. */
interface Anchor {
  readonly from: Point
  readonly to: string
}

/** On a phone, text stays large enough to be read, and the rest is panned to; elsewhere all is seen at first. */
const least = () => (matchMedia('(max-width: 700px)').matches ? 0.8 : 0.05)

/** The view moves so long, in milliseconds, where people have not asked for less motion. */
const MOTION = 200
const motion = () => (matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : MOTION)

/**
 * `graph` tells one graph from another; `selected` is the node that stays on the pane when that becomes smaller. Whether
 * somebody has taken the view into their own hands is known to others as well.
 */
export function useView(
  plan: Placed,
  pane: Size,
  graph: string,
  selected: string | undefined,
  isTaken: RefObject<boolean>,
) {
  const flow =
    useRef<Pick<ReactFlowInstance, 'getViewport' | 'setViewport' | 'zoomIn' | 'zoomOut'>>(undefined)
  const shown = useRef('')
  const anchor = useRef<Anchor>(undefined)
  const buttons = useRef(new Map<string, HTMLButtonElement>())
  /** What gets the focus as soon as it is on the page. */
  const wanted = useRef<string>(undefined)

  const current = `${plan.isNarrow} ${graph}`

  const showAll = (duration = 0) => {
    isTaken.current = false
    void flow.current?.setViewport(fitted(plan.bounds, pane, least()), { duration })
  }
  const show = (id: string, from?: View, duration = 0) => {
    const item = plan.items.find(candidate => candidate.id === id)
    const view = from ?? flow.current?.getViewport()
    if (!item || !view) return
    const next = showing({ ...item, ...SIZE }, view, pane)
    if (from || next.x !== view.x || next.y !== view.y) {
      isTaken.current = true
      void flow.current?.setViewport(next, { duration })
    }
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: the view follows the plan and the pane alone
  useLayoutEffect(() => {
    const view = flow.current?.getViewport()
    if (!view || pane.width === 0) return
    const { from, to } = anchor.current ?? {}
    const item = plan.items.find(({ id }) => id === to)
    anchor.current = undefined
    if (from && item) show(item.id, anchored(from, item, view))
    else if (shown.current !== current || !isTaken.current) showAll()
    else if (selected !== undefined) show(selected)
    shown.current = current
  }, [plan, pane.width, pane.height])

  const focus = (id: string) => {
    const button = buttons.current.get(id)
    wanted.current = button ? undefined : id
    button?.focus({ preventScroll: true })
  }
  return {
    showAll: () => showAll(motion()),
    show: (id: string) => show(id, undefined, motion()),
    take: () => {
      isTaken.current = true
    },
    zoomBy: (way: 'zoomIn' | 'zoomOut') => {
      isTaken.current = true
      void flow.current?.[way]({ duration: motion() })
    },
    begin: (instance: NonNullable<typeof flow.current>) => {
      flow.current = instance
      shown.current = current
      showAll()
    },
    focus,
    /** When the plan changes, `to` comes to where `from` was. */
    keep: (from: Point, to: string) => {
      anchor.current = { from, to }
      wanted.current = to
    },
    register: (id: string, button: HTMLButtonElement) => {
      buttons.current.set(id, button)
      if (wanted.current === id) focus(id)
      return () => {
        if (buttons.current.get(id) === button) buttons.current.delete(id)
      }
    },
  }
}

/** The rows are made for a pane of some shape, and anew where it has become so much longer or shorter. */
const RESHAPED = 1.25

/** The shape that the rows of a graph are made for: the same object until they have to be made anew. */
export function useShape({ width, height }: Size, graph: string, isTaken: boolean) {
  const ratio = Math.max(width, 1) / Math.max(height, 1)
  const [shape, setShape] = useState({ ratio, graph })
  const change = Math.max(ratio / shape.ratio, shape.ratio / ratio)
  const isTurned = ratio < 1 !== shape.ratio < 1
  if (width > 0 && (shape.graph !== graph || isTurned || (change > RESHAPED && !isTaken)))
    setShape({ ratio, graph })
  return { shape, renew: () => change > 1.02 && setShape({ ratio, graph }) }
}
