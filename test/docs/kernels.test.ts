/** The tables of kernels in `docs/custom-nodes.md` list what `Functions` and `Kernels` declare, with the same arguments. */
import { readFileSync } from 'node:fs'
import { parseSync } from 'vite'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

interface Parameter {
  readonly type: string
  readonly name: string
  readonly optional?: boolean
  readonly left?: Parameter
}
interface Member {
  readonly type: string
  readonly accessibility?: string | null
  readonly key: { readonly name: string }
  readonly params?: readonly Parameter[]
  readonly value?: { readonly params?: readonly Parameter[] }
}

/** The methods of what is declared in a file under a name. */
function methodsIn(path: string, name: string): string[] {
  const { program } = parseSync(path, read(path))
  const members = program.body.flatMap(statement => {
    const { declaration } = statement as unknown as {
      declaration?: { id?: { name: string }; body: { body: Member[] } }
    }
    return declaration?.id?.name === name ? declaration.body.body : []
  })
  return members
    .filter(({ type, accessibility }) => type.includes('Method') && accessibility == null)
    .map(({ key, params, value }) => {
      const names = (params ?? value?.params ?? []).map(({ type, name, optional, left }) =>
        type === 'AssignmentPattern' ? `${left?.name}?` : optional ? `${name}?` : name,
      )
      return `${key.name}(${names.join(', ')})`
    })
}

function declared(): string[] {
  const own = methodsIn('core/kernels.ts', 'Kernels')
  return [...methodsIn('core/functions.ts', 'Functions'), ...own, 'empty(shape)']
}

test('each kernel that a node may call stands in a table, and no other', () => {
  const [, section = ''] = read('docs/custom-nodes.md').split('\n## The kernels\n')
  const told = [...section.matchAll(/^\| `(\w+\(.*?\))` \| [^|]+ \| [^|]+ \|$/gm)].map(
    ([, call = '']) => call,
  )
  expect(told.sort()).toEqual(declared().sort())
})
