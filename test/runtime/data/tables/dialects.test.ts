/** How files are written, and what leaves doubt. */
import { type CsvOptions, csv, parseCsv } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { errorOf, rejectionOf } from '../../support.ts'

const nested = (text: string, options: Partial<CsvOptions> = {}) =>
  parseCsv(text, { target: 'y', ...options })
    .column('x')
    .toNested()

describe('headers', () => {
  test('a first row of numbers is never taken for names in silence', () => {
    const text = '5.1,3.5,1\n4.9,3.0,0\n6.2,2.2,1\n'
    for (const target of ['1', 'y', '5.1']) {
      const error = errorOf(() => parseCsv(text, { target }))
      expect(error).toMatchObject({ code: 'DATA_AMBIGUOUS', place: 'csv, line 1' })
      expect(error.hint).toMatch(/header: false.*x1 to x3.*header: true/)
    }
    expect(parseCsv(text, { target: 'x3', header: false }).size).toBe(3)
    expect(parseCsv(text, { target: 2, header: false }).column('x').toNested()).toEqual([
      [5.1, 3.5],
      [4.9, 3],
      [6.2, 2.2],
    ])
    const guessed = parseCsv(text, { target: 'x3' })
    expect(guessed.size).toBe(3)
    expect(guessed.describe()).toMatchObject({ header: false })
    expect(guessed.describe().guesses.join()).toContain('no header')
    expect(parseCsv(text, { target: '1', header: true }).size).toBe(2)
  })

  test('a first row of texts that come again below may be data', () => {
    const text = 'yes,no,republican\nno,no,democrat\nyes,no,democrat\nno,yes,republican\n'
    expect(errorOf(() => parseCsv(text, { target: 'republican', text: 'category' })).code).toBe(
      'DATA_AMBIGUOUS',
    )
    expect(parseCsv(text, { target: 'x3', header: false, text: 'category' }).size).toBe(4)
  })

  test('a name above numbers tells the header, although others are numbers', () => {
    expect(nested('id,2010,2011,y\n1,2,3,4\n5,6,7,8\n')).toEqual([
      [1, 2, 3],
      [5, 6, 7],
    ])
  })

  test('names that are missing or repeated matter where they are asked for', () => {
    const text = 'name,length,y,,,length\nA,1,2,,,9\nB,3,4,,,9\n'
    expect(nested('a,y,,\n1,2,,\n3,4,,\n')).toEqual([[1], [3]])
    expect(errorOf(() => nested(text, { features: ['length'] })).code).toBe('DATA_AMBIGUOUS')
    expect(nested('name,length,y,name\nA,1,2,B\n', { features: ['length'] })).toEqual([[1]])
  })

  test('names of rows, as R writes them, are left out', () => {
    const text = 'mpg,y\n"Mazda RX4",21,1\n"Datsun 710",22.8,0\n'
    const data = parseCsv(text, { target: 'y' })
    expect(data.column('x').toNested()).toEqual([[21], [22.8]])
    expect(data.describe().guesses.join()).toContain('a row name')
    expect(nested('a,y\n1,2,\n3,4,\n')).toEqual([[1], [3]])
  })
})

