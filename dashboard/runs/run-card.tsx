/** One run: what it was, and what people say about it. */
import { type FormEvent, useEffect, useId, useState } from 'react'
import { taken } from '../../core/duration.ts'
import { COLOURS, type RunNotes, type RunRow } from '../../runtime/runs-page/answers.ts'
import { variableOf } from './colours.ts'
import { moment, settingText } from './columns.ts'
import { lastPart } from './last-part.ts'
import type { RunsClient } from './runs-client.ts'
import { tagsIn, textOfTags } from './tags.ts'
import { useRun } from './use-run.ts'
import './run-card.css'
import './run-colours.css'

interface Props {
  readonly client: RunsClient
  readonly row: RunRow
  readonly colour: string | undefined
  /** Something has been kept. */
  readonly onKept: () => Promise<void>
}

export function RunCard({ client, row, colour, onKept }: Props) {
  const { folder, name, status, began, updated, author, reason, hyperparameters, settings } = row
  const { answer } = useRun(client, row)
  const [said, setSaid] = useState<{ text: string; isProblem: boolean }>()
  const keep = async (change: Partial<RunNotes>) => {
    try {
      await client.note(folder, change)
      await onKept()
      setSaid({ text: answer ? `Kept in ${lastPart(answer.notes)}.` : 'Kept.', isProblem: false })
    } catch (error) {
      setSaid({ text: (error as Error).message, isProblem: true })
    }
  }
  const facts = {
    ...hyperparameters,
    ...settings,
    ...(answer && { environment: answer.environment, folder: answer.path }),
  }
  return (
    <div className="run-card">
      <h3>
        <i style={{ background: `var(${variableOf(colour)})` }} aria-hidden="true" /> {name}{' '}
        <span className={`run-status ${status}`}>{status}</span>
      </h3>
      <p className="quiet">
        {moment(began)}, {taken((updated - began) / 1000)}
        {author !== null && `, by ${author}`}
      </p>
      {reason !== null && <p className={status === 'failed' ? 'refused' : ''}>{reason}</p>}
      <Colours colour={row.colour} onChoose={chosen => keep({ colour: chosen })} />
      <Words key={folder} row={row} onKeep={keep} />
      <p role={said?.isProblem ? 'alert' : 'status'} className={said?.isProblem ? 'refused' : 'quiet'}>
        {said?.text ?? ' '}
      </p>
      <dl>
        {Object.entries(facts)
          .filter(([, value]) => value !== null)
          .map(([title, value]) => (
            <div key={title}>
              <dt>{title}</dt>
              <dd>{settingText(value)}</dd>
            </div>
          ))}
      </dl>
    </div>
  )
}

interface ColoursProps {
  readonly colour: string | null
  readonly onChoose: (colour: string | null) => Promise<void>
}

function Colours({ colour: kept, onChoose }: ColoursProps) {
  const group = useId()
  /** Until it is kept, or refused. */
  const [chosen, setChosen] = useState<string | null>()
  const choose = async (colour: string | null) => {
    setChosen(colour)
    await onChoose(colour)
    setChosen(undefined)
  }
  const current = chosen === undefined ? kept : chosen
  return (
    <fieldset className="run-colours">
      <legend>Colour</legend>
      {[null, ...COLOURS].map(colour => (
        <label key={colour} title={colour ?? 'by its place'}>
          <input
            type="radio"
            name={group}
            className={colour === null ? '' : 'run-colour'}
            aria-label={colour ?? 'by its place'}
            style={colour === null ? {} : { color: `var(${variableOf(colour)})` }}
            checked={current === colour}
            onChange={() => void choose(colour)}
          />
        </label>
      ))}
    </fieldset>
  )
}

/** Tags and notes. What is being written is not replaced by what somebody else keeps meanwhile. */
function Words({
  row,
  onKeep,
}: {
  readonly row: RunRow
  readonly onKeep: (change: Partial<RunNotes>) => Promise<void>
}) {
  const kept = { tags: textOfTags(row.tags), notes: row.notes }
  const [tags, setTags] = useState<string>()
  const [notes, setNotes] = useState<string>()
  const isChanged = (tags ?? kept.tags) !== kept.tags || (notes ?? kept.notes) !== kept.notes
  // As soon as the server has them, there is nothing of one's own any more.
  useEffect(() => {
    if (isChanged) return
    setTags(undefined)
    setNotes(undefined)
  }, [isChanged])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // What was not touched is left as it is, since another one may have changed it.
    void onKeep({
      ...(tags !== undefined && { tags: tagsIn(tags) }),
      ...(notes !== undefined && { notes }),
    })
  }
  return (
    <form onSubmit={submit}>
      <label>
        Tags, with commas between them
        <input
          type="text"
          value={tags ?? kept.tags}
          maxLength={1000}
          onChange={({ target }) => setTags(target.value)}
        />
      </label>
      <label>
        Notes
        <textarea
          rows={3}
          value={notes ?? kept.notes}
          maxLength={10_000}
          onChange={({ target }) => setNotes(target.value)}
        />
      </label>
      <button type="submit" disabled={!isChanged}>
        Keep
      </button>
    </form>
  )
}
