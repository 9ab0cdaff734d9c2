/** The tables of kernels in `docs/custom-nodes.md` list what `core/kernels.ts` declares, with the same arguments. */
import { readFileSync } from 'node:fs'
import { parseSync } from 'vite'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

/** What belongs to the engine: memory, totals, and what looks at numbers. */
const ENGINE = [
  ...['tensor', 'lease', 'lend', 'owns', 'free', 'record', 'dispose'],
  ...['allFinite', 'checkFinite', 'foundNonFinite', 'statistics'],
  ...['totals', 'copyTotals', 'tally', 'tallyMoments'],
]

interface Member {
  readonly type: string
  readonly key: { readonly name: string }
  readonly params: readonly { readonly name: string; readonly optional?: boolean }[]
}

function declared(): string[] {
  const { program } = parseSync('kernels.ts', read('core/kernels.ts'))
  const found = program.body.flatMap(statement => {
    const { declaration } = statement as unknown as {
      declaration?: { id?: { name: string }; body: { body: Member[] } }
    }
    return declaration?.id?.name === 'Kernels' ? declaration.body.body : []
  })
  return found
    .filter(({ type, key }) => type === 'TSMethodSignature' && !ENGINE.includes(key.name))
    .map(({ key, params }) => {
      const names = params.map(({ name, optional }) => (optional ? `${name}?` : name))
      return `${key.name}(${names.join(', ')})`
    })
}

test('each kernel that a node may call stands in a table, and no other', () => {
  const [, section = ''] = read('docs/custom-nodes.md').split('\n## The kernels\n')
  const told = [...section.matchAll(/^\| `(\w+\(.*?\))` \| [^|]+ \| [^|]+ \|$/gm)].map(([, call = '']) =>
    call.replace(/\{.*\}/, 'settings'),
  )
  expect(told.sort()).toEqual(declared().sort())
})
