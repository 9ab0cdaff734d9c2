/** The engine: a graph as live nodes, joined by streams and fired by one queue. */
import type { Observable } from 'rxjs'
import {
  type Definition,
  type ExplainedPart,
  GradstreamError,
  type GraphDef,
  type Inspection,
  type Kernels,
  listOf,
  type Mode,
  type NodeDefinition,
  type OpenAxes,
  RandomKey,
  type Recording,
  type ResolvedNode,
  type Shape,
  SubscriberErrors,
  show,
  type Tensor,
  type Wire,
  whole,
} from '../../core/index.ts'
import { updateDemand } from './demand.ts'
import type { Explanation } from './explain.ts'
import type { Feed } from './feed.ts'
import { demandIndices, type IndexDemands, indexDemands } from './indices.ts'
import type { LiveNode } from './live-node.ts'
import type { LiveOptimizer } from './live-optimizer.ts'
import type { LiveParameter } from './live-parameter.ts'
import type { LiveSettings } from './live-settings.ts'
import type { LiveOutput } from './node-parts.ts'
import { firstNonFinite, notFinite, updateOrigin } from './non-finite.ts'
import { type Fireable, Queue } from './queue.ts'
import { type RecordedPass, Replay } from './replay.ts'
import { slipIn } from './slip.ts'
import type { Stage } from './stage.ts'
import { StartedPass } from './started-pass.ts'
import type { Versioned } from './versioned.ts'
import { Wiring } from './wiring.ts'

/**
 * Which nodes have their values checked for NaN and infinities in each step. New values of parameters are checked as
 * well, unless it is `'none'`.
 */
export type CheckFinite = 'losses' | 'all' | 'none' | readonly string[]

/** Ends a trial that went well. */
const TRIED = Symbol('tried')

export interface EngineOptions {
  readonly seed: number
  readonly kernels: Kernels
  readonly checkFinite: CheckFinite
  readonly debug: boolean
  /** Whether steps that are alike may be replayed. */
  readonly replay: boolean
  /** Whether all that is learned is given next, so that nothing need be drawn. */
  readonly isBlank?: boolean
  /** Whether they may, as far as a definition is concerned. */
  readonly replays: (definition: Definition) => boolean
}

export class Engine implements Stage {
  readonly graph: GraphDef
  /** What lengths make of the shapes, in a graph with open axes. */
  readonly openAxes: OpenAxes | undefined
  /** What may be a mistake in the graph. */
  readonly faults: Inspection['faults']
  readonly kernels: Kernels
  /** What all random values follow from. */
  readonly seed: number
  readonly key: RandomKey
  readonly queue = new Queue()
  readonly replay: Replay
  private readonly wiring: Wiring
  readonly nodes: ReadonlyMap<string, LiveNode>
  readonly optimizers: readonly LiveOptimizer[]
  /** All parameters, by node and name: `dense1.kernel`. */
  readonly parameters: ReadonlyMap<string, LiveParameter>
  readonly errors$: Observable<GradstreamError>
  readonly debug: boolean
  /** The training step under way, or the last one that went well. */
  step = 0
  mode: Mode = 'infer'
  averages = false
  /** Counts the parameters that were given other values from outside. */
  assignments = 0
  /** Counts the runs through the graph, in training and inference. */
  private pass = 0
  /** The last one in which nodes were fired: a step that is replayed uses what that left. */
  fired = 0
  readonly states: ReadonlyMap<string, Versioned>
  private readonly checkFinite: CheckFinite
  private readonly reaching: ReadonlySet<string>
  private readonly ignored: ReadonlySet<string>
  private readonly errors = new SubscriberErrors()
  /** The parameters of all optimizers, in their order. */
  readonly trained: readonly LiveParameter[]
  /** All that a training step changes. */
  private readonly versions: readonly Versioned[]
  private readonly wires: readonly Wire[]
  /**
   * The number of the step as kernels read it. It is there before anybody asks for it: to make it in the middle of a step would do what
   * was asked for until then, and lend its results in other places than in the steps that follow.
   */
  readonly iteration: Tensor
  /** Says what the last step computed that was fired node by node. */
  private parts: (() => readonly ExplainedPart[]) | undefined
  private demandIsOld = true
  /** What is looked at and trained, as a text. */
  private demand = ''
  private updatesAreTapped = false
  private isTapped = false
  /** Whether values are looked at in the step when all are there, so that nobody knows yet which one is not finite. */
  private looksLater = false
  /** Whether the numbers of a pass may be looked at together, once it is over. */
  private mayLookLater = false
  /** What nodes ask of indices; in a graph with open axes, with the lengths of the pass that ran last. */
  indices: IndexDemands
  private recording: Recording | undefined
  /** Whether recorded calls are made, and whether they must not go on. */
  private isReplaying = false
  private isHalted = false
  toldLast: Wire | undefined
  /** In a pass that is begun again: the last wire that has told its taps. */
  private toldUntil: Wire | undefined
  /** The unit whose numbers were found not to be finite. */
  private checked: Fireable | undefined
  private running = false
  /** The pass under way, where it is done in pieces. */
  private started: StartedPass | undefined
  private hasCommitted = false
  private disposed = false
  /** Asked for in the middle of a pass. */
  private isToBeDisposed = false

