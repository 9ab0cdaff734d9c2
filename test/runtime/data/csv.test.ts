/** CSV files become data sets, or errors that say where. */
import { type CsvOptions, csv, GradstreamError, parseCsv, RandomKey } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { Dataset } from '../../../runtime/data/dataset.ts'
import { errorOf, rejectionOf } from '../support.ts'

const parse = (text: string, options: Partial<CsvOptions> = {}) =>
  parseCsv(text, { target: 'price', ...options }, 'houses.csv')

const x = (data: Dataset) => data.column('x').toNested()
const target = (data: Dataset) => data.column('target').toNested()
const faultOf = (text: string, options?: Partial<CsvOptions>) => errorOf(() => parse(text, options))

describe('what is read', () => {
  test('features become x, the target becomes target', () => {
    const data = parse('size,rooms,price\n1,2,3\n4,5,6\n')
    expect(data.size).toBe(2)
    expect(data.shapes).toEqual({ x: [2], target: [1] })
    expect(x(data)).toEqual([
      [1, 2],
      [4, 5],
    ])
    expect(target(data)).toEqual([[3], [6]])
    expect(data.columns.x?.names).toEqual(['size', 'rooms'])
  })

  test('the target may stand anywhere, and features come in the order asked for', () => {
    const text = 'price,size,rooms\n3,1,2\n6,4,5\n'
    expect(x(parse(text))).toEqual([
      [1, 2],
      [4, 5],
    ])
    expect(x(parse(text, { features: ['rooms', 'size'] }))).toEqual([
      [2, 1],
      [5, 4],
    ])
    expect(x(parse(text, { features: ['rooms'] }))).toEqual([[2], [5]])
  })

  test('several targets stand side by side', () => {
    const data = parse('a,b,c\n1,2,3\n4,5,6', { target: ['c', 'a'] })
    expect(target(data)).toEqual([
      [3, 1],
      [6, 4],
    ])
    expect(x(data)).toEqual([[2], [5]])
  })

  test.each([
    ['quotes', '"size","price"\n"1","2"\n'],
    ['CRLF', 'size,price\r\n1,2\r\n'],
    ['a byte order mark', '\ufeffsize,price\n1,2\n'],
    ['blanks around cells', 'size , price\n 1 ,\t2\n'],
    ['empty lines', 'size,price\n\n1,2\n\n\n'],
    ['no line break at the end', 'size,price\n1,2'],
  ])('%s are no part of the cells', (_, text) => {
    const data = parse(text)
    expect([x(data), target(data)]).toEqual([[[1]], [[2]]])
    expect(data.columns.x?.names).toEqual(['size'])
  })

  test('quoted cells may hold delimiters, quotes and line breaks', () => {
    const data = parse('size,price\n1,"a,b"\n2,"say ""hi"""\n3,"two\nlines"\n')
    expect(data.classes()).toEqual(['a,b', 'say "hi"', 'two\nlines'])
  })

  test.each([';', '\t', '|'])('the delimiter may be %j', delimiter => {
    const data = parse(`size${delimiter}price\n1${delimiter}2`, { delimiter })
    expect([x(data), target(data)]).toEqual([[[1]], [[2]]])
  })

  test.each([
    ['1', 1],
    ['-1.5', -1.5],
    ['+2', 2],
    ['.5', 0.5],
    ['3.', 3],
    ['1e3', 1000],
    ['2.5E-2', 0.025],
    ['007', 7],
  ])('%s is a number', (cell, value) => {
    expect(x(parse(`size,price\n${cell},1`))).toEqual([[value]])
  })
})

describe('classes', () => {
  test('texts of the target are one-hot classes in alphabetical order', () => {
    const data = parse('size,price\n1,low\n2,high\n3,low\n')
    expect(data.classes()).toEqual(['high', 'low'])
    expect(target(data)).toEqual([
      [0, 1],
      [1, 0],
      [0, 1],
    ])
  })

  test('numbers are classes where they are listed as categorical, in the order of numbers', () => {
    const data = parse('size,price\n1,10\n2,9\n3,100\n', { categorical: ['price'] })
    expect(data.classes()).toEqual(['9', '10', '100'])
    expect(target(data)).toEqual([
      [0, 1, 0],
      [1, 0, 0],
      [0, 0, 1],
    ])
  })

  test('a feature may be categorical, and the others keep their places beside it', () => {
    const data = parse('size,town,rooms,price\n1,b,2,0\n3,a,4,1\n', { categorical: ['town'] })
    expect(data.columns.x?.names).toEqual(['size', 'town=a', 'town=b', 'rooms'])
    expect(x(data)).toEqual([
      [1, 0, 1, 2],
      [3, 1, 0, 4],
    ])
  })

  test('a target with numbers and texts is taken for a column with a wrong cell', () => {
    expect(faultOf('size,price\n1,2\n1,cheap\n')).toMatchObject({
      code: 'DATA_NOT_FINITE',
      place: 'houses.csv, line 3, column "price"',
    })
  })
})

