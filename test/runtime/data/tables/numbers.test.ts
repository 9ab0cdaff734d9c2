/** Numbers as people write them, and what is in doubt. */
import { type CsvOptions, parseCsv } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { errorOf } from '../../support.ts'

const table = (cells: readonly string[]) => `a;y\n${cells.map((cell, i) => `${cell};${i}`).join('\n')}\n`
const read = (cells: readonly string[], options: Partial<CsvOptions> = {}) => [
  ...parseCsv(table(cells), { target: 'y', delimiter: ';', ...options }).column('x').data,
]
const guesses = (cells: readonly string[]) =>
  parseCsv(table(cells), { target: 'y', delimiter: ';' }).describe().guesses

test.each([
  ['thousands', ['1,234,567', '12', '1,000'], [1234567, 12, 1000]],
  ['thousands and decimals', ['1,234.5', '0.25'], [1234.5, 0.25]],
  ['decimal commas', ['50,5', '61,25', '7'], [50.5, 61.25, 7]],
  ['decimal commas with points', ['1.234,5', '0,25'], [1234.5, 0.25]],
  ['blanks between groups', ['40 430', '5 540', '830'], [40430, 5540, 830]],
  ['narrow blanks between groups', ['40\u202f430', '5\u00a0540'], [40430, 5540]],
  ['apostrophes', ["1'234.50", '7.25'], [1234.5, 7.25]],
  ['lakhs', ['12,34,567', '1,00,000.5'], [1234567, 100000.5]],
  ['dollars', ['$32,458.10', '$5.00', '-$7.5'], [32458.1, 5, -7.5]],
  ['dollars in millions', ['$56.7M', '$600K', '$1.2B'], [56.7e6, 6e5, 1.2e9]],
  ['losses in parentheses', ['$1,200.00', '($35.50)'], [1200, -35.5]],
  ['euros behind', ['1.200,50 €', '3,75 €'], [1200.5, 3.75]],
  ['codes of currencies', ['USD 12.50', 'USD 3.00'], [12.5, 3]],
  ['percent', ['24%', '-7%', '0.5 %'], [0.24, -0.07, 0.005]],
  ['a real minus', ['\u22125', '3'], [-5, 3]],
  ['exponents', ['1e3', '2.5E-2'], [1000, 0.025]],
])('%s are read, and told', (kind, cells, values) => {
  expect(read(cells)).toEqual(values)
  const isPlain = kind === 'exponents'
  expect(guesses(cells).filter(guess => guess.startsWith('"a"'))).toHaveLength(isPlain ? 0 : 1)
})

describe('what may be one thing or another', () => {
  test.each([[['1,234', '5,678']], [['1,234']], [['$1,234', '$5,678']]])(
    '%j is refused, and either option does',
    cells => {
      const error = errorOf(() => read(cells))
      expect(error).toMatchObject({ code: 'DATA_AMBIGUOUS', place: 'csv, line 2, column "a"' })
      expect(error.hint).toContain("thousands: ','")
      expect(error.hint).toContain("decimal: ','")
      const digits = cells.map(cell => Number(cell.replace(/\D/g, '')))
      expect(read(cells, { thousands: ',' })).toEqual(digits)
      expect(read(cells, { decimal: ',' })).toEqual(digits.map(value => value / 1000))
      expect(read(cells, { columns: { a: { decimal: ',' } } })).toEqual(digits.map(value => value / 1000))
    },
  )

  test('another column of the file decides', () => {
    const text = (sure: string) => `a;b;y\n1,234;${sure};1\n5,678;${sure};2\n`
    const a = (sure: string) =>
      parseCsv(text(sure), { target: 'y', delimiter: ';', features: ['a', 'b'] })
        .column('x')
        .toNested()
    expect(a('50,5')).toEqual([
      [1.234, 50.5],
      [5.678, 50.5],
    ])
    expect(a('1,234.5')).toEqual([
      [1234, 1234.5],
      [5678, 1234.5],
    ])
  })

  test('points are thousands where another column has decimal commas', () => {
    const text = 'a;b;y\n1.234;50,5;1\n5.678;7,25;2\n'
    expect(parseCsv(text, { target: 'y' }).column('x').toNested()).toEqual([
      [1234, 50.5],
      [5678, 7.25],
    ])
    const alone = parseCsv('a,y\n1.234,1\n5.678,2\n', { target: 'y' })
    expect(alone.column('x').toNested()).toEqual([[1.234], [5.678]])
  })
})

