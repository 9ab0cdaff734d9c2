/** Compiles the AssemblyScript of `assembly/` to WebAssembly. */
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'

const ENTRY = 'kernels/wasm/assembly/index.ts'
const COMPILER = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js')

const COMMON = ['--noAssert', '--runtime', 'stub', '--use', 'abort=', '--importMemory', '--enable', 'simd']
const RELAXED = ['--enable', 'relaxed-simd']
/** 65,536 pages of 64 KiB are 4 GiB, as much as addresses of 32 bits reach. */
const SHARED = ['--enable', 'threads', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536']

/** With and without relaxed SIMD, on memory that threads share or not. */
const BUILDS = {
  simd: [],
  relaxed: RELAXED,
  sharedSimd: SHARED,
  sharedRelaxed: [...RELAXED, ...SHARED],
}

export type BuildName = keyof typeof BUILDS
export const BUILD_NAMES = Object.keys(BUILDS) as BuildName[]

/**
 * Writes a build of the sources below `root` to a file. The compiler has a process of its own: where TypeScript runs
 * directly, it would take ten times as long to load.
 */
export async function compile(build: BuildName, outFile: string, flags: readonly string[], root = '.') {
  const settings = ['--baseDir', root, '--outFile', outFile, ...COMMON, ...BUILDS[build], ...flags]
  await promisify(execFile)(process.execPath, [COMPILER, ENTRY, ...settings])
}
