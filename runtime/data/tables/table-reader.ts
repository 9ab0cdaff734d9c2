/** Turns the rows of any kind of table into a data set. */
import { GradstreamError, listOf, recordOf, show } from '../../../core/index.ts'
import { type Column, Dataset, type Fill } from '../dataset.ts'
import { CategoryBuilder, type CategoryLayout, NumberBuilder } from './builders.ts'
import { chosenColumns } from './chosen-columns.ts'
import { decimalOf, lookAt, type Plan, planOf, type Sampled, textError, type Use } from './column-plan.ts'
import type { ColumnDescription, TableDescription } from './description.ts'
import { type ColumnEncoding, type Encoder, isMissing, namesOf, widthOf } from './encoder.ts'
import { type GivenFormat, plainNumber } from './number-format.ts'
import { MISSING_VALUES, type Missing, type Read, type TableOptions } from './table-options.ts'

/** How many cells, and at least how many rows, to inspect before deciding the types of the columns. */
const BEGINNING = 10_000
const FIRST_ROWS = 100
/** The most numbers in a data set from a table: 2 GiB. */
const MOST_NUMBERS = 2 ** 28
/** How many numbers to arrange before other work gets a turn. */
const STRETCH = 1 << 17

/** A column while it is read. */
interface Reading {
  readonly plan: Plan
  readonly builder: NumberBuilder | CategoryBuilder
  readonly place: number
  readonly policy: Missing
  missing: number
  /** How often each word meant an empty cell. */
  readonly words: Map<string, number>
}

export class TableReader {
  private readonly place: string
  private readonly options: Read<TableOptions>
  private readonly given: GivenFormat
  private readonly like: Encoder | undefined
  private readonly words: ReadonlySet<string>
  /** The columns in use. */
  readonly uses: readonly Use[]
  private readonly lineWord: string
  private readonly groupsByPoints: boolean
  private held: (readonly unknown[])[] = []
  private heldLines: number[] = []
  private columns: Reading[] | undefined
  private readonly guesses: string[]
  private readonly leftOut: string[]
  private drops: Reading[] = []
  private rows = 0
  private dropped = 0

  /**
   * `names` are the columns in order; `lineWord` is the word for a row in errors. With `groupsByPoints`, a point may as well
   * group thousands as be a decimal point.
   */
  constructor(
    place: string,
    names: readonly string[],
    options: Read<TableOptions>,
    {
      given = {},
      lineWord = 'line',
      groupsByPoints = false,
    }: { given?: GivenFormat; lineWord?: string; groupsByPoints?: boolean } = {},
  ) {
    this.place = place
    this.options = options
    this.given = given
    this.lineWord = lineWord
    this.groupsByPoints = groupsByPoints
    this.like = options.like
    this.words = new Set(options.missingValues ?? this.like?.missingValues ?? MISSING_VALUES)
    const { uses, leftOut, guesses } = chosenColumns(names, options, place)
    this.uses = uses
    this.leftOut = [...leftOut]
    this.guesses = [...guesses]
  }

