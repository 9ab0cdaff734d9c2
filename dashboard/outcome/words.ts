/** Points on a plane with their names, as many as fit. */
import { colourOf, css } from '../palette.ts'
import { placesIn } from './scatter.ts'

/** The most characters of a name beside its point. */
const LONGEST = 24
const HEIGHT = 15
/** With more points, only chosen ones have names. */
const NAMED = 400

export interface Words {
  /** x and y of each point in turn; NaN for none. */
  readonly points: Float64Array
  readonly names: readonly string[]
  /** The point that is chosen, its neighbours, the point at the pointer, and those that are searched for. */
  readonly chosen: number | undefined
  readonly near: readonly number[]
  readonly pointed: number | undefined
  readonly found: readonly number[]
}

/** A name that can be seen: spaces and breaks have signs. */
export const visible = (name: string): string => {
  const text = name
    .replaceAll('\n', '↵')
    .replaceAll('\t', '⇥')
    .replace(/^ +| +$/g, spaces => '␣'.repeat(spaces.length))
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text
}

export function drawWords(canvas: HTMLCanvasElement, words: Words): void {
  const { points, names, chosen, near, pointed, found } = words
  const { clientWidth: width, clientHeight: height } = canvas
  canvas.width = Math.round(width * devicePixelRatio)
  canvas.height = Math.round(height * devicePixelRatio)
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  context.scale(devicePixelRatio, devicePixelRatio)
  const [text, quiet, ground, own, other] = ['--text', '--quiet', '--panel', '--series-2', '--series-1'].map(
    name => css(colourOf(context, name)),
  ) as [string, string, string, string, string]
  const places = placesIn(points, width, height)
  const at = (i: number) => [places[2 * i] as number, places[2 * i + 1] as number] as const
  const count = points.length / 2
  const isQuiet = chosen !== undefined || found.length > 0
  const dot = (i: number, radius: number, colour: string) => {
    const [x, y] = at(i)
    context.beginPath()
    context.arc(x, y, radius, 0, 2 * Math.PI)
    context.fillStyle = colour
    context.fill()
  }
  context.globalAlpha = isQuiet ? 0.35 : 0.75
  for (let i = 0; i < count; i++) dot(i, count > 600 ? 2.2 : 3, other)
  context.globalAlpha = 1
  if (chosen !== undefined) {
    context.strokeStyle = own
    context.lineWidth = 1
    for (const i of near) {
      context.beginPath()
      context.moveTo(...at(chosen))
      context.lineTo(...at(i))
      context.stroke()
    }
  }
  const stressed = [...new Set([pointed, chosen, ...near, ...found])].filter(
    i => i !== undefined && i < count,
  ) as number[]
  for (const i of stressed.toReversed()) dot(i, i === chosen || i === pointed ? 5 : 3.6, own)
  const isFree = roomOf(width, height)
  context.font = '12px system-ui, sans-serif'
  context.lineJoin = 'round'
  context.lineWidth = 3
  context.strokeStyle = ground
  const name = (i: number, isMain: boolean) => {
    const [x, y] = at(i)
    if (Number.isNaN(x)) return
    const label = visible(names[i] ?? String(i))
    const wide = context.measureText(label).width
    const left = [x + 6, x - 6 - wide].find(side => isFree(side, y - HEIGHT / 2, wide))
    if (left === undefined) return
    context.strokeText(label, left, y + 4)
    context.fillStyle = isMain ? text : quiet
    context.fillText(label, left, y + 4)
  }
  for (const i of stressed) name(i, true)
  if (count <= NAMED && !isQuiet) for (let i = 0; i < count; i++) name(i, false)
}

/** Whether there is room for a name, which is then taken: in cells of a grid. */
function roomOf(width: number, height: number): (x: number, y: number, wide: number) => boolean {
  const size = 5
  const across = Math.ceil(width / size) + 1
  const taken = new Uint8Array(across * (Math.ceil(height / size) + 1))
  return (x, y, wide) => {
    if (x < 0 || y < 0 || x + wide > width || y + HEIGHT > height) return false
    const cells: number[] = []
    for (let v = Math.floor(y / size); v <= Math.floor((y + HEIGHT - 1) / size); v++)
      for (let u = Math.floor(x / size); u <= Math.floor((x + wide) / size); u++) cells.push(v * across + u)
    if (cells.some(cell => taken[cell] === 1)) return false
    for (const cell of cells) taken[cell] = 1
    return true
  }
}
