/** What can be changed of an opened node: its options, what stands behind it, and whether it stays. */
import { type FormEvent, useId, useState } from 'react'
import type { NodeInfo } from '../../client.ts'
import { Field } from '../controls/field.tsx'
import { words } from '../format.ts'
import type { Edits } from './use-edits.ts'
import './editing.css'

interface Props {
  readonly id: string
  readonly info: NodeInfo
  readonly edits: Edits
  /** Called to open another node. */
  readonly onOpen: (id: string | undefined) => void
}

export function NodeEditor({ id, info, edits, onOpen }: Props) {
  const { choices, problem } = edits
  const set = (name: string, value: unknown) => edits.change({ set: id, config: { [name]: value } })
  // The shape of an input is that of the data.
  const options = info.type === 'input' ? [] : Object.entries(info.config)
  const isAway = !choices
  return (
    <section className="node-editor" aria-label={`Change ${id}`}>
      {problem?.node === id && (
        <p className="refused" role="alert">
          {problem.message}
        </p>
      )}
      {options.map(([name, value]) => {
        const list = choices?.words[name]
        if (typeof value === 'string' && list)
          return <Choice key={name} name={name} value={value} words={list} onSet={next => set(name, next)} />
        if (isNumbers(value))
          return <List key={name} name={name} value={value} onSet={next => set(name, next)} />
        return (
          <Field
            key={name}
            name={name}
            value={value}
            follows={undefined}
            limits={choices?.limits[name]}
            revision={0}
            isOff={isAway}
            onSet={async next => set(name, next)}
          />
        )
      })}
      <Insert key={choices?.insertable.length} id={id} edits={edits} onOpen={onOpen} />
      {choices?.isRemovable && (
        <button
          type="button"
          title={`What feeds ${id} then feeds what it fed`}
          onClick={() => {
            edits.change({ remove: id })
            onOpen(undefined)
          }}
        >
          Remove this node
        </button>
      )}
    </section>
  )
}

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 0 && value.every(entry => typeof entry === 'number')

interface ChoiceProps {
  readonly name: string
  readonly value: string
  readonly words: readonly string[]
  readonly onSet: (value: string) => void
}

function Choice({ name, value, words: list, onSet }: ChoiceProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{words(name)}</label>
      <select id={id} value={value} onChange={({ target }) => onSet(target.value)}>
        {list.map(word => (
          <option key={word}>{word}</option>
        ))}
      </select>
    </div>
  )
}

interface ListProps {
  readonly name: string
  readonly value: readonly number[]
  readonly onSet: (value: readonly number[]) => void
}

/** Numbers with commas between them. */
function List({ name, value, onSet }: ListProps) {
  const [text, setText] = useState<string>()
  const id = useId()
  const numbers = text
    ?.split(/[,×\s]+/)
    .filter(Boolean)
    .map(Number)
  const isWrong = numbers !== undefined && (numbers.length === 0 || numbers.some(Number.isNaN))
  const submit = (event?: FormEvent) => {
    event?.preventDefault()
    if (isWrong) return
    if (numbers && String(numbers) !== String(value)) onSet(numbers)
    setText(undefined)
  }
  return (
    <form className="field" onSubmit={submit}>
      <label htmlFor={id}>{words(name)}</label>
      <input
        id={id}
        type="text"
        autoComplete="off"
        value={text ?? value.join(', ')}
        aria-invalid={isWrong}
        onChange={({ target }) => setText(target.value)}
        onKeyDown={({ key }) => key === 'Escape' && setText(undefined)}
        onBlur={() => submit()}
      />
      {isWrong && (
        <small className="refused" role="alert">
          Write numbers with commas between them.
        </small>
      )}
    </form>
  )
}

/** What newcomers look for stands first. */
const USUAL = [
  'dense',
  'relu',
  'tanh',
  'sigmoid',
  'dropout',
  'batchNormalization',
  'conv2d',
  'maxPooling2d',
  'flatten',
]
/** A hidden layer: two nodes at once. */
const LAYER = ['dense', 'relu']

function Insert({ id, edits, onOpen }: Omit<Props, 'info'>) {
  const insertable = edits.choices?.insertable ?? []
  const known = new Map(insertable.map(each => [each.type, each.config]))
  const usual = USUAL.filter(type => known.has(type))
  const others = [...known.keys()].filter(type => !usual.includes(type))
  const isLayered = LAYER.every(type => known.has(type))
  const [chosen, setChosen] = useState(isLayered ? LAYER.join(' ') : (usual[0] ?? others[0] ?? ''))
  const field = useId()
  if (insertable.length === 0) return null
  const insert = (event: FormEvent) => {
    event.preventDefault()
    let behind = id
    const changes = chosen.split(' ').map(type => {
      const name = edits.nameFor(type, behind)
      const change = { insert: type, behind, name, config: known.get(type) ?? {} }
      behind = name
      return change
    })
    edits.change(...changes)
    onOpen(changes[0]?.name)
  }
  return (
    <form className="insert" onSubmit={insert}>
      <label htmlFor={field}>Insert behind it</label>
      <select id={field} value={chosen} onChange={({ target }) => setChosen(target.value)}>
        <optgroup label="Usual">
          {isLayered && <option value={LAYER.join(' ')}>{LAYER.join(' and ')}</option>}
          {usual.map(type => (
            <option key={type}>{type}</option>
          ))}
        </optgroup>
        {others.length > 0 && (
          <optgroup label="Others that fit">
            {others.map(type => (
              <option key={type}>{type}</option>
            ))}
          </optgroup>
        )}
      </select>
      <button type="submit">Insert</button>
    </form>
  )
}
