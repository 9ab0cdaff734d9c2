/** Downloads: charts, series, the graph. */
import type { BridgeClient, RunState } from '../client.ts'
import { allOf, csvOf } from './charts/csv.ts'
import type { Size } from './charts/svg.ts'

function save(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name.toLowerCase().replace(/[^\w.]+/g, '-')
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}

export async function saveSeries(client: BridgeClient, names: readonly string[], { runId, step }: RunState) {
  const series = []
  for (const name of names) series.push(await allOf(client, name, [0, step]))
  saveCsv(runId, csvOf(series))
}

export const saveCsv = (title: string, csv: string): void => save(`${title}.csv`, 'text/csv', csv)

export const saveSvg = (title: string, svg: string): void => save(`${title}.svg`, 'image/svg+xml', svg)

/** Rejects where the browser cannot draw it, as for want of memory. */
export async function savePng(
  title: string,
  svg: string,
  { width, height }: Size,
  scale: number,
): Promise<void> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  try {
    const image = new Image(width, height)
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = width * scale
    canvas.height = height * scale
    const context = canvas.getContext('2d')
    context?.scale(scale, scale)
    context?.drawImage(image, 0, 0, width, height)
    const blob = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve, 'image/png'))
    if (!blob) throw new Error('This browser cannot make so large a picture.')
    save(`${title}.png`, 'image/png', blob)
  } finally {
    URL.revokeObjectURL(url)
  }
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
