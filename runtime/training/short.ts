/** @example [0.123456, 12345678].map(short) // ['0.123', '1.23e+7'] */
export const short = (value: number): string =>
  Math.abs(value) >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(3)))