  /** Adds rows, each with one cell per column. */
  add(rows: readonly (readonly unknown[])[], lines: readonly number[]): void {
    if (this.columns === undefined) {
      for (const row of rows) this.held.push(row)
      for (const line of lines) this.heldLines.push(line)
      const cells = this.held.length * this.uses.length
      if (this.held.length >= FIRST_ROWS && cells >= BEGINNING) this.begin()
      return
    }
    const { columns, words, drops } = this
    const { maxRows = 1_000_000 } = this.options
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as readonly unknown[]
      const line = lines[i] as number
      if (++this.rows > maxRows) throw this.tooManyRows(maxRows)
      if (drops.length > 0 && drops.some(({ place }) => isMissing(trimmed(row[place]), words))) {
        this.dropped++
        continue
      }
      for (let j = 0; j < columns.length; j++) {
        const column = columns[j] as Reading
        const cell = trimmed(row[column.place])
        if (isMissing(cell, words)) this.missing(column, cell, line)
        else column.builder.push(cell, line)
      }
    }
  }

  /** Builds the data set in stretches: each `next()` takes a few milliseconds. */
  *finish(
    about: Pick<TableDescription, 'source'> & Partial<TableDescription>,
  ): Generator<undefined, Dataset> {
    if (this.columns === undefined) this.begin()
    const columns = this.columns as Reading[]
    const rows = columns[0]?.builder.length ?? 0
    if (rows === 0) {
      throw new GradstreamError('DATA_EMPTY', {
        place: this.place,
        expected: 'at least one row',
        got: this.rows === 0 ? 'none' : 'only rows with empty cells',
      })
    }
    const empty = columns.find(
      ({ missing, policy }) => missing === rows && policy !== 'category' && typeof policy !== 'number',
    )
    if (empty) {
      throw new GradstreamError('MISSING_CELL', {
        place: `${this.place}, column "${empty.plan.use.name}"`,
        expected: 'a value in at least one row',
        got: 'only empty cells',
        hint: `Leave the column out: { columns: { ${JSON.stringify(empty.plan.use.name)}: false } }.`,
      })
    }
    const features = columns.filter(({ plan }) => !plan.use.isTarget)
    const targets = columns.filter(({ plan }) => plan.use.isTarget)
    const encoded = new Map(columns.map(column => [column, this.encodingOf(column)]))
    const encodings = (list: readonly Reading[]) => list.map(column => encoded.get(column) as ColumnEncoding)
    const encoder: Encoder = {
      features: encodings(features),
      targets: encodings(targets),
      missingValues: [...this.words],
      scalings: this.like?.scalings ?? recordOf(),
    }
    const made: [string, Column][] = []
    const fills: [string, Fill[]][] = []
    for (const [name, list] of [
      ['x', features],
      ['target', targets],
    ] as const) {
      if (list.length === 0) continue
      this.demandRoom(list, encoded, rows)
      made.push([name, yield* this.joined(list, encoded, rows)])
      fills.push([name, fillsOf(list, encoded)])
    }
    const description: TableDescription = {
      ...about,
      rows,
      dropped: this.dropped,
      columns: [
        ...columns.map(column => describe(column, encoded.get(column) as ColumnEncoding)),
        ...this.leftOut.map((name): ColumnDescription => ({ name, use: 'left out' })),
      ],
      guesses: [...(about.guesses ?? []), ...this.guesses, ...columns.flatMap(wordsRead)],
    }
    return new Dataset(recordOf(made), {
      table: { encoder, fills: recordOf(fills), isFitted: this.like !== undefined, description },
    })
  }

  // --- columns ------------------------------------------------------------------------------------------------

  /** Decides the types of the columns from the first rows. */
  private begin(): void {
    const { held, heldLines, words, given, place, options } = this
    const { text = 'error' } = options
    const categorical = new Set(options.categorical)
    const sampled = (use: Use): Sampled[] =>
      held.map((row, i) => ({ cell: trimmed(row[use.index]), line: heldLines[i] as number }))
    const looks = this.uses.map(use => lookAt(use, sampled(use), words, given))
    const isListed = ({ name, isTarget, options: { type } }: Use) =>
      type !== undefined || categorical.has(name) || (!isTarget && text === 'category')
    const texts = looks.filter(({ use, kind }) => {
      return kind === 'text' && !use.isTarget && !use.known && !isListed(use) && use.missing !== 'category'
    })
    const dates = looks.filter(
      ({ use, kind }) => kind === 'date' && !use.isTarget && !use.known && !isListed(use),
    )
    const ignored = new Set(text === 'ignore' ? [...texts, ...dates].map(({ use }) => use.name) : [])
    if (texts.length > 0 && text === 'error') throw textError(texts, place)
    this.leftOut.push(...ignored)
    const numbers = {
      decimal: given.decimal ?? decimalOf(looks),
      pointsMayGroup: this.groupsByPoints && !looks.some(({ hasDecimalPoint }) => hasDecimalPoint),
    }
    const readings = looks
      .filter(({ use }) => !ignored.has(use.name))
      .map((look): Reading => {
        const { use, kind } = look
        const isCategory =
          categorical.has(use.name) || (kind === 'text' && !use.isTarget && text === 'category')
        const plan: Plan = use.known ? { use, encoding: use.known } : planOf(look, isCategory, numbers, place)
        if (plan.guess !== undefined) this.guesses.push(plan.guess)
        return {
          plan,
          builder: this.builderOf(plan),
          place: use.index,
          policy: policyOf(plan),
          missing: 0,
          words: new Map(),
        }
      })
    if (!readings.some(({ plan }) => !plan.use.isTarget)) {
      throw new GradstreamError('INVALID_OPTION', {
        place,
        expected: 'at least one column to predict from',
        got: `only text columns, which text: 'ignore' leaves out: ${listOf([...ignored])}`,
        hint: "Read text as categories: { text: 'category' }, or dates as numbers: { columns: { day: { type: 'date' } } }.",
      })
    }
    this.columns = readings
    this.drops = readings.filter(({ policy }) => policy === 'drop')
    this.held = []
    this.heldLines = []
    this.add(held, heldLines)
  }

  private builderOf({ use, encoding }: Plan): NumberBuilder | CategoryBuilder {
    const at = (line: number) => `${this.place}, ${this.lineWord} ${line}, column "${use.name}"`
    const isNumber = encoding.type === 'number' || encoding.type === 'date'
    if (isNumber) {
      const column = JSON.stringify(use.name)
      const hint =
        encoding.type === 'date'
          ? 'Write dates as 2024-01-31, or leave the column out.'
          : `Correct the cell, add it to missingValues if it means an empty cell, or list the column: categorical: [${column}].`
      return new NumberBuilder(encoding, at, hint)
    }
    return new CategoryBuilder(use.name, at, use.known)
  }

  private missing(column: Reading, cell: unknown, line: number): void {
    const { plan, policy, builder, words } = column
    const { use, encoding } = plan
    const isKnown =
      use.known !== undefined && (encoding.fill !== undefined || encoding.categories?.includes(''))
    if (policy === 'error' && !isKnown) {
      throw new GradstreamError('MISSING_CELL', {
        place: `${this.place}, ${this.lineWord} ${line}, column "${use.name}"`,
        expected: 'a value',
        got:
          typeof cell === 'string' && cell !== ''
            ? `${show(cell)}, which means an empty cell`
            : 'an empty cell',
        hint: this.hintFor(use, cell),
      })
    }
    column.missing++
    if (typeof cell === 'string' && cell !== '') words.set(cell, (words.get(cell) ?? 0) + 1)
    builder.pushMissing()
  }

  private hintFor({ isTarget, known, name }: Use, cell: unknown): string {
    const isWord = typeof cell === 'string' && cell !== ''
    const word = isWord ? ' If it is a value, pass missingValues: [].' : ''
    if (isTarget) return `Fill the cell, or drop rows without a target: missing: 'drop'.${word}`
    if (known) return `Fill the cell, or drop such rows: missing: 'drop'.${word}`
    const column = `{ columns: { ${JSON.stringify(name)}: { missing: 'median' } } }`
    return `Fill the cell, drop such rows (missing: 'drop'), or replace empty cells: ${column}.${word}`
  }

  // --- numbers ------------------------------------------------------------------------------------------------

  /** The encoding of a column, with the categories that occurred, in order. */
  private encodingOf({ plan, builder, policy }: Reading): ColumnEncoding {
    const { use, encoding } = plan
    if (use.known) return use.known
    if (!(builder instanceof CategoryBuilder)) return encoding
    const categories = inOrder(builder.categories)
    const rows = builder.length
    const isDeclared = use.options.type !== undefined || (this.options.categorical ?? []).includes(use.name)
    if (!isDeclared && use.isTarget && categories.length > 20 && categories.length > rows / 2) {
      throw new GradstreamError('DATA_AMBIGUOUS', {
        place: `${this.place}, column "${use.name}"`,
        expected: 'numbers, or classes that repeat',
        got: `${categories.length} different strings in ${rows} rows, such as ${show(categories[0])}`,
        hint: `If they are classes, list the column: categorical: [${JSON.stringify(use.name)}].`,
      })
    }
    if (builder.missing > 0 && policy === 'category') categories.unshift('')
    if (encoding.type === 'binary' && categories.length !== 2) {
      throw new GradstreamError('DATA_MISMATCH', {
        place: `${this.place}, column "${use.name}"`,
        expected: 'two categories, for 0 and 1',
        got: `${categories.length}: ${listOf(categories.slice(0, 5))}`,
        hint: "For more than two, use type: 'category'.",
      })
    }
    return { ...encoding, categories }
  }

  private demandRoom(
    list: readonly Reading[],
    encoded: ReadonlyMap<Reading, ColumnEncoding>,
    rows: number,
  ): void {
    const widths = list.map(column => widthOf(encoded.get(column) as ColumnEncoding))
    const width = widths.reduce((sum, each) => sum + each, 0)
    if (width * rows <= MOST_NUMBERS) return
    const widest = list[widths.indexOf(Math.max(...widths))] as Reading
    throw new GradstreamError('TOO_LARGE', {
      place: `${this.place}, column "${widest.plan.use.name}"`,
      expected: `at most ${MOST_NUMBERS} numbers`,
      got: `${width} for each of ${rows} rows, ${Math.max(...widths)} of them for the categories of this column`,
      hint: 'Leave out columns with too many categories.',
    })
  }

  /** Joins columns into rows. */
  private *joined(
    list: readonly Reading[],
    encoded: ReadonlyMap<Reading, ColumnEncoding>,
    rows: number,
  ): Generator<undefined, Column> {
    const parts = list.map(({ builder, policy }, i) => {
      const encoding = encoded.get(list[i] as Reading) as ColumnEncoding
      return { builder, encoding, layout: layoutOf(builder, encoding, policy) }
    })
    const width = parts.reduce((sum, { encoding }) => sum + widthOf(encoding), 0)
    const data = new Float64Array(rows * width)
    const stretch = Math.max(1, Math.floor(STRETCH / width))
    for (let start = 0; start < rows; start += stretch) {
      const end = Math.min(rows, start + stretch)
      let offset = 0
      for (const { builder, encoding, layout } of parts) {
        if (layout && builder instanceof CategoryBuilder)
          builder.write(data, offset, width, start, end, layout)
        else (builder as NumberBuilder).write(data, offset, width, start, end)
        offset += widthOf(encoding)
      }
      yield
    }
    const isOnly = parts.length === 1 && list[0]?.plan.use.isTarget === true
    const names = parts.flatMap(({ encoding }) => namesOf(encoding, isOnly))
    return { shape: [width], data, names }
  }

  private tooManyRows(maxRows: number): GradstreamError {
    return new GradstreamError('TOO_LARGE', {
      place: this.place,
      expected: `at most ${maxRows} rows`,
      got: 'more',
      hint: 'Raise maxRows, or stream the samples with fromIterable().',
    })
  }
}

