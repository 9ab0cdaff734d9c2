/** `docs/errors.md` and the table of errors say the same, and each example is what really happens. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ERRORS, type ErrorCode } from '../../core/index.ts'
import { provoked } from './provoked.ts'

interface Section {
  readonly code: string
  readonly meaning: string | undefined
  readonly example: string | undefined
  readonly hint: string | undefined
}

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')

/** A section has the code as its heading, then the meaning, an example in a block, and what to do. */
const sections = page
  .split(/^### /m)
  .slice(1)
  .map((text): Section => {
    const part = (pattern: RegExp) => text.match(pattern)?.[1]?.trim()
    return {
      code: part(/^`(\w+)`$/m) ?? text,
      meaning: part(/^`\w+`\n\n([^\n]+)\n/),
      example: part(/^```text\n([\s\S]*?)^```$/m),
      hint: part(/^What to do: (.+)$/m),
    }
  })

/** Long numbers are shown with three digits. */
const rounded = (text: string) => text.replace(/-?\d+\.\d{5,}/g, digits => Number(digits).toFixed(3))

const codes = Object.keys(ERRORS) as ErrorCode[]

test('the page has a section for each code of the table, and for no other', () => {
  expect(sections.map(({ code }) => code).sort()).toEqual([...codes].sort())
})

test('the list at the top of the page links to each section once', () => {
  const links = [...page.matchAll(/\[`(\w+)`\]\(#(\w+)\)/g)].map(([, code, anchor]) => [code, anchor])
  expect(links.map(([code]) => code)).toEqual(sections.map(({ code }) => code))
  for (const [code, anchor] of links) expect(anchor).toBe(code?.toLowerCase())
})

describe.each(codes)('%s', code => {
  const section = sections.find(section => section.code === code)

  test('has the meaning and the hint of the table', () => {
    expect(section).toMatchObject(ERRORS[code])
  })

  test('happens as the example says', async () => {
    const { message } = await provoked(code)
    expect(message).toMatch(new RegExp(`^\\S.*: expected [^]+, got [^]+\\. [^]+[.?] \\[${code}\\]$`))
    expect(section?.example).toBe(rounded(message))
  })
})