  constructor(graph: GraphDef, inspection: Inspection, options: EngineOptions) {
    const { faults, nodes, plan, openAxes } = inspection
    const { seed, kernels, checkFinite, debug } = options
    this.graph = graph
    this.faults = faults
    this.openAxes = openAxes
    this.kernels = kernels
    this.seed = seed
    this.iteration = kernels.tensor([], [0])
    this.key = RandomKey.of(seed)
    this.checkFinite = checkFinite
    this.debug = debug
    this.reaching = new Set([...plan.reaching].map(({ id }) => id))
    this.ignored = plan.ignored
    this.errors$ = this.errors.stream$
    this.indices = indexDemands(nodes)
    this.wiring = new Wiring(this, inspection, options.isBlank ? undefined : this.key)
    const { optimizers, parameters, states } = this.wiring
    this.nodes = this.wiring.nodes
    this.optimizers = optimizers
    this.parameters = parameters
    this.states = states
    for (const { node } of Object.values(graph.outputs)) this.nodes.get(node)?.name()
    this.trained = this.optimizers.flatMap(({ parameters }) => parameters)
    this.versions = [...this.trained.map(({ version }) => version), ...this.states.values()]
    this.replay = new Replay(kernels, this.versions, reasonOf(nodes, options))
    this.wires = this.wiring.wires
    // They are looked up when a pass is over.
    for (const { input } of this.indices.made)
      this.nodes.get(input.producer.id)?.output(input.output).forward.read()
  }

  // --- running ------------------------------------------------------------------------------------------------

  /** All that has hyper-parameters: optimizers, then the links that have some. */
  get tuned(): readonly LiveSettings[] {
    return this.wiring.tuned
  }

  /** How many training steps are over. */
  get stepsDone(): number {
    return this.running && this.mode === 'train' && !this.hasCommitted ? this.step - 1 : this.step
  }

  /** Whether its memory has been given back. */
  get isDisposed(): boolean {
    return this.disposed
  }

  /** Makes sure that the memory is still there. */
  demandAlive(): void {
    if (!this.disposed) return
    throw new GradstreamError('ALREADY_DISPOSED', {
      place: 'model',
      expected: 'a model that has not been disposed',
      got: 'one that has been',
    })
  }

  /** Makes sure that a pass may start. One that is done in pieces is over first. */
  begin(): void {
    this.finish()
    this.demandAlive()
    if (this.running) {
      throw new GradstreamError('BUSY', {
        place: 'model',
        expected: 'a call between steps',
        got: 'one from inside a step',
      })
    }
  }

