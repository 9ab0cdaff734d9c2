/** How far what a page shows can be told from what it stands on, measured in the page. */
import type { Page } from 'playwright-core'

/** What is measured, and its ratio of luminances by WCAG 2. */
export interface Contrast {
  readonly what: string
  readonly ratio: number
  /** That of the colour itself. */
  readonly luminance: number
}

/** Of a property of each element with a selector, on the ground that its ancestors paint; with `ground`, on another. */
export function contrasts(
  page: Page,
  selector: string,
  property: string,
  ground?: string,
): Promise<Contrast[]> {
  return page.evaluate(
    ({ selector, property, ground }) => {
      const canvas = document.createElement('canvas')
      canvas.width = 1
      canvas.height = 1
      const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D
      /** Colours laid on each other, the lowest first; the browser mixes them. */
      const painted = (colours: readonly string[]) => {
        context.clearRect(0, 0, 1, 1)
        for (const colour of colours) {
          context.fillStyle = colour
          context.fillRect(0, 0, 1, 1)
        }
        return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)]
      }
      const luminance = (colour: readonly number[]) => {
        const [red = 0, green = 0, blue = 0] = colour.map(value => {
          const share = value / 255
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
        })
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
      }
      const under = (element: Element | null): string[] =>
        element ? [...under(element.parentElement), getComputedStyle(element).backgroundColor] : []
      return [...document.querySelectorAll(selector)].map(element => {
        const colour = getComputedStyle(element).getPropertyValue(property)
        const from = property === 'color' ? element : element.parentElement
        const below = under(ground === undefined ? from : document.querySelector(ground))
        const [front, back] = [luminance(painted([...below, colour])), luminance(painted(below))]
        const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05)
        return { what: `${element.outerHTML.slice(0, 120)} ${colour}`, ratio, luminance: front }
      })
    },
    { selector, property, ground },
  )
}