describe('delimiters and quotes', () => {
  test.each([';', '\t', '|', ','])('%j is found out', delimiter => {
    const data = parseCsv(`a${delimiter}y\n1${delimiter}2\n3${delimiter}4\n`, { target: 'y' })
    expect(data.column('x').toNested()).toEqual([[1], [3]])
    expect(data.describe().delimiter).toBe(delimiter)
  })

  test('runs of blanks part columns, and the first line may be shifted', () => {
    const text = ' a   b  y\n  1    2.5   3\n4\t5   6\n'
    for (const options of [{}, { delimiter: ' ' }]) {
      expect(nested(text, options)).toEqual([
        [1, 2.5],
        [4, 5],
      ])
    }
    expect(nested('a b\ty\n"x y"  "z"  3\n"q"  "z"  4\n', { categorical: ['a', 'b'] })).toEqual([
      [0, 1, 1],
      [1, 0, 1],
    ])
  })

  test('two that fit alike are refused', () => {
    expect(errorOf(() => parseCsv('1;2,3\n4;5,6\n', { target: 'x2', header: false }))).toMatchObject({
      code: 'DATA_AMBIGUOUS',
    })
  })

  test('single quotes are found out', () => {
    const data = parseCsv("'a','y'\n'yes','1'\n'no','2'\n", { target: 'y', categorical: ['a'] })
    expect(data.columns.x?.names).toEqual(['a=no', 'a=yes'])
  })

  test('quotes behind blanks count, and within plain cells they are letters', () => {
    expect(
      parseCsv('a, y\n"1, 2", 3\n"4", 5\n', { target: 'y', categorical: ['a'] }).columns.x?.names,
    ).toEqual(['a=1, 2', 'a=4'])
    expect(
      parseCsv('tall,y\n6\'5",5\n2\'8",2\n', { target: 'y', categorical: ['tall'] }).columns.x?.names,
    ).toEqual(['tall=2\'8"', 'tall=6\'5"'])
    expect(nested('a,y\n"1,2\n', { quote: false, features: ['y'], target: 'a', categorical: ['a'] })).toEqual(
      [[2]],
    )
  })

  test('a tab before a quote parts cells where tabs do', () => {
    const text = 'a\tb\ty\n1\t\t"1"\n\t"2"\t"2"\n3\t"4"\t"3"\n'
    expect(nested(text, { target: 'y', missing: 'mean' })).toEqual([
      [1, 3],
      [2, 2],
      [3, 4],
    ])
  })

  test('blanks inside quotes stay where blanks part cells', () => {
    const { columns } = parseCsv('a   y\n"x  y"   1\n  "z ""w  v"" "  2  \n', {
      target: 'y',
      categorical: ['a'],
    })
    expect(columns.x?.names).toEqual(['a=x  y', 'a=z "w  v"'])
  })

  test('a quote that never ends is refused before all is read', async () => {
    function* endless() {
      yield 'a,y\n1,"2\n'
      for (;;) yield '3,4\n'.repeat(10_000)
    }
    expect(await rejectionOf(csv(endless(), { target: 'y' }))).toMatchObject({
      code: 'CSV_INVALID',
      place: 'csv, line 2',
    })
  })
})

describe('comments', () => {
  test.each(['#', '%', '//'])('lines above the header that begin with %s are left out', mark => {
    const text = `${mark} exported on Monday\n${mark} units: cm\na,y\n1,2\n${mark} a break\n3,4\n`
    expect(nested(text)).toEqual([[1], [3]])
    expect(nested(text, { comments: mark })).toEqual([[1], [3]])
  })

  test('a header may begin with the same character', () => {
    expect(nested('#id,y\n1,2\n3,4\n')).toEqual([[1], [3]])
    expect(errorOf(() => nested('# one, two\na,y\n1,2\n')).code).toBe('DATA_AMBIGUOUS')
  })

  test('lines of errors count comments, blank lines and line breaks in cells', () => {
    const text = '# one\n# two "\n\na,y\n1,"2\n"\n# three\nx,5\n'
    expect(errorOf(() => parseCsv(text, { target: 'y' })).place).toBe('csv, line 8, column "a"')
  })
})

describe('line ends', () => {
  test('may be mixed, and errors have the line of the file', () => {
    for (const [a, b] of [
      ['\r\n', '\n'],
      ['\n', '\r\n'],
      ['\r', '\r'],
      ['\r', '\n'],
    ] as const) {
      expect(nested(`a,y${a}1,2${b}3,4${a}`)).toEqual([[1], [3]])
      expect(errorOf(() => parseCsv(`a,y${a}1,2${b}3,4${a}x,5${b}`, { target: 'y' })).place).toBe(
        'csv, line 4, column "a"',
      )
    }
    expect(parseCsv('a,y\r\n1,2\n', { target: 'y' }).describe().lineEnds).toContain('\r\n')
  })
})

