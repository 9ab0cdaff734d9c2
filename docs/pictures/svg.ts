/** SVG elements as text, and the colours of all pictures. */

type Attributes = Readonly<Record<string, string | number>>

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** Coordinates to a hundredth of a pixel: finer digits would differ between machines. */
const show = (value: string | number) =>
  typeof value === 'string' ? escaped(value) : String(Number(value.toFixed(2)) + 0)

/** One element; `children` are elements made by this function. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const opening = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${show(value)}"`)]
  if (children.length === 0) return `<${opening.join(' ')}/>`
  return `<${opening.join(' ')}>${children.join('')}</${name}>`
}

/** A line of text. */
export const text = (content: string, attributes: Attributes): string =>
  element('text', attributes, escaped(content))

const FONT = `-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif`

/** Blue and orange after Okabe and Ito, distinguishable with colour blindness, in print, and on both grounds. */
const light = { ground: '#ffffff', edge: '#d1d9e0', ink: '#1f2328', quiet: '#59636e', faint: '#e6eaef' }
const dark = { ground: '#0d1117', edge: '#3d444d', ink: '#f0f6fc', quiet: '#9198a1', faint: '#262c36' }
const palettes = {
  light: { ...light, first: '#0072b2', second: '#c4500a' },
  dark: { ...dark, first: '#56b4e9', second: '#f0a33a' },
}

/** The classes that pictures use: `fill-ink`, `line-first`, ... */
const rules = (palette: Readonly<Record<string, string>>) =>
  Object.entries(palette)
    .map(([name, colour]) => `.fill-${name}{fill:${colour}}.line-${name}{stroke:${colour}}`)
    .join('')

export interface Picture {
  readonly width: number
  readonly height: number
  /** For screen readers. */
  readonly title: string
  readonly description: string
}

/** A picture with its own background, which follows the theme of the reader. */
export function picture(
  { width, height, title, description }: Picture,
  ...children: readonly string[]
): string {
  const style = [
    `text{font-family:${FONT};font-size:14px}`,
    '.line{fill:none;stroke-linecap:round;stroke-linejoin:round}',
    rules(palettes.light),
    `@media (prefers-color-scheme:dark){${rules(palettes.dark)}}`,
  ]
  const ground = { x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 8 }
  const lines = [
    element('title', {}, escaped(title)),
    element('desc', {}, escaped(description)),
    element('style', {}, style.join('')),
    element('rect', { ...ground, class: 'fill-ground line-edge' }),
    ...children,
  ]
  const frame = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
  }
  return `${element('svg', frame, '\n', lines.join('\n'), '\n')}\n`
}
