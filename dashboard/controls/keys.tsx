/** A button that lists the keys of the page. */
import { useState } from 'react'
import { areKeysOn, useKey } from '../hooks.ts'
import { keep } from '../kept.ts'
import { Sheet } from '../sheet.tsx'

/** Each with what it does. */
const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['Space'], 'pauses the run, and resumes it'],
  [['.'], 'runs the steps of the field beside Step'],
  [['Ctrl Z'], 'undoes your last change of the graph or of a hyper-parameter, and then the one before'],
  [['Ctrl Shift Z', 'Ctrl Y'], 'makes it again'],
  [['1', '2', '…', '9'], 'apply the presets, in their order'],
  [['Tab', '↑', '↓', '←', '→'], 'move through the page, its tabs and the graph'],
  [['/'], 'finds a node of the graph'],
  [['-'], 'folds the scope around the node that has the focus'],
  [['n'], 'writes a note about a step'],
  [['Enter'], 'sends what a field holds'],
  [['Escape'], 'restores a field, closes a node, ends a zoom'],
  [['?'], 'opens this list'],
]

export function Keys() {
  const [isOpen, setIsOpen] = useState(false)
  const [areOn, setAreOn] = useState(areKeysOn)
  const open = () => setIsOpen(true)
  useKey('?', open, true)
  return (
    <>
      <button
        type="button"
        aria-label="Keys"
        aria-haspopup="dialog"
        aria-keyshortcuts="?"
        title="The keys of this page"
        onClick={open}
      >
        ?
      </button>
      {isOpen && (
        <Sheet title="Keys" onClose={() => setIsOpen(false)}>
          <p className="quiet">While you type in a field, they write there. On a Mac, ⌘ is Ctrl.</p>
          <dl className="keys">
            {KEYS.map(([keys, what]) => (
              <div key={what}>
                <dt>
                  {keys.map(key => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <label>
            <input
              type="checkbox"
              checked={areOn}
              onChange={({ target }) => {
                keep('keys', target.checked ? 'on' : 'off')
                setAreOn(areKeysOn())
              }}
            />{' '}
            Keys alone, without Ctrl, do something
          </label>
        </Sheet>
      )}
    </>
  )
}
