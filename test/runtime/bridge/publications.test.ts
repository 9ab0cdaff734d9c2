/** Publications: who has one that is kept gets what it lacks, everybody else all; and what is kept is bounded. */
import type { RunState } from 'gradstream'
import { expect, test } from 'vitest'
import { Publications } from '../../../runtime/bridge/server/publications.ts'

const start = { step: 0, history: [] as object[] } as unknown as RunState
const after = (step: number, more: object = {}): RunState => ({ ...start, step, ...more })
const read = (update: { text: string } | undefined) => JSON.parse(update?.text ?? 'null')

test('each is a version, and the same state is none', () => {
  const publications = new Publications(start, 0)
  expect(publications.version).toBe(1)
  publications.add(start, 10)
  expect(publications.version).toBe(1)
  publications.add(after(1), 20)
  expect(publications.version).toBe(2)
  expect(publications.since(2)).toBeUndefined()
  expect(read(publications.since(1))).toEqual({
    type: 'patch',
    from: 1,
    to: 2,
    time: 20,
    patches: [{ op: 'replace', path: ['step'], value: 1 }],
  })
})

test('whatever lies between, it is one patch, without what was overwritten', () => {
  const publications = new Publications(start, 0)
  for (let step = 1; step <= 300; step++) publications.add(after(step), step)
  for (const version of [1, 150, 300]) {
    expect(read(publications.since(version))).toMatchObject({
      from: version,
      to: 301,
      patches: [{ op: 'replace', path: ['step'], value: 300 }],
    })
  }
})

test('who has none that is kept gets a snapshot', () => {
  const publications = new Publications(start, 0)
  for (let step = 1; step <= 2000; step++) publications.add(after(step), step)
  const snapshot = { type: 'snapshot', version: 2001, time: 2000, state: after(2000) }
  for (const version of [undefined, 1, 2001 - 512, 0, -1, 2002, 1e9, 2000.5, Number.NaN]) {
    expect(read(publications.since(version)), `${version}`).toEqual(snapshot)
  }
  expect(read(publications.since(2001 - 511))).toMatchObject({ type: 'patch', to: 2001 })
})

/** The characters that it holds, all texts and differences together. */
function held(publications: Publications): number {
  const { texts, kept } = publications as unknown as {
    texts: Map<unknown, string>
    kept: { weight: number }[]
  }
  const ofTexts = [...texts.values()].reduce((sum, text) => sum + text.length, 0)
  return ofTexts + kept.reduce((sum, { weight }) => sum + weight, 0)
}

test('whatever versions clients make up, nothing is kept for them', () => {
  const publications = new Publications(after(0, { runId: 'x'.repeat(10_000) }), 0)
  publications.add(after(1, { runId: 'x'.repeat(10_000) }), 0)
  publications.since(undefined)
  const before = held(publications)
  for (let version = 1e6; version < 1e6 + 500; version++) publications.since(version)
  expect(held(publications)).toBe(before)
})

test('of large states few are kept, and of their texts', () => {
  const publications = new Publications(start, 0)
  for (let step = 1; step <= 200; step++) {
    publications.add(after(step, { runId: `${step}`.repeat(50_000) }), step)
    for (let back = 1; back < 40; back++) publications.since(publications.version - back)
  }
  expect(held(publications)).toBeLessThan(4 * 1024 * 1024 + 17 * 160_000)
  expect(read(publications.since(publications.version - 5))).toMatchObject({ type: 'patch' })
})
