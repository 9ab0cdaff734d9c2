/** How much the pages make a browser load. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const DASHBOARD = new URL('../../dist/dashboard/', import.meta.url)

/** The bytes of all scripts that a page names, gzipped. */
function sizeOf(page: string): number {
  const names = [...readFileSync(new URL(page, DASHBOARD), 'utf8').matchAll(/"(\.\/assets\/[^"]+\.js)"/g)]
  expect(names.length).toBeGreaterThan(0)
  return names
    .map(([, name = '']) => gzipSync(readFileSync(new URL(name, DASHBOARD))).length)
    .reduce((sum, size) => sum + size, 0)
}

test('all JavaScript of the page of a run has less than 300 KB, gzipped', () => {
  expect(sizeOf('index.html')).toBeGreaterThan(100_000)
  expect(sizeOf('index.html')).toBeLessThan(300_000)
})

test('and that of the page of many runs less than 150 KB', () => {
  expect(sizeOf('runs.html')).toBeGreaterThan(50_000)
  expect(sizeOf('runs.html')).toBeLessThan(150_000)
})
