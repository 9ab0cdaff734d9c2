/** How a run is going, in one sentence, and where that shows. */
import type { EpochRecord, RunState, TrainerEvent } from '../client.ts'
import { failureOf } from './failure.ts'
import { count, figures, share, words } from './format.ts'

/** A chart by its title, or a node. */
export type Place = { readonly chart: string } | { readonly node: string }

export interface Diagnosis {
  readonly tone: 'good' | 'quiet' | 'bad'
  readonly text: string
  readonly place?: Place
}

type Examined = Pick<
  RunState,
  'error' | 'graph' | 'status' | 'epochs' | 'metrics' | 'history' | 'best' | 'nodes' | 'reason'
>

/** For how many epochs something lasts before it is said, as `watchTraining` has it. */
const PATIENCE = 10
/** How far above its lowest the validation loss of a model is that overfits (Prechelt 1998). */
const ABOVE = 0.05
/** By which share of itself a loss falls that improves. */
const IMPROVED = 1e-4
/** Which share of what a run had learned is lost where it diverges, and in how many epochs in a row. */
const LOST = 0.5
const IN_A_ROW = 3
/** The share of zeros of a node that is dead as a whole. */
const DEAD = 0.99

const LOSS: Place = { chart: 'Loss' }

/** `events` are the latest first. */
export function diagnosisOf(state: Examined, events: readonly TrainerEvent[]): Diagnosis {
  const { status, epochs, history, reason } = state
  const last = history.at(-1)
  if (status === 'failed') return failed(state, events)
  if (status === 'stopped' && reason !== null) return { tone: 'quiet', text: `Stopped: ${reason}.` }
  if (!last) {
    if (status === 'idle') return { tone: 'quiet', text: `Ready to train for ${epochsText(epochs)}.` }
    return { tone: 'quiet', text: 'The first epoch is not over yet.' }
  }
  return (
    diverged(state, last) ??
    dead(state) ??
    overfits(state, last) ??
    alarmed(state, last, events) ??
    plateau(state, last) ??
    learns(state, last)
  )
}

const epochsText = (epochs: number) => (epochs === 1 ? 'an epoch' : `${count(epochs)} epochs`)

/** The figure by which a run is judged. */
export const judgedBy = ({ metrics }: Pick<EpochRecord, 'metrics'>): string =>
  'validationLoss' in metrics ? 'validationLoss' : 'loss'

/** The header has the error itself. */
function failed(state: Examined, events: readonly TrainerEvent[]): Diagnosis {
  const { nodes } = state
  const alarm = events.find(event => event.type === 'alarm' && event.code === 'NOT_FINITE')
  if (alarm?.type !== 'alarm' || alarm.node === undefined || !Object.hasOwn(nodes, alarm.node)) {
    const node = failureOf(state, events)?.node
    if (node === undefined) return { tone: 'bad', text: 'The run has failed.' }
    return { tone: 'bad', text: `The run has failed in ${node}.`, place: { node } }
  }
  const made = {
    forward: `a value of ${alarm.node} is not finite`,
    backward: `a gradient in ${alarm.node} is not finite`,
    update: `an update of ${alarm.node} is not finite`,
  }
  return {
    tone: 'bad',
    text: `The run has failed: ${made[alarm.direction ?? 'forward']}.`,
    place: { node: alarm.node },
  }
}

function diverged({ history }: Examined, last: EpochRecord): Diagnosis | undefined {
  const lossOf = ({ metrics }: EpochRecord) => metrics.loss ?? Number.NaN
  const place = LOSS
  const loss = lossOf(last)
  if (!Number.isFinite(loss)) return { tone: 'bad', text: 'Diverges: the loss is not finite.', place }
  const losses = history.map(lossOf)
  const lowest = losses.reduce((a, b) => (b < a ? b : a), Number.POSITIVE_INFINITY)
  const learned = (losses[0] as number) - lowest
  const rise = Math.max(LOST * learned, 0.1 * Math.abs(lowest))
  const recent = losses.slice(-IN_A_ROW)
  if (recent.length < IN_A_ROW || !recent.every(each => each - lowest > rise)) return undefined
  return {
    tone: 'bad',
    text: `Diverges: the loss has risen from ${figures(lowest)} to ${figures(loss)}.`,
    place,
  }
}

