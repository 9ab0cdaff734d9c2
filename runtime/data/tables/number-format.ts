/** How people write numbers: decimal and thousands characters, currency, percent. */

/** How the numbers of a column are written. */
export interface NumberFormat {
  /** The decimal character. */
  readonly decimal: '.' | ','
  /** The thousands separator; `''` for none. */
  readonly thousands: '' | ',' | '.' | ' ' | "'"
  /** `$32,458` or `1.200 EUR`, also with the suffixes K, M and B, and losses in parentheses. */
  readonly currency: boolean
  /** `24%`, which is 0.24. */
  readonly percent: boolean
}

/** Numbers as programs write them. */
export const PLAIN: NumberFormat = { decimal: '.', thousands: '', currency: false, percent: false }

/** A decimal number as people write it; JavaScript accepts more. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** The value of a number in the plain form; NaN for any other text. */
export function plainNumber(text: string): number {
  if (!NUMBER.test(text)) return Number.NaN
  const value = Number(text)
  return Number.isFinite(value) ? value : Number.NaN
}

const SUFFIXES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, b: 1e9 }

/** A sign or parentheses, a currency on either side, digits and separators, a suffix or percent. */
const WRITTEN =
  /^(?<open>\()?(?<sign>[+\-−])?\s*(?<before>[A-Z]{0,3}\p{Sc}|[A-Z]{3})?\s*(?<inner>[+\-−])?(?<body>[\d.,'’\s]*\d[\d.,'’\s]*?)(?:e(?<exponent>[+-]?\d+))?\s*(?<suffix>[kmb])?\s*(?<after>\p{Sc}|[A-Z]{3})?\s*(?<percent>%)?(?<close>\))?$/iu

interface Parts {
  readonly negative: boolean
  readonly body: string
  readonly factor: number
  readonly currency: boolean
  readonly percent: boolean
}

const currencies = new Set(
  'AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF IDR ILS INR JPY KRW MXN MYR NOK NZD PHP PLN RON RUB SEK SGD THB TRY TWD UAH USD ZAR'.split(
    ' ',
  ),
)

const isCurrency = (text: string) => /\p{Sc}/u.test(text) || currencies.has(text.toUpperCase())

/** Splits a number into its digits and everything around them; undefined if it is not a number. */
function partsOf(text: string): Parts | undefined {
  const groups = WRITTEN.exec(text)?.groups
  if (!groups) return undefined
  const {
    open,
    sign,
    before = '',
    inner,
    body = '',
    exponent,
    suffix = '',
    after = '',
    percent,
    close,
  } = groups
  const currency = before !== '' || after !== ''
  if ((open === undefined) !== (close === undefined) || (sign && inner) || (before && after)) return undefined
  if (currency && !isCurrency(before || after)) return undefined
  // A letter after a bare number can mean anything.
  if ((suffix || open) && !currency) return undefined
  if (percent && currency) return undefined
  const factor =
    (SUFFIXES[suffix.toLowerCase()] as number) * 10 ** Number(exponent ?? 0) * (percent ? 0.01 : 1)
  const negative = open !== undefined || (sign ?? inner ?? '+') !== '+'
  return { negative, body: body.trim(), factor, currency, percent: percent !== undefined }
}

