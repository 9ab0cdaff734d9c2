/** Decides which optimizer trains which parameter, and which nodes the gradient passes. */
import { isUpdating } from './definition.ts'
import { listOf } from './errors.ts'
import { didYouMeanName } from './nearest.ts'
import { fitsPattern } from './pattern.ts'
import { Faults, type ResolvedInput, type ResolvedNode } from './resolve.ts'
import { swappedLosses } from './swapped.ts'

/** A parameter and the node that owns it. */
export interface ParameterId {
  readonly node: ResolvedNode
  readonly name: string
}

export interface TrainingPlan {
  /** The parameters of each optimizer; disjoint. */
  readonly claims: ReadonlyMap<ResolvedNode, readonly ParameterId[]>
  /**
   * Uses of parameters that send no gradient, as `parameterKey` names them: those through which another loss passes than that of the
   * optimizer, as the discriminator of a GAN is used by the loss of the generator.
   */
  readonly ignored: ReadonlySet<string>
  /** The nodes whose output a loss with an optimizer depends on, by a path that lets gradients through. */
  readonly reaching: ReadonlySet<ResolvedNode>
}

/** Whether a node lets the gradient through to that input. */
export function isDifferentiable(node: ResolvedNode, input: string): boolean {
  return isUpdating(node.definition) || !node.definition.nonDifferentiable.includes(input)
}

export const parameterKey = ({ node, name }: ParameterId) => `${node.id}.${name}`

/**
 * Plans the training of a graph, whose nodes are in firing order. Names in `unresolved` belong to nodes that
 * already have faults.
 */
export function planTraining(
  nodes: readonly ResolvedNode[],
  faults: Faults = new Faults(),
  unresolved: ReadonlySet<string> = new Set(),
): TrainingPlan {
  const optimizers = nodes.filter(node => node.definition.role === 'optimizer')
  const reach = new Map(optimizers.map(node => [node, reachedBy(node, nodes)]))
  const parameters = nodes.flatMap(node =>
    node.owner === node ? Object.keys(node.parameters).map(name => ({ node, name })) : [],
  )
  const trainable = parameters.filter(({ node }) => node.entry.trainable !== false)
  const uses = new Map<ResolvedNode, ResolvedNode[]>()
  for (const node of nodes) uses.set(node.owner, [...(uses.get(node.owner) ?? []), node])
  const usesOf = ({ node, name }: ParameterId) =>
    (uses.get(node) ?? []).filter(({ parameters }) => Object.hasOwn(parameters, name))
  const reaches = (optimizer: ResolvedNode, parameter: ParameterId) =>
    usesOf(parameter).some(use => reach.get(optimizer)?.has(use))

  const isNamed = naming(parameters)

  const claimed = new Map<string, ResolvedNode>()
  const claims = new Map<ResolvedNode, ParameterId[]>()
  const claim = (optimizer: ResolvedNode, wanted: readonly ParameterId[]) => {
    claims.set(optimizer, [])
    for (const parameter of wanted) {
      const key = parameterKey(parameter)
      const other = claimed.get(key)
      if (other) {
        faults.report(
          'OPTIMIZERS_OVERLAP',
          optimizer.id,
          `to be the only optimizer of ${key}`,
          `"${other.id}" as well`,
        )
      } else {
        claimed.set(key, optimizer)
        claims.get(optimizer)?.push(parameter)
      }
    }
    if (wanted.length === 0) {
      const swapped = swappedLosses(nodes).find(({ loss }) => reach.get(optimizer)?.has(loss))
      const expected = 'a trainable parameter that its loss reaches'
      faults.report('NOTHING_TO_TRAIN', optimizer.id, expected, 'none', swapped?.hint)
    }
  }
  // Optimizers that name their parameters choose first; the others take the rest.
  for (const optimizer of optimizers) {
    const named = optimizer.entry.parameters
    if (named === undefined) continue
    for (const name of named) {
      if (parameters.some(isNamed([name]))) continue
      if (mayBeUnresolved(name, unresolved)) continue
      const isPattern = name.includes('*')
      const keys = parameters.map(parameterKey)
      faults.report(
        'UNKNOWN_NAME',
        optimizer.id,
        `${isPattern ? 'a pattern that fits one' : 'one'} of the parameters ${listOf(keys)}`,
        `"${name}"`,
        didYouMeanName(name, isPattern ? [] : parameters.flatMap(namesOf)).hint,
      )
    }
    const wanted = trainable.filter(isNamed(named))
    claim(
      optimizer,
      wanted.filter(parameter => reaches(optimizer, parameter)),
    )
  }
  const named = new Set(claimed.keys())
  for (const optimizer of optimizers) {
    if (optimizer.entry.parameters !== undefined) continue
    claim(
      optimizer,
      trainable.filter(p => reaches(optimizer, p) && !named.has(parameterKey(p))),
    )
  }
  // One backward pass carries the sum of all losses, so only one of them may pass through a use of a parameter.
  const ignored = new Set<string>()
  for (const [optimizer, own] of claims) {
    const others = optimizers.filter(candidate => !sameLoss(candidate, optimizer))
    const shared = own.flatMap(parameter =>
      usesOf(parameter).flatMap(use => {
        const other = others.find(candidate => reach.get(candidate)?.has(use))
        return other ? [{ parameter, use, other }] : []
      }),
    )
    const isMixed = ({ use }: { readonly use: ResolvedNode }) => reach.get(optimizer)?.has(use) === true
    for (const { parameter, use } of shared)
      if (!isMixed({ use })) ignored.add(parameterKey({ node: use, name: parameter.name }))
    const mixed = shared.find(isMixed)
    if (!mixed) continue
    const { parameter, use, other } = mixed
    const through = use === parameter.node ? '' : ` through "${use.id}"`
    faults.report(
      'LOSSES_MIX',
      optimizer.id,
      `only one loss to reach ${parameterKey(parameter)}${through}`,
      `"${lossOf(other).id}" as well`,
    )
  }
  return { claims, ignored, reaching: new Set([...reach.values()].flatMap(set => [...set])) }
}

