/** Who is connected, oneself first, with a name that one can change. */
import { type FormEvent, useContext, useState } from 'react'
import type { BridgeClient, Person } from '../../client.ts'
import { NAME_RULE, nameOf } from '../../runtime/bridge/protocol.ts'
import { keepName } from '../own-name.ts'
import { CrowdContext, Dot } from '../people.tsx'

/** How many names fit in a line; the others are counted. */
const SHOWN = 2

interface Props {
  readonly client: BridgeClient
  /** Of one's own commands. */
  readonly author: string | undefined
}

export function Crew({ client, author }: Props) {
  const { present } = useContext(CrowdContext)
  const own = present.find(person => person.author === author)
  const others = present.filter(person => person !== own)
  const rest = others.slice(SHOWN)
  if (!own) return null
  return (
    <ul className="people" aria-label="Connected">
      <li>
        <Dot person={own} />
        <OwnName key={own.name} client={client} name={own.name} />
      </li>
      {others.slice(0, SHOWN).map(person => (
        <li key={person.author} title={titleOf(person)}>
          <Dot person={person} />
          <span className="name">{person.name}</span>
        </li>
      ))}
      {rest.length > 0 && (
        <li title={rest.map(titleOf).join(', ')}>
          <span className="hidden">{rest.map(({ name }) => name).join(', ')}</span>
          <span aria-hidden="true">+{rest.length}</span>
        </li>
      )}
    </ul>
  )
}

const titleOf = ({ name, role }: Person) => `${name}, ${role === 'controller' ? 'can steer' : 'watches'}`

/** A button with the name, which becomes a field. Enter takes it, Escape does not. */
function OwnName({ client, name }: { readonly client: BridgeClient; readonly name: string }) {
  const [text, setText] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const leave = () => {
    setText(undefined)
    setProblem(undefined)
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const wanted = text?.trim() ?? ''
    if (wanted === '' || wanted === name) return leave()
    if (nameOf(wanted) === undefined) return setProblem(`It must be ${NAME_RULE}.`)
    try {
      await client.rename(wanted)
      keepName(wanted)
      leave()
    } catch (error) {
      setProblem((error as Error).message)
    }
  }
  if (text === undefined)
    return (
      <button
        type="button"
        title="Your name, as others see it. Click to change it."
        onClick={() => setText(name)}
      >
        <span className="name">{name}</span> <small>you</small>
        <span className="hidden">, your name: change it</span>
      </button>
    )
  return (
    <form className="own-name" onSubmit={submit} noValidate>
      <input
        type="text"
        aria-label="Your name"
        aria-invalid={problem !== undefined}
        aria-describedby="name-problem"
        // biome-ignore lint/a11y/noAutofocus: the user has just asked for this field
        autoFocus
        autoComplete="off"
        value={text}
        onFocus={({ target }) => target.select()}
        onChange={({ target }) => {
          setText(target.value)
          setProblem(undefined)
        }}
        onKeyDown={({ key }) => key === 'Escape' && leave()}
        onBlur={() => problem === undefined || leave()}
      />
      <small id="name-problem" className="refused" role="alert">
        {problem}
      </small>
    </form>
  )
}
