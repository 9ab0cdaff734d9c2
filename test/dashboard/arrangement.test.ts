/** The laws of what is shown as one, of where it stands, and of what is looked at. */
import { describe, expect, test } from 'vitest'
import { itemsOf, MOST, type Nodes } from '../../dashboard/groups.ts'
import { type Box, type Placed, placed, SIZE } from '../../dashboard/layout.ts'
import { stepTo } from '../../dashboard/steps.ts'
import { anchored, fitted, showing } from '../../dashboard/view.ts'

const chain = (length: number): Nodes =>
  Object.fromEntries(Array.from({ length }, (_, i) => [`n${i}`, { inputs: i === 0 ? [] : [`n${i - 1}`] }]))

/** Residual blocks of four nodes: add, two on the long way, and the sum. */
function blocks(count: number): Nodes {
  const nodes: Record<string, { inputs: string[] }> = { x: { inputs: [] } }
  let end = 'x'
  for (let i = 0; i < count; i++) {
    nodes[`a${i}`] = { inputs: [end] }
    nodes[`b${i}`] = { inputs: [`a${i}`] }
    nodes[`sum${i}`] = { inputs: [end, `b${i}`] }
    end = `sum${i}`
  }
  return nodes
}

const NETS: Record<string, Nodes> = {
  chain: chain(20),
  diamond: { x: { inputs: [] }, a: { inputs: ['x'] }, b: { inputs: ['x'] }, sum: { inputs: ['a', 'b'] } },
  'a long skip': { ...chain(30), end: { inputs: ['n29', 'n0', 'n3'] } },
  blocks: blocks(12),
}
const SHAPES = [0.5, 0.99, 1, 1.7, 3]
const whole = (nodes: Nodes) => itemsOf(nodes, new Set())

describe('groups', () => {
  test('a graph of few nodes is shown node by node', () => {
    expect(whole(chain(MOST)).map(({ members }) => members.length)).toEqual(Array(MOST).fill(1))
  })

  test.each([chain(MOST + 1), chain(500), blocks(50), blocks(300)])(
    'each node of a large one is in one group',
    nodes => {
      const items = whole(nodes)
      expect(items.length).toBeLessThanOrEqual(MOST)
      expect(items.flatMap(({ members }) => members).toSorted()).toEqual(Object.keys(nodes).toSorted())
    },
  )

  test('no edge leads back from one group to one before it', () => {
    const nodes = blocks(50)
    const place = new Map(
      whole(nodes).flatMap(({ members }, i) => members.map(member => [member, i] as const)),
    )
    for (const [id, { inputs }] of Object.entries(nodes))
      for (const input of inputs) expect(place.get(input)).toBeLessThanOrEqual(place.get(id) as number)
  })

  test('the members of an opened group tell which it is, and the others stay as they were', () => {
    const nodes = blocks(50)
    const closed = whole(nodes)
    const group = closed[3] as (typeof closed)[number]
    const items = itemsOf(nodes, new Set([group.id]))
    const members = items.filter(item => item.group === group.id)
    expect(members.map(({ id }) => id)).toEqual(group.members)
    expect(items.filter(item => item.group === undefined)).toEqual(closed.filter(({ id }) => id !== group.id))
  })
})

const boxes = ({ items }: Placed): Box[] => items.map(({ x, y }) => ({ x, y, ...SIZE }))
const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

describe.each(Object.entries(NETS))('the layout of %s', (_, nodes) => {
  test.each(SHAPES)('has no two nodes on each other, for the shape %d', shape => {
    const all = boxes(placed(nodes, whole(nodes), shape))
    all.forEach((box, i) => {
      expect(all.filter(other => overlap(box, other)).map(other => all.indexOf(other))).toEqual([i])
    })
  })

  test.each(SHAPES)('has all that is drawn within its bounds, for the shape %d', shape => {
    const { bounds, ...plan } = placed(nodes, whole(nodes), shape)
    const points = plan.edges.flatMap(edge => edge.points)
    const corners = boxes({ ...plan, bounds }).flatMap(({ x, y, width, height }) => [
      { x, y },
      { x: x + width, y: y + height },
    ])
    for (const { x, y } of [...points, ...corners]) {
      expect(x).toBeGreaterThanOrEqual(bounds.x)
      expect(y).toBeGreaterThanOrEqual(bounds.y)
      expect(x).toBeLessThanOrEqual(bounds.x + bounds.width)
      expect(y).toBeLessThanOrEqual(bounds.y + bounds.height)
    }
  })

  test('has an edge for each input', () => {
    const wanted = Object.entries(nodes).flatMap(([id, { inputs }]) =>
      inputs.map(input => `${input} → ${id}`),
    )
    expect(
      placed(nodes, whole(nodes), 2)
        .edges.map(({ source, target }) => `${source} → ${target}`)
        .toSorted(),
    ).toEqual(wanted.toSorted())
  })

  test('follows the edges: from left to right in a row, and else down', () => {
    const { items, edges } = placed(nodes, whole(nodes), 1.7)
    const itemOf = new Map(items.map(item => [item.id, item]))
    for (const { source, target } of edges) {
      const [from, to] = [itemOf.get(source), itemOf.get(target)]
      expect(to?.row).toBeGreaterThanOrEqual(from?.row as number)
      if (to?.row === from?.row) expect(to?.x).toBeGreaterThan(from?.x as number)
    }
  })
})

