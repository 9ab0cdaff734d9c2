/** What the public sees of live nodes and parameters. */
import type { Observable } from 'rxjs'
import {
  type Config,
  type Frame,
  GradstreamError,
  listOf,
  nearestOf,
  type PortShape,
  type ResolvedNode,
  recordOf,
  type Shape,
  sameShape,
  show,
  showShape,
  type Tensor,
  type TensorLike,
  tensor,
} from '../../core/index.ts'
import type { LiveNode } from './live-node.ts'
import type { LiveOptimizer } from './live-optimizer.ts'
import type { LiveParameter } from './live-parameter.ts'
import type { LiveOutput } from './node-parts.ts'

/** A parameter of a model. */
export interface Parameter {
  readonly shape: Shape
  /** False while it is frozen. */
  readonly trainable: boolean
  /** The present value. Lent: after the next step, ask again or `clone()`. @throws GradstreamError `ALREADY_DISPOSED` */
  readonly value: Tensor
  /**
   * The average that predictions and evaluation use in its place, where a link such as `exponentialMovingAverage` keeps one; else undefined.
   * Lent, like the value.
   */
  readonly average: Tensor | undefined
  /** The gradient of the loss, in each training step, as it was before the optimizer used it. */
  readonly gradient$: Observable<Frame>
  /** What the optimizer added to the value, in each training step that went well. */
  readonly update$: Observable<Frame>
  /** Sets the value and what links keep of it, between two steps. @throws GradstreamError `SHAPE_MISMATCH`, `BUSY` */
  assign(values: TensorLike): void
}

/**
 * The parameters of a node by name, with the usual names spelt out for the compiler. Reading a name that is almost that of one throws
 * `UNKNOWN_NAME`.
 */
export interface Parameters {
  readonly kernel: Parameter
  readonly bias: Parameter
  readonly [name: string]: Parameter
}

/** The streams of one output. */
export interface OutputStreams {
  /** The shape; `null` is the batch axis, or an open one. */
  readonly shape: PortShape
  /** The values, in training and inference. */
  readonly forward$: Observable<Frame>
  /** The gradient of the loss at this output, in training. */
  readonly backward$: Observable<Frame>
}

/** A node of a model: its streams and parameters. The streams are those of its first output. */
export interface ModelNode extends OutputStreams {
  readonly id: string
  readonly type: string
  readonly config: Config
  readonly parameters: Parameters
  /** The streams of every output, by name. */
  readonly outputs: Readonly<Record<string, OutputStreams>>
}

/** @param alive throws where the memory of the model has been given back */
export function nodeView(node: LiveNode, alive: () => void): ModelNode {
  const { id, resolved, outputs, parameters } = node
  const streams = recordOf(outputs.map(output => [output.name, outputView(output)] as const))
  return {
    ...outputView(outputs[0] as LiveOutput),
    id,
    type: resolved.entry.type,
    config: resolved.config,
    parameters: named(
      id,
      recordOf(
        parameters.map(
          ([name, parameter]) => [name, parameterView(`${id}.${name}`, parameter, alive)] as const,
        ),
      ),
    ),
    outputs: streams,
  }
}

/** Parameters by name, which answer one that is almost right, such as the `weight` of PyTorch, with the name. Others are undefined. */
function named(id: string, parameters: Readonly<Record<string, Parameter>>): Parameters {
  const names = Object.keys(parameters)
  return new Proxy(parameters as Parameters, {
    get(own, name) {
      if (typeof name === 'symbol' || Object.hasOwn(own, name)) return Reflect.get(own, name)
      const near = nearestOf(name, names)
      if (near === undefined) return Reflect.get(own, name)
      throw new GradstreamError('UNKNOWN_NAME', {
        place: `${id}.parameters`,
        expected: `one of ${listOf(names)}`,
        got: show(name),
        hint: `Did you mean "${near}"?`,
      })
    },
  })
}

/**
 * An optimizer has no values, nor has a link behind it; its backward stream is the gradient that the backward pass begins with.
 */
export function optimizerView(optimizer: LiveOptimizer, loss: LiveOutput, link?: ResolvedNode): ModelNode {
  const { start } = optimizer
  const { id, entry } = link ?? optimizer.resolved
  const streams = { shape: [], forward$: loss.forward.stream$, backward$: start.gradient.stream$ }
  return {
    ...streams,
    id,
    type: entry.type,
    get config() {
      return link?.config ?? optimizer.config
    },
    parameters: recordOf() as unknown as Parameters,
    outputs: recordOf(),
  }
}

function outputView({ shape, forward, backward }: LiveOutput): OutputStreams {
  return { shape, forward$: forward.stream$, backward$: backward.stream$ }
}

function parameterView(place: string, live: LiveParameter, alive: () => void): Parameter {
  return {
    shape: live.shape,
    get trainable() {
      return live.trainable && !live.frozen
    },
    get value() {
      alive()
      return live.shown
    },
    get average() {
      alive()
      return live.shownAverage
    },
    gradient$: live.gradient.stream$,
    update$: live.update.stream$,
    assign(values) {
      const given = tensor(values, 'float64', place)
      if (!sameShape(given.shape, live.shape)) {
        throw new GradstreamError('SHAPE_MISMATCH', {
          place,
          expected: showShape(live.shape),
          got: showShape(given.shape),
          hint: 'Pass values of the shape of the parameter.',
        })
      }
      live.assign(given.data)
    },
  }
}
