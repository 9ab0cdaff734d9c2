/**
 * The WebAssembly kernels compiled as they are written, and where each instruction comes from: functions are called where
 * they are inlined otherwise, constants stand where they are used, and nothing is optimized. So an operation in the source
 * is one instruction, or one for each type of a generic.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload, type SourceMapping } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildName, compile } from '../../kernels/wasm/compile.ts'
import { functionsOf, type Instruction } from './instructions.ts'

const SOURCES = 'kernels/wasm/assembly/'

export interface PlacedInstruction extends Instruction {
  readonly file: string
  readonly line: number
  readonly column: number
  /** The source from there to the end of the line, and before it in the line. */
  readonly text: string
  readonly before: string
}

export interface AsWritten {
  readonly module: Uint8Array
  /** The instructions of each function, but those of the compiler's own library. */
  readonly functions: readonly (readonly PlacedInstruction[])[]
}

export async function compileAsWritten(root: string, build: BuildName): Promise<AsWritten> {
  const folder = mkdtempSync(join(tmpdir(), 'gradstream-'))
  try {
    mkdirSync(join(folder, SOURCES), { recursive: true })
    for (const file of readdirSync(root + SOURCES)) {
      const source = readFileSync(root + SOURCES + file, 'utf8')
      writeFileSync(join(folder, SOURCES, file), withoutInlining(source))
    }
    const outFile = join(folder, 'out.wasm')
    await compile(build, outFile, ['--optimizeLevel', '0', '--sourceMap'], folder)
    const module = readFileSync(outFile)
    const map = JSON.parse(readFileSync(`${outFile}.map`, 'utf8')) as SourceMapPayload
    return { module, functions: placed(functionsOf(module), map) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Constants are inlined rather than functions; all that computes keeps its place. */
const withoutInlining = (source: string) =>
  source.replaceAll('@inline', '       ').replaceAll(/^const \w+: f32 = /gm, '@inline $&')

function placed(functions: readonly Instruction[][], payload: SourceMapPayload): PlacedInstruction[][] {
  const map = new SourceMap(payload)
  const entryOf = ({ start }: Instruction) => map.findEntry(0, start) as Partial<SourceMapping>
  const lines = new Map(payload.sources.map((file, i) => [file, payload.sourcesContent[i]?.split('\n')]))
  return functions.map(instructions =>
    instructions.flatMap((instruction, i) => {
      // The sum in x += y has no place of its own, but that of the instruction after it, which stores it.
      const entry = instructions
        .slice(i, i + 2)
        .map(entryOf)
        .find(({ originalSource }) => originalSource)
      const { originalSource: file = '', originalLine = 0, originalColumn: column = 0 } = entry ?? {}
      if (!file.startsWith(SOURCES)) return []
      const source = lines.get(file)?.[originalLine] ?? ''
      const [before, text] = [source.slice(0, column).trimStart(), source.slice(column)]
      return { ...instruction, file, line: originalLine + 1, column, text, before }
    }),
  )
}