describe('empty cells', () => {
  const text = 'size,rooms,price\n1,2,10\n,4,20\n5,?,30\n'

  test('are an error with line and column', () => {
    expect(faultOf('size,rooms,price\n1,2,10\n,4,20\n')).toMatchObject({
      code: 'MISSING_CELL',
      place: 'houses.csv, line 3, column "size"',
    })
    expect(faultOf('size,price\n1,2\n3,\n')).toMatchObject({ place: 'houses.csv, line 3, column "price"' })
  })

  test('have the line of the file also after empty lines and line breaks in quotes', () => {
    expect(faultOf('size,price\n\n\n1,2\n,3\n').place).toBe('houses.csv, line 5, column "size"')
    expect(faultOf('size,price\n1,"a\nb"\n,c\n').place).toBe('houses.csv, line 4, column "size"')
  })

  test('are filled with the mean of the other cells of the column', () => {
    expect(x(parse(text, { missing: 'mean', missingValues: ['?'] }))).toEqual([
      [1, 2],
      [3, 4],
      [5, 3],
    ])
  })

  test('of the target are not filled with a mean', () => {
    expect(faultOf('size,price\n1,\n2,3\n', { missing: 'mean' })).toMatchObject({
      code: 'MISSING_CELL',
      place: 'houses.csv, line 2, column "price"',
    })
  })

  test('of a column that is empty throughout have no mean', () => {
    expect(faultOf('size,price\n,1\n,2\n', { missing: 'mean' }).code).toBe('MISSING_CELL')
  })

  test('of a categorical feature become a class of their own', () => {
    const towns = 'size,town,price\n1,Rome,10\n2,,20\n3,Oslo,30\n,?,40\n'
    const data = parse(towns, { missing: 'mean', missingValues: ['?'], categorical: ['town'] })
    expect(data.columns.x?.names).toEqual(['size', 'town=', 'town=Oslo', 'town=Rome'])
    expect(x(data)).toEqual([
      [1, 0, 0, 1],
      [2, 1, 0, 0],
      [3, 0, 1, 0],
      [2, 1, 0, 0],
    ])
    const grades = 'grade,price\n10,1\n,2\n9,3\n'
    expect(parse(grades, { missing: 'mean', categorical: ['grade'] }).columns.x?.names).toEqual([
      'grade=',
      'grade=9',
      'grade=10',
    ])
  })

  test('are never answered with the advice that was followed already', () => {
    const columns = ['size', 'town', 'price'] as const
    for (const missing of ['error', 'mean', 'drop'] as const) {
      for (const categorical of [[], ['town'], ['price'], ['town', 'price']]) {
        for (const hole of columns) {
          const row = columns.map(column => (column === hole ? '' : '7')).join()
          for (const text of [`1,2,3\n${row}\n`, `${row}\n${row}\n`]) {
            const options = { missing, categorical, target: 'price' }
            let advice = ''
            try {
              parse(`size,town,price\n${text}`, options)
            } catch (error) {
              advice = (error as GradstreamError).message
            }
            expect(advice).not.toContain(`missing: '${missing}'`)
          }
        }
      }
    }
  })

  test('drop their rows', () => {
    const data = parse(text, { missing: 'drop', missingValues: ['?'] })
    expect([x(data), target(data)]).toEqual([[[1, 2]], [[10]]])
  })

  test('of columns that are not used drop nothing', () => {
    expect(parse(text, { missing: 'drop', features: ['size'] }).size).toBe(2)
  })

  test('in all rows leave nothing', () => {
    expect(faultOf('size,price\n,1\n', { missing: 'drop' }).code).toBe('DATA_EMPTY')
  })

  test('may be written as other texts, and a text that is not listed is no number', () => {
    expect(faultOf(text, { missing: 'drop' })).toMatchObject({
      code: 'DATA_NOT_FINITE',
      place: 'houses.csv, line 4, column "rooms"',
    })
    expect(faultOf('size,price\n1,2\nNA,3', { missingValues: ['NA'] }).code).toBe('MISSING_CELL')
  })
})

