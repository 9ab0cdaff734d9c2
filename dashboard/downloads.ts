/** Downloads: charts, series, the graph. */
import type { BridgeClient, RunState } from '../client.ts'
import { allOf, csvOf } from './charts/csv.ts'
import { type Curve, legendText } from './charts/curves.ts'
import { type Picture, svgOf } from './charts/svg.ts'
import { styled } from './palette.ts'

function save(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name.toLowerCase().replace(/[^\w.]+/g, '-')
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}

export const saveSvg = (picture: Picture): void =>
  save(`${picture.title}.svg`, 'image/svg+xml', svgOf(picture, styled))

export async function saveCsv(client: BridgeClient, names: readonly string[], { runId, step }: RunState) {
  const series = []
  for (const name of names) series.push(await allOf(client, name, [0, step]))
  save(`${runId}.csv`, 'text/csv', csvOf(series))
}

/** The plot as on the page, with the title and legend, which are not part of its canvas. */
export function savePng(host: HTMLElement | null, { title, curves, unit }: Picture): void {
  const plot = host?.querySelector('canvas')
  if (!plot) return
  const ratio = plot.width / Math.max(plot.clientWidth, 1)
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  const font = (weight: number, size: number) => `${weight} ${size * ratio}px system-ui, sans-serif`
  context.font = font(400, 13)
  const places = legendPlaces(context, curves, plot.width, ratio)
  const top = (48 + 20 * ((places.at(-1)?.line ?? 0) + 1)) * ratio
  canvas.width = plot.width
  canvas.height = plot.height + top + 22 * ratio
  context.fillStyle = styled('--panel')
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(plot, 0, top)
  context.fillStyle = styled('--text')
  context.font = font(600, 16)
  context.fillText(title, 16 * ratio, 28 * ratio)
  context.font = font(400, 13)
  context.lineWidth = 2 * ratio
  for (const { curve, text, left, line } of places) {
    const base = (52 + 20 * line) * ratio
    context.strokeStyle = styled(curve.colour)
    context.setLineDash(curve.isDashed ? [7 * ratio, 4 * ratio] : [])
    context.beginPath()
    context.moveTo(left, base - 4 * ratio)
    context.lineTo(left + 22 * ratio, base - 4 * ratio)
    context.stroke()
    context.fillText(text, left + 28 * ratio, base)
  }
  context.fillStyle = styled('--quiet')
  context.textAlign = 'center'
  context.fillText(unit, canvas.width / 2, canvas.height - 8 * ratio)
  canvas.toBlob(blob => blob && save(`${title}.png`, 'image/png', blob))
}

/** The positions of legend entries, in as many lines as needed. */
function legendPlaces(
  context: CanvasRenderingContext2D,
  curves: readonly Curve[],
  width: number,
  ratio: number,
) {
  let [left, line] = [16 * ratio, 0]
  return curves.map(curve => {
    const text = legendText(curve)
    const size = context.measureText(text).width + 46 * ratio
    if (left + size > width && left > 16 * ratio) [left, line] = [16 * ratio, line + 1]
    const place = { curve, text, left, line }
    left += size
    return place
  })
}

/** The graph for `graphFromJson`, with the current hyper-parameters, or the schedules that they follow. */
export function graphText({
  graph,
  hyperparameters,
  follows,
}: Pick<RunState, 'graph' | 'hyperparameters' | 'follows'>): string {
  const nodes = graph.nodes.map(node => {
    const config = Object.hasOwn(hyperparameters, node.id) ? hyperparameters[node.id] : undefined
    if (typeof config !== 'object') return node
    const schedules = Object.entries(follows[node.id] ?? {}).filter(([, followed]) => followed !== 'stream')
    return { ...node, config: { ...config, ...Object.fromEntries(schedules) } }
  })
  return `${JSON.stringify({ ...graph, nodes }, undefined, 2)}\n`
}

export const saveGraph = (state: RunState): void =>
  save(`${state.runId}.json`, 'application/json', graphText(state))
