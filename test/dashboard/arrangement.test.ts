/** The laws of what is shown as one, of where it stands, and of what is looked at. */
import type { ErrorReport, RunState, TrainerEvent } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../dashboard/failure.ts'
import { found } from '../../dashboard/found.ts'
import { labelsOf } from '../../dashboard/frame-labels.ts'
import { foldsOf, itemsOf, MOST, type Nodes, pathTo, unitsOf, usuallyOpened } from '../../dashboard/groups.ts'
import { type Box, type Placed, type PlacedItem, placed, SIZE } from '../../dashboard/layout.ts'
import { openedBy, textOf } from '../../dashboard/opened.ts'
import { stepTo } from '../../dashboard/steps.ts'
import { anchored, centredIn, fitted, showing } from '../../dashboard/view.ts'
import { countOf } from '../support/counts.ts'

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

/** Blocks of two branches, each a scope of its own, in stages. */
function stages(count: number, depth: number): Nodes {
  const nodes: Record<string, { inputs: string[] }> = { x: { inputs: [] } }
  let end = 'x'
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < depth; j++) {
      const scope = `stage${i}/block${j}`
      nodes[`${scope}/left/a`] = { inputs: [end] }
      nodes[`${scope}/left/b`] = { inputs: [`${scope}/left/a`] }
      nodes[`${scope}/right/a`] = { inputs: [end] }
      nodes[`${scope}/right/b`] = { inputs: [`${scope}/right/a`] }
      nodes[`${scope}/sum`] = { inputs: [end, `${scope}/left/b`, `${scope}/right/b`] }
      end = `${scope}/sum`
    }
  }
  return { ...nodes, target: { inputs: [] }, loss: { inputs: [end, 'target'] } }
}

const NETS: Record<string, Nodes> = {
  chain: chain(20),
  diamond: { x: { inputs: [] }, a: { inputs: ['x'] }, b: { inputs: ['x'] }, sum: { inputs: ['a', 'b'] } },
  'a long skip': { ...chain(30), end: { inputs: ['n29', 'n0', 'n3'] } },
  blocks: blocks(12),
  stages: stages(2, 2),
}
const SHAPES = [0.5, 0.99, 1, 1.7, 3]
const opening = (nodes: Nodes, ids: Iterable<string> = usuallyOpened(unitsOf(nodes))) =>
  itemsOf(unitsOf(nodes), new Set(ids))
const whole = (nodes: Nodes) => opening(nodes)

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
    const items = opening(nodes, [group.id])
    const members = items.filter(item => item.groups.includes(group.id))
    expect(members.map(({ id }) => id)).toEqual(group.members)
    expect(items.filter(item => item.groups.length === 0)).toEqual(closed.filter(({ id }) => id !== group.id))
  })
})

describe('scopes', () => {
  const nodes = stages(2, 2)
  const units = unitsOf(nodes)
  const closed = itemsOf(units, new Set())

  test('gather the nodes whose names begin alike, and what is in no scope stays alone', () => {
    expect(closed.map(({ title }) => title)).toEqual(['x', 'stage0', 'stage1', 'target', 'loss'])
    expect(closed.flatMap(({ members }) => members)).toEqual(Object.keys(nodes))
    expect(unitsOf({ 'a/b': { inputs: [] }, '/c': { inputs: [] }, 'd/': { inputs: [] } })).toHaveLength(3)
  })

  test('and groups have ids of their own, whatever nodes are called', () => {
    const hostile: Nodes = { 'scope a': { inputs: [] }, 'a/b': { inputs: [] }, 'a/c': { inputs: [] } }
    expect(unitsOf(hostile).map(({ id }) => id)).toEqual(['scope a', 'a/b', 'a/c'])
    const plain = chain(MOST + 1)
    const taken = foldsOf(unitsOf(plain))[0] as string
    const end = { [taken]: { inputs: [`n${MOST}`] } }
    const items = opening({ ...plain, ...end })
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length)
    expect(items.flatMap(({ members }) => members)).toHaveLength(MOST + 2)
  })

  test('are in scopes, and a node is found through all of them', () => {
    const path = pathTo(units, 'stage1/block0/left/b')
    expect(path).toEqual(['scope stage1', 'scope stage1/block0', 'scope stage1/block0/left'])
    const items = itemsOf(units, new Set(path))
    expect(items.find(({ id }) => id === 'stage1/block0/left/b')?.groups).toEqual(path)
    expect(items.flatMap(({ members }) => members)).toEqual(Object.keys(nodes))
  })

  test('of a small graph are open, those of a large one closed; too many of them are gathered in groups', () => {
    expect(usuallyOpened(units)).toEqual(new Set(foldsOf(units)))
    const large = unitsOf(stages(200, 2))
    expect(usuallyOpened(large).size).toBe(0)
    expect(large.length).toBeLessThanOrEqual(MOST)
    expect(itemsOf(large, new Set(foldsOf(large)))).toHaveLength(200 * 2 * 5 + 3)
  })

  test('are in the address in few letters, and read from it again', () => {
    const all = foldsOf(units)
    expect(textOf(new Set(all), units)).toBe('')
    const cases: [string[], string][] = [
      [[], '-'],
      [['scope stage0', 'scope stage0/block1'], 'stage0,stage0/block1'],
    ]
    for (const [ids, text] of cases) {
      expect(textOf(new Set(ids), units)).toBe(text)
      expect(openedBy(text, units)).toEqual(new Set(ids))
    }
    expect(openedBy('*', unitsOf(stages(20, 2))).size).toBe(20 * (1 + 2 * 3))
    expect(openedBy('stage0,no such scope', units)).toEqual(new Set(['scope stage0']))
    const names = ['*/a', '*/b', 'a,b/c', 'a,b/d', '~/a', '~/b']
    const odd = unitsOf(Object.fromEntries(names.map(name => [name, { inputs: [] }])))
    for (const id of foldsOf(odd)) {
      const text = textOf(new Set([id]), odd)
      expect(text).not.toMatch(/[*,~]/)
      expect(openedBy(text, odd)).toEqual(new Set([id]))
    }
  })
})

