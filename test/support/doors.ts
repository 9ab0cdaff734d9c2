/** The tests reach the sources through the public doors' own names, as the examples and the README do. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

type Side = 'browser' | 'node'

const { compilerOptions } = JSON.parse(readFileSync(file('tsconfig.json'), 'utf8')) as {
  readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly [string]>> }
}

/** The names by which sources reach a file that is another one in Node than elsewhere, with both of its sources. */
export const sides: ReadonlyMap<string, Readonly<Record<Side, string>>> = new Map(
  Object.entries(compilerOptions.paths)
    .filter(([name]) => name.startsWith('#'))
    .map(([name, [path]]) => {
      const node = path.replace(/^\.\//, '')
      return [name, { browser: node.replace(/\.ts$/, '.browser.ts'), node }]
    }),
)

export const doors = doorsIn('node')

/** All names, with where they lead on one side. */
export function doorsIn(side: Side) {
  return [
    { find: /^gradstream$/, replacement: file('index.ts') },
    { find: /^gradstream\/client$/, replacement: file('client.ts') },
    { find: /^gradstream\/testing$/, replacement: file('testing.ts') },
    {
      find: /^gradstream\/terminal$/,
      replacement: file(side === 'node' ? 'terminal.ts' : 'terminal.browser.ts'),
    },
    ...[...sides].map(([name, sources]) => ({
      find: new RegExp(`^${name}$`),
      replacement: file(sources[side]),
    })),
  ]
}