const trimmed = (cell: unknown): unknown => (typeof cell === 'string' ? cell.trim() : cell)

/** What becomes of an empty cell of this column: a category has no mean, and a target is never filled. */
function policyOf({ use, encoding }: Plan): Missing {
  const { missing, isTarget } = use
  if (isTarget) return missing === 'drop' ? 'drop' : 'error'
  const isCategory = encoding.type !== 'number' && encoding.type !== 'date'
  if (isCategory && (missing === 'mean' || missing === 'median' || typeof missing === 'number')) {
    return encoding.type === 'binary' ? 'mode' : 'category'
  }
  if (!isCategory && missing === 'category') return 'error'
  return missing
}

/** Numbers by value, strings by their characters. */
function inOrder(categories: readonly string[]): string[] {
  const areNumbers = categories.every(category => !Number.isNaN(plainNumber(category)))
  return areNumbers ? categories.toSorted((a, b) => Number(a) - Number(b)) : categories.toSorted()
}

function layoutOf(
  builder: Reading['builder'],
  encoding: ColumnEncoding,
  policy: Missing,
): CategoryLayout | undefined {
  if (!(builder instanceof CategoryBuilder)) return undefined
  const { categories = [], type } = encoding
  const isKnown = builder.categories.length === 0
  const places = new Map(categories.map((category, place) => [category, place]))
  const order = isKnown
    ? undefined
    : Int32Array.from(builder.categories, category => places.get(category) as number)
  const forMissing = policy === 'category' || isKnown ? places.get('') : undefined
  return { order, width: widthOf(encoding), isNumber: type !== 'category', forMissing }
}

