/**
 * Compiles the AssemblyScript of `assembly/` to WebAssembly, in four builds: with and without relaxed SIMD, on memory
 * that threads share or not. They become strings of a module, so that they load everywhere in the same way: in Node,
 * in a browser, through a bundler, without a file to find.
 */
import { writeFile } from 'node:fs/promises'
import asc from 'assemblyscript/asc'

const ENTRY = 'kernels/wasm/assembly/index.ts'
const TARGET = new URL('./binaries.ts', import.meta.url)

const COMMON = [
  '--optimizeLevel',
  '3',
  '--noAssert',
  '--runtime',
  'stub',
  '--use',
  'abort=',
  '--importMemory',
  '--enable',
  'simd',
]
const RELAXED = ['--enable', 'relaxed-simd']
/** 65,536 pages of 64 KiB are 4 GiB, as much as addresses of 32 bits reach. */
const SHARED = ['--enable', 'threads', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536']

const builds = {
  simd: [],
  relaxed: RELAXED,
  sharedSimd: SHARED,
  sharedRelaxed: [...RELAXED, ...SHARED],
}

async function compile(name: string, flags: readonly string[]): Promise<string> {
  const files = new Map<string, Uint8Array | string>()
  const { error, stderr } = await asc.main([ENTRY, '--outFile', 'out.wasm', ...COMMON, ...flags], {
    writeFile: (file, contents) => void files.set(file, contents),
  })
  if (error) throw new Error(`${name}: ${error.message}\n${stderr.toString()}`)
  const binary = files.get('out.wasm') as Uint8Array
  console.log(`${name}: ${binary.length.toLocaleString('en')} bytes`)
  return `  ${name}: '${Buffer.from(binary).toString('base64')}',`
}

const lines = await Promise.all(Object.entries(builds).map(([name, flags]) => compile(name, flags)))
await writeFile(
  TARGET,
  ['/** Made by `npm run build` from assembly/. */', 'export const binaries = {', ...lines, '}', ''].join(
    '\n',
  ),
)
