/** The tests reach the sources through the public doors' own names, as the examples and the README do. */
import { fileURLToPath } from 'node:url'

const file = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

export const doors = [
  { find: /^gradstream$/, replacement: file('index.ts') },
  { find: /^gradstream\/client$/, replacement: file('client.ts') },
  { find: /^gradstream\/testing$/, replacement: file('testing.ts') },
  { find: /^gradstream\/terminal$/, replacement: file('terminal.ts') },
]
