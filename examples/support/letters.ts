/** Text as rows of numbers, and back. */
import { fromArrays } from 'gradstream'

/** The letters of a text, and how others of the same letters become codes and back. */
export function alphabetOf(text: string) {
  const letters = [...new Set(text)].sort()
  return {
    letters,
    encode: (part: string) => Float32Array.from(part, letter => letters.indexOf(letter)),
    decode: (codes: readonly number[]) => codes.map(code => letters[code]).join(''),
  }
}

/** Pieces of a text of so many letters, `stride` apart: x holds the letters, target the one behind each. */
export function pieces(codes: Float32Array, length: number, stride: number) {
  const count = Math.floor((codes.length - length - 1) / stride)
  const at = (i: number) => Math.floor(i / length) * stride + (i % length)
  const column = (ahead: number) => ({
    shape: [count, length],
    data: Float32Array.from({ length: count * length }, (_, i) => codes[at(i) + ahead] as number),
  })
  return fromArrays({ x: column(0), target: column(1) })
}

/** Chooses one of several shares of 1, by a number from 0 to 1. */
export function choose(shares: Iterable<number>, luck: number): number {
  let [choice, sum] = [-1, 0]
  for (const share of shares) {
    if (sum > luck) break
    sum += share
    choice++
  }
  return choice
}
