/** Drafts: what becomes of the graph of a run with some changes, before anything is trained. */
import {
  attempt,
  CheckFailed,
  type Config,
  checkedAt,
  checkedChanges,
  checkedConfig,
  choicesIn,
  type Definition,
  editedGraph,
  type GraphChange,
  type GraphDef,
  inspect,
  isPlain,
  isRemovable,
  isUpdating,
  limitsIn,
  type NodeDefinition,
  type NodeEntry,
  outputOf,
  type PortShape,
  type Registry,
  type ResolvedNode,
  recordOf,
  sizeOf,
} from '../../../core/index.ts'
import { definitionsOf } from '../../engine/compile.ts'
import type { Trainer } from '../../training/trainer.ts'
import { encode } from '../json.ts'
import type { DraftChoices, DraftNode, GraphDraft } from '../protocol.ts'
import { graphAt, type Lineage, NO_LINEAGE, type Way } from './lineage.ts'

/** What the required options of a new node begin with. */
const FIRST: Readonly<Record<string, unknown>> = {
  units: 16,
  filters: 16,
  kernelSize: 3,
  poolSize: 2,
  rate: 0.2,
  heads: 2,
  keySize: 8,
  groups: 4,
  length: 8,
}

interface DraftQuery extends Way {
  readonly changes: unknown
  readonly node?: string
}

export class Drafts {
  /** How the graph of the run was made. */
  readonly lineage: Lineage
  private readonly trainer: Trainer
  private readonly registry: Registry

  constructor(trainer: Trainer, lineage: Lineage = NO_LINEAGE) {
    this.lineage = lineage
    this.trainer = trainer
    this.registry = definitionsOf(trainer.model)
  }

  /**
   * The graph as it was some edits ago, or as it was before some edits were taken back, with some changes.
   *
   * @throws GradstreamError `NOT_AVAILABLE` if there were fewer edits, and what `editedGraph` throws
   */
  graphWith(changes: readonly GraphChange[], way: Way = {}): GraphDef {
    return editedGraph(graphAt(this.trainer, this.lineage, way), changes, this.registry)
  }

  /** @throws GradstreamError `INVALID_MESSAGE`, and what `graphWith` throws */
  answer({ changes, node, ...way }: DraftQuery): string {
    // Without changes, it is the graph as it is.
    const own = checkedAt('draft', 'INVALID_MESSAGE', () => {
      if (way.back && way.forward) throw new CheckFailed('back or forward', 'both')
      return checkedChanges(changes, true)
    })
    const graph = this.graphWith(own, way)
    const { faults, nodes } = inspect(graph, this.registry)
    const resolved = new Map(nodes.map(each => [each.id, each]))
    const values = graph.nodes.filter(({ type }) => !this.isUpdating(type))
    const drawn = values.map(entry => [entry.id, nodeOf(entry, resolved.get(entry.id))] as const)
    const entry = values.find(({ id }) => id === node)
    const draft: GraphDraft = {
      nodes: recordOf(drawn),
      parameters: drawn.reduce((sum, [, { parameters }]) => sum + parameters, 0),
      faults: faults.filter(({ severity }) => severity === 'error').map(({ severity, ...report }) => report),
      ...(entry && { node: this.choicesAt(graph, entry, resolved.get(entry.id)) }),
    }
    return encode(draft)
  }

  private isUpdating(type: string): boolean {
    const definition = this.registry.get(type)
    return definition !== undefined && isUpdating(definition)
  }

  private choicesAt(graph: GraphDef, entry: NodeEntry, node: ResolvedNode | undefined): DraftChoices {
    const { registry } = this
    const definition = registry.get(entry.type)
    const work = () => definition && attempt(() => checkedConfig(definition, entry.config, entry.id))
    const output = outputOf(definition)
    const shape = output === undefined ? undefined : node?.shapes[output]
    const insertable =
      shape && leadsOn(graph, entry.id, registry)
        ? [...registry.values()].flatMap(other => fitting(other, shape))
        : []
    return {
      limits: limitsIn(work),
      words: choicesIn(work),
      insertable: insertable.sort((a, b) => (a.type < b.type ? -1 : 1)),
      isRemovable: isRemovable(graph, entry, registry),
    }
  }
}

function nodeOf({ type, config, inputs }: NodeEntry, node: ResolvedNode | undefined): DraftNode {
  const shape = node ? node.shapes[(node.definition as NodeDefinition).outputs[0] ?? ''] : undefined
  const own = node && node.owner === node ? Object.values(node.parameters) : []
  return {
    type,
    config: node?.config ?? config,
    inputs: node
      ? node.inputs.map(({ producer }) => producer.id)
      : Object.values(inputs).map(ref => ref.node),
    shape: shape ?? null,
    parameters: own.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
  }
}

/** Whether what a node gives is more than the target of a loss: a layer there would learn the targets away. */
function leadsOn(graph: GraphDef, id: string, registry: Registry): boolean {
  const isTarget = ({ type, inputs }: NodeEntry) => {
    const definition = registry.get(type)
    return definition?.role === 'loss' && inputs[definition.inputs[0] ?? '']?.node !== id
  }
  const fed = graph.nodes.filter(({ inputs }) => Object.values(inputs).some(ref => ref.node === id))
  return !(fed.length > 0 && fed.every(isTarget))
}

/** The definition with options to begin with, if a node of it can stand behind a port of that shape. */
function fitting(definition: Definition, shape: PortShape): DraftChoices['insertable'] {
  if (!isPlain(definition) || isUpdating(definition)) return []
  const inputs = () => recordOf([[definition.inputs[0] as string, shape] as const])
  const config = beginningOf(definition)
  const fits =
    config &&
    attempt(() => {
      const parameters = definition.parameters(inputs(), config)
      const { [definition.outputs[0] as string]: output } = definition.shapes(inputs(), config)
      return Object.values(parameters).every(spec => !spec || spec.shape.every(Number.isFinite)) && output
    })
  // Where the batch axis goes, no sample has a prediction any more.
  return config && fits && fits[0] === shape[0] ? [{ type: definition.type, config }] : []
}

/** All options of a new node; undefined if it needs some that only its author knows. */
function beginningOf(definition: NodeDefinition): Config | undefined {
  const options: Record<string, unknown> = {}
  for (;;) {
    try {
      return definition.config({ ...options })
    } catch (error) {
      const missing = error instanceof CheckFailed ? (error.option ?? '') : ''
      if (!Object.hasOwn(FIRST, missing) || Object.hasOwn(options, missing)) return undefined
      options[missing] = FIRST[missing]
    }
  }
}