describe('encodings', () => {
  const bytes = (...values: number[]) => Uint8Array.from(values)
  const ascii = (text: string) => [...text].map(letter => letter.charCodeAt(0))

  test('bytes that are no UTF-8 are an error that names the option, and the option reads them', async () => {
    const file = bytes(
      ...ascii('a,y\n1,'),
      0xe4,
      0xe0,
      ...ascii('\n2,'),
      0xed,
      0xe5,
      ...ascii('\n3,'),
      0xe4,
      0xe0,
      10,
    )
    const error = await rejectionOf(csv(file, { target: 'y' }))
    expect(error).toMatchObject({ code: 'ENCODING_INVALID' })
    expect(error.hint).toContain("encoding: 'windows-1252'")
    expect((await csv(file, { target: 'y', encoding: 'windows-1251' })).classes()).toEqual(['да', 'не'])
    expect((await csv(file, { target: 'y', encoding: 'latin1' })).classes()).toEqual(['äà', 'íå'])
  })

  test('UTF-16 without a mark shows by its zeros', async () => {
    const text = 'a,y\n1,2\n3,4\n'
    const little = bytes(...[...text].flatMap(letter => [letter.charCodeAt(0), 0]))
    const big = bytes(...[...text].flatMap(letter => [0, letter.charCodeAt(0)]))
    for (const [file, encoding] of [
      [little, 'utf-16le'],
      [big, 'utf-16be'],
    ] as const) {
      const data = await csv(file, { target: 'y' })
      expect([data.column('x').toNested(), data.describe().encoding]).toEqual([[[1], [3]], encoding])
    }
  })

  test('an encoding that nobody knows is refused with some that are known', async () => {
    expect(await rejectionOf(csv('a,y\n1,2\n', { target: 'y', encoding: 'klingon' }))).toMatchObject({
      code: 'INVALID_OPTION',
    })
  })
})

describe('sources', () => {
  const text = 'a,y\n1,2\n3,4\n'
  const options = { target: 'y' } as const
  const web = () => new Blob([text]).stream()

  test.each([
    ['text', text],
    ['bytes', new TextEncoder().encode(text)],
    ['an ArrayBuffer', new TextEncoder().encode(text).buffer as ArrayBuffer],
    ['a Blob', new Blob([text])],
    ['a web stream', web()],
    ['pieces', ['a,', 'y\n1', ',2\n3,4', '\n']],
    ['a data URL', new URL(`data:text/csv,${encodeURIComponent(text)}`)],
  ])('may be %s', async (_, source) => {
    expect((await csv(source, options)).column('x').toNested()).toEqual([[1], [3]])
  })

  test.each([[undefined], [null], [5], [{}], [''], [Symbol('x')]])('%s is none', async source => {
    expect((await rejectionOf(csv(source as never, options))).code).toBe('INVALID_OPTION')
  })

  test('are closed where reading ends early', async () => {
    let closed = false
    async function* source() {
      try {
        yield 'a,y\n1,2\n'
        for (;;) yield 'x,2\n'.repeat(20_000)
      } finally {
        closed = true
      }
    }
    await rejectionOf(csv(source(), options))
    expect(closed).toBe(true)
  })

  test('tell how far they are read', async () => {
    const told: number[] = []
    const rows = '1,2\n'.repeat(50_000)
    await csv(new Blob(['a,y\n', rows]), { ...options, onProgress: ({ rows: read }) => told.push(read) })
    expect(told.length).toBeGreaterThan(1)
    expect(told).toEqual(told.toSorted((a, b) => a - b))
  })

  test('others get their turn', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    await csv(`a,y\n${'1,2\n'.repeat(200_000)}`, options)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(5)
  })
})
