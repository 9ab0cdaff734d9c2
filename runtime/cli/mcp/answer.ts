/** Lists tools, calls them, and turns what they give or throw into text for an assistant. */
import { check, checkedAt, GradstreamError, listOf, show } from '../../../core/index.ts'
import { EDITING } from './editing.ts'
import { READING } from './reading.ts'
import { STEERING } from './steering.ts'
import type { Arguments, Run, Tool } from './tool.ts'

/** The most characters of an answer. */
const LONGEST = 100_000

/** The tools that the run and the token of a client allow. */
export const toolsFor = ({ diary }: Run): readonly Tool[] =>
  diary.role === 'controller'
    ? [...READING, ...STEERING, ...(diary.edits === undefined ? [] : EDITING)]
    : READING

export interface Answer {
  readonly text: string
  readonly isError: boolean
}

/** What a tool answers. It never throws: errors are told in words. */
export async function answerOf(run: Run, name: unknown, given: unknown): Promise<Answer> {
  try {
    const tool = toolNamed(run, name)
    const place = `gradstream mcp: ${tool.name}`
    const own = checkedAt(place, 'INVALID_OPTION', () =>
      check.options(given as Arguments | undefined, Object.keys(tool.properties)),
    )
    const missing = tool.required?.find(required => own[required] === undefined)
    if (missing !== undefined)
      throw new GradstreamError('INVALID_OPTION', {
        place,
        expected: `the argument "${missing}"`,
        got: Object.keys(own).length > 0 ? `only ${listOf(Object.keys(own))}` : 'no arguments',
        hint: `It takes ${listOf(Object.keys(tool.properties))}.`,
      })
    const answer = await checkedAt(place, 'INVALID_OPTION', () => tool.call(run, own))
    return { text: textOf(answer, place), isError: false }
  } catch (error) {
    return { text: error instanceof Error ? error.message : show(error), isError: true }
  }
}

function toolNamed(run: Run, name: unknown): Tool {
  const all = [...READING, ...STEERING, ...EDITING]
  const tool = all.find(each => each.name === name)
  const place = 'gradstream mcp'
  if (tool === undefined)
    throw new GradstreamError('UNKNOWN_NAME', {
      place,
      expected: `one of the tools ${listOf(toolsFor(run).map(each => each.name))}`,
      got: show(name),
    })
  if ((tool.isSteering || tool.isForControllers) && run.diary.role !== 'controller')
    throw new GradstreamError('FORBIDDEN', {
      place,
      expected: `the token of a controller for "${tool.name}"`,
      got: `that of a ${run.diary.role ?? 'client that is not connected'}`,
    })
  return tool
}

/** Numbers that JSON has not are written as words. */
function textOf(answer: unknown, place: string): string {
  const text = JSON.stringify(answer ?? null, (_, value) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  )
  if (text.length <= LONGEST) return text
  throw new GradstreamError('NOT_AVAILABLE', {
    place,
    expected: `an answer of at most ${LONGEST} characters`,
    got: `one of ${text.length}`,
    hint: 'Ask for less, or use another tool.',
  })
}
