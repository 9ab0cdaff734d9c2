/** How long it takes to read tables: one with very many rows, and one with very many columns. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { csv, parseCsv, RandomKey } from 'gradstream'

const ROWS = 1_000_000
const COLUMNS = 10

/** A table in pieces, so that its text takes no memory. */
function* tall(): Generator<string> {
  yield `${Array.from({ length: COLUMNS }, (_, i) => `x${i}`).join(',')}\n`
  const rows = 1000
  for (let start = 0; start < ROWS; start += rows) {
    const numbers = RandomKey.of(1)
      .child(start)
      .uniform(rows * COLUMNS)
    let text = ''
    for (let row = 0; row < rows; row++) {
      const cells = Array.from(numbers.subarray(row * COLUMNS, (row + 1) * COLUMNS), value =>
        value.toFixed(6),
      )
      text += `${cells.join(',')}\n`
    }
    yield text
  }
}

const text = [...tall()]
const before = process.memoryUsage().rss
let peak = before
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
const start = performance.now()
const data = await csv(text, {
  target: 'x9',
  onProgress: () => {
    peak = Math.max(peak, process.memoryUsage().rss)
  },
})
const seconds = (performance.now() - start) / 1000
delay.disable()
const numbers = ROWS * COLUMNS * 8
console.log(`${data.size} rows of ${COLUMNS} columns: ${seconds.toFixed(2)} s`)
console.log(`memory beside the text: ${((peak - before) / numbers).toFixed(2)} x that of the numbers`)
console.log(
  `longest turn: ${(delay.max / 1e6).toFixed(1)} ms, 99.9 % under ${(delay.percentile(99.9) / 1e6).toFixed(1)} ms`,
)

for (const columns of [10_000, 20_000, 40_000]) {
  const row = (cell: (i: number) => string) =>
    `${Array.from({ length: columns }, (_, i) => cell(i)).join(',')}\n`
  const wide = row(i => `gene${i}`) + row(i => `${i / 7}`) + row(i => `${i / 9}`)
  const from = performance.now()
  parseCsv(wide, { target: 'gene0' })
  console.log(`${columns} columns of 2 rows: ${(performance.now() - from).toFixed(0)} ms`)
}
