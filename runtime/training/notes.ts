/** What people say about a run, each note at one of its steps. */
import { GradstreamError } from '../../core/index.ts'
import type { Publisher } from './publisher.ts'
import type { RunNote } from './run-state.ts'

/** The most notes of a run. */
const MOST = 200

export class Notes {
  private readonly publisher: Publisher
  /** The id of the latest note. */
  private latest = 0

  constructor(publisher: Publisher) {
    this.publisher = publisher
  }

  /** @throws GradstreamError `INVALID_COMMAND` for a step that is yet to come, `NOT_AVAILABLE` where there are too many */
  add(text: string, author: string, step?: number): void {
    const { publisher } = this
    const now = publisher.at()
    const { notes } = publisher.state
    const place = 'command "note"'
    if (step !== undefined && step > now.step)
      throw new GradstreamError('INVALID_COMMAND', {
        place,
        expected: `a step up to ${now.step}`,
        got: String(step),
        hint: 'A note is about a step that is done.',
      })
    if (notes.length >= MOST)
      throw new GradstreamError('NOT_AVAILABLE', {
        place,
        expected: `at most ${MOST} notes`,
        got: 'one more',
        hint: 'Delete one first.',
      })
    this.latest = Math.max(this.latest, notes.at(-1)?.id ?? 0) + 1
    const note: RunNote = { id: this.latest, step: step ?? now.step, text, author, time: now.time }
    publisher.change(state => {
      state.notes.push(note)
    })
  }

  /** @throws GradstreamError `NOT_AVAILABLE` if there is no such note */
  delete(id: number): void {
    const { publisher } = this
    if (publisher.state.notes.every(note => note.id !== id))
      throw new GradstreamError('NOT_AVAILABLE', {
        place: 'command "deleteNote"',
        expected: 'the id of a note',
        got: String(id),
        hint: 'Perhaps somebody has deleted it already.',
      })
    publisher.change(state => {
      state.notes = state.notes.filter(note => note.id !== id)
    })
  }
}