describe('what is no number', () => {
  test.each(['$', '%', '1,2,3', '1.2.3', '12%%', '$5%', '5x', 'M5', '--5', '1 2', '(5', '1,23,4'])(
    '%s is refused with its line',
    cell => {
      expect(errorOf(() => read(['1', '2', '3', cell]))).toMatchObject({ place: 'csv, line 5, column "a"' })
    },
  )

  test('a target of such numbers is a number, and never as many classes', () => {
    for (const [cell, value] of [
      ['$10.50', 10.5],
      ['1,234,567', 1234567],
      ['3%', 0.03],
    ] as const) {
      const text = `a;y\n${Array.from({ length: 30 }, (_, i) => `${i};${cell}`).join('\n')}`
      const data = parseCsv(text, { target: 'y' })
      expect([data.shapes.target, data.column('target').data[29]]).toEqual([[1], value])
    }
  })

  test('as many texts as rows are no classes, unless they are listed', () => {
    const text = `a,y\n${Array.from({ length: 30 }, (_, i) => `${i},name ${i}`).join('\n')}`
    expect(errorOf(() => parseCsv(text, { target: 'y' }))).toMatchObject({ code: 'DATA_AMBIGUOUS' })
    expect(parseCsv(text, { target: 'y', categorical: ['y'] }).classes()).toHaveLength(30)
  })
})

describe('a point that might group thousands', () => {
  const doubtful = ['1.500', '12.250']
  const commas = (cells: readonly string[]) => `a,y\n${cells.map((cell, i) => `${cell},${i}`).join('\n')}`

  test('is a decimal point between commas, and describe() says so', () => {
    const guess = '"a" has numbers: the point in 1.500 is a decimal point'
    expect(parseCsv(commas(doubtful), { target: 'y' }).describe().guesses).toContain(guess)
    expect(parseCsv(commas(['1.500', '0.25']), { target: 'y' }).describe().guesses).not.toContain(guess)
  })

  test('is refused between semicolons, and either option does', () => {
    const error = errorOf(() => read(doubtful))
    expect(error).toMatchObject({ code: 'DATA_AMBIGUOUS', place: 'csv, line 2, column "a"' })
    expect(error.hint).toContain("{ thousands: '.' }")
    expect(error.hint).toContain("{ decimal: '.' }")
    expect(read(doubtful, { thousands: '.' })).toEqual([1500, 12250])
    expect(read(doubtful, { decimal: '.' })).toEqual([1.5, 12.25])
    expect(read(doubtful, { columns: { a: { thousands: '.' } } })).toEqual([1500, 12250])
    expect(read(doubtful, { columns: { a: { decimal: '.' } } })).toEqual([1.5, 12.25])
  })

  test('is what another number of the file shows', () => {
    expect(read([...doubtful, '0.25'])).toEqual([1.5, 12.25, 0.25])
    const a = (sure: string) =>
      parseCsv(`a;b;y\n1.500;${sure};1\n2.250;${sure};2\n`, { target: 'y', features: ['a', 'b'] })
        .column('x')
        .toNested()
    expect(a('0.5')).toEqual([
      [1.5, 0.5],
      [2.25, 0.5],
    ])
    expect(a('50,5')).toEqual([
      [1500, 50.5],
      [2250, 50.5],
    ])
  })
})

describe('dates', () => {
  test('are refused unless they are asked for', () => {
    for (const cell of ['2020-01-31', '31/01/2020', '1.2.20', '2020-01-31 10:00']) {
      for (const target of ['y', 'a']) {
        const error = errorOf(() => parseCsv(table([cell, cell]), { target, delimiter: ';' }))
        expect(error).toMatchObject({ code: 'DATA_AMBIGUOUS' })
        expect(error.hint).toContain("type: 'date'")
      }
    }
  })

  test.each([
    ['1970-01-01', 0],
    ['1970-01-02T12:00', 1.5],
    ['2000-02-29 06:00:00Z', 11016.25],
    ['1970-01-01T00:00+01:00', -1 / 24],
    ['1969-12-31', -1],
  ])('%s are %f days', (cell, days) => {
    expect(read([cell], { columns: { a: { type: 'date' } } })[0]).toBeCloseTo(days, 12)
  })

  test.each(['2021-02-29', '2021-13-01', '31/01/2020', 'today'])('%s is none', cell => {
    expect(errorOf(() => read([cell], { columns: { a: { type: 'date' } } })).code).toBe('DATA_NOT_FINITE')
  })
})
