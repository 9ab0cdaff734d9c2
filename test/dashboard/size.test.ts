/** How much the pages make a browser load. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const DASHBOARD = new URL('../../dist/dashboard/', import.meta.url)

/**
 * The bytes of all scripts that a page loads at whatever time, gzipped: those that it names, those that they name, and so on. Workers are apart,
 * since they are loaded where somebody asks for what they compute, and so is the page for a phone, which has a limit of its own.
 */
function sizeOf(page: string): number {
  const texts = new Map<string, string>()
  const follow = (text: string) => {
    for (const [, name = ''] of text.matchAll(/\b([\w.-]+\.js)\b/g)) {
      const file = new URL(`assets/${name}`, DASHBOARD)
      if (texts.has(name) || /\.worker-|^phone-/.test(name) || !existsSync(file)) continue
      texts.set(name, readFileSync(file, 'utf8'))
      follow(texts.get(name) as string)
    }
  }
  follow(readFileSync(new URL(page, DASHBOARD), 'utf8'))
  return [...texts.values()].reduce((sum, text) => sum + gzipSync(text).length, 0)
}

test('all JavaScript of the page of a run has less than 300 KB, gzipped', () => {
  const size = sizeOf('index.html')
  expect(size).toBeGreaterThan(100_000)
  expect(size).toBeLessThan(300_000)
})

test('and that of the page of many runs less than 150 KB', () => {
  const size = sizeOf('runs.html')
  expect(size).toBeGreaterThan(50_000)
  expect(size).toBeLessThan(150_000)
})

test('a script that a page loads is named by its content, so that a browser never mixes two versions', () => {
  const scripts = readdirSync(DASHBOARD, { recursive: true, encoding: 'utf8' }).filter(file =>
    file.endsWith('.js'),
  )
  expect(scripts.filter(file => /phone/.test(file))).toHaveLength(1)
  for (const script of scripts) expect(script).toMatch(/^assets[\\/][\w.-]+-[\w-]{8}\.js$/)
})
