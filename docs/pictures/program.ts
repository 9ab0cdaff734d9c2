/** The picture of a program: what became of a training step, one line for each loop and product. */
import { compile, createTrainer, type Explanation, fromArrays, type GraphDef } from 'gradstream'
import { element, picture, text } from './svg.ts'

const [WIDTH, MARGIN, LINE, GAP] = [720, 20, 19, 12]
/** Where the columns begin, and how many letters a line of the wide ones holds. */
const COLUMNS = { kind: MARGIN, what: 96, owners: 370 } as const
const LETTERS = { what: 34, owners: 30 } as const

/** The program of a step with a batch of 32 rows. */
export async function explanationOf(net: GraphDef): Promise<Explanation> {
  const rows = (width: number) => Array.from({ length: 32 }, () => new Array<number>(width).fill(0.5))
  const model = compile(net, { kernels: 'wasm', threads: 1, seed: 1 })
  const data = fromArrays({ x: rows(30), target: rows(1) })
  await createTrainer(model, { data, epochs: 1, batchSize: 32 }).run()
  const explanation = model.explain({ format: 'json' })
  model.dispose()
  return explanation
}

export function programPicture({ parts }: Explanation): string {
  let y = 66
  const lines = parts.flatMap(({ kind, what, owners, read, written }) => {
    const [computes, own] = [wrapped(what, LETTERS.what), wrapped(owners.join(', '), LETTERS.owners)]
    const top = y
    y += Math.max(computes.length, own.length) * LINE + GAP
    const column = (texts: readonly string[], x: number, colour: string) =>
      texts.map((line, i) => text(line, { x, y: top + i * LINE, class: `fill-${colour}` }))
    const bytes = `${kibibytes(read)} → ${kibibytes(written)} KiB`
    return [
      text(kind, {
        x: COLUMNS.kind,
        y: top,
        class: `fill-${kind === 'product' ? 'second' : 'first'}`,
        'font-weight': 600,
      }),
      ...column(computes, COLUMNS.what, 'ink'),
      ...column(own, COLUMNS.owners, 'quiet'),
      text(bytes, { x: WIDTH - MARGIN, y: top, class: 'fill-ink', 'text-anchor': 'end' }),
    ]
  })
  const head = { y: 36, class: 'fill-quiet' }
  return picture(
    {
      width: WIDTH,
      height: y,
      title: 'The program of a training step',
      description: `${parts.length} loops and matrix products, with the nodes that they compute for and the bytes that they read and write.`,
    },
    text('computes', { ...head, x: COLUMNS.what }),
    text('for', { ...head, x: COLUMNS.owners }),
    text('reads → writes', { ...head, x: WIDTH - MARGIN, 'text-anchor': 'end' }),
    element('line', { x1: MARGIN, x2: WIDTH - MARGIN, y1: 46, y2: 46, class: 'line-edge' }),
    ...lines,
  )
}

const kibibytes = (bytes: number) => (bytes / 1024).toFixed(1)

function wrapped(content: string, letters: number): string[] {
  const lines: string[] = ['']
  for (const word of content.split(' ')) {
    const last = lines.at(-1) as string
    if (last === '') lines[lines.length - 1] = word
    else if (last.length + 1 + word.length <= letters) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
