/** Feeds a data source into the inputs of a graph. */

import {
  entryOf,
  GradstreamError,
  type RandomKey,
  recordOf,
  type Shape,
  sameShape,
  show,
  showShape,
  type Tensor,
} from '../../core/index.ts'
import { dataError } from '../data/data-error.ts'
import type { Scaling } from '../data/scaling.ts'
import type { Batch, BatchCursor, DataSource } from '../data/source.ts'
import type { Engine } from '../engine/engine.ts'
import type { Feed } from '../engine/feed.ts'
import type { LiveNode } from '../engine/live-node.ts'
import type { LiveOutput } from '../engine/node-parts.ts'
import { type DataFit, isInMemory } from './fit/data-fit.ts'

export class Feeder {
  private readonly engine: Engine
  private readonly source: DataSource
  private readonly batchSize: number
  private readonly inputs: readonly LiveNode[]
  /** The shapes of one sample and of a full batch, by input. */
  private readonly samples: Readonly<Record<string, Shape>>
  private readonly shapes: readonly Shape[]
  /** Checks samples as they arrive, if they could not be checked in advance. */
  private readonly fit: DataFit | undefined
  private readonly place: string
  /** How many samples of this pass have arrived so far. */
  private arrived = 0
  private readonly feeds: { readonly input: LiveNode; tensor: Tensor }[]

  /** @throws GradstreamError `DATA_MISMATCH` if the columns do not fit the inputs. */
  constructor(engine: Engine, source: DataSource, batchSize: number, place: string, fit: DataFit) {
    this.engine = engine
    this.source = source
    this.batchSize = batchSize
    this.fit = isInMemory(source) ? undefined : fit
    this.place = place
    this.inputs = [...engine.nodes.values()].filter(({ definition }) => definition.role === 'input')
    this.feeds = this.inputs.map(input => ({ input, tensor: undefined as never }))
    this.samples = recordOf(this.inputs.map(input => [input.id, batchShape(input, 0).slice(1)]))
    this.shapes = this.inputs.map(input => batchShape(input, batchSize))
    if (source.shapes) for (const input of this.inputs) demandColumn(input, source.shapes, place)
  }

  /** How many steps an epoch has, if known in advance. */
  get steps(): number | undefined {
    const { size } = this.source
    return size === undefined ? undefined : Math.ceil(size / this.batchSize)
  }

  /** Opens a pass over the source, with its columns standardized. */
  epoch(scalings: Readonly<Record<string, Scaling>>, shuffle?: RandomKey): BatchCursor {
    this.arrived = 0
    const { batchSize, samples: inputs } = this
    const { precision } = this.engine.kernels
    return this.source.epoch({ batchSize, inputs, shuffle, scalings, precision })
  }

  /** Lends each input its part of a batch. @throws GradstreamError `DATA_FAILED`, and errors of the source */
  fill(batch: Batch): readonly Feed[] {
    const { feeds, shapes, batchSize } = this
    for (let i = 0; i < feeds.length; i++) {
      const feed = feeds[i] as (typeof feeds)[number]
      const { input } = feed
      const full = batch.size === batchSize
      const tensor = this.engine.lendInput(input, full ? (shapes[i] as Shape) : batchShape(input, batch.size))
      try {
        batch.write(input.id, tensor.data)
      } catch (thrown) {
        throw dataError(thrown)
      }
      if (this.fit) {
        const numberOf = (place: number) => batch.numberOf?.(place) ?? this.arrived + place
        this.fit.checkBatch(input.id, tensor.data, numberOf, this.place)
      }
      feed.tensor = tensor
    }
    this.arrived += batch.size
    return feeds
  }
}

function batchShape(input: LiveNode, size: number): Shape {
  return [size, ...((input.outputs[0] as LiveOutput).shape.slice(1) as number[])]
}

function demandColumn(input: LiveNode, columns: Readonly<Record<string, Shape>>, place: string): void {
  const column = entryOf(columns, input.id)
  if (!column) {
    throw new GradstreamError('DATA_MISMATCH', {
      place,
      expected: `a column "${input.id}" for the input of that name`,
      got: `only ${Object.keys(columns).map(show).join(' and ')}`,
    })
  }
  const [, ...sample] = (input.outputs[0] as LiveOutput).shape
  // One number per sample may be a flat list.
  const plain = column.length === 0 && sample.length === 1 && sample[0] === 1
  if (sameShape(column, sample) || plain) return
  throw new GradstreamError('DATA_MISMATCH', {
    place: `${place}, column "${input.id}"`,
    expected: `samples of shape ${showShape(sample)}`,
    got: showShape(column),
    hint: `Change the columns, or write input({ name: '${input.id}', shape: [${column.join(', ')}] }).`,
  })
}
