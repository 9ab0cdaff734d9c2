/** The part of the WebAssembly interface that is used here; the compiler knows it only together with a browser. */
declare namespace WebAssembly {
  type Exports = Record<string, unknown>

  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>)
  }
  class Instance {
    readonly exports: Exports
    constructor(
      module: Module,
      imports: { readonly env: { readonly memory: Memory } & Record<string, unknown> },
    )
  }
  class Memory {
    readonly buffer: ArrayBuffer
    constructor(size: { readonly initial: number; readonly maximum: number; readonly shared: boolean })
    grow(pages: number): number
  }
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean
}
