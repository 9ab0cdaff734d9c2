/** How much the page makes a browser load. */
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const ASSETS = new URL('../../dist/dashboard/assets/', import.meta.url)

test('all JavaScript of the page has less than 300 KB, gzipped', () => {
  const scripts = readdirSync(ASSETS).filter(name => name.endsWith('.js'))
  const sizes = scripts.map(name => gzipSync(readFileSync(new URL(name, ASSETS))).length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  expect(total).toBeGreaterThan(100_000)
  expect(total).toBeLessThan(300_000)
})
