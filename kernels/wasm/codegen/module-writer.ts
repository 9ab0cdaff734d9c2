/** A WebAssembly module as bytes: one imported memory, functions, and those of them that are exported. */
import { Bytes } from './bytes.ts'
import type { FunctionBody } from './function-body.ts'
import type { ValueType } from './instructions.ts'

/** "\0asm", and the version of the format. */
const [MAGIC, VERSION] = [0x6d736100, 1]
const FUNCTION = 0x60
const SECTIONS = { types: 1, imports: 2, functions: 3, exports: 7, code: 10 } as const

/** Pages of memory that a module demands to be there, and the most that there may be. */
const [LEAST_PAGES, MOST_PAGES] = [1, 65_536]

interface Signature {
  readonly parameters: readonly ValueType[]
  readonly results: readonly ValueType[]
}

export class ModuleWriter {
  private readonly shared: boolean
  private readonly types: string[] = []
  private readonly signatures: Signature[] = []
  private readonly imports: { readonly name: string; readonly type: number }[] = []
  private readonly functions: {
    readonly name: string | undefined
    readonly type: number
    readonly body: FunctionBody
  }[] = []

  /** `shared` says whether several threads have the memory. */
  constructor(shared: boolean) {
    this.shared = shared
  }

  /** A function of the host, under `env`; all of them come before the first function of the module. */
  import(name: string, signature: Signature): number {
    if (this.functions.length > 0) throw new Error('imports come before functions')
    return this.imports.push({ name, type: this.type(signature) }) - 1
  }

  /** Adds a function that returns nothing, and exports it where it has a name; its index. */
  function(body: FunctionBody, name?: string): number {
    const type = this.type({ parameters: body.parameters, results: [] })
    return this.imports.length + this.functions.push({ name, type, body }) - 1
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const { signatures, imports, functions } = this
    const out = new Bytes().word(MAGIC).word(VERSION)
    const section = (id: number, items: readonly Bytes[]) => {
      const content = items.reduce((all, item) => all.append(item), new Bytes().unsigned(items.length))
      out.byte(id).unsigned(content.length).append(content)
    }
    const types = (list: readonly ValueType[]) =>
      list.reduce((bytes, type) => bytes.byte(type), new Bytes().unsigned(list.length))
    section(
      SECTIONS.types,
      signatures.map(({ parameters, results }) =>
        new Bytes().byte(FUNCTION).append(types(parameters)).append(types(results)),
      ),
    )
    section(SECTIONS.imports, [
      this.memory(),
      ...imports.map(({ name, type }) => imported(name).byte(0).unsigned(type)),
    ])
    section(
      SECTIONS.functions,
      functions.map(({ type }) => new Bytes().unsigned(type)),
    )
    section(
      SECTIONS.exports,
      functions.flatMap(({ name }, i) =>
        name === undefined
          ? []
          : [
              new Bytes()
                .text(name)
                .byte(0)
                .unsigned(imports.length + i),
            ],
      ),
    )
    section(
      SECTIONS.code,
      functions.map(({ body }) => body.encoded()),
    )
    return out.taken()
  }

  private memory(): Bytes {
    const memory = imported('memory').byte(2)
    return this.shared
      ? memory.byte(3).unsigned(LEAST_PAGES).unsigned(MOST_PAGES)
      : memory.byte(0).unsigned(LEAST_PAGES)
  }

  private type(signature: Signature): number {
    const key = `${signature.parameters}:${signature.results}`
    const known = this.types.indexOf(key)
    if (known >= 0) return known
    this.signatures.push(signature)
    return this.types.push(key) - 1
  }
}

const imported = (name: string) => new Bytes().text('env').text(name)
