/** Editing: makes a new run of a changed graph, one edit at a time. */
import { attempt, GradstreamError, type GraphDef, inspected, show } from '../../../core/index.ts'
import { definitionsOf } from '../../engine/compile.ts'
import type { Command } from '../../training/commands.ts'
import { EDITABLE } from '../../training/steering.ts'
import { handoverOf, Trainer } from '../../training/trainer.ts'
import type { Drafts } from './drafts.ts'

/**
 * Makes the trainer of an edited graph, as the program made the first one. It is not started: the bridge does so when the run before it has
 * ended, `before`, from whose model one may take what it has learned.
 */
export type EditGraph = (graph: GraphDef, before: Trainer) => Trainer | Promise<Trainer>

type Edit = Extract<Command, { type: 'edit' }>

export const notEditable = (): GradstreamError =>
  new GradstreamError('NOT_AVAILABLE', {
    place: 'command "edit"',
    expected: 'a bridge whose graph may be edited',
    got: 'one whose graph may not',
    hint: EDITABLE,
  })

export class Editing {
  private readonly make: EditGraph
  /** Who edits the graph at the moment. */
  private author: string | undefined

  constructor(make: EditGraph) {
    this.make = make
  }

  /**
   * The trainer of the edited graph. If it cannot be made, nothing has changed.
   *
   * @throws GradstreamError (as a rejection) `REVISION_CONFLICT` if the graph is that of another run than `run`; `NOT_AVAILABLE` during another
   *   edit, or if there were not so many to take back or to make again; what `editedGraph` finds, the faults of the graph, and what `make` throws
   */
  async trainerOf(
    { changes = [], back, forward, run: meant }: Edit,
    author: string,
    run: string,
    before: Trainer,
    drafts: Drafts,
  ) {
    if (meant !== undefined && meant !== run) throw outdated()
    if (this.author !== undefined)
      throw new GradstreamError('NOT_AVAILABLE', {
        place: 'command "edit"',
        expected: 'one edit at a time',
        got: `another one, by ${this.author}`,
        hint: 'Wait for it, and look at the graph again.',
      })
    this.author = author
    try {
      const graph = drafts.graphWith(changes, { back, forward })
      inspected(graph, definitionsOf(before.model))
      return demandNew(await this.made(graph, before), before)
    } finally {
      this.author = undefined
    }
  }

  private async made(graph: GraphDef, before: Trainer): Promise<unknown> {
    try {
      return await this.make(graph, before)
    } catch (cause) {
      if (cause instanceof GradstreamError) throw cause
      throw new GradstreamError('NODE_FAILED', {
        place: 'openBridge: edit',
        expected: 'a trainer of the edited graph',
        got: `"${show(cause)}"`,
        hint: 'See the cause.',
        cause,
      })
    }
  }
}

/** The graph was changed by somebody else. */
export const outdated = (): GradstreamError =>
  new GradstreamError('REVISION_CONFLICT', {
    place: 'command "edit"',
    expected: 'the graph of the present run',
    got: 'that of a run before it',
    hint: 'Somebody else has edited the graph meanwhile. Look at it again, and repeat the change.',
  })

/** @throws GradstreamError `INVALID_OPTION` */
function demandNew(made: unknown, before: Trainer): Trainer {
  const isNew = attempt(
    () => made instanceof Trainer && made.model !== before.model && !handoverOf(made).isDisposed,
  )
  if (isNew) return made as Trainer
  throw new GradstreamError('INVALID_OPTION', {
    place: 'openBridge: edit',
    expected: 'a new trainer, of a model compiled from the graph it was given',
    got: made === before ? 'the trainer of the run so far' : show(made),
    hint: 'Write edit: graph => createTrainer(compile(graph), { data }).',
  })
}
