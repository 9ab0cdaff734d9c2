/** Redraws the pictures of the documentation: `npm run pictures`. */
import { writeFileSync } from 'node:fs'
import { pictures } from './pictures/index.ts'

for (const [file, svg] of await pictures()) writeFileSync(new URL(`pictures/${file}`, import.meta.url), svg)
