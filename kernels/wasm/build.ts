/**
 * Writes all builds of the WebAssembly module. They become strings of a module, so that they load everywhere in the same
 * way: in Node, in a browser, through a bundler, without a file to find.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BUILD_NAMES, type BuildName, compile } from './compile.ts'

const TARGET = new URL('./binaries.ts', import.meta.url)

const folder = await mkdtemp(join(tmpdir(), 'gradstream-'))
try {
  const lines = await Promise.all(BUILD_NAMES.map(build))
  await writeFile(
    TARGET,
    ['/** Made by `npm run build` from assembly/. */', 'export const binaries = {', ...lines, '}', ''].join(
      '\n',
    ),
  )
} finally {
  await rm(folder, { recursive: true })
}

async function build(name: BuildName): Promise<string> {
  const file = join(folder, `${name}.wasm`)
  await compile(name, file, ['--optimizeLevel', '3'])
  const binary = await readFile(file)
  console.log(`${name}: ${binary.length.toLocaleString('en')} bytes`)
  return `  ${name}: '${binary.toString('base64')}',`
}
