/** Writes the built code: one file for each door and each side of a name with a hash, and chunks of what they share. */
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('.', import.meta.url))

/** What `package.json` names, and what benchmarks import. */
function entries(): string[] {
  const { bin, exports, imports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Record<
    string,
    object
  >
  const named = JSON.stringify([bin, exports, imports]).matchAll(/"\.\/dist\/([^"]+)\.js"/g)
  return [...new Set([...Array.from(named, ([, path]) => path), 'bench/inside'])].map(path => `${path}.ts`)
}

/** Node loads the parts of RxJS that are needed, see `core/rxjs.ts`. */
const lessRxjs: Plugin = {
  name: 'less-rxjs',
  setup: ({ onResolve }) => onResolve({ filter: /^rxjs$/ }, () => ({ path: '#rxjs', external: true })),
}

/** Fills a folder anew. Node takes a millisecond for each file that it imports, and there are hundreds of sources. */
export async function bundle(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await build({
    absWorkingDir: root,
    entryPoints: entries(),
    outdir: folder,
    outbase: '.',
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[hash]',
    format: 'esm',
    platform: 'neutral',
    packages: 'external',
    // `imports` of package.json choose a side where the code runs.
    external: ['#*'],
    plugins: [lessRxjs],
  })
  // RxJS is CommonJS in Node. What `require` asks for is read once; what `import` asks for, twice, and with a search for its exports.
  await build({
    absWorkingDir: root,
    entryPoints: ['core/rxjs.ts'],
    outfile: `${folder}/core/rxjs.cjs`,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle(resolve(process.argv[2] ?? 'dist'))
