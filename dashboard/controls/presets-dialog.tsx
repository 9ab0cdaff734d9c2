/** A button that opens the presets: what each changes, to apply it; and one's own, to save and delete them. */
import { type FormEvent, useState } from 'react'
import type { RunState } from '../../client.ts'
import { words } from '../format.ts'
import { useKey } from '../hooks.ts'
import { Sheet } from '../sheet.tsx'
import {
  keepPresets,
  LONGEST,
  type OwnPreset,
  ownPresets,
  type Preset,
  presentOf,
  presetsOf,
  withPreset,
} from './presets.ts'
import { placesIn, textOf, type Values, valuesOf } from './values.ts'

interface Props {
  readonly state: RunState
  readonly isOff: boolean
  readonly onApply: (name: string, values: Values) => Promise<unknown>
}

/** The keys of the first presets. */
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const

export function Presets({ state, isOff, onApply }: Props) {
  const [own, setOwn] = useState(ownPresets)
  const [isOpen, setIsOpen] = useState(false)
  const presets = presetsOf(state, own)
  const apply = ({ name, changes }: Preset) => {
    setIsOpen(false)
    if (placesIn(changes).length > 0) void onApply(name, changes)
  }
  const remove = (name: string) => {
    const next = own.filter(each => each.name !== name)
    if (keepPresets(next)) setOwn(next)
  }
  return (
    <>
      {KEYS.map((key, i) => (
        <PresetKey key={key} name={key} preset={presets[i]} isOff={isOff} onApply={apply} />
      ))}
      <button
        type="button"
        aria-haspopup="dialog"
        title="Named sets of hyper-parameters, applied at once"
        onClick={() => {
          // Another page of this browser may have changed them.
          setOwn(ownPresets())
          setIsOpen(true)
        }}
      >
        Presets
      </button>
      {isOpen && (
        <Sheet title="Presets" onClose={() => setIsOpen(false)}>
          <p className="quiet">Each sets several hyper-parameters in one command, which Undo takes back.</p>
          <ul className="presets">
            {presets.map((preset, i) => (
              <li key={preset.name}>
                <div>
                  {KEYS[i] && <kbd>{KEYS[i]}</kbd>} <strong>{preset.name}</strong>
                  <Difference preset={preset} state={state} />
                </div>
                <button
                  type="button"
                  disabled={isOff || placesIn(preset.changes).length === 0}
                  aria-label={`Apply ${preset.name}`}
                  onClick={() => apply(preset)}
                >
                  Apply
                </button>
                {preset.isOwn && (
                  <button
                    type="button"
                    aria-label={`Delete ${preset.name}`}
                    onClick={() => remove(preset.name)}
                  >
                    Delete
                  </button>
                )}
              </li>
            ))}
          </ul>
          <Save own={own} values={valuesOf(state)} onSaved={setOwn} />
        </Sheet>
      )}
    </>
  )
}

interface PresetKeyProps {
  readonly name: string
  readonly preset: Preset | undefined
  readonly isOff: boolean
  readonly onApply: (preset: Preset) => void
}

function PresetKey({ name, preset, isOff, onApply }: PresetKeyProps) {
  useKey(name, () => preset && onApply(preset), !isOff && preset !== undefined)
  return null
}

/** What a preset would change: "sgd1 learning rate 0.05 → 0.005". */
function Difference({
  preset: { changes, unknown },
  state,
}: {
  readonly preset: Preset
  readonly state: RunState
}) {
  const present = presentOf(changes, state)
  const places = placesIn(changes)
  return (
    <small>
      {places.length === 0
        ? 'All is so already.'
        : places
            .map(
              ([node, name]) =>
                `${node} ${words(name)} ${textOf(present[node]?.[name])} → ${textOf(changes[node]?.[name])}`,
            )
            .join(', ')}
      {unknown.length > 0 && ` This run has no ${unknown.join(', ')}.`}
    </small>
  )
}

interface SaveProps {
  readonly own: readonly OwnPreset[]
  readonly values: Values
  readonly onSaved: (own: OwnPreset[]) => void
}

/** Saves the present values under a name. */
function Save({ own, values, onSaved }: SaveProps) {
  const [name, setName] = useState('')
  const [problem, setProblem] = useState<string>()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const next = withPreset(own, name.trim(), values)
    if (typeof next === 'string') return setProblem(next)
    onSaved(next)
    setName('')
  }
  return (
    <form className="save" onSubmit={submit} noValidate>
      <label>
        Save the present values as{' '}
        <input
          type="text"
          aria-invalid={problem !== undefined}
          aria-describedby="preset-problem"
          autoComplete="off"
          maxLength={LONGEST}
          value={name}
          onChange={({ target }) => {
            setName(target.value)
            setProblem(undefined)
          }}
        />
      </label>
      <button type="submit">Save</button>
      <small id="preset-problem" className="refused" role="alert">
        {problem}
      </small>
    </form>
  )
}
