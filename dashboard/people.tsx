/** Who is connected, and who did what: names with their colours. */
import { createContext, useContext, useEffect, useState } from 'react'
import type { BridgeClient, Person } from '../client.ts'
import './people.css'

/** How many authors to remember the colours of, also of those that have left. */
const KNOWN = 256

export interface Crowd {
  readonly present: readonly Person[]
  /** All who were ever seen here, by the author of their commands. */
  readonly byAuthor: ReadonlyMap<string, Person>
}

export const NOBODY: Crowd = { present: [], byAuthor: new Map() }

export const CrowdContext = createContext(NOBODY)

export function useCrowd(client: BridgeClient): Crowd {
  const [crowd, setCrowd] = useState(NOBODY)
  useEffect(() => {
    const subscription = client.people$.subscribe(present =>
      setCrowd(({ byAuthor }) => {
        const all = [...byAuthor, ...present.map(person => [person.author, person] as const)]
        return { present, byAuthor: new Map(all.slice(-KNOWN)) }
      }),
    )
    return () => subscription.unsubscribe()
  }, [client])
  return crowd
}

/** A ring for those who only watch, and for those whose colour is not known. */
export const Dot = ({ person }: { readonly person: Person | undefined }) => (
  <span
    className={person?.role === 'controller' ? 'dot' : 'dot ring'}
    data-colour={person?.colour}
    aria-hidden="true"
  />
)

/** Who did something. The whole author, with the role, shows on hovering. */
export function Author({ author }: { readonly author: string }) {
  const person = useContext(CrowdContext).byAuthor.get(author)
  return (
    <span className="author" title={author}>
      <Dot person={person} />
      {nameIn(author)}
    </span>
  )
}

/** The name without the role behind it, which everybody has who sends commands. */
export const nameIn = (author: string): string => author.replace(/ \((?:controller|viewer) \d+\)$/, '')
