/** Writes the built code: for Node, and apart from it for browsers; one file for each door, and chunks of what they share. */
import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('.', import.meta.url))
const read = (file: string) => JSON.parse(readFileSync(root + file, 'utf8'))

/** The doors that `package.json` names in a folder of what is built, each with its source. */
function doorsIn(folder: string): Record<string, string> {
  const { bin, exports } = read('package.json') as Record<string, object>
  const built = JSON.stringify([bin, exports]).matchAll(/"\.\/dist\/([^"]*?)([^"/]+)\.js"/g)
  const names = Array.from(built).flatMap(([, path, name]) => (path === folder ? [name as string] : []))
  return Object.fromEntries(names.map(name => [name, sourceOf(name, folder)]))
}

function sourceOf(door: string, folder: string): string {
  const own = `${door}.browser.ts`
  return folder === 'browser/' && existsSync(root + own) ? own : `${door}.ts`
}

/** A name with a hash leads to the file beside the one for Node. TypeScript, whose `paths` esbuild follows, knows the latter. */
const browserSides: Plugin = {
  name: 'browser-sides',
  setup({ onResolve }) {
    const { paths } = (read('tsconfig.json') as { compilerOptions: { paths: Record<string, [string]> } })
      .compilerOptions
    onResolve({ filter: /^#/ }, ({ path }) => ({
      path: resolve(root, (paths[path] as [string])[0].replace(/\.ts$/, '.browser.ts')),
    }))
  },
}

/** What Node loads of packages in its own way: the parts of RxJS that are needed, and Papa Parse when it is needed. */
const IN_NODE: Readonly<Record<string, string>> = {
  rxjs: 'core/rxjs.ts',
  papaparse: 'runtime/data/tables/papaparse.cjs',
}

const ownWays: Plugin = {
  name: 'own-ways',
  setup({ onResolve }) {
    for (const name of Object.keys(IN_NODE))
      onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: `#${name}`, external: true }))
  },
}

/** Fills a folder anew. Node takes a millisecond for each file that it imports, and there are hundreds of sources. */
export async function bundle(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  const common: BuildOptions = { absWorkingDir: root, bundle: true, packages: 'external' }
  const modules: BuildOptions = {
    ...common,
    splitting: true,
    chunkNames: 'chunks/[hash]',
    format: 'esm',
  }
  await build({
    ...modules,
    entryPoints: { ...doorsIn(''), 'bench/inside': 'bench/inside.ts' },
    outdir: folder,
    platform: 'node',
    plugins: [ownWays],
  })
  // What `require` asks for, Node reads once; what `import` asks for of CommonJS, twice, and searches it for exports.
  await build({
    ...common,
    entryPoints: IN_NODE,
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    platform: 'node',
  })
  await build({
    ...modules,
    entryPoints: doorsIn('browser/'),
    outdir: `${folder}/browser`,
    platform: 'neutral',
    plugins: [browserSides],
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle(resolve(process.argv[2] ?? 'dist'))
