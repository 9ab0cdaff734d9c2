/** What people take home: charts and series. */

import { scaleLinear, scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import type { RunState, SeriesPoints } from '../client.ts'
import { words } from './format.ts'

type Curves = readonly { readonly name: string; readonly points: SeriesPoints }[]

function save(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name.toLowerCase().replace(/[^\w.]+/g, '-')
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}

export function savePng(host: HTMLElement | null, title: string): void {
  const canvas = host?.querySelector('canvas')
  if (!canvas) return
  // The chart itself is transparent.
  const copy = document.createElement('canvas')
  copy.width = canvas.width
  copy.height = canvas.height
  const context = copy.getContext('2d') as CanvasRenderingContext2D
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--panel')
  context.fillRect(0, 0, copy.width, copy.height)
  context.drawImage(canvas, 0, 0)
  copy.toBlob(blob => blob && save(`${title}.png`, 'image/png', blob))
}

export function saveSvg(curves: Curves, title: string, isLog: boolean): void {
  const [width, height, margin] = [960, 480, 60]
  const steps = curves.flatMap(({ points }) => points.steps)
  const values = curves.flatMap(({ points }) => points.values).filter(value => !isLog || value > 0)
  const extent = (numbers: readonly number[]) => [
    numbers.reduce((least, number) => Math.min(least, number), Number.POSITIVE_INFINITY),
    numbers.reduce((most, number) => Math.max(most, number), Number.NEGATIVE_INFINITY),
  ]
  const x = scaleLinear(extent(steps), [margin, width - 10])
  const y = (isLog ? scaleLog : scaleLinear)(extent(values), [height - 30, 30])
  const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00']
  const paths = curves.map(({ name, points }, i) => {
    const kept = points.steps.flatMap((step, j): [number, number][] => {
      const value = points.values[j] as number
      return isLog && value <= 0 ? [] : [[x(step), y(value)]]
    })
    const colour = colours[i % colours.length]
    const label = `<text x="${margin + 10 + 170 * i}" y="18" fill="${colour}">${escaped(words(name))}</text>`
    return `<path d="${line()(kept)}" fill="none" stroke="${colour}" stroke-width="1.5"/>${label}`
  })
  const ticks = [
    ...x.ticks(8).map(tick => `<text x="${x(tick)}" y="${height - 8}" text-anchor="middle">${tick}</text>`),
    ...y
      .ticks(6)
      .map(
        tick =>
          `<text x="${margin - 6}" y="${y(tick) + 4}" text-anchor="end">${Number(tick.toPrecision(3))}</text>`,
      ),
  ]
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>${ticks.join('')}${paths.join('')}</svg>`
  save(`${title}.svg`, 'image/svg+xml', svg)
}

const escaped = (text: string) => text.replace(/[<>&]/g, character => `&#${character.charCodeAt(0)};`)

export function saveCsv(curves: Curves, title: string): void {
  const rows = curves.flatMap(({ name, points }) =>
    points.steps.map((step, i) => `${JSON.stringify(name)},${step},${points.values[i]}`),
  )
  save(`${title}.csv`, 'text/csv', ['series,step,value', ...rows].join('\n'))
}

export function saveGraph({ runId, nodes }: RunState): void {
  save(`${runId}.json`, 'application/json', JSON.stringify({ runId, nodes }, undefined, 2))
}