const BODIES = {
  ',': /^([1-9]\d{0,2}(,\d{2,3})*,\d{3}|\d+)$/,
  '.': /^([1-9]\d{0,2}(\.\d{3})+|\d+)$/,
  ' ': /^([1-9]\d{0,2}([\s\u00a0\u202f]\d{3})+|\d+)$/,
  "'": /^([1-9]\d{0,2}(['’]\d{3})+|\d+)$/,
  '': /^\d+$/,
} as const

/** The value of a number in a format; NaN if the text does not match it. */
export function numberIn(text: string, format: NumberFormat): number {
  if (format === PLAIN) return plainNumber(text)
  const parts = partsOf(text)
  if (!parts || (parts.currency && !format.currency) || parts.percent !== format.percent) return Number.NaN
  const { decimal, thousands } = format
  const edge = parts.body.lastIndexOf(decimal)
  const whole = edge < 0 ? parts.body : parts.body.slice(0, edge)
  const decimals = edge < 0 ? '' : parts.body.slice(edge + 1)
  if (!/^\d*$/.test(decimals) || (whole === '' && decimals === '')) return Number.NaN
  if (whole !== '' && !BODIES[thousands].test(whole)) return Number.NaN
  const value = Number(`${whole.replace(/\D/g, '') || '0'}.${decimals || '0'}`) * parts.factor
  // Undo rounding errors: 7 % is 0.07, but 7 · 0.01 is 0.07000000000000001.
  const exact = parts.percent ? Number(value.toPrecision(15)) : value
  return Number.isFinite(exact) ? (parts.negative ? -exact : exact) : Number.NaN
}

type Decimal = NumberFormat['decimal']

const GROUPED: Readonly<Record<Decimal, readonly NumberFormat['thousands'][]>> = {
  '.': [',', ' ', "'"],
  ',': ['.', ' ', "'"],
}

/** The parts of the format that options fix. */
export interface GivenFormat {
  readonly decimal?: Decimal | undefined
  readonly thousands?: NumberFormat['thousands'] | undefined
}

/**
 * All formats in which every text is a number, at most one for each decimal character: none if they are not
 * numbers, two if they are ambiguous, like `1,234`.
 */
export function formatsOf(texts: readonly string[], given: GivenFormat = {}): NumberFormat[] {
  const parts = texts.map(partsOf)
  if (texts.length === 0 || parts.some(part => part === undefined)) return []
  const known = parts as Parts[]
  const percent = (known[0] as Parts).percent
  const currency = known.some(part => part.currency)
  // Without a point or a comma there is nothing to choose.
  const isBare = known.every(({ body }) => !/[.,]/.test(body))
  const decimals =
    given.decimal !== undefined ? [given.decimal] : isBare ? (['.'] as const) : (['.', ','] as const)
  return decimals.flatMap(decimal => {
    const grouped = given.thousands === undefined ? GROUPED[decimal] : [given.thousands]
    const found = grouped
      .filter(thousands => thousands !== decimal)
      .map(thousands => ({ decimal, thousands, currency, percent }))
      .find(format => texts.every(text => !Number.isNaN(numberIn(text, format))))
    if (!found) return []
    // Report a thousands separator only if one occurs.
    const bare = { ...found, thousands: '' } as const
    return [
      given.thousands === undefined && texts.every(text => !Number.isNaN(numberIn(text, bare)))
        ? bare
        : found,
    ]
  })
}

/** A format in words, for `describe()` and errors. */
export function formatText({ decimal, thousands, currency, percent }: NumberFormat): string {
  const traits = [
    ...(currency ? ['currency'] : []),
    ...(percent ? ['percent'] : []),
    ...(decimal === ',' ? ['decimal comma'] : []),
    ...(thousands === '' ? [] : [`thousands separated by ${JSON.stringify(thousands)}`]),
  ]
  return traits.length > 0 ? traits.join(', ') : 'plain'
}

/** 2020-01-31, optionally with a time and a zone. */
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*(Z|[+-]\d{2}:?\d{2})?)?$/

/** 31/01/2020, 31.1.20, 1-31-2020, 2020/1/31. */
const LOOSE = /^\d{1,4}([/.-])\d{1,2}\1\d{1,4}([T ]\d{1,2}:\d{2}.*)?$/

const DAY = 86_400_000

/** Days from 1 January 1970 to an ISO 8601 date; NaN for any other text. A time without a zone is in UTC. */
export function daysOf(text: string): number {
  const found = ISO.exec(text)
  if (!found) return Number.NaN
  const [, year, month, day, hours = '0', minutes = '0', seconds = '0', zone = 'Z'] = found
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const date = new Date(midnight)
  if (date.getUTCMonth() !== Number(month) - 1 || Number(hours) > 24 || Number(minutes) > 59)
    return Number.NaN
  const [, sign, h = '0', m = '0'] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? []
  const offset = (sign === '-' ? -1 : 1) * (Number(h) * 60 + Number(m))
  return midnight / DAY + (Number(hours) * 60 + Number(minutes) - offset) / 1440 + Number(seconds) / 86_400
}

/** Whether a text looks like a date, with day and month in any order. */
export const isDateLike = (text: string): boolean => ISO.test(text) || LOOSE.test(text)
