/** The icons of the page: one set, drawn with lines of the same weight in a square of 16 units. */

const PATHS = {
  undo: 'M6.5 3 3 6.5 6.5 10M3 6.5h6.5a3.5 3.5 0 0 1 0 7H7',
  redo: 'M9.5 3 13 6.5 9.5 10M13 6.5H6.5a3.5 3.5 0 0 0 0 7H9',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  earlier: 'M10 3.5 5.5 8l4.5 4.5',
  later: 'M6 3.5 10.5 8 6 12.5',
  note: 'M2.5 3h11v8H7l-3 2.5V11H2.5z',
  save: 'M8 2.5v7.5M4.5 7 8 10.5 11.5 7M2.5 13.5h11',
  whole: 'M2.5 3v10M13.5 3v10M5 8h6M6.5 6l-2 2 2 2M9.5 6l2 2-2 2',
  close: 'm4 4 8 8M12 4l-8 8',
  enlarge: 'M10 2h4v4M14 2 9.5 6.5M6 14H2v-4M2 14l4.5-4.5',
  shrink: 'M6 2v4H2M6 6 2 2M10 14v-4h4M10 10l4 4',
} as const

export const Icon = ({ name }: { readonly name: keyof typeof PATHS }) => (
  <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
)
