/**
 * Writes all builds of the WebAssembly module. They become strings of a module, so that they load everywhere in the same
 * way: in Node, in a browser, through a bundler, without a file to find. What was made of the same sources before stays.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BUILD_NAMES, type BuildName, compile } from './compile.ts'

const TARGET = new URL('./binaries.ts', import.meta.url)

const head = `/** Made by \`npm run build\` from assembly/, whose hash is ${await hashOfSources()}. */`
const before = await readFile(TARGET, 'utf8').catch(() => '')
if (!before.startsWith(head)) {
  // As a whole or not at all.
  const unfinished = new URL(`./binaries.${process.pid}.tmp`, import.meta.url)
  await writeFile(unfinished, await made())
  await rename(unfinished, TARGET)
}

async function made(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gradstream-'))
  try {
    const lines = await Promise.all(BUILD_NAMES.map(name => build(name, folder)))
    return [head, 'export const binaries = {', ...lines, '}', ''].join('\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Of all that decides what comes out: the sources, how they are compiled, and by which compiler. */
async function hashOfSources(): Promise<string> {
  const assembly = new URL('./assembly/', import.meta.url)
  const names = (await readdir(assembly)).filter(name => name.endsWith('.ts')).sort()
  const compiler = createRequire(import.meta.url).resolve('assemblyscript/package.json')
  const files = [
    ...names.map(name => new URL(name, assembly)),
    new URL('./build.ts', import.meta.url),
    new URL('./compile.ts', import.meta.url),
    compiler,
  ]
  const hash = createHash('sha256')
  for (const file of files) hash.update(await readFile(file)).update('\0')
  return hash.digest('hex')
}

async function build(name: BuildName, folder: string): Promise<string> {
  const file = join(folder, `${name}.wasm`)
  await compile(name, file, ['--optimizeLevel', '3'])
  const binary = await readFile(file)
  console.log(`${name}: ${binary.length.toLocaleString('en')} bytes`)
  return `  ${name}: '${binary.toString('base64')}',`
}