describe('a long list of open scopes', () => {
  const many = unitsOf(stages(60, 2))
  const all = foldsOf(many)

  test.each([2, 3, 7, all.length])('is packed, and read again: all but each %d-th', every => {
    const opened = new Set(all.filter((_, i) => i % every !== 1))
    const text = textOf(opened, many)
    expect(text).toMatch(/^~[\w-]+$/)
    expect(text.length).toBeLessThanOrEqual(1 + Math.ceil(all.length / 6))
    expect(openedBy(text, many)).toEqual(opened)
  })

  test('has a bound, and one of another graph, or of none, is not taken', () => {
    const text = textOf(new Set(all.slice(1)), many)
    for (const odd of [
      '~',
      `${text}A`,
      text.slice(0, -1),
      text.replace(/.$/, '\ud800'),
      `~${'x'.repeat(9999)}`,
    ])
      expect(openedBy(odd, many)).toEqual(usuallyOpened(many))
    const huge = unitsOf(stages(1000, 4))
    expect(foldsOf(huge).length).toBeGreaterThan(12_000)
    expect(textOf(new Set(foldsOf(huge).slice(1)), huge)).toBe('')
  })
})

/** Each is laid out once for all that is asked of it. */
const plans = new Map<string, Placed>()
function planOf(name: string, shape: number): Placed {
  const key = `${name} ${shape}`
  const nodes = NETS[name] as Nodes
  const plan = plans.get(key) ?? placed(nodes, whole(nodes), shape)
  plans.set(key, plan)
  return plan
}

const boxes = ({ items }: Placed): Box[] => items.map(({ x, y }) => ({ x, y, ...SIZE }))
const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

describe.each(Object.entries(NETS))('the layout of %s', (name, nodes) => {
  test.each(SHAPES)('has no two nodes on each other, for the shape %d', shape => {
    const all = boxes(planOf(name, shape))
    all.forEach((box, i) => {
      expect(all.filter(other => overlap(box, other)).map(other => all.indexOf(other))).toEqual([i])
    })
  })

  test.each(SHAPES)('has frames around their own nodes and in each other only, for the shape %d', shape => {
    const { frames, items } = planOf(name, shape)
    for (const frame of frames) {
      const inside = items.filter(item => overlap(frame, { ...item, ...SIZE }))
      expect(inside.filter(({ groups }) => !groups.includes(frame.group))).toEqual([])
      for (const other of frames.filter(({ outer }) => outer.length === frame.outer.length))
        if (other !== frame) expect(overlap(frame, other)).toBe(false)
    }
  })

  test.each(SHAPES)('has all that is drawn within its bounds, for the shape %d', shape => {
    const { bounds, ...plan } = planOf(name, shape)
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
      planOf(name, 1.7)
        .edges.map(({ source, target }) => `${source} → ${target}`)
        .toSorted(),
    ).toEqual(wanted.toSorted())
  })

  test('follows the edges: from left to right in a row, and else down', () => {
    const { items, edges } = planOf(name, 1.7)
    const itemOf = new Map(items.map(item => [item.id, item]))
    for (const { source, target } of edges) {
      const [from, to] = [itemOf.get(source), itemOf.get(target)]
      expect(to?.row).toBeGreaterThanOrEqual(from?.row as number)
      if (to?.row === from?.row) expect(to?.x).toBeGreaterThan(from?.x as number)
    }
  })
})

