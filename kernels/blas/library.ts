/** A BLAS library of this machine: found by its usual names, called through koffi. As `#blas` in Node alone. */
import { createRequire } from 'node:module'

/** `cblas_sgemm`, with pointers as numbers. */
export type Sgemm = (
  order: number,
  transposeA: number,
  transposeB: number,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: number,
  aStride: number,
  b: number,
  bStride: number,
  beta: number,
  c: number,
  cStride: number,
) => void

export interface BlasLibrary {
  /** The file that it was loaded from. */
  readonly path: string
  /** Its name, and version where it tells: `OpenBLAS 0.3.21 (SkylakeX)`. */
  readonly description: string
  readonly sgemm: Sgemm
  /** Lets it use so many threads, for the whole process. */
  setThreads(count: number): void
  /** Where an array begins in memory. */
  address(array: Uint8Array): number
}

/** A library, or why there is none. */
export type Found = { readonly library: BlasLibrary } | { readonly library?: never; readonly reason: string }

/** By what names the libraries go, the fastest first. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  linux: [
    'libmkl_rt.so.2',
    'libmkl_rt.so.1',
    'libmkl_rt.so',
    'libopenblas.so.0',
    'libopenblas.so',
    'libblis.so.4',
    'libblis.so',
  ],
  darwin: [
    '/System/Library/Frameworks/Accelerate.framework/Accelerate',
    '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
    '/usr/local/opt/openblas/lib/libopenblas.dylib',
    'libopenblas.dylib',
  ],
}

/** How the threads of each library are set, and how it tells about itself. */
const SETTERS = [
  'void openblas_set_num_threads(int count)',
  'void MKL_Set_Num_Threads(int count)',
  'void bli_thread_set_num_threads(int64_t count)',
]
const FAMILIES = [
  ['openblas_get_config', 'OpenBLAS'],
  ['MKL_Get_Max_Threads', 'MKL'],
  ['bli_info_get_version_str', 'BLIS'],
] as const

/** How to get one. */
export const HOW_TO_GET = {
  koffi: 'npm install koffi',
  linux: 'apt-get install libopenblas0 (Debian, Ubuntu) or dnf install openblas (Fedora)',
} as const

type Koffi = typeof import('koffi')
type LoadedLibrary = ReturnType<Koffi['load']>

const known = new Map<string | undefined, Found>()

/** Looks for a library once a process: at a path, or by the usual names. */
export function findBlas(path?: string): Found {
  const before = known.get(path)
  if (before) return before
  const found = search(path)
  known.set(path, found)
  return found
}

function search(path?: string): Found {
  const koffi = loadKoffi()
  if (koffi === undefined) {
    return { reason: `koffi, which calls native libraries, is not installed: ${HOW_TO_GET.koffi}` }
  }
  const { platform } = globalThis.process
  const names = path === undefined ? (NAMES[platform] ?? []) : [path]
  for (const name of names) {
    const library = open(koffi, name)
    if (library) return { library }
  }
  if (path !== undefined) return { reason: `${path} is no library with cblas_sgemm that can be loaded` }
  if (names.length === 0) return { reason: `no BLAS is looked for on ${platform}: give its file as blasPath` }
  const advice = platform === 'linux' ? `: ${HOW_TO_GET.linux}` : ''
  return { reason: `no OpenBLAS, MKL, BLIS or Accelerate is installed${advice}` }
}

function loadKoffi(): Koffi | undefined {
  try {
    return createRequire(import.meta.url)('koffi') as Koffi
  } catch {
    return undefined
  }
}

function open(koffi: Koffi, path: string): BlasLibrary | undefined {
  try {
    const library = koffi.load(path)
    const sgemm = library.func('cblas_sgemm', 'void', [
      ...Array<string>(6).fill('int'),
      'float',
      'uintptr_t',
      'int',
      'uintptr_t',
      'int',
      'float',
      'uintptr_t',
      'int',
    ]) as Sgemm
    return {
      path,
      description: describe(library, path),
      sgemm,
      setThreads: threadSetter(library, path),
      address: array => Number(koffi.address(array)),
    }
  } catch {
    return undefined
  }
}

/** How many threads were asked for last, by library and setter: it has one number for the whole process. */
const present = new Map<string, number>()

function threadSetter(library: LoadedLibrary, path: string): (count: number) => void {
  for (const signature of SETTERS) {
    try {
      const set = library.func(signature)
      const setter = `${path} ${signature}`
      return count => {
        if (count === present.get(setter)) return
        present.set(setter, count)
        set(count)
      }
    } catch {
      // Another library.
    }
  }
  return () => undefined
}

function describe(library: LoadedLibrary, path: string): string {
  if (path.includes('Accelerate')) return 'Accelerate'
  const family = FAMILIES.find(([symbol]) => has(library, symbol))?.[1] ?? 'BLAS'
  if (family !== 'OpenBLAS') return family
  const config = library.func('const char *openblas_get_config()')() as string
  const core = library.func('const char *openblas_get_corename()')() as string
  return `${/OpenBLAS [\d.]+/.exec(config)?.[0] ?? family} (${core})`
}

function has(library: LoadedLibrary, symbol: string): boolean {
  try {
    library.func(symbol, 'int', [])
    return true
  } catch {
    return false
  }
}