describe('rows', () => {
  test('an edge to another row is drawn through no node of the two', () => {
    const nodes = chain(20)
    const plan = placed(nodes, whole(nodes), 1.7)
    const turned = plan.edges.filter(({ isTurned }) => isTurned)
    expect(turned.length).toBeGreaterThan(1)
    for (const { points } of turned) {
      points.slice(1, -1).forEach((point, i) => {
        const next = points[i + 2] as { x: number; y: number }
        const line: Box = {
          x: Math.min(point.x, next.x),
          y: Math.min(point.y, next.y),
          width: Math.abs(point.x - next.x),
          height: Math.abs(point.y - next.y),
        }
        // Its last part ends at the node that it leads to.
        if (next !== points.at(-1)) expect(boxes(plan).filter(box => overlap(line, box))).toEqual([])
      })
    }
  })

  test('an edge within a row goes around the nodes that it passes', () => {
    const nodes: Nodes = { ...chain(5), end: { inputs: ['n4', 'n0'] } }
    for (const shape of [0.5, 50]) {
      const plan = placed(nodes, whole(nodes), shape)
      const skip = plan.edges.find(({ source, target }) => source === 'n0' && target === 'end')
      expect(skip?.points.length).toBeGreaterThan(2)
      for (const { x, y } of skip?.points.slice(1, -1) ?? [])
        expect(boxes(plan).filter(box => overlap(box, { x, y, width: 0, height: 0 }))).toEqual([])
    }
  })

  test('a long chain takes the shape of the page, roughly', () => {
    const nodes = chain(48)
    const { width, height } = placed(nodes, whole(nodes), 2).bounds
    expect(width / height).toBeGreaterThan(1.2)
    expect(width / height).toBeLessThan(3.3)
  })

  test('the members of an opened group stand in frames, of which one is the first', () => {
    const nodes = blocks(50)
    const id = whole(nodes)[2]?.id as string
    const { frames, items } = placed(nodes, itemsOf(nodes, new Set([id])), 2)
    expect(frames.filter(({ isFirst }) => isFirst)).toHaveLength(1)
    for (const { x, y } of items.filter(({ group }) => group === id))
      expect(frames.filter(frame => overlap(frame, { x, y, ...SIZE }))).toHaveLength(1)
  })
})

describe('the view', () => {
  const pane = { width: 600, height: 400 }
  const bounds = { x: -30, y: 12, width: 2000, height: 700 }

  test('shows all, in the middle, no larger than can be read well', () => {
    const { x, y, zoom } = fitted(bounds, pane, 0.05)
    const [left, right] = [x + bounds.x * zoom, x + (bounds.x + bounds.width) * zoom]
    expect(left).toBeGreaterThan(0)
    expect(left).toBeCloseTo(pane.width - right)
    expect(y + bounds.y * zoom).toBeGreaterThan(0)
    expect(fitted({ ...bounds, width: 10, height: 10 }, pane, 0.05).zoom).toBe(1.1)
  })

  test('begins at the beginning where all would be too small', () => {
    const { x, zoom } = fitted(bounds, pane, 0.8)
    expect(zoom).toBe(0.8)
    expect(x + bounds.x * zoom).toBe(18)
  })

  test('does not move for what is on the pane, and as little as it can for what is not', () => {
    const view = { x: 0, y: 0, zoom: 1 }
    const node = { y: 100, width: 100, height: 50 }
    expect(showing({ x: 100, ...node }, view, pane)).toEqual(view)
    expect(showing({ x: 550, ...node }, view, pane)).toEqual({ ...view, x: 600 - 18 - 650 })
    expect(showing({ x: -550, ...node }, view, pane)).toEqual({ ...view, x: 18 + 550 })
  })

  test('leaves what takes the place of something where that was', () => {
    const [before, after, view] = [
      { x: 10, y: 20 },
      { x: 300, y: -40 },
      { x: 5, y: 7, zoom: 0.5 },
    ]
    const next = anchored(before, after, view)
    expect(next.x + after.x * next.zoom).toBe(view.x + before.x * view.zoom)
    expect(next.y + after.y * next.zoom).toBe(view.y + before.y * view.zoom)
  })
})

describe('the arrow keys', () => {
  const { diamond = {} } = NETS
  const wide = placed(diamond, whole(diamond), 3)
  const narrow = placed(diamond, whole(diamond), 0.5)
  const [above, below] = wide.items.filter(({ id }) => id === 'a' || id === 'b')

  test('follow the edges, forth and back', () => {
    expect(['a', 'b']).toContain(stepTo(wide, 'x', 'ArrowRight'))
    expect(stepTo(wide, 'a', 'ArrowRight')).toBe('sum')
    expect(stepTo(wide, 'a', 'ArrowLeft')).toBe('x')
    expect(stepTo(narrow, 'a', 'ArrowDown')).toBe('sum')
    expect(stepTo(narrow, 'a', 'ArrowUp')).toBe('x')
  })

  test('lead to what is beside', () => {
    expect(stepTo(wide, above?.id ?? '', 'ArrowDown')).toBe(below?.id)
    expect(stepTo(wide, below?.id ?? '', 'ArrowUp')).toBe(above?.id)
  })

  test('lead nowhere at an end, nor do other keys', () => {
    expect(stepTo(wide, 'x', 'ArrowLeft')).toBeUndefined()
    expect(stepTo(wide, 'sum', 'ArrowRight')).toBeUndefined()
    expect(stepTo(wide, 'a', 'Enter')).toBeUndefined()
    expect(stepTo(wide, 'a', 'Home')).toBe('x')
    expect(stepTo(wide, 'a', 'End')).toBe('sum')
  })
})