describe('what cannot be read', () => {
  test.each([
    ['a short row', 'size,price\n1,2\n3\n4,5\n', 'line 3'],
    ['a long row', 'size,price\n1,2\n3,4,5\n', 'line 3'],
    ['a quote that is not closed', 'size,price\n1,2\n"3,4\n', 'line'],
    ['text behind a closing quote', 'size,price\n1,2\n"3"x,4\n', 'line 3'],
  ])('%s is an error with its line', (_, text, line) => {
    const error = faultOf(text)
    expect(error.code).toBe('CSV_INVALID')
    expect(error.place).toContain(`houses.csv, ${line}`)
  })

  test('a name that several columns have is in doubt where it is asked for, and only there', () => {
    const text = 'size,size,price\n1,2,3\n'
    expect(faultOf(text)).toMatchObject({ code: 'DATA_AMBIGUOUS', place: 'houses.csv' })
    expect(x(parse('a,a,size,price\n1,2,3,4\n', { features: ['size'] }))).toEqual([[3]])
  })

  test('an empty file has no header', () => {
    for (const text of ['', '\n\n', '\ufeff']) expect(faultOf(text).code).toBe('CSV_INVALID')
  })

  test('a header alone is no data', () => {
    expect(faultOf('size,price\n')).toMatchObject({ code: 'DATA_EMPTY', place: 'houses.csv' })
  })

  test.each(['target', 'features', 'categorical'] as const)('%s has to name a column', option => {
    const error = faultOf('size,price\n1,2', { [option]: ['colour'] })
    expect(error).toMatchObject({ code: 'UNKNOWN_NAME', got: '"colour"' })
    expect(error.expected).toContain('"size" or "price"')
  })

  test.each([
    'inf',
    '-Infinity',
    'many',
    '1,5,',
    '0x10',
    '1e999',
    '1 2',
    '--1',
    '$',
    '%',
    '1.2.3',
    '12,34,5',
  ])('%s is no number, and the error has line and column', cell => {
    expect(faultOf(`size,price\n1,2\n"${cell}",3`)).toMatchObject({
      code: 'DATA_NOT_FINITE',
      place: 'houses.csv, line 3, column "size"',
    })
  })

  test('more rows than maxRows are refused, and just as many are not', () => {
    const text = 'size,price\n1,2\n3,4\n5,6\n'
    expect(parse(text, { maxRows: 3 }).size).toBe(3)
    expect(faultOf(text, { maxRows: 2 }).code).toBe('TOO_LARGE')
  })

  test.each([{ missing: 'zero' }, { delimiter: '' }, { maxRows: 0 }, { maxRows: Number.NaN }])(
    'the options %j are refused',
    options => {
      expect(faultOf('size,price\n1,2', options as never).code).toBe('INVALID_OPTION')
    },
  )

  test('a text without any feature is refused', () => {
    expect(errorOf(() => parse('price\n1\n2\n'))).toBeInstanceOf(GradstreamError)
  })

  test('a file that is not there is named', async () => {
    const error = await rejectionOf(csv('no-such-folder/houses.csv', { target: 'price' }))
    expect(error).toMatchObject({ code: 'FILE_NOT_READ', place: 'no-such-folder/houses.csv' })
    expect(error.got).toContain('ENOENT')
  })
})

test('300 texts spoiled at random give a data set or a GradstreamError', () => {
  const key = RandomKey.of(11)
  const pieces = [
    '"',
    ',',
    '\n',
    '\r',
    '\ufeff',
    ';',
    ' ',
    '-',
    'e',
    'NaN',
    '9',
    '\0',
    '""',
    '\u2028',
    '💧',
    '',
  ]
  const text = 'size,town,rooms,price\n1,a,2,10\n3,"b, c",4,20\n5,c,6,30\n'
  const outcomes = { read: 0, refused: 0 }
  for (let round = 0; round < 300; round++) {
    const draws = key.child(round).bits(9)
    let spoiled = text
    for (let i = 0; i < 3 + 3 * (round % 3); i += 3) {
      const [at = 0, length = 0, piece = 0] = draws.slice(i, i + 3)
      const start = at % (spoiled.length + 1)
      spoiled = spoiled.slice(0, start) + pieces[piece % pieces.length] + spoiled.slice(start + (length % 4))
    }
    const missing = (['error', 'mean', 'drop'] as const)[Math.floor(round / 3) % 3] as 'error'
    try {
      const data = parse(spoiled, { missing, categorical: ['town'] })
      expect(data).toBeInstanceOf(Dataset)
      const numbers = [...data.column('x').data, ...data.column('target').data]
      expect(numbers.every(Number.isFinite), JSON.stringify(spoiled)).toBe(true)
      outcomes.read++
    } catch (error) {
      if (!(error instanceof GradstreamError)) throw new Error(JSON.stringify(spoiled), { cause: error })
      outcomes.refused++
    }
  }
  expect(outcomes.read).toBeGreaterThan(10)
  expect(outcomes.refused).toBeGreaterThan(10)
})

describe('the files of the examples', () => {
  const folder = new URL('../../../examples/data/', import.meta.url)

  test.each([
    ['breast_cancer.csv', { target: 'benign' }, 569, 30, 1],
    ['diabetes.csv', { target: 'progression' }, 442, 10, 1],
    ['digits.csv', { target: 'digit', categorical: ['digit'] }, 1797, 64, 10],
    ['iris.csv', { target: 'species' }, 150, 4, 3],
  ])('%s is read', async (file, options, size, features, outputs) => {
    const data = await csv(new URL(file, folder), options)
    expect(data.size).toBe(size)
    expect(data.shapes).toEqual({ x: [features], target: [outputs] })
  })

  test('the classes of iris are its species, 50 flowers each', async () => {
    const data = await csv(new URL('iris.csv', folder), { target: 'species' })
    expect(data.classes()).toEqual(['setosa', 'versicolor', 'virginica'])
    const flowers = data.column('target').toNested() as number[][]
    expect([0, 1, 2].map(place => flowers.filter(flower => flower[place] === 1).length)).toEqual([50, 50, 50])
  })
})