/**
 * Whether a parameter is named among these: by itself, by its node, by a block that its node is in, or by a pattern that fits one of
 * these. What is a name is no pattern, whatever is in it.
 */
export function naming(
  parameters: readonly ParameterId[],
): (names: readonly string[]) => (parameter: ParameterId) => boolean {
  const known = new Set(parameters.flatMap(namesOf))
  return names => parameter => {
    const own = namesOf(parameter)
    return names.some(
      name => own.includes(name) || (!known.has(name) && own.some(each => fitsPattern(each, name))),
    )
  }
}

/** Whether a name or a pattern may be of a node that has a fault already. */
export const mayBeUnresolved = (name: string, unresolved: ReadonlySet<string>): boolean =>
  [...unresolved].some(id => name.includes('*') || name === id || name.startsWith(`${id}.`))

/** What a parameter can be named by: itself, its node, and each block that this is in. */
function namesOf(parameter: ParameterId): readonly string[] {
  const { id } = parameter.node
  const blocks = [...id.matchAll(/\//g)].map(({ index }) => id.slice(0, index))
  return [parameterKey(parameter), id, ...blocks]
}

/** What an optimizer follows, and the links on the way from there, the first of them first. */
export function followedBy(optimizer: ResolvedNode): {
  readonly loss: ResolvedInput
  readonly links: readonly ResolvedNode[]
} {
  const links: ResolvedNode[] = []
  let loss = optimizer.inputs[0] as ResolvedInput
  while (isLink(loss.producer)) {
    links.unshift(loss.producer)
    loss = loss.producer.inputs[0] as ResolvedInput
  }
  return { loss, links }
}

export const isLink = ({ definition }: ResolvedNode): boolean =>
  !isUpdating(definition) && definition.gradients !== undefined

const lossOf = (optimizer: ResolvedNode): ResolvedNode => followedBy(optimizer).loss.producer

/** Whether two optimizers follow the same output of the same node. */
const sameLoss = (a: ResolvedNode, b: ResolvedNode): boolean => {
  const [one, other] = [followedBy(a).loss, followedBy(b).loss]
  return one.producer === other.producer && one.output === other.output
}

/** The nodes that a gradient from this optimizer's loss can reach. */
function reachedBy(optimizer: ResolvedNode, nodes: readonly ResolvedNode[]): Set<ResolvedNode> {
  const reached = new Set<ResolvedNode>([optimizer])
  for (let i = nodes.indexOf(optimizer); i >= 0; i--) {
    const node = nodes[i] as ResolvedNode
    if (!reached.has(node)) continue
    for (const { name, producer } of node.inputs) if (isDifferentiable(node, name)) reached.add(producer)
  }
  reached.delete(optimizer)
  return reached
}
