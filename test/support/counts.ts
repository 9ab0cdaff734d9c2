/** How much the tests try: enough to see a fault soon, or with `npm run test:full` as much as is claimed. */

const isFull = process.env.TEST_COUNTS === 'full'

export const countOf = <T>({ usual, full }: { readonly usual: T; readonly full: T }): T =>
  isFull ? full : usual