describe('a graph of thousands of nodes', () => {
  const NETS: Record<string, Nodes> = {
    chain: chain(countOf({ usual: 1200, full: 3000 })),
    blocks: blocks(countOf({ usual: 50, full: 700 })),
    stages: stages(countOf({ usual: 5, full: 100 }), 4),
    // Nothing to cut it at: each node also depends on the first.
    'one piece': Object.fromEntries(
      Object.entries(chain(countOf({ usual: 500, full: 2000 }))).map(([id, { inputs }], i) => [
        id,
        { inputs: i > 1 ? [...inputs, 'n0'] : inputs },
      ]),
    ),
  }

  test.each(Object.entries(NETS))('is laid out node by node: %s', (_, nodes) => {
    const items = opening(nodes, foldsOf(unitsOf(nodes)))
    const plan = placed(nodes, items, 1.7)
    expect(plan.items).toHaveLength(Object.keys(nodes).length)
    const seen = new Set(plan.items.map(({ x, y }) => `${Math.round(x)} ${Math.round(y)}`))
    expect(seen.size).toBe(plan.items.length)
    const itemOf = new Map(plan.items.map(item => [item.id, item]))
    const back = plan.edges.filter(({ source, target }) => {
      const [from, to] = [itemOf.get(source) as PlacedItem, itemOf.get(target) as PlacedItem]
      return from.row > to.row || (from.row === to.row && from.x >= to.x)
    })
    expect(back).toEqual([])
  })

  test('and scopes that depend on each other, both ways', () => {
    const nodes: Nodes = {
      'a/1': { inputs: [] },
      'b/1': { inputs: ['a/1'] },
      'b/2': { inputs: [] },
      'a/2': { inputs: ['b/2'] },
    }
    const titles = placed(nodes, opening(nodes, []), 2).items.map(({ title }) => title)
    expect(titles.toSorted()).toEqual(['a', 'b'])
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

  test('a graph stays in one row unless several make its nodes much larger', () => {
    const rowsOf = (nodes: Nodes, shape: number) => {
      const { items, bounds } = placed(nodes, whole(nodes), shape)
      return { count: 1 + Math.max(...items.map(({ row }) => row)), bounds }
    }
    const sizeOf = ({ bounds }: ReturnType<typeof rowsOf>, shape: number) =>
      Math.min(shape / bounds.width, 1 / bounds.height)
    for (const nodes of [chain(4), chain(9), chain(30), blocks(3), blocks(12)]) {
      // A page that is as wide as it takes has the graph in one row.
      const single = rowsOf(nodes, 1000)
      expect(single.count).toBe(1)
      for (const shape of [1.1, 1.7, 2.4, 4]) {
        const rows = rowsOf(nodes, shape)
        if (rows.count > 1) expect(sizeOf(rows, shape)).toBeGreaterThan(1.3 * sizeOf(single, shape))
      }
    }
    expect(rowsOf(chain(30), 1.75).count).toBeGreaterThan(2)
    // Where they are as large as they need be, there is no reason for a second one.
    const rows = (height: number) =>
      new Set(placed(chain(4), whole(chain(4)), 1.75, height).items.map(({ row }) => row)).size
    expect([rows(700), rows(200)]).toEqual([1, 2])
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
    const { frames, items } = placed(nodes, opening(nodes, [id]), 2)
    expect(frames.filter(({ isFirst }) => isFirst)).toHaveLength(1)
    for (const { x, y } of items.filter(({ groups }) => groups.includes(id)))
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

  test.each([0.3, 0.6, 1])('centres a node without empty space beside a graph that goes on, at %d', zoom => {
    const whole = { x: 0, y: 0, width: 3000, height: 1500 }
    for (const [x, y] of [
      [0, 0],
      [2832, 1408],
      [1400, 30],
      [10, 700],
    ] as const) {
      const view = centredIn(whole, { x, y, width: 168, height: 92 }, pane, zoom)
      const [left, top] = [view.x, view.y]
      const [right, bottom] = [left + whole.width * zoom, top + whole.height * zoom]
      const [wide, high] = [whole.width * zoom > pane.width, whole.height * zoom > pane.height]
      if (wide) expect(left <= 18 && right >= pane.width - 18).toBe(true)
      if (high) expect(top <= 18 && bottom >= pane.height - 18).toBe(true)
      // It is on the pane, wherever it is in the graph.
      expect(left + x * zoom).toBeGreaterThanOrEqual(0)
      expect(left + (x + 168) * zoom).toBeLessThanOrEqual(pane.width)
      expect(top + y * zoom).toBeGreaterThanOrEqual(0)
      expect(top + (y + 92) * zoom).toBeLessThanOrEqual(pane.height)
    }
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

describe('names from afar', () => {
  const nodes = stages(6, 2)
  const { frames } = placed(nodes, opening(nodes, foldsOf(unitsOf(nodes))), 1.7)

  test.each([0.4, 0.2, 0.1, 0.05])(
    'are those of frames with room for them, on no other, at the zoom %d',
    zoom => {
      const labels = labelsOf(frames, zoom)
      expect(labels.length).toBeGreaterThan(0)
      const boxes = labels.map(({ x, y, text }) => {
        const width = (6 * text.length) / zoom
        return { x: x - width / 2, y: y - 8 / zoom, width, height: 16 / zoom }
      })
      boxes.forEach((box, i) => {
        expect(boxes.filter(other => overlap(box, other)).map(other => boxes.indexOf(other))).toEqual([i])
      })
    },
  )

  test('begin with the outer scopes; farther away there are fewer of them', () => {
    const texts = (zoom: number) => labelsOf(frames, zoom).map(({ text }) => text)
    expect(texts(0.1)).toEqual(expect.arrayContaining(['stage0', 'stage5']))
    expect(texts(0.4).length).toBeGreaterThan(texts(0.05).length)
  })
})

describe('the search', () => {
  const nodes = {
    x: { type: 'input' },
    'block1/dense1': { type: 'dense' },
    'block1/relu1': { type: 'relu' },
    'block2/dense1': { type: 'dense' },
  }
  const optimizers = { sgd1: { type: 'sgd', inputs: [], config: {} } }

  test.each([
    ['DENSE', ['block1/dense1', 'block2/dense1']],
    ['block1', ['block1/dense1', 'block1/relu1']],
    ['block2 dense', ['block2/dense1']],
    ['dense block2', ['block2/dense1']],
    ['sgd', ['sgd1']],
    ['input', ['x']],
    ['  ', []],
    ['no such', []],
  ])('finds by name, type and scope, in the order of the graph: %s', (text, ids) => {
    expect(found(text, nodes, optimizers)).toEqual(ids)
  })
})

describe('the node in which a run failed', () => {
  const error = { code: 'NODE_FAILED', expected: '', got: '', hint: '', message: 'why' } as const
  const state = (
    place: string,
    code: ErrorReport['code'] = 'NODE_FAILED',
    names = ['dense1', 'dense1 b', 'x'],
  ) =>
    ({
      status: 'failed',
      error: { ...error, place, code },
      graph: { nodes: names.map(id => ({ id })) },
    }) as unknown as RunState
  const nodeOf = (...given: Parameters<typeof state>) => failureOf(state(...given), [])?.node

  test('is the one that the place of the error names, of those whose names begin alike the right one', () => {
    expect(nodeOf('dense1 forward, step 3')).toBe('dense1')
    expect(nodeOf('dense1 b backward, step 3')).toBe('dense1 b')
    expect(nodeOf('x, sample 0, entry 1')).toBe('x')
    expect(failureOf(state('dense1 update, step 3'), [])).toEqual({ node: 'dense1', message: 'why' })
  })

  test('is none where the error is about something else, or there is none', () => {
    expect(nodeOf('trainer')).toBeUndefined()
    expect(nodeOf('dense12 forward, step 3')).toBeUndefined()
    expect(nodeOf('model, step 3', 'NODE_FAILED', ['model'])).toBeUndefined()
    expect(failureOf({ ...state('dense1 forward'), status: 'running' }, [])).toBeUndefined()
  })

  test('is the one that made the number, not the one that noticed it', () => {
    const at = { time: 0, epoch: 1, step: 3 }
    const alarm = { type: 'alarm', ...at, code: 'NOT_FINITE', message: '', node: 'dense1' } as const
    const events: TrainerEvent[] = [
      { type: 'failed', ...at, error: { ...error, place: '' } },
      { ...alarm, node: 'gone' },
      alarm,
    ]
    const failed = state('x forward, output "y"', 'NOT_FINITE')
    expect(failureOf(failed, events.slice(2))?.node).toBe('dense1')
    expect(failureOf(failed, events)?.node).toBe('x')
    expect(failureOf(state('x forward'), events.slice(2))?.node).toBe('x')
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
