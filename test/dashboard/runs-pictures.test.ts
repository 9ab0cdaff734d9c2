/** What the page of many runs can be taken home as: overlaid curves, parallel coordinates, and the numbers behind them. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readRun } from 'gradstream'
import papaparse from 'papaparse'
import { describe, expect, onTestFinished, test } from 'vitest'
import { svgOf } from '../../dashboard/charts/svg.ts'
import { columnOf, columnsOf } from '../../dashboard/runs/columns.ts'
import { csvOfRuns, curvesIn, type Drawn } from '../../dashboard/runs/overlay-picture.ts'
import { axisOf, variedColumns } from '../../dashboard/runs/parallel.ts'
import { parallelCsv, parallelSvg } from '../../dashboard/runs/parallel-picture.ts'
import type { Points } from '../../dashboard/runs/tracks.ts'
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import { QuickDice } from '../support/dice.ts'
import { scratchFolder } from '../support/scratch.ts'

const colour = (name: string) =>
  name === '--ridge-old' ? '#ffffff' : name === '--ridge-new' ? '#000000' : '#123456'
const SIZE = { width: 700, height: 400 }

/** A walk by chance, with a gap. */
function walk(seed: number, length: number): Points {
  const dice = new QuickDice(seed)
  let value = 5
  const values = Float64Array.from({ length }, (_, i) => {
    value += dice.below(1000) / 1000 - 0.5
    return i === 7 ? Number.NaN : value
  })
  const steps = Float64Array.from({ length }, (_, i) => 10 * i)
  return { steps, values, seconds: steps.map(step => step / 100) }
}

const drawn = (seed: number, length: number, more: Partial<Drawn> = {}): Drawn => {
  const { steps: x, values: y } = walk(seed, length)
  return {
    folder: `run-${seed}`,
    track: { x, y },
    trend: undefined,
    look: { label: `<run> ${seed}`, colour: '--run-red', dash: [] },
    ...more,
  }
}

/** The numbers in the paths of a picture. */
const numbersIn = (svg: string) =>
  [...svg.matchAll(/ d="([^"]*)"/g)].flatMap(([, d = '']) => (d.match(/-?[\d.]+/g) ?? []).map(Number))

describe('overlaid curves', () => {
  test.each([50, 5000])('have the highest and the lowest of %i points, in any width', length => {
    const one = drawn(1, length)
    const known = one.track.y.filter(value => !Number.isNaN(value))
    for (const columns of [200, 960, 4096]) {
      const [curve] = curvesIn([one], [0, 10 * (length - 1)], columns, false)
      const values = (curve?.raw.y ?? []).filter(value => value !== null)
      expect(Math.max(...values)).toBe(Math.max(...known))
      expect(Math.min(...values)).toBe(Math.min(...known))
      expect(values.length).toBeLessThanOrEqual(2 * columns + 4)
      expect(curve?.raw.x).toEqual(curve?.raw.x.toSorted((a, b) => a - b))
    }
    // A gap that can be seen breaks the curve.
    if (length === 50) expect(curvesIn([one], [0, 490], 960, false)[0]?.raw.y).toContain(null)
  })

  test('are one line for each run, with its average, its dashes and its name as text', () => {
    const dashed = drawn(2, 90, { look: { label: 'b & c', colour: '--run-red', dash: [8, 4] } })
    const averaged = { ...drawn(3, 90), trend: drawn(4, 90).track }
    const curves = curvesIn([drawn(1, 90), dashed, averaged], [0, 890], SIZE.width, false)
    const svg = svgOf(
      { title: 'runs: <loss>', curves, marks: [], isLog: false, unit: 'step', range: [0, 890] },
      { colour },
      SIZE,
    )
    expect(svg).toContain('width="700" height="400"')
    expect(svg).toContain('runs: &#60;loss&#62;')
    expect(svg).toContain('&#60;run&#62; 1 ')
    expect(svg).toContain('b &#38; c ')
    expect(svg.match(/stroke-dasharray="8 4"/g)).toHaveLength(2)
    expect(svg.match(/>smoothed [\d.]+</g)).toHaveLength(1)
    expect(numbersIn(svg).every(Number.isFinite)).toBe(true)
  })

  test.each([
    ['no run', []],
    ['a run of one point', [drawn(1, 1)]],
    [
      'a part without points',
      [{ ...drawn(1, 3), track: { x: Float64Array.of(5000), y: Float64Array.of(1) } }],
    ],
    [
      'what is not above 0 on a logarithmic axis',
      [{ ...drawn(1, 3), track: { x: Float64Array.of(1, 2), y: Float64Array.of(0, -1) } }],
    ],
  ])('of %s are a picture all the same', (_, list) => {
    const curves = curvesIn(list, [0, 100], SIZE.width, true)
    const svg = svgOf(
      { title: 't', curves, marks: [], isLog: true, unit: 'time', range: [0, 100] },
      { colour },
      SIZE,
    )
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  })

  test('as a table are read again as the same runs', async () => {
    const runs = [1, 2].map(seed => ({
      folder: `run-${seed}`,
      label: seed === 1 ? '=cmd()' : 'a, "b"',
      points: walk(seed, 40),
    }))
    const csv = csvOfRuns('metrics.validationLoss', runs)
    const { data } = papaparse.parse<string[]>(csv)
    expect(data[0]).toEqual(['run', 'name', 'step', 'seconds', 'validationLoss'])
    expect(data[1]?.slice(0, 4)).toEqual(['run-1', "'=cmd()", '0', '0'])
    const directory = await scratchFolder('taken-home')
    onTestFinished(() => rmSync(directory, { recursive: true }))
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'curves.csv'), csv)
    for (const { folder, points } of runs) {
      const read = (await readRun(join(directory, `curves.csv#${folder}`))).series.get('validationLoss')
      const isKnown = (_: number, i: number) => !Number.isNaN(points.values[i])
      expect([...(read?.steps ?? [])]).toEqual([...points.steps].filter(isKnown))
      expect([...(read?.values ?? [])]).toEqual([...points.values].filter(isKnown))
    }
  })
})

