/** The mutants of the nodes, of the reference kernels and of those in WebAssembly. */
import { readdirSync, readFileSync } from 'node:fs'
import type { BuildName } from '../../kernels/wasm/compile.ts'
import { compileAsWritten } from './as-written.ts'
import { signsOfModule } from './module-signs.ts'
import { withFlippedSigns } from './signs.ts'
import { termsOf } from './terms.ts'

export interface Mutant {
  /** Where the sign or constant stands, and what is changed. */
  readonly file: string
  readonly line: number
  readonly change: string
  /** What takes the place of which file. */
  readonly replacement: Replacement
  /** The tests that tell it apart most likely, by their names: a regular expression. */
  readonly suspects?: string
}

export interface Replacement {
  readonly file: string
  readonly source: string
}

export const mutantsOfNodes = (root: string): Mutant[] =>
  sourcesIn(root, 'nodes').flatMap(({ file, source }) =>
    termsOf(source).map(({ line, text, mutant }) => ({
      ...{ file, line, change: `the sign of ${text} flipped` },
      replacement: { file, source: mutant },
      suspects: `'${typeIn(file)}'`,
    })),
  )

/** A node's type, by the name of its file. */
const typeIn = (file: string) =>
  file.replace(/^.*\/|\.ts$/g, '').replaceAll(/-./g, letters => letters.charAt(1).toUpperCase())

/** Those of the files that run programs, and of the derivatives. */
const OF_PROGRAMS = [
  ...['interpret', 'reference-arithmetic', 'places', 'erf'].map(name => `kernels/reference/${name}.ts`),
  'core/derivatives.ts',
]

export const mutantsOfReference = (root: string): Mutant[] =>
  mutantsOf(sourcesIn(root, 'kernels/reference').filter(({ file }) => !OF_PROGRAMS.includes(file)))

export const mutantsOfPrograms = (root: string): Mutant[] =>
  mutantsOf(
    ['kernels/reference', 'core']
      .flatMap(folder => sourcesIn(root, folder))
      .filter(({ file }) => OF_PROGRAMS.includes(file)),
  )

const mutantsOf = (sources: ReturnType<typeof sourcesIn>): Mutant[] =>
  sources.flatMap(({ file, source }) => {
    const lines = source.split('\n')
    return withFlippedSigns(source).map(mutant => {
      const changed = mutant.split('\n')
      const at = changed.findIndex((line, i) => line !== lines[i])
      const change = (changed[at] as string).trim()
      return { file, line: at + 1, change, replacement: { file, source: mutant } }
    })
  })

/** The mutants of a build of the WebAssembly kernels, and what they are made of. */
export async function mutantsOfModule(root: string, build: BuildName) {
  const compiled = await compileAsWritten(root, build)
  const mutants = signsOfModule(compiled).map(
    ({ mutant, ...place }): Mutant => ({ ...place, replacement: binariesOf(build, mutant) }),
  )
  return { original: binariesOf(build, compiled.module), mutants }
}

/** The module of the builds with another one in the place of the one that is tested. */
function binariesOf(build: BuildName, module: Uint8Array): Replacement {
  const base64 = Buffer.from(module).toString('base64')
  const binaries = {
    simd: base64,
    relaxed: build === 'relaxed' ? base64 : '',
    sharedSimd: '',
    sharedRelaxed: '',
  }
  return { file: 'kernels/wasm/binaries.ts', source: `export const binaries = ${JSON.stringify(binaries)}` }
}

const sourcesIn = (root: string, folder: string): Replacement[] =>
  readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .map(file => `${folder}/${file.replaceAll('\\', '/')}`)
    .filter(file => file.endsWith('.ts'))
    .sort()
    .map(file => ({ file, source: readFileSync(root + file, 'utf8') }))
