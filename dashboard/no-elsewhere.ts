/** In the place of `core/elsewhere.ts` in the pages, where nobody types options of other frameworks. */
export const aliased = (): undefined => undefined
export const answered = (): undefined => undefined