describe('parallel coordinates', () => {
  const runs = Array.from({ length: 12 }, (_, i) => {
    const row: Partial<RunRow> = {
      folder: `run-${i}`,
      name: `run <${i}>`,
      hyperparameters: { batchSize: 16 << (i % 3), ...(i !== 5 && { 'sgd1.learningRate': 10 ** -(i % 4) }) },
      settings: {},
      config: { 'dense1.activation': ['relu', 'tanh & co'][i % 2] as string },
      last: { loss: i === 3 ? null : i / 10 },
      best: { loss: { value: i / 10, step: 1 } },
      tags: [],
      notes: '',
    }
    return row as RunRow
  })
  const columns = columnsOf(runs)
  const goal = columnOf(columns, 'best.loss')
  const axes = [...variedColumns(columns, runs), goal].flatMap(
    column => (column && axisOf(column, runs)) ?? [],
  )
  const picture = {
    title: 'runs: hyper-parameters',
    axes,
    goal,
    runs,
    matching: runs.slice(2),
    selected: new Set(['run-1', 'run-4']),
    colours: new Map([['run-4', 'red']]),
  }

  test.each([SIZE, { width: 200, height: 200 }, { width: 4096, height: 300 }])(
    'fill a picture of %j',
    size => {
      const svg = parallelSvg(picture, { colour }, size)
      expect(svg).toContain(`width="${size.width}" height="${size.height}"`)
      // A line for each run, and of those that are selected and left a legend.
      expect(svg.match(/<path d="M[^"]*L/g)).toHaveLength(runs.length)
      expect(svg.match(/run &#60;\d+&#62;/g)).toEqual(['run &#60;4&#62;'])
      // The best of the others is the strongest, the worst the palest.
      expect(svg).toContain('stroke="#ffffff"')
      expect(svg).not.toMatch(/NaN|Infinity|undefined|<script/)
      for (const [, d = ''] of svg.matchAll(/<path d="(M[^"]*L[^"]*)"/g)) {
        const places = (d.match(/[\d.]+/g) ?? []).map(Number)
        for (const [i, place] of places.entries())
          expect(place).toBeLessThanOrEqual(i % 2 ? size.height : size.width)
      }
    },
  )

  test('are a table of the runs that the search leaves', () => {
    const { data } = papaparse.parse<Record<string, string>>(parallelCsv(picture).trim(), { header: true })
    expect(data.map(({ run }) => run)).toEqual(picture.matching.map(({ folder }) => folder))
    expect(data.find(({ run }) => run === 'run-5')).toMatchObject({
      'sgd1.learningRate': '',
      'best.loss': '0.5',
    })
  })
})
