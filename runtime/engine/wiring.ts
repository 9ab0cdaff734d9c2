/** What lives of a graph: nodes, parameters and optimizers, joined by wires. */
import {
  followedBy,
  type Inspection,
  isLink,
  type NodeDefinition,
  parameterKey,
  type RandomKey,
  type ResolvedNode,
  type WeightLink,
  type Wire,
} from '../../core/index.ts'
import { initialValues } from './initialize.ts'
import { LiveNode } from './live-node.ts'
import { LiveOptimizer } from './live-optimizer.ts'
import { LiveParameter } from './live-parameter.ts'
import { LiveSettings } from './live-settings.ts'
import type { Stage } from './stage.ts'
import type { Unit } from './unit.ts'
import { type Initial, Versioned } from './versioned.ts'

export class Wiring {
  readonly nodes = new Map<string, LiveNode>()
  readonly optimizers: LiveOptimizer[] = []
  /** The hyper-parameters of the links before and behind them, by node. */
  readonly links = new Map<string, LiveSettings>()
  /** All parameters, by node and name: `dense1.kernel`. */
  readonly parameters = new Map<string, LiveParameter>()
  /** What nodes change beside parameters, by node. */
  readonly states = new Map<string, Versioned>()
  /** The states that inference changes, too, each with its first values. */
  readonly remembered = new Map<Versioned, readonly Initial[]>()
  private readonly stage: Stage

  /** Without `initial`, first values are not drawn: others are given next. */
  constructor(stage: Stage, { nodes, plan, weightLinks }: Inspection, initial: RandomKey | undefined) {
    this.stage = stage
    for (const node of nodes) {
      if (node.definition.role === 'optimizer') {
        const own = (plan.claims.get(node) ?? []).map(id => this.parameter(id.node, id.name))
        this.addOptimizer(node, own, weightLinks.get(node))
      } else if (node.definition.role !== 'weights') this.addNode(node, initial)
    }
  }

  private addNode(resolved: ResolvedNode, initial: RandomKey | undefined): void {
    const { stage } = this
    const { id, owner, entry, inputs } = resolved
    if (owner === resolved) {
      for (const { name, shape, values } of initialValues(initial, id, resolved.parameters)) {
        const key = parameterKey({ node: resolved, name })
        this.parameters.set(key, new LiveParameter(stage, key, shape, values, entry.trainable !== false))
      }
      const state = initialValues(initial, id, resolved.state)
      if (state.length > 0) {
        const version = new Versioned(`${id} state`, stage.kernels, state)
        this.states.set(id, version)
        if ((resolved.definition as NodeDefinition).remembers) this.remembered.set(version, state)
      }
    }
    const own = Object.keys(resolved.parameters).map(name => [name, this.parameter(owner, name)] as const)
    const hasState = Object.keys(resolved.state).length > 0
    const node = new LiveNode(stage, resolved, own, hasState ? this.states.get(owner.id) : undefined)
    this.nodes.set(id, node)
    // The gradients are in the order of the inputs, then of the parameters.
    const { gradients } = node.backward
    const needed = (name: string) => () => node.context.needs[name] === true
    inputs.forEach(({ name, producer, output }, i) => {
      const feeding = this.nodes.get(producer.id) as LiveNode
      node.forward.connect(feeding.output(output).forward)
      // The gradient of the loss goes around links: they change those of the parameters.
      if (isLink(resolved)) return
      feeding.backward.listen(output, (gradients[i] as (typeof gradients)[number]).wire, needed(name))
    })
    own.forEach(([name, parameter], i) => {
      parameter.connect((gradients[inputs.length + i] as (typeof gradients)[number]).wire, needed(name))
    })
  }

  private addOptimizer(
    resolved: ResolvedNode,
    parameters: readonly LiveParameter[],
    behind: readonly WeightLink[] = [],
  ): void {
    const { loss, links } = followedBy(resolved)
    const { producer, output } = loss
    const feeding = this.nodes.get(producer.id) as LiveNode
    const starts = !this.optimizers.some(({ resolved: other }) => {
      const followed = followedBy(other).loss
      return followed.producer === producer && followed.output === output
    })
    const before = links.map(link => ({
      settings: this.settingsOf(link),
      context: (this.nodes.get(link.id) as LiveNode).context,
    }))
    const after = behind.map(link => ({ ...link, settings: this.settingsOf(link.node) }))
    const optimizer = new LiveOptimizer(this.stage, resolved, parameters, starts, before, after)
    optimizer.start.connect(feeding.output(output).forward)
    feeding.backward.listen(output, optimizer.start.gradient, () => starts)
    this.optimizers.push(optimizer)
  }

  /** The hyper-parameters of a link, which several optimizers may share. */
  private settingsOf(link: ResolvedNode): LiveSettings {
    const settings = this.links.get(link.id) ?? new LiveSettings(this.stage, link)
    this.links.set(link.id, settings)
    return settings
  }

  /** All that has hyper-parameters: optimizers, then the links that have some. */
  get tuned(): readonly LiveSettings[] {
    const links = [...this.links.values()].filter(({ config }) => Object.keys(config).length > 0)
    return [...this.optimizers, ...links]
  }

  private parameter(node: ResolvedNode, name: string): LiveParameter {
    return this.parameters.get(parameterKey({ node, name })) as LiveParameter
  }

  /** All that fires. */
  get units(): Unit[] {
    const ofNodes = [...this.nodes.values()].flatMap(({ forward, backward }) => [forward, backward])
    const ofOptimizers = this.optimizers.flatMap(({ start, gathering, updates }) => [
      start,
      ...(gathering ? [gathering] : []),
      ...updates,
    ])
    return [...ofNodes, ...this.parameters.values(), ...ofOptimizers]
  }

  get wires(): readonly Wire[] {
    return [
      ...[...this.nodes.values()].flatMap(({ wires }) => wires),
      ...[...this.parameters.values()].flatMap(({ gradient, update }) => [gradient, update]),
      ...this.optimizers.flatMap(({ start, gathering }) => [
        start.gradient,
        ...(gathering?.wires ?? []),
        ...(gathering?.sums ?? []),
      ]),
    ]
  }
}
