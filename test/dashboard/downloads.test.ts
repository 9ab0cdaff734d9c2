/** Files that people take home: tables, pictures, graphs. */
import { compile, createTrainer, graphFromJson, schedule } from 'gradstream'
import papaparse from 'papaparse'
import { NEVER } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { csvOf } from '../../dashboard/charts/csv.ts'
import type { Curve } from '../../dashboard/charts/curves.ts'
import { type Picture, svgOf } from '../../dashboard/charts/svg.ts'
import { graphText } from '../../dashboard/downloads.ts'
import { regression, samples } from '../runtime/support.ts'

const COLOURS: Readonly<Record<string, string>> = { '--text': '#111111', '--panel': '#ffffff' }
const colour = (name: string) => COLOURS[name] ?? '#0072b2'

const curve = (name: string, y: readonly number[], more: Partial<Curve> = {}): Curve => ({
  name,
  label: name,
  colour: '--series-1',
  isDashed: false,
  isStepped: false,
  isFaint: false,
  raw: { x: y.map((_, i) => i + 1), y },
  trend: undefined,
  ...more,
})

const picture = (curves: readonly Curve[], more: Partial<Picture> = {}): Picture => ({
  title: 'a run: Loss',
  curves,
  marks: [],
  isLog: false,
  unit: 'step',
  range: undefined,
  ...more,
})

describe('a table', () => {
  const points = {
    steps: [1, 3],
    values: [0.5, -0.25],
    gaps: [] as number[],
    means: { steps: [2, 3], values: [0.4, -0.25], counts: [2, 1] },
  }

  test('has the points, and the means of more than one', () => {
    expect(csvOf([{ name: 'loss', points }])).toBe(
      'series,step,value,kind,count\r\nloss,1,0.5,point,1\r\nloss,3,-0.25,point,1\r\nloss,2,0.4,mean,2\r\n',
    )
  })

  test('says where a figure was not finite', () => {
    expect(csvOf([{ name: 'loss', points: { ...points, gaps: [2] } }])).toContain(
      '\r\nloss,2,,not finite,1\r\n',
    )
  })

  test.each(['a,b', 'say "yes"', 'two\r\nlines', 'ß☃'])('has the name %j as it is', name => {
    const { data } = papaparse.parse<string[]>(csvOf([{ name, points }]))
    expect(data[1]).toEqual([name, '1', '0.5', 'point', '1'])
  })

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1'])('makes the name %j no formula', name => {
    const { data } = papaparse.parse<string[]>(csvOf([{ name, points }]))
    expect(data[1]?.[0]).toBe(`'${name}`)
  })
})

describe('a picture', () => {
  test('has the names of the page, in the colour of text, and a line for each curve', () => {
    const svg = svgOf(
      picture([curve('batch loss', [3, 2, 1]), curve('validation loss', [4, 4, 4], { isDashed: true })]),
      { colour },
    )
    expect(svg).toContain('>batch loss 1<')
    expect(svg).toContain('>validation loss 4<')
    expect(svg).toContain('a run: Loss')
    expect(svg).toContain('fill="#111111"')
    expect(
      svg.match(/<path d="M[^"h]*" stroke="#0072b2" stroke-width="2" opacity="1" stroke-dasharray/g),
    ).toHaveLength(1)
    expect(svg).not.toContain('NaN')
  })

  test('has few marks on a logarithmic axis, all of them different', () => {
    for (const values of [
      [1e-12, 1e6],
      [0.3, 0.4, 0.5],
      [1, 90],
    ]) {
      const svg = svgOf(picture([curve('loss', values)], { isLog: true }), { colour })
      const [, up = ''] = svg.match(/text-anchor="end"[^>]*>(.*?)<\/g>/) ?? []
      const marks = [...up.matchAll(/>([^<]+)<\/text>/g)].map(([, text]) => text)
      expect(marks.length).toBeGreaterThan(0)
      expect(marks.length).toBeLessThanOrEqual(8)
      expect(new Set(marks).size).toBe(marks.length)
    }
  })

  test.each([
    ['no curves', []],
    ['no points', [curve('loss', [])]],
  ])('says so where there are %s', (_, curves) => {
    const svg = svgOf(picture(curves), { colour })
    expect(svg).toContain('No points yet.')
    expect(svg).not.toMatch(/NaN|Infinity/)
  })

  test('of what is not above 0 has no logarithm', () => {
    expect(svgOf(picture([curve('loss', [0, -1])], { isLog: true }), { colour })).toContain('No points yet.')
    expect(svgOf(picture([curve('loss', [0, 1, 10])], { isLog: true }), { colour })).not.toMatch(
      /NaN|Infinity/,
    )
  })

  test('of one point, or of values that are all alike, is drawn', () => {
    for (const values of [[2], [0, 0, 0]]) {
      expect(svgOf(picture([curve('loss', values)]), { colour })).not.toMatch(/NaN|Infinity/)
    }
  })

  test('shows the range, and counts epochs where the page does', () => {
    const svg = svgOf(picture([curve('loss', [9, 5, 4, 3])], { unit: 'epoch', range: [2, 4] }), { colour })
    expect(svg).toContain('>epoch<')
    expect(svg).not.toContain('>9<')
  })

  test('marks what happened in its range', () => {
    const marks = [
      { kind: 'change', step: 2, x: 2, text: 'learning rate 0.1' },
      { kind: 'change', step: 9, x: 9, text: 'learning rate 0.2' },
    ] as const
    const svg = svgOf(picture([curve('loss', [3, 2, 1])], { marks }), { colour })
    expect(svg).toContain('>learning rate 0.1<')
    expect(svg).not.toContain('>learning rate 0.2<')
  })

  test('has names as text', () => {
    expect(svgOf(picture([curve('<script>"&', [1])]), { colour })).toContain('&#60;script&#62;&#34;&#38;')
  })
})

test('the graph can be read and compiled, with the hyper-parameters of now', async () => {
  const trainer = createTrainer(compile(regression(), { seed: 1 }), { data: samples(8), epochs: 1 })
  await trainer.set('sgd1', { learningRate: 0.25 })
  const read = graphFromJson(graphText(trainer.state))
  expect(compile(read).node('sgd1').config).toMatchObject({ learningRate: 0.25, momentum: 0.5 })
  expect(read.nodes.map(({ id }) => id)).toEqual(trainer.model.graph.nodes.map(({ id }) => id))
  const learningRate = schedule.cosine({ initial: 0.1, steps: 50 })
  await trainer.set('sgd1', { learningRate, momentum: NEVER })
  const followed = graphFromJson(graphText(trainer.state)).nodes.find(({ id }) => id === 'sgd1')
  expect(followed?.config).toMatchObject({ learningRate, momentum: 0.5 })
  trainer.dispose()
})
