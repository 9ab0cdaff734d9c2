/** How wide a text is. */

let context: CanvasRenderingContext2D | undefined

/** In the font of pictures, in pixels. */
export function measured(text: string): number {
  context ??= document.createElement('canvas').getContext('2d') ?? undefined
  if (!context) return 6.6 * text.length
  context.font = '12px system-ui, sans-serif'
  return context.measureText(text).width
}
