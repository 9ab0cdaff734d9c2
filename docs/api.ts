/** Writes the reference of all public names: `npm run docs`. */
import { writeFileSync } from 'node:fs'
import { apiPage } from './api/page.ts'

writeFileSync(new URL('api.md', import.meta.url), await apiPage())
