/** What a step computes, for people to read. */
import { type ExplainedPart, sizeOf, type Value } from '../../core/index.ts'
import type { CompiledPart } from '../compiling/part.ts'
import type { Deferred } from './deferred.ts'
import { ownersOf } from './written-program.ts'

const NUMBER = Float32Array.BYTES_PER_ELEMENT

export function explained(runs: Deferred['runs']): ExplainedPart[] {
  const whole = runs.reduce((sum, { run }) => sum + run.times.reduce((a, b) => a + b, 0), 0)
  return runs.flatMap(({ run, work }) => {
    const owners = ownersOf(work)
    const { times, program } = run
    let call = 0
    return program.steps.map(({ part }): ExplainedPart => {
      const count = callsOf(part)
      const time = times.slice(call, call + count).reduce((sum, each) => sum + each, 0)
      call += count
      const share = whole > 0 ? time / whole : undefined
      if ('size' in part)
        return { kind: 'check', what: '', owners: [], read: part.size * NUMBER, written: 0, share }
      const { members = [] } = part
      return {
        ...kindOf(part),
        owners: [...new Set(members.flatMap(id => owners.get(id) ?? []))],
        ...bytesOf(part),
        share,
      }
    })
  })
}

function kindOf(part: CompiledPart): Pick<ExplainedPart, 'kind' | 'what'> {
  if ('loop' in part) return { kind: 'loop', what: operationsOf(part.loop.terms) }
  if ('product' in part) return { kind: 'product', what: lengthsOf(part.product) }
  return { kind: 'routine', what: part.routine }
}

/** A product with a batch is a call for each of its entries. */
function callsOf(part: CompiledPart | { readonly size: number }): number {
  return 'product' in part ? sizeOf(part.product.batch) : 1
}

type Loop = Extract<CompiledPart, { loop: unknown }>['loop']
type Product = Extract<CompiledPart, { product: unknown }>['product']

const operationsOf = (terms: Loop['terms']): string =>
  terms
    .flatMap(term => (term.kind === 'apply' ? [term.operation] : term.kind === 'fold' ? [term.fold] : []))
    .join(' ')

function lengthsOf({ m, n, k, batch }: Product): string {
  const one = `[${m}, ${n}, ${k}]`
  return batch.length > 0 ? `${sizeOf(batch)} times ${one}` : one
}

function bytesOf(part: CompiledPart): { readonly read: number; readonly written: number } {
  const written = new Set('loop' in part ? part.loop.stores.map(({ access }) => access.tensor) : [0])
  const read = new Set(
    'loop' in part
      ? part.loop.terms.flatMap(term => (term.kind === 'read' ? [term.access.tensor] : []))
      : part.tensors.slice(1).map((_, i) => i + 1),
  )
  const sum = (tensors: ReadonlySet<number>) => {
    const bases = [...tensors].map(tensor => (part.tensors[tensor] as { readonly base: Value }).base)
    const different = new Map(bases.map(base => [base.id, base] as const))
    return [...different.values()].reduce((bytes, { shape }) => bytes + sizeOf(shape) * NUMBER, 0)
  }
  return { read: sum(read), written: sum(written) }
}