  /** A batch for an input, to be filled and then run. */
  lendInput(node: LiveNode, shape: Shape): Tensor {
    this.begin()
    this.kernels.lend(node.forward.lease)
    return this.kernels.empty(shape)
  }

  /**
   * Runs one pass over values for the inputs. A training pass ends in a commit of all parameters and state. `within`
   * belongs to the pass as well, and comes last; where it or anything before it throws, nothing has changed. `averages` says whether
   * inference uses averages of parameters, where there are some.
   */
  run(mode: Mode, feeds: readonly Feed[], within?: () => void, averages = true): void {
    this.do(this.enterPass(mode, feeds, averages), feeds, within)
  }

  /**
   * Begins a pass as `run` does it, and gives what is left of it. The first passes of a kind take a while: code is made for them, and they are
   * recorded. They are done in pieces, between which others have their turn. Whoever asks for something else in between has the pass done first.
   */
  start(mode: Mode, feeds: readonly Feed[], within?: () => void): StartedPass | undefined {
    const like = this.enterPass(mode, feeds, true)
    if (like || !this.kernels.prepare || !this.replay.isBeginning) {
      this.do(like, feeds, within)
      return undefined
    }
    this.started = new StartedPass(this.doInPieces(feeds, within))
    return this.started
  }

  /** Does what is left of a pass that was started. */
  finish(): void {
    this.started?.finish()
  }

  private enterPass(mode: Mode, feeds: readonly Feed[], averages: boolean): RecordedPass | undefined {
    this.begin()
    // A batch of lengths that do not fit is refused before anything has run.
    const fitting = this.openAxes?.at(id => feeds.find(({ input }) => input.id === id)?.tensor.shape.slice(1))
    if (fitting) this.indices = indexDemands(fitting)
    if (this.demandIsOld) {
      this.demandIsOld = false
      updateDemand([...this.nodes.values()], this.reaching, this.ignored)
      for (const { gathering } of this.optimizers) gathering?.updateDemand()
      this.demand = demandOf(this.wires, this.trained)
      this.isTapped = this.wires.some(({ taps }) => taps > 0)
      this.updatesAreTapped = this.trained.some(({ update }) => update.taps > 0)
    }
    this.pass++
    if (mode === 'train') this.enter(this.step + 1)
    this.mode = mode
    this.averages = averages && mode === 'infer'
    const like = this.replay.next({ mode, averages: this.averages, demand: this.demand, feeds })
    this.running = true
    this.hasCommitted = false
    this.looksLater = like !== undefined
    this.mayLookLater = mode === 'train'
    this.toldLast = undefined
    this.toldUntil = undefined
    if (mode === 'train') this.step++
    this.iteration.data[0] = this.step
    return like
  }

  private do(like: RecordedPass | undefined, feeds: readonly Feed[], within?: () => void): void {
    const { pass } = this
    try {
      if (!like) whole(this.fireFirst(pass, feeds))
      else if (!this.runLike(like)) this.fireAgain(feeds)
      this.complete(pass, feeds, within)
    } catch (error) {
      this.undo(error)
    } finally {
      this.leave()
    }
  }

  private *doInPieces(feeds: readonly Feed[], within?: () => void): Generator<void> {
    const { pass } = this
    try {
      const firing = this.fireFirst(pass, feeds)
      while (!firing.next().done) {
        const { recording } = this
        recording?.pause()
        yield
        recording?.resume()
      }
      this.complete(pass, feeds, within)
    } catch (error) {
      this.undo(error)
    } finally {
      this.leave()
    }
  }

  /** What comes when all is computed. */
  private complete(pass: number, feeds: readonly Feed[], within?: () => void): void {
    const { mode } = this
    if (mode === 'infer') this.demandLookups()
    if (this.looksLater && this.foundNonFinite()) this.fireAgain(feeds)
    if (mode === 'train') this.commit(pass)
    else if (this.wiring.remembered.size > 0) this.remember()
    within?.()
  }

