/** Papa Parse as the code that is built for Node has it: loaded late, and all of it. */
import { createRequire } from 'node:module'
import papaparse from 'papaparse'
import { expect, test } from 'vitest'

const late = createRequire(import.meta.url)(
  '../../../../runtime/data/tables/papaparse.cjs',
) as typeof papaparse
const real = createRequire(import.meta.url)('papaparse') as typeof papaparse

test.each(Object.keys(papaparse) as (keyof typeof papaparse)[])('has %s', name => {
  expect(late[name]).toBe(real[name])
})
