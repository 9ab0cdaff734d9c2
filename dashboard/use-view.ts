/** Controls the view of the graph: the whole graph until the user pans or zooms, then what they look at. */
import type { ReactFlowInstance } from '@xyflow/react'
import { type RefObject, useLayoutEffect, useRef, useState } from 'react'
import { viewAt } from './graph-place.ts'
import { type Placed, SIZE } from './layout.ts'
import type { Point } from './point.ts'
import { anchored, centred, centredIn, fitted, type Size, showing, type View } from './view.ts'

/** A node that replaces another at its position, and takes the focus. */
interface Anchor {
  readonly from: Point
  readonly to: string
}

/** The smallest zoom. */
export const LEAST = 0.02

/** On a phone, text stays readable and users pan; elsewhere the whole graph is visible at first. */
const least = () => (matchMedia('(max-width: 700px)').matches ? 0.8 : LEAST)

/** The zoom from which on all of a node can be read. */
const READABLE = 0.6

/** The duration of view changes in milliseconds, unless the user prefers less motion. */
const MOTION = 200
const motion = () => (matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : MOTION)

/**
 * `graph` identifies the graph; `selected` is the node to keep visible when the pane shrinks; `place` is where a link says
 * to begin.
 */
export function useView(
  plan: Placed,
  pane: Size,
  graph: string,
  selected: string | undefined,
  isTaken: RefObject<boolean>,
  place: string,
) {
  const flow =
    useRef<
      Pick<ReactFlowInstance, 'getViewport' | 'setViewport' | 'screenToFlowPosition' | 'zoomIn' | 'zoomOut'>
    >(undefined)
  const shown = useRef('')
  const anchor = useRef<Anchor>(undefined)
  const buttons = useRef(new Map<string, HTMLButtonElement>())
  /** The node to show as soon as it is in the plan. */
  const awaited = useRef<string>(undefined)
  /** The element to focus as soon as it is on the page. */
  const wanted = useRef<string>(undefined)

  /** The node that the view was moved to by itself, until the user moves it. */
  const revealed = useRef<string>(undefined)

  const current = `${plan.isNarrow} ${graph}`

  /** The whole graph, or its beginning: where that is not at the left, in the middle. */
  const first = (): View => {
    const whole = fitted(plan.bounds, pane, least())
    const [item] = plan.items
    if (!item) return whole
    const box = { ...item, ...SIZE }
    return showing(box, whole, pane) === whole ? whole : { ...whole, x: centred(box, pane, whole.zoom).x }
  }
  const showAll = (duration = 0) => {
    isTaken.current = false
    void flow.current?.setViewport(first(), { duration })
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

  /** Shows a node in readable size, and moves nothing if it is already seen so. */
  const reveal = (id: string, duration = 0) => {
    const item = plan.items.find(candidate => candidate.id === id)
    const view = flow.current?.getViewport()
    awaited.current = item && view ? undefined : id
    if (!item || !view) return
    const box = { ...item, ...SIZE }
    const isSeen = view.zoom >= READABLE && showing(box, view, pane) === view
    if (isSeen) return
    isTaken.current = true
    revealed.current = id
    void flow.current?.setViewport(centredIn(plan.bounds, box, pane, Math.max(view.zoom, READABLE)), {
      duration,
    })
  }

  const take = () => {
    isTaken.current = true
    revealed.current = undefined
  }
  /** The whole graph is shown with the next plan. */
  const release = () => {
    isTaken.current = false
    revealed.current = undefined
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: the view depends only on the plan and the pane
  useLayoutEffect(() => {
    const view = flow.current?.getViewport()
    if (!view || pane.width === 0) return
    const { from, to } = anchor.current ?? {}
    const item = plan.items.find(({ id }) => id === to)
    anchor.current = undefined
    if (awaited.current !== undefined && plan.items.some(({ id }) => id === awaited.current)) {
      shown.current = current
      return reveal(awaited.current)
    }
    if (from && item) show(item.id, anchored(from, item, view))
    else if (shown.current !== current || !isTaken.current || revealed.current !== undefined) {
      showAll()
      if (revealed.current !== undefined) reveal(revealed.current)
    } else if (selected !== undefined) show(selected)
    shown.current = current
  }, [plan, pane.width, pane.height])

  const begin = (instance: NonNullable<typeof flow.current>) => {
    flow.current = instance
    shown.current = current
    const start = viewAt(place, plan, pane)
    if (start) {
      isTaken.current = true
      awaited.current = undefined
      void instance.setViewport(start)
      return
    }
    showAll()
    if (awaited.current !== undefined) reveal(awaited.current)
  }
  // React Flow is ready some time after it is drawn: meanwhile, the pane may have another size.
  const latestBegin = useRef(begin)
  latestBegin.current = begin

  const focus = (id: string) => {
    const button = buttons.current.get(id)
    wanted.current = button ? undefined : id
    button?.focus({ preventScroll: true })
  }
  return {
    showAll() {
      release()
      showAll(motion())
    },
    release,
    show(id: string) {
      revealed.current = undefined
      show(id, undefined, motion())
    },
    reveal: (id: string) => reveal(id, motion()),
    /** The item at a place of the window. */
    at: ({ clientX, clientY }: Pick<MouseEvent, 'clientX' | 'clientY'>) => {
      const at = flow.current?.screenToFlowPosition({ x: clientX, y: clientY })
      const isAt = ({ x, y }: Point) =>
        at && at.x >= x && at.x <= x + SIZE.width && at.y >= y && at.y <= y + SIZE.height
      return plan.items.find(isAt)?.id
    },
    take,
    zoomBy(way: 'zoomIn' | 'zoomOut') {
      take()
      void flow.current?.[way]({ duration: motion() })
    },
    begin: (instance: NonNullable<typeof flow.current>) => latestBegin.current(instance),
    focus,
    /** When the plan changes, `to` moves to where `from` was. */
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

/** Rows are laid out again when the shape of the pane changes by this factor. */
const RESHAPED = 1.25

/** The shape for which rows are laid out. Stays the same until a new layout is needed. */
export function useShape({ width, height }: Size, graph: string, isTaken: boolean) {
  const ratio = Math.max(width, 1) / Math.max(height, 1)
  const [shape, setShape] = useState({ ratio, height, graph })
  const change = Math.max(ratio / shape.ratio, shape.ratio / ratio)
  const isTurned = ratio < 1 !== shape.ratio < 1
  if (width > 0 && (shape.graph !== graph || isTurned || (change > RESHAPED && !isTaken)))
    setShape({ ratio, height, graph })
  return { shape, renew: () => change > 1.02 && setShape({ ratio, height, graph }) }
}