  /** Undoes a pass that failed, and throws why it did; or one that was to leave nothing behind. */
  private undo(error: unknown): void {
    this.kernels.discard()
    this.recording?.end()
    this.recording = undefined
    this.replay.reset()
    const failure = this.failure(error)
    if (this.mode === 'train') this.step--
    if (error !== TRIED) throw failure
  }

  private leave(): void {
    this.running = false
    this.started = undefined
    if (this.isToBeDisposed) this.dispose()
  }

  /** Begins, as `start` does, an inference that leaves nothing behind, not even in nodes that remember. */
  startTrial(feeds: readonly Feed[]): StartedPass | undefined {
    return this.start('infer', feeds, () => {
      throw TRIED
    })
  }

  private *fireFirst(pass: number, feeds: readonly Feed[]): Generator<void> {
    this.recording = this.replay.record()
    yield* this.fire(pass, feeds)
    if (this.mode === 'train') this.parts = this.kernels.explain?.()
    const calls = this.recording?.end()
    if (this.haveMoved()) this.replay.reset()
    if (this.recording) this.replay.keep(calls, pass, this.wires)
    this.recording = undefined
  }

  /** Whether any next value lies elsewhere than the one before that lived in its place. */
  private haveMoved(): boolean {
    let moved = false
    for (const version of this.versions) moved = version.locate() || moved
    return moved
  }

  private *fire(pass: number, feeds: readonly Feed[]): Generator<void> {
    const { queue, kernels } = this
    this.fired = pass
    for (let i = 0; i < feeds.length; i++) {
      const { input, tensor } = feeds[i] as Feed
      const { name, forward } = input.outputs[0] as LiveOutput
      input.values[name] = tensor
      forward.emit(pass, tensor)
    }
    while (queue.next(pass)) {
      yield
      if (kernels.prepare) yield* kernels.prepare(queue.isEmpty)
    }
    kernels.settle()
  }

  /**
   * Checks indices that the graph makes itself, which nobody knows before. In training they are looked at where numbers are not finite: an index
   * that is no place becomes NaN.
   */
  private demandLookups(): void {
    for (const demand of this.indices.made) {
      const { loss, input } = demand
      const { pass, tensor } = (this.nodes.get(input.producer.id) as LiveNode).output(input.output).forward
      // Where they became NaN before, that is what went wrong.
      if (pass !== this.fired || (this.mode === 'train' && !this.kernels.allFinite(tensor))) continue
      this.checked = { place: `${loss.id} forward`, fire: () => undefined }
      demandIndices(demand, tensor, `indices from "${input.producer.id}"`)
    }
    this.checked = undefined
  }

  private foundNonFinite(): boolean {
    return this.kernels.foundNonFinite() && this.checkFinite !== 'none'
  }

  /**
   * Node by node, to say where the first number arose that is not finite, or to tell a tap that came in the middle. Who was told before is
   * not told again.
   */
  private fireAgain(feeds: readonly Feed[]): void {
    this.replay.reset()
    this.mayLookLater = false
    this.looksLater = false
    this.toldUntil = this.toldLast
    this.kernels.discard()
    for (const version of this.versions) version.rollBack()
    whole(this.fire(++this.pass, feeds))
  }

  /** Makes the calls of a recorded pass again. False where they must not go on, so that nodes have to be fired. */
  private runLike({ calls, staged, seen, pass }: RecordedPass): boolean {
    this.isReplaying = true
    this.isHalted = false
    try {
      for (let i = 0; i < calls.length && !this.isHalted; i++) (calls[i] as () => void)()
    } finally {
      this.isReplaying = false
    }
    if (this.isHalted) return false
    this.kernels.settle()
    let moved = false
    for (let i = 0; i < staged.length; i++) {
      const version = staged[i] as Versioned
      // What is computed anew each time has staged its values itself.
      if (version.staged === undefined) version.restage()
      else moved = version.locate() || moved
    }
    if (moved) this.replay.reset()
    for (let i = 0; i < seen.length; i++) {
      const { wire, tensor } = seen[i] as RecordedPass['seen'][number]
      wire.pass = pass
      wire.tensor = tensor
    }
    this.fired = pass
    return true
  }

