/** The place in the graph as the address has it. */
import { describe, expect, test } from 'vitest'
import { textOfPlace, viewAt } from '../../dashboard/graph-place.ts'
import { type Placed, SIZE } from '../../dashboard/layout.ts'
import { QuickDice } from '../support/dice.ts'
import { HOSTILE } from '../support/hostile-links.ts'

describe('the place in the graph', () => {
  const random = (seed: number) => {
    const dice = new QuickDice(seed)
    const within = (most: number) => dice.below(2 * most) - most
    const item = (i: number) => ({
      id: ['a', 'b~c', '1~2~3~d', ' ', 'é'][i % 5] + String(i),
      x: within(4000),
      y: within(900),
    })
    const plan = { items: Array.from({ length: 1 + dice.below(40) }, (_, i) => item(i)) } as unknown as Placed
    const pane = () => ({ width: 200 + dice.below(2000), height: 150 + dice.below(1200) })
    const [item0] = plan.items
    const zoom = 0.02 + dice.below(1900) / 1000
    const near = { x: (item0?.x ?? 0) + within(200), y: (item0?.y ?? 0) + within(200) }
    return { plan, pane, zoom, near }
  }
  const middleOf = (
    { x, y, zoom }: { x: number; y: number; zoom: number },
    pane: { width: number; height: number },
  ) => ({
    x: (pane.width / 2 - x) / zoom,
    y: (pane.height / 2 - y) / zoom,
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('is the same in a window of any size (%i)', seed => {
    const { plan, pane, zoom, near } = random(seed)
    const one = pane()
    const view = { zoom, x: one.width / 2 - near.x * zoom, y: one.height / 2 - near.y * zoom }
    const text = textOfPlace(view, plan, one)
    for (const other of [one, pane(), pane()]) {
      const there = viewAt(text, plan, other)
      expect(there?.zoom).toBeCloseTo(zoom, 3)
      const middle = middleOf(there as NonNullable<typeof there>, other)
      expect(Math.abs(middle.x - near.x)).toBeLessThanOrEqual(0.5)
      expect(Math.abs(middle.y - near.y)).toBeLessThanOrEqual(0.5)
      // Nothing moves when such a link is copied again.
      expect(textOfPlace(there as NonNullable<typeof there>, plan, other)).toBe(text)
    }
  })

  test('moves with its node where the layout is another one', () => {
    const pane = { width: 800, height: 400 }
    const at = (x: number, y: number) => ({ items: [{ id: 'a', x, y }] }) as unknown as Placed
    const text = textOfPlace({ x: 30, y: 40, zoom: 1 }, at(0, 0), pane)
    const [before, after] = [viewAt(text, at(0, 0), pane), viewAt(text, at(500, -70), pane)]
    expect(after).toEqual({ x: (before?.x ?? 0) - 500, y: (before?.y ?? 0) + 70, zoom: 1 })
  })

  test('of any text is none, or a view that can be drawn', () => {
    const { plan, pane } = random(9)
    const ids = plan.items.map(({ id }) => id)
    for (const text of [...HOSTILE, ...HOSTILE.map(part => `${part}~1~1~${ids[0]}`), `5~1~1~${ids[0]}`]) {
      const view = viewAt(text, plan, pane())
      if (view)
        expect(Object.values(view).every(Number.isFinite) && view.zoom >= 0.02 && view.zoom <= 2).toBe(true)
    }
    expect(viewAt(`5~1~1~${ids[0]}`, plan, pane())?.zoom).toBe(2)
    expect(viewAt('1~0~0~nobody', plan, pane())).toBeUndefined()
    expect(textOfPlace({ x: 0, y: 0, zoom: 1 }, { items: [] }, pane())).toBe('')
    expect(SIZE.width).toBeGreaterThan(0)
  })
})
