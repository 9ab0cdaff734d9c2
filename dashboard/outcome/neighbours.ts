/** Rows of numbers that point in nearly the same direction, and rows that are called something. */

export interface Neighbour {
  /** The place of the row. */
  readonly place: number
  /** The cosine of the angle between the rows, from -1 to 1: a · b / (|a| |b|). */
  readonly cosine: number
}

/** The rows nearest to one of them by their cosine, nearest first. A row of zeros, or with a number that is not finite, has no direction. */
export function neighboursOf(
  rows: ArrayLike<number>,
  width: number,
  place: number,
  most: number,
): Neighbour[] {
  const count = rows.length / width
  const dot = (a: number, b: number) => {
    let sum = 0
    for (let j = 0; j < width; j++) sum += (rows[a * width + j] as number) * (rows[b * width + j] as number)
    return sum
  }
  const own = Math.sqrt(dot(place, place))
  const all: Neighbour[] = []
  for (let i = 0; i < count; i++) {
    const cosine = dot(place, i) / (own * Math.sqrt(dot(i, i)))
    // Rounding may lead out of the range.
    if (i !== place && Number.isFinite(cosine))
      all.push({ place: i, cosine: Math.min(Math.max(cosine, -1), 1) })
  }
  return all.sort((a, b) => b.cosine - a.cosine || a.place - b.place).slice(0, most)
}

/** The places of the names that contain a text, in any case: those that are equal to it first, then those that begin with it. */
export function placesCalled(names: readonly string[], text: string): number[] {
  const wanted = text.toLowerCase()
  if (wanted === '') return []
  const rankOf = (name: string) => {
    const at = name.toLowerCase().indexOf(wanted)
    return at > 0 ? 2 : at < 0 ? 3 : name.length === text.length ? 0 : 1
  }
  const ranks = names.map(rankOf)
  return ranks
    .flatMap((rank, i) => (rank < 3 ? [i] : []))
    .sort((a, b) => (ranks[a] as number) - (ranks[b] as number) || a - b)
}

/** The places of the rows whose numbers are all finite. */
export function finiteRows(rows: ArrayLike<number>, width: number): number[] {
  const places: number[] = []
  for (let i = 0; i < rows.length / width; i++) {
    let j = 0
    while (j < width && Number.isFinite(rows[i * width + j])) j++
    if (j === width) places.push(i)
  }
  return places
}
