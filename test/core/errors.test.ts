import { describe, expect, test } from 'vitest'
import { ERRORS, type ErrorCode, GradstreamError, listOf, show } from '../../core/index.ts'

const details = { place: 'dense1', expected: 'input "x" with 2 features', got: '3' }

describe('a GradstreamError', () => {
  test('says where, what was expected, what came, the way out, and a code', () => {
    const error = new GradstreamError('SHAPE_MISMATCH', {
      ...details,
      hint: 'Check the edge from "concatenate1".',
    })
    expect(error.message).toBe(
      'dense1: expected input "x" with 2 features, got 3. Check the edge from "concatenate1". [SHAPE_MISMATCH]',
    )
  })

  test('takes the way out from the table where nothing better can be said', () => {
    const error = new GradstreamError('CYCLE', details)
    expect(error.hint).toBe(ERRORS.CYCLE.hint)
    expect(error.message).toBe(
      `dense1: expected input "x" with 2 features, got 3. ${ERRORS.CYCLE.hint} [CYCLE]`,
    )
  })

  test('is an Error with a name and a stack that leads to where it was made', () => {
    const error = new GradstreamError('CYCLE', details)
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe('GradstreamError')
    expect(String(error)).toBe(`GradstreamError: ${error.message}`)
    expect(error.stack).toContain('errors.test')
  })

  test('keeps its cause, and has none where there is none', () => {
    const cause = new TypeError('inner')
    expect(new GradstreamError('NODE_FAILED', { ...details, cause }).cause).toBe(cause)
    expect(Object.hasOwn(new GradstreamError('NODE_FAILED', details), 'cause')).toBe(false)
  })

  test('becomes plain data that JSON can hold, and from which it can be made again', () => {
    const error = new GradstreamError('NODE_FAILED', { ...details, cause: { self: 1n } })
    const report = JSON.parse(JSON.stringify(error))
    expect(report).toEqual({
      code: 'NODE_FAILED',
      ...details,
      hint: ERRORS.NODE_FAILED.hint,
      message: error.message,
    })
    expect(new GradstreamError(report.code, report).message).toBe(error.message)
  })
})

describe('the table of errors', () => {
  const entries = Object.entries(ERRORS) as [ErrorCode, { meaning: string; hint: string }][]

  test.each(entries)('%s has a meaning and a way out in whole sentences', (code, { meaning, hint }) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
    for (const text of [meaning, hint]) {
      expect(text).toMatch(/^[A-Z]/)
      expect(text).toMatch(/\.$/)
    }
  })

  test('says nothing twice', () => {
    const texts = entries.flatMap(([, { meaning }]) => meaning)
    expect(new Set(texts).size).toBe(texts.length)
  })
})

describe('show', () => {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  const bare = Object.assign(Object.create(null), { nothing: 1n })
  let deep: unknown = []
  for (let i = 0; i < 50_000; i++) deep = [deep]

  test.each([
    ['a number', 3.5, '3.5'],
    ['NaN', Number.NaN, 'NaN'],
    ['a text', 'a "b"', '"a \\"b\\""'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a list', [1, 'a', null], '[1,"a",null]'],
    ['an object', { a: 1 }, '{"a":1}'],
    ['a big number', 10n, '10'],
    ['an error', new TypeError('wrong'), 'wrong'],
    ['a function', Math.max, 'the function max'],
    [
      'a function without a name',
      (
        () => () =>
          1
      )(),
      'the function (anonymous)',
    ],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
  ])('shows %s', (_, value, expected) => {
    expect(show(value)).toBe(expected)
  })

  test.each([
    ['a circle', circular],
    ['an object that JSON cannot hold and that has no prototype', bare],
    ['an object whose toJSON throws', { toJSON: () => Object.fromEntries([[Symbol.iterator]] as never).x.y }],
    ['something deeper than the stack', deep],
    ['a long text', 'a'.repeat(10_000)],
  ])('shows %s, shortly', (_, value) => {
    expect(show(value).length).toBeLessThanOrEqual(80)
  })
})

test('listOf joins names as a sentence does', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listOf)).toEqual([
    'nothing',
    '"a"',
    '"a" or "b"',
    '"a", "b" or "c"',
  ])
  expect(listOf(new Set(['a']).values())).toBe('"a"')
  const many = listOf(Array.from({ length: 5000 }, (_, i) => `node${i}`))
  expect(many.length).toBeLessThan(200)
  expect(many).toContain('5000 in all')
})
