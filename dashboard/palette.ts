/** The colours of the page for canvases and files. Only the style sheet defines them. */

/** Colours of curves and classes, which most colour-blind people can distinguish (after Okabe and Ito). */
export const SERIES = [
  '--series-1',
  '--series-2',
  '--series-3',
  '--series-4',
  '--series-5',
  '--series-6',
] as const

/** A colour as CSS text, in the current mode. */
export const styled = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** The colours of the light or the dark page, whichever is shown. */
export function coloursOf(isDark: boolean): (name: string) => string {
  const rules = [...document.styleSheets].flatMap(({ cssRules }) => [...cssRules])
  const dark = rules.flatMap(rule =>
    rule instanceof CSSMediaRule && rule.conditionText.includes('prefers-color-scheme: dark')
      ? [...rule.cssRules]
      : [],
  )
  const own = isDark ? [...dark, ...rules] : rules
  return name => {
    const rule = own.find(rule => rule instanceof CSSStyleRule && rule.style.getPropertyValue(name) !== '')
    return rule instanceof CSSStyleRule ? rule.style.getPropertyValue(name).trim() : ''
  }
}

/** The name of the colour of a curve. */
export const seriesColour = (index: number): string => SERIES[index % SERIES.length] as string

export type Colour = readonly [number, number, number]

/** A colour of the style sheet as numbers. A canvas converts any colour to `#rrggbb`. */
export function colourOf(context: CanvasRenderingContext2D, name: string): Colour {
  context.fillStyle = styled(name)
  const text = String(context.fillStyle)
  return [1, 3, 5].map(place => Number.parseInt(text.slice(place, place + 2), 16)) as unknown as Colour
}

export const mixed = (a: Colour, b: Colour, share: number) =>
  a.map((from, i) => Math.round(from + ((b[i] as number) - from) * share)) as unknown as Colour

export const css = ([r, g, b]: Colour): string => `rgb(${r} ${g} ${b})`
