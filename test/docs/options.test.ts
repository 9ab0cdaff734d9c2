/** What an editor shows of an option: each one of the public doors says what it is, and what it is by default. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'vite'
import { expect, test } from 'vitest'
import { exportsOf } from '../../docs/api/syntax.ts'
import { doors, targetOf } from '../support/imports.ts'

interface Syntax {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8')
const parsed = (file: string, source: string) =>
  parseSync(file, source) as unknown as { program: { body: Syntax[] }; comments: Syntax[] }

/** The interface of that name, in a file or in one that it takes it from. */
function interfaceIn(
  name: string,
  file: string,
): { file: string; source: string; body: Syntax[] } | undefined {
  const source = read(file)
  for (const statement of parsed(file, source).program.body) {
    const declared = statement.declaration as (Syntax & { id?: { name: string } }) | null | undefined
    if (declared?.type === 'TSInterfaceDeclaration' && declared.id?.name === name)
      return { file, source, body: (declared.body as { body: Syntax[] }).body }
    const from = statement.source as { value: string } | null | undefined
    if (!from) continue
    const specifiers = (statement.specifiers ?? []) as { exported?: { name: string } }[]
    const passesOn =
      statement.type === 'ExportAllDeclaration' || specifiers.some(({ exported }) => exported?.name === name)
    const found = passesOn ? interfaceIn(name, targetOf(from.value, file)) : undefined
    if (found) return found
  }
  return undefined
}

/** What is wrong with the options of an interface. */
function faultsIn(name: string, file: string): string[] {
  const found = interfaceIn(name, file)
  if (!found) return [`${name} is not found`]
  const { comments } = parsed(found.file, found.source)
  return found.body.flatMap(member => {
    const option = (member.key as { name?: string } | undefined)?.name
    const comment = comments.find(({ end, value }) => {
      const between = found.source.slice(end, member.start)
      return end <= member.start && between.trim() === '' && String(value).startsWith('*')
    })
    const text = String(comment?.value ?? '')
    if (text === '') return [`${name}.${option} has no comment`]
    const wanted = member.optional === true ? /default/i : /required/i
    return wanted.test(text)
      ? []
      : [`${name}.${option} does not say ${member.optional ? 'its default' : 'that it is required'}`]
  })
}

const options = [...doors.values()]
  .flatMap(exportsOf)
  .filter(([name]) => name.endsWith('Options') && !others().includes(name))

/** What is given by a trainer to its data, not by people. */
function others(): string[] {
  return ['EpochOptions']
}

test('there are options', () => {
  expect(options.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      'TrainerOptions',
      'DenseOptions',
      'BridgeOptions',
      'CheckOptions',
      'LossCurveOptions',
    ]),
  )
})

test.each(options)('each option of %s has a comment with its default', (name, file) => {
  expect(faultsIn(name, file)).toEqual([])
})