/** All units of a node are 0, so that nothing in front of it learns. */
function dead({ nodes }: Examined): Diagnosis | undefined {
  const found = Object.entries(nodes).find(
    ([, { type, shape, forward }]) =>
      type !== 'input' && shape.length > 1 && forward !== undefined && forward.zeros >= DEAD,
  )
  if (!found) return undefined
  const [node, { forward }] = found
  return {
    tone: 'bad',
    text: `${node} is dead: ${share(forward?.zeros ?? 1)} of its values are 0.`,
    place: { node },
  }
}

function overfits({ history, best }: Examined, last: EpochRecord): Diagnosis | undefined {
  const { loss, validationLoss: lowest } = best?.metrics ?? {}
  if (!best || lowest === undefined || loss === undefined || last.epoch - best.epoch < PATIENCE)
    return undefined
  const above = ({ metrics }: EpochRecord) =>
    ((metrics.validationLoss ?? Number.NaN) - lowest) / Math.abs(lowest)
  const recent = history.filter(({ epoch }) => epoch > last.epoch - PATIENCE)
  const isSo = (record: EpochRecord) => above(record) > ABOVE && (record.metrics.loss ?? Number.NaN) < loss
  if (!recent.every(isSo)) return undefined
  return {
    tone: 'bad',
    text: `Overfits: the validation loss is ${Math.round(100 * above(last))} % above its best, and the loss still falls.`,
    place: LOSS,
  }
}

/** What `watchTraining`, or the program, has raised lately. */
function alarmed(
  { nodes, best }: Examined,
  last: EpochRecord,
  events: readonly TrainerEvent[],
): Diagnosis | undefined {
  const alarm = events.find(event => event.type === 'alarm' && event.epoch > last.epoch - PATIENCE)
  if (alarm?.type !== 'alarm') return undefined
  const { code, message, node, figure, epoch } = alarm
  // Improved since.
  if ((code === 'OVERFITTING' || code === 'PLATEAU') && best && best.epoch > epoch) return undefined
  // Warnings about graph and data come with the start and stay in the log.
  if (node === undefined && figure === undefined) return undefined
  const text = `${message[0]?.toUpperCase()}${message.slice(1)}.`
  const known = node !== undefined && Object.hasOwn(nodes, node) ? { node } : undefined
  const chart = figure !== undefined && !/loss$/i.test(figure) ? 'Metrics' : 'Loss'
  return { tone: 'bad', text, place: known ?? { chart } }
}

function plateau({ history, best }: Examined, last: EpochRecord): Diagnosis | undefined {
  const name = judgedBy(last)
  const figure = best?.metrics[name]
  if (figure === undefined) return undefined
  // The first epoch that was as good, as far as that can be told.
  const reached = history.find(({ metrics }) => {
    const value = metrics[name] ?? Number.NaN
    return value - IMPROVED * Math.abs(value) <= figure
  })
  const waited = last.epoch - Math.min(reached?.epoch ?? last.epoch, best?.epoch ?? last.epoch)
  if (waited < PATIENCE) return undefined
  return {
    tone: 'quiet',
    text: `Plateau: the ${words(name)} has not improved for ${epochsText(waited)}.`,
    place: LOSS,
  }
}

/** What a run does that learns, or did. */
const DOES: Partial<Record<RunState['status'], string>> = {
  paused: 'Paused',
  stopped: 'Stopped',
  finished: 'Finished',
}

function learns({ status, history }: Examined, last: EpochRecord): Diagnosis {
  const name = judgedBy(last)
  const [from, to] = [history[0]?.metrics[name] ?? Number.NaN, last.metrics[name] ?? Number.NaN]
  const subject = `the ${words(name)}`
  const does = DOES[status] ?? 'Learns'
  if (history.length < 2 || !(to < from))
    return { tone: 'quiet', text: `${does}: ${subject} is ${figures(to)}.` }
  const fell = `${subject} ${does === 'Learns' ? 'has fallen' : 'fell'} from ${figures(from)} to ${figures(to)}`
  return { tone: 'good', text: `${does}: ${fell}.` }
}
