/** The names and colours of the clients, so that people can tell who does what. */
import { COLOURS, type Crowd, LONGEST_NAME, PEOPLE, type Person, type Role } from '../protocol.ts'

/** How many to remember, also of those that have left. */
const KNOWN = 256

/** What tells a client from the others. */
export interface Identity {
  readonly name: string
  readonly colour: number
  /** Tells clients with the same name apart in the records, also after they have left. */
  readonly number: number
}

/** A connected client. */
export interface Present {
  /** Its id, kept across lost connections. */
  readonly client: string
  readonly role: Role | undefined
  readonly identity: Identity
}

export class People {
  /** How many connections there have been. */
  connections = 0
  /** Changes with each change of what all see. */
  version = 0
  /** By client, the latest to come last. */
  private readonly known = new Map<string, Identity>()
  /** The colours that names have had, which they get again if they are free. */
  private readonly colours = new Map<string, number>()

  /**
   * The identity of a client. Its name is the one that it asks for, or else its role, with a number behind it if somebody else has it. One that
   * comes back keeps its number, and its colour if that is free.
   */
  enter(
    client: string,
    role: Role,
    wanted: string | undefined,
    number: number,
    all: readonly Present[],
  ): Identity {
    const before = this.known.get(client)
    const others = all.filter(other => other.client !== client).map(({ identity }) => identity)
    const own = before?.number ?? number
    const name = freeName(wanted ?? `${role} ${own}`, new Set(others.map(other => keyOf(other.name))))
    const taken = others.map(({ colour }) => colour)
    const usual = before?.colour ?? this.colours.get(keyOf(name))
    const colour = usual !== undefined && !taken.includes(usual) ? usual : rarest(taken)
    const identity = { name, colour, number: own }
    keep(this.known, client, identity)
    keep(this.colours, keyOf(name), colour)
    this.version++
    return identity
  }

  left(): void {
    this.version++
  }
}

/** The name under which what a client does is recorded. */
export const authorOf = (role: Role, { name, number }: Identity): string =>
  name === `${role} ${number}` ? name : `${name} (${role} ${number})`

/** What all see of the connected clients: controllers first, and of many only the first. */
export function crowdOf(present: readonly Present[]): Crowd {
  const each = new Map(present.map(one => [one.client, one]))
  const people = [...each.values()]
    .sort((a, b) => Number(b.role === 'controller') - Number(a.role === 'controller'))
    .slice(0, PEOPLE)
    .map(({ role = 'viewer', identity }): Person => {
      const { name, colour } = identity
      return { name, role, colour, author: authorOf(role, identity) }
    })
  return { people, others: each.size - people.length }
}

/** Names that look the same are the same. */
const keyOf = (name: string): string => name.normalize('NFKC').toLowerCase()

/** The name, or with the first number behind it that makes it another one. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted
  for (let i = 2; taken.has(keyOf(name)); i++) {
    const end = ` ${i}`
    name = [...wanted].slice(0, LONGEST_NAME - end.length).join('') + end
  }
  return name
}

/** The first of those colours that are used least. */
function rarest(taken: readonly number[]): number {
  const counts = Array.from(
    { length: COLOURS },
    (_, colour) => taken.filter(other => other === colour).length,
  )
  return counts.indexOf(Math.min(...counts))
}

function keep<T>(all: Map<string, T>, key: string, value: T): void {
  all.delete(key)
  all.set(key, value)
  if (all.size > KNOWN) all.delete(all.keys().next().value as string)
}
