/** The program that a path of operations has written. */
import {
  ENTRY_OPERATIONS,
  type EntryOperation,
  type Options,
  type Program,
  ProgramWriter,
  type Value,
} from '../../core/index.ts'
import { NONE, type Operation, type OperationOptions } from './path.ts'
import type { Result, Work } from './result.ts'

/** The program that was written down; what is computed twice in it is computed once. */
export function programOf(work: Work, outputs: readonly Result[]): Program {
  const { writer, values } = written(work)
  const valuesOf = (list: readonly Result[]) => list.map(({ id }) => values[id] as Value)
  return writer.program(valuesOf(outputs), valuesOf(outputs.filter(({ isChecked }) => isChecked)))
}

/** Who asked for each value of a program, by its number. */
export function ownersOf(work: Work): ReadonlyMap<number, string> {
  const { values } = written(work)
  const owners = new Map<number, string>()
  // Every step of the path that is no input has made a result; their own numbers may be those of later programs by now.
  const { steps } = work.path
  const asked = values.filter((_, id) => steps[id]?.operation !== 'input')
  for (const [i, { lease }] of work.results.entries()) {
    const { id } = asked[i] as Value
    if (lease.owner !== undefined && !owners.has(id)) owners.set(id, lease.owner)
  }
  return owners
}

function written({ path, numbers }: Work) {
  const writer = new ProgramWriter()
  const values: Value[] = []
  const known = new Map<string, Value>()
  for (const { operation, a, b, c, options, shape } of path.steps) {
    if (operation === 'input') {
      values.push(writer.input(shape))
      continue
    }
    const operands = [a, b].concat(c).filter(id => id !== NONE)
    const given = operands.map(id => (id < 0 ? (numbers[-1 - id] as number) : (values[id] as Value)))
    const names = given.map((x, i) => (typeof x === 'number' ? operands[i] : x.id))
    const key = `${operation} ${names} ${options ? JSON.stringify(options) : ''}`
    const value = known.get(key) ?? made(writer, operation, given, options)
    known.set(key, value)
    values.push(value)
  }
  return { writer, values }
}

function made(
  writer: ProgramWriter,
  operation: Exclude<Operation, 'input'>,
  given: readonly (Value | number)[],
  options: OperationOptions,
): Value {
  if (operation in ENTRY_OPERATIONS) return writer.entry(operation as EntryOperation, ...given)
  return writer.apply(operation as keyof Options, given as readonly Value[], options as never)
}