  unrecorded(work: () => void): void {
    if (this.recording) this.recording.unrecorded(work)
    else {
      // The work may rely on all results so far.
      this.kernels.flush()
      work()
    }
  }

  assigned(): void {
    this.assignments++
    this.replay.reset()
  }

  /** Goes on as after so many training steps. */
  startAfter(step: number): void {
    this.step = step
    this.enter(step + 1)
    this.replay.reset()
  }

  /** Hyper-parameters take the numbers that their schedules have in a step. */
  private enter(step: number): void {
    for (let i = 0; i < this.optimizers.length; i++) this.optimizers[i]?.enter(step)
    for (const settings of this.wiring.links.values()) settings.enter(step)
  }

  varies(): void {
    this.replay.forbid(`${this.queue.current?.place ?? 'a node'} asks for the step or for random numbers`)
  }

  changed(): void {
    this.replay.reset()
  }

  keyOf(id: string): RandomKey {
    return this.key.child('node').child(id)
  }

  /** First what may fail, then the change itself, then the news of it. */
  private commit(pass: number): void {
    const { trained, versions } = this
    if (this.foundNonFinite()) throw this.nonFiniteUpdate()
    const { updatesAreTapped } = this
    if (updatesAreTapped) for (const parameter of trained) parameter.prepare()
    this.hasCommitted = true
    for (let i = 0; i < versions.length; i++) (versions[i] as Versioned).commit()
    if (updatesAreTapped) for (const parameter of trained) parameter.tell(pass)
  }

  /** The end of an inference: of all that changes with steps, only states do that remember it. */
  private remember(): void {
    if (this.foundNonFinite()) throw this.nonFiniteUpdate()
    this.hasCommitted = true
    for (const version of this.wiring.remembered.keys()) version.commit()
  }

  /** Gives the states that remember their first values back. */
  resetStates(): void {
    this.begin()
    for (const [version, initial] of this.wiring.remembered)
      version.assign(new Map(initial.map(({ name, values }) => [name, values])))
    this.replay.reset()
  }

  /** Undoes a failed step, and says where it failed. */
  private failure(error: unknown): GradstreamError {
    const failed = this.queue.current
    const where = (failed ?? this.checked)?.place ?? 'model'
    const place = `${where}, step ${this.step}`
    this.queue.clear()
    this.checked = undefined
    const changed = this.mode === 'train' ? this.versions : this.wiring.remembered.keys()
    if (this.hasCommitted) for (const version of changed) version.revert()
    for (const version of this.versions) version.rollBack()
    // What was noted in the step is undone with it.
    this.kernels.foundNonFinite()
    if (error instanceof GradstreamError) {
      const { code, expected, got, hint, place: inner } = error
      const details = inner.startsWith(where) ? inner.slice(where.length) : `: ${inner}`
      return new GradstreamError(code, { place: place + details, expected, got, hint, cause: error })
    }
    return new GradstreamError('NODE_FAILED', {
      place,
      expected: 'a result',
      got: `"${show(error)}"`,
      ...slipIn(error, failed),
      cause: error,
    })
  }

  // --- watching -----------------------------------------------------------------------------------------------

  /** Whether the output of a node bears on a loss that is optimized. */
  readonly isTrained = (id: string): boolean => this.reaching.has(id)

  /** Whether a node with that definition and id is checked for values that are not finite. */
  watches({ role }: NodeDefinition, id: string): boolean {
    const { checkFinite } = this
    if (typeof checkFinite !== 'string') return checkFinite.includes(id)
    return checkFinite === 'all' || (checkFinite === 'losses' && role === 'loss')
  }

