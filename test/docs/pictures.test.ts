/** The pictures of the documentation are those that the nodes draw today. */
import { readdirSync, readFileSync } from 'node:fs'
import { schedule } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { activations, pictures, schedules } from '../../docs/pictures/index.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const list = (path: string, ending: string) =>
  readdirSync(new URL(path, root))
    .filter(file => file.endsWith(ending))
    .map(file => file.slice(0, -ending.length))

const drawn = await pictures()
const types = activations.map(({ type }) => type)

test('there is a picture of every activation of the catalogue', () => {
  const files = list('nodes/activations', '.ts').filter(file => file !== 'index')
  const kebab = (type: string) => type.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  expect(types.map(kebab).sort()).toEqual(files.sort())
})

test('there is a picture of every schedule', () => {
  expect(Object.keys(schedules).sort()).toEqual(Object.keys(schedule).sort())
})

describe('docs/pictures', () => {
  test.each([...drawn])('%s is what `npm run pictures` draws', (file, svg) => {
    expect(read(`docs/pictures/${file}`)).toBe(svg)
  })

  test('holds no other picture', () => {
    expect(list('docs/pictures', '.svg').map(name => `${name}.svg`)).toEqual([...drawn.keys()].sort())
  })

  test('shows every node of the README network by its name', () => {
    const names = [...(drawn.get('graph.svg') ?? '').matchAll(/font-weight:600"[^>]*>([^<]+)</g)].map(
      ([, id]) => id,
    )
    expect(names).toEqual(
      'x dense1 relu1 dense2 relu2 dense3 sigmoid1 target binaryCrossentropy1 sgd1'.split(' '),
    )
  })
})

describe('docs/mathematics.md', () => {
  const page = read('docs/mathematics.md')

  const [, section = ''] = page.split('\n## The activations\n')
  const told = section.split('\n### ').slice(1)

  test('has a formula and a picture of each activation that it tells of', () => {
    expect(told.length).toBeGreaterThanOrEqual(10)
    for (const text of told) {
      const [type = ''] = text.split('\n')
      expect(types).toContain(type)
      expect(text).toContain('```math')
      expect(text).toContain(`](pictures/${type}.svg)`)
    }
  })

  test('shows no picture that is not there', () => {
    const shown = [...page.matchAll(/\]\(pictures\/([^)]+)\)/g)].map(([, file]) => file)
    expect(shown.filter(file => !drawn.has(file as string))).toEqual([])
  })
})
