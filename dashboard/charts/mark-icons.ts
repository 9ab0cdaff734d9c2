/** The icons of marks, as paths in a square of 12 units, for the page and for pictures. */
import type { Kind } from './annotations.ts'

export const ICONS: Readonly<Record<Kind, string>> = {
  best: 'M6 .8 7.6 4.2 11.3 4.6 8.5 7.1 9.3 10.8 6 8.9 2.7 10.8 3.5 7.1 .7 4.6 4.4 4.2Z',
  change:
    'M1 3.2h5.2a1.9 1.9 0 0 1 3.6 0H11v1.4H9.8a1.9 1.9 0 0 1-3.6 0H1ZM1 7.4h1.2a1.9 1.9 0 0 1 3.6 0H11v1.4H5.8a1.9 1.9 0 0 1-3.6 0H1Z',
  start: 'M3 1.5 10.5 6 3 10.5Z',
  pause: 'M2.5 1.5h2.4v9H2.5ZM7.1 1.5h2.4v9H7.1Z',
  stop: 'M2.2 2.2h7.6v7.6H2.2Z',
  alarm: 'M6 .8 11.6 11H.4ZM5.3 4.2v3.3h1.4V4.2ZM5.3 8.4v1.4h1.4V8.4Z',
  checkpoint: 'M2.5 1h1.4v10H2.5ZM4.6 1.6H10.5L8.8 4 10.5 6.4H4.6Z',
  note: 'M1.2 1.8h9.6v6.6H6.2L3.6 10.8V8.4H1.2Z',
}

/** The names of their colours in the style sheet. */
export const ICON_COLOURS: Readonly<Record<Kind, string>> = {
  best: '--good',
  change: '--accent',
  start: '--quiet',
  pause: '--quiet',
  stop: '--quiet',
  alarm: '--warning',
  checkpoint: '--quiet',
  note: '--accent',
}

/** Of several marks, the icon that matters most. */
const RANKS: readonly Kind[] = ['alarm', 'best', 'note', 'change', 'stop', 'pause', 'checkpoint', 'start']

export const chiefOf = (kinds: readonly Kind[]): Kind => RANKS.find(kind => kinds.includes(kind)) ?? 'change'