  demandFinite(tensor: Tensor, unit: Fireable, what: string, name: string): void {
    if (this.mayLookLater && !this.isTapped && this.replay.isPossible) {
      this.looksLater = true
      this.kernels.checkFinite(tensor)
      return
    }
    this.unrecorded(() => {
      if (this.kernels.allFinite(tensor)) return
      if (this.isReplaying) {
        this.isHalted = true
        return
      }
      this.demandLookups()
      this.checked = unit
      const own = `${unit.place}, ${what} "${name}"`
      const range = what === 'output' ? 'forward' : 'all'
      const origin = firstNonFinite(this, range, { place: unit.place, name, tensor })
      throw notFinite(own, tensor, origin, `${origin?.node} ${origin?.direction}` === unit.place)
    })
  }

  /** The next value of a parameter, or what goes with it, is not finite. */
  private nonFiniteUpdate(): GradstreamError {
    for (const { place, names, staged } of this.versions) {
      for (const name of names) {
        const tensor = staged?.[name]
        if (tensor === undefined || this.kernels.allFinite(tensor)) continue
        this.checked = { place, fire: () => undefined }
        const origin = firstNonFinite(this, 'all')
        return notFinite(`${place}, next ${name}`, tensor, origin ?? updateOrigin(this, place, name), !origin)
      }
    }
    throw new Error('the kernels noted what is not there')
  }

  demandChanged(isMore: boolean): void {
    this.demandIsOld = true
    // A tap that comes in the middle of a pass is told of what is computed after that.
    if (isMore) this.isHalted = true
  }

  hasTold(wire: Wire): boolean {
    if (this.toldUntil === undefined) return false
    if (this.toldUntil === wire) this.toldUntil = undefined
    return true
  }

  /** Tells `errors$` what a subscriber threw. */
  report(place: string, thrown: unknown): void {
    this.errors.report(place, thrown)
  }

  get explanation(): Explanation {
    const { recorded, reason } = this.replay
    const mode =
      reason !== undefined
        ? `Each step is fired node by node, since ${reason}.`
        : recorded >= 2
          ? 'Steps are replayed, without firing nodes.'
          : 'Steps are fired node by node, until three of a kind have been.'
    return { mode, parts: this.parts?.() ?? [] }
  }

  // --- ending -------------------------------------------------------------------------------------------------

  /** Whether any wire of the model still has a subscriber. */
  get observed(): boolean {
    return this.wires.some(wire => wire.observed)
  }

  /**
   * Completes every stream, ends every subscription and gives the memory back; in the middle of a pass, when that is over.
   */
  dispose(): void {
    if (this.disposed) return
    this.finish()
    this.isToBeDisposed = this.running
    if (this.running) return
    this.disposed = true
    this.replay.reset()
    for (const wire of this.wires) wire.complete()
    for (const unit of this.wiring.units) unit.dispose()
    this.errors.complete()
    this.kernels.dispose()
  }
}

/** What is looked at, wire by wire, and what is trained: passes with the same compute the same results. */
function demandOf(wires: readonly Wire[], trained: readonly LiveParameter[]): string {
  let demand = ''
  for (const { taps, isPassing } of wires) demand += taps > 0 ? '2' : isPassing ? '0' : '1'
  for (const { frozen } of trained) demand += frozen ? '0' : '1'
  return demand
}

/** Why steps cannot be replayed, as far as options and definitions say. */
function reasonOf(nodes: readonly ResolvedNode[], { replay, replays }: EngineOptions): string | undefined {
  if (!replay) return 'the model was compiled with replay: false'
  const others = nodes
    .filter(({ definition }) => !replays(definition))
    .map(({ definition }) => definition.type)
  if (others.length === 0) return undefined
  return `nodes of type ${listOf(new Set(others))} may do more than call kernels; where they do not, their definition says replayable: true`
}
