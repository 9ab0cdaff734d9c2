/** Blocks: parts of a network that are written as functions of ports, and whose nodes share a name. */
import { CheckFailed, callable, checkedAt, positiveInteger, text } from './checks.ts'
import { GradstreamError, show } from './errors.ts'
import type { Port, Scope } from './port.ts'
import { thingOf } from './things.ts'

/** The block whose function runs at present. */
let present: Scope | undefined

/** The block that a layer made now belongs to. */
export const presentScope = (): Scope | undefined => present

/**
 * A composite node: a function from ports to ports, whose nodes are named inside it, `residual1/dense1`. Each use makes nodes of its own,
 * with parameters of their own; layers that are made outside are shared.
 *
 * @throws GradstreamError `INVALID_OPTION`
 * @example
 * const residual = (units: number) => block('residual', (x: Port) => add()(x, x.pipe(dense({ units }), relu())))
 * const y = x.pipe(residual(16), residual(16)) // residual1/dense1, residual2/dense1
 */
export function block<Inputs extends readonly Port[], Outputs>(
  name: string,
  body: (...inputs: Inputs) => Outputs,
): (...inputs: Inputs) => Outputs {
  checkedAt('block', 'INVALID_OPTION', () => {
    if (typeof name === 'function')
      throw new CheckFailed('a name, then the function', show(name), {
        hint: "Name it first: block('residual', x => ...).",
      })
    text({ name })
    callable({ body })
  })
  if (/[./]/.test(name)) {
    throw new GradstreamError('INVALID_OPTION', {
      place: 'block',
      expected: 'a name without a dot or a slash, which separate it from what is inside',
      got: show(name),
      hint: "Write a word, such as block('residual', x => ...).",
    })
  }
  return (...inputs) => {
    const outer = present
    present = { name, outer }
    try {
      return body(...inputs)
    } finally {
      present = outer
    }
  }
}

/** A layer that was made once is no function that makes one each time. */
function demandMaking(times: number, make: unknown): void {
  const thing = thingOf(make)
  if (thing?.kind !== 'node function') return
  throw new CheckFailed('a function that makes a part each time', `one part, ${thing.code}`, {
    hint: `Write repeat(${times}, () => ${thing.code}).`,
  })
}

/**
 * The same part of a network, several times one behind the other: `make` is called for each, so that each has parameters of its own.
 *
 * @throws GradstreamError `INVALID_OPTION`
 * @example const y = x.pipe(repeat(6, () => residual(16)))
 */
export function repeat(times: number, make: (index: number) => (x: Port) => Port): (x: Port) => Port {
  checkedAt('repeat', 'INVALID_OPTION', () => {
    positiveInteger({ times })
    callable({ make })
    demandMaking(times, make)
  })
  return x => {
    let y = x
    for (let index = 0; index < times; index++) {
      const part: unknown = make(index)
      y = checkedAt('repeat', 'INVALID_OPTION', () => callable({ make: part as (x: Port) => Port }))(y)
    }
    return y
  }
}
