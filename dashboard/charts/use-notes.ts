/** Notes that are being made here, with their way back. */
import { useEffect, useState } from 'react'
import type { BridgeClient, RunNote } from '../../client.ts'

/** How long the way back is offered, in milliseconds. */
const OFFERED = 10_000

export interface Notes {
  /** The step of the note that is being made; undefined without one. */
  readonly draft: number | undefined
  setDraft(step: number | undefined): void
  save(text: string): Promise<void>
  delete(note: RunNote): Promise<void>
  /** What was last done, in words, and its way back. */
  readonly done: { readonly text: string; readonly undo: () => Promise<void> } | undefined
}

export function useNotes(client: BridgeClient): Notes {
  const [draft, setDraft] = useState<number>()
  const [done, setDone] = useState<Notes['done']>()
  useEffect(() => {
    if (!done) return
    const timer = setTimeout(() => setDone(undefined), OFFERED)
    return () => clearTimeout(timer)
  }, [done])

  const add = async (text: string, step: number) => {
    const known = new Set(client.state?.notes.map(({ id }) => id))
    await client.send({ type: 'note', text, step })
    // The state that a command leads to comes before its answer.
    return client.state?.notes.find(note => !known.has(note.id) && note.text === text)
  }
  const remove = async ({ id }: RunNote) => {
    await client.send({ type: 'deleteNote', id })
  }
  return {
    draft,
    setDraft,
    async save(text) {
      const note = await add(text, draft ?? 0)
      setDraft(undefined)
      setDone(
        note && {
          text: 'Noted.',
          async undo() {
            setDone(undefined)
            await remove(note).catch(() => undefined)
          },
        },
      )
    },
    async delete(note) {
      await remove(note).catch(() => undefined)
      setDone({
        text: 'Deleted.',
        async undo() {
          setDone(undefined)
          await add(note.text, note.step).catch(() => undefined)
        },
      })
    },
    done,
  }
}
