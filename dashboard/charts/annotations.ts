/** What happened at steps of a run, in words, for marks on its charts: changes, pauses, alarms, checkpoints, notes, the best. */
import type { Command, Followed, RunNote, RunState, TrainerEvent } from '../../client.ts'
import { judgedBy } from '../diagnosis.ts'
import { count, figures, followedText, plain, speedText, words } from '../format.ts'

export type Kind = 'best' | 'change' | 'start' | 'pause' | 'stop' | 'alarm' | 'checkpoint' | 'note'

export interface Annotation {
  readonly kind: Kind
  readonly step: number
  readonly text: string
  /** The same in fewer words, the longest first, where there is no room for all of them. */
  readonly briefly?: readonly string[]
  /** Who said it, of a note. */
  readonly author?: string
  /** When it was, in milliseconds since 1970. */
  readonly time?: number
  /** The figure that it is about, and its series. */
  readonly figure?: { readonly name: string; readonly value: number }
  readonly note?: RunNote
}

type Annotated = Pick<RunState, 'best' | 'notes' | 'hyperparameters'>

/** In the order of their steps. `events` are in any order. */
export function annotationsOf(
  { best, notes, hyperparameters }: Annotated,
  events: readonly TrainerEvent[],
): readonly Annotation[] {
  const tuned = Object.values(hyperparameters).filter(config => typeof config === 'object').length
  const inOrder = events.toSorted((a, b) => a.step - b.step || a.time - b.time)
  const found = inOrder.flatMap((event): Annotation[] => {
    const said = saidBy(event, inOrder, tuned > 1)
    return said ? [{ ...said, step: event.step, time: event.time }] : []
  })
  const noted = notes.map(
    (note): Annotation => ({
      kind: 'note',
      step: note.step,
      text: note.text,
      author: note.author,
      time: note.time,
      note,
    }),
  )
  return [...found, ...noted, ...bestOf(best)].sort((a, b) => a.step - b.step)
}

function bestOf(best: RunState['best']): Annotation[] {
  if (!best) return []
  const name = judgedBy(best)
  const value = best.metrics[name] ?? Number.NaN
  const text = `best ${words(name)} ${figures(value)} at epoch ${count(best.epoch)}`
  const briefly = [`best, epoch ${count(best.epoch)}`, 'best']
  return [{ kind: 'best', step: best.step, text, briefly, figure: { name: `metrics.${name}`, value } }]
}

/** The kind and the words of an event; undefined for those that need no mark. */
function saidBy(
  event: TrainerEvent,
  all: readonly TrainerEvent[],
  withNode: boolean,
): Pick<Annotation, 'kind' | 'text'> | undefined {
  switch (event.type) {
    case 'command':
      return event.error ? undefined : commanded(event, withNode)
    case 'started':
    case 'resumed':
    case 'paused':
    case 'stopped': {
      // The command says who it was, and the beginning of a run needs no mark.
      if (isCommanded(event, all) || (event.type === 'started' && event.step === 0)) return undefined
      const reason = event.type === 'stopped' && event.reason !== undefined ? `: ${event.reason}` : ''
      return { kind: KINDS[event.type], text: `${event.type}${reason}` }
    }
    case 'alarm':
      return { kind: 'alarm', text: event.message }
    case 'failed':
      return { kind: 'alarm', text: `failed: ${event.error.message}` }
    case 'checkpoint':
      return { kind: 'checkpoint', text: event.path.split(/[\\/]/).at(-1) ?? 'checkpoint' }
    case 'released':
      return { kind: 'change', text: `${event.node} ${words(event.name)}: its stream has ended` }
    case 'step':
    case 'epoch':
    case 'finished':
      return undefined
    default:
      event satisfies never
      return undefined
  }
}

const KINDS = { started: 'start', resumed: 'start', paused: 'pause', stopped: 'stop' } as const
const COMMANDS = { started: 'start', resumed: 'resume', paused: 'pause', stopped: 'stop' } as const

/** Whether somebody asked for it by a command. */
const isCommanded = (
  { type, step }: TrainerEvent & { type: keyof typeof COMMANDS },
  all: readonly TrainerEvent[],
) =>
  all.some(
    other =>
      other.type === 'command' &&
      !other.error &&
      other.step === step &&
      other.command.type === COMMANDS[type],
  )

function commanded(
  { command, author, before, step }: Extract<TrainerEvent, { type: 'command' }>,
  withNode: boolean,
): Pick<Annotation, 'kind' | 'text'> | undefined {
  switch (command.type) {
    case 'set':
      return { kind: 'change', text: `${author}: ${changedText(command, before, withNode)}` }
    case 'setAll': {
      const changes = Object.entries(command.values).map(([node, values]) =>
        changedText({ node, values }, undefined, withNode),
      )
      const preset = command.name === undefined ? '' : `${command.name}: `
      return { kind: 'change', text: `${author}: ${preset}${changes.join(', ')}` }
    }
    case 'stepsPerSecond':
      return { kind: 'change', text: `${author}: speed → ${speedText(command.stepsPerSecond)}` }
    case 'step': {
      const { count: steps = 1 } = command
      return { kind: 'start', text: `${author}: ${steps === 1 ? 'a single step' : `${count(steps)} steps`}` }
    }
    case 'start':
      return step === 0 ? undefined : { kind: 'start', text: `${author}: started` }
    case 'resume':
      return { kind: 'start', text: `${author}: resumed` }
    case 'pause':
      return { kind: 'pause', text: `${author}: paused` }
    case 'stop':
      return { kind: 'stop', text: `${author}: stopped` }
    // Their results have marks.
    case 'checkpoint':
    case 'note':
    case 'deleteNote':
    case 'edit':
    case 'invalid':
      return undefined
    default:
      command satisfies never
      return undefined
  }
}

/** @example 'learning rate 0.1 → 0.05' */
function changedText(
  { node, values }: Pick<Extract<Command, { type: 'set' }>, 'node' | 'values'>,
  before: Readonly<Record<string, unknown>> | undefined,
  withNode: boolean,
): string {
  const changes = Object.entries(values).map(([name, value]) => {
    const subject = `${withNode ? `${node} ` : ''}${words(name)}`
    const was = before && Object.hasOwn(before, name) ? `${valueText(before[name])} ` : ''
    return `${subject} ${was}→ ${valueText(value)}`
  })
  return changes.join(', ')
}

const valueText = (value: unknown) =>
  typeof value === 'object' && value !== null && 'schedule' in value
    ? followedText(value as Followed)
    : plain(value)