/** The fills of the columns: known already, or to be learned from the training part. */
function fillsOf(list: readonly Reading[], encoded: ReadonlyMap<Reading, ColumnEncoding>): Fill[] {
  const fills: Fill[] = []
  let offset = 0
  list.forEach((column, index) => {
    const encoding = encoded.get(column) as ColumnEncoding
    const width = widthOf(encoding)
    const { policy, plan } = column
    const given = plan.use.known?.fill ?? (typeof policy === 'number' ? policy : undefined)
    if (given !== undefined) fills.push({ index, offset, width, by: valuesOf(given, encoding) })
    else if (policy === 'mean' || policy === 'median' || policy === 'mode')
      fills.push({ index, offset, width, by: policy })
    offset += width
  })
  return fills
}

/** A fill as the numbers of its entries. */
function valuesOf(fill: number | string, encoding: ColumnEncoding): number[] {
  if (typeof fill === 'number') return [fill]
  const place = encoding.categories?.indexOf(fill) ?? -1
  return encoding.type !== 'category'
    ? [place]
    : Array.from({ length: widthOf(encoding) }, (_, i) => Number(i === place))
}

function describe({ plan: { use }, missing }: Reading, encoding: ColumnEncoding): ColumnDescription {
  return {
    name: use.name,
    use: use.isTarget ? 'target' : 'feature',
    type: encoding.type,
    ...(encoding.format && { format: encoding.format }),
    ...(encoding.categories && { categories: encoding.categories }),
    missing,
  }
}

const wordsRead = ({ plan: { use }, words }: Reading): string[] =>
  [...words].map(([word, count]) => `${show(word)} in "${use.name}" means an empty cell (${count} times)`)
