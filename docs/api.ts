/** Writes the reference of all public names, and that of all nodes: `npm run docs`. */
import { writeFileSync } from 'node:fs'
import { nodesPage } from './api/nodes-page.ts'
import { apiPage } from './api/page.ts'

const write = (name: string, text: string) => writeFileSync(new URL(name, import.meta.url), text)

write('api.md', await apiPage())
write('nodes.md', await nodesPage())
