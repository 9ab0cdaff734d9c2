/** How much the tests try: enough to see a fault soon, or with `npm run test:full` as much as is claimed. */

const isFull = process.env.TEST_COUNTS === 'full'

export const countOf = ({ usual, full }: { readonly usual: number; readonly full: number }): number =>
  isFull ? full : usual
