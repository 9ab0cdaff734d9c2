/** Feeds a data source into the inputs of a graph. */

import {
  entryOf,
  fitsShape,
  GradstreamError,
  type PortShape,
  type RandomKey,
  recordOf,
  type Shape,
  show,
  showSample,
  type Tensor,
} from '../../core/index.ts'
import { dataError } from '../data/data-error.ts'
import { demandColumn } from '../data/demand-column.ts'
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
  /** The shapes of one sample, with null for open axes, and of a full batch; the latter where all axes are known. */
  private readonly samples: Readonly<Record<string, PortShape>>
  private readonly shapes: readonly (Shape | undefined)[]
  /** Checks samples as they arrive, if they could not be checked in advance. */
  private readonly fit: DataFit | undefined
  private readonly place: string
  /** The most batches of a pass. */
  private readonly limit: number
  /** How many samples of this pass have arrived so far. */
  private arrived = 0
  private readonly feeds: { readonly input: LiveNode; tensor: Tensor }[]

  /** @throws GradstreamError `DATA_MISMATCH` if the columns do not fit the inputs. */
  constructor(
    engine: Engine,
    source: DataSource,
    batchSize: number,
    place: string,
    fit: DataFit,
    limit = Number.POSITIVE_INFINITY,
  ) {
    this.limit = limit
    this.engine = engine
    this.source = source
    this.batchSize = batchSize
    this.fit = isInMemory(source) ? undefined : fit
    this.place = place
    this.inputs = [...engine.nodes.values()].filter(({ definition }) => definition.role === 'input')
    this.feeds = this.inputs.map(input => ({ input, tensor: undefined as never }))
    this.samples = recordOf(this.inputs.map(input => [input.id, sampleOf(input)]))
    this.shapes = this.inputs.map(input =>
      isOpen(input) ? undefined : [batchSize, ...(sampleOf(input) as Shape)],
    )
    if (source.shapes) {
      for (const input of this.inputs) {
        demandColumn(source.shapes, input.id, sampleOf(input), {
          place,
          missing: { expected: `a column ${show(input.id)} for the input of that name` },
          fix: column =>
            `Change the columns, or write input({ name: '${input.id}', shape: [${column.join(', ')}] }).`,
        })
      }
    }
  }

  /** How many steps an epoch has, if known in advance. */
  get steps(): number | undefined {
    const { size, shapes } = this.source
    // A batch of a stream ends early where the length changes.
    const isUnknown = shapes === undefined && this.inputs.some(isOpen)
    return size === undefined || isUnknown
      ? undefined
      : Math.min(Math.ceil(size / this.batchSize), this.limit)
  }

  /** Counts a batch that is not fed. */
  pass({ size }: Batch): void {
    this.arrived += size
  }

  /** Opens a pass over the source, with its columns standardized. */
  epoch(scalings: Readonly<Record<string, Scaling>>, shuffle?: RandomKey): BatchCursor {
    this.arrived = 0
    const { batchSize, samples: inputs } = this
    const { precision } = this.engine.kernels
    const cursor = this.source.epoch({ batchSize, inputs, shuffle, scalings, precision })
    return Number.isFinite(this.limit) ? firstOf(cursor, this.limit) : cursor
  }

  /** Whether the samples come once, at their own pace. */
  get isLive(): boolean {
    return this.source.isLive === true
  }

  /**
   * Lends each input its part of a batch, which `isAhead` if it comes again.
   *
   * @throws GradstreamError `DATA_FAILED`, and errors of the source
   */
  fill(batch: Batch, isAhead = false): readonly Feed[] {
    const { feeds, shapes, batchSize } = this
    for (let i = 0; i < feeds.length; i++) {
      const feed = feeds[i] as (typeof feeds)[number]
      const { input } = feed
      const full = batch.size === batchSize ? shapes[i] : undefined
      const tensor = this.engine.lendInput(input, full ?? [batch.size, ...this.sampleIn(batch, input)])
      try {
        batch.write(input.id, tensor.data)
      } catch (thrown) {
        throw dataError(thrown)
      }
      if (this.fit) {
        const numberOf = (place: number) => batch.numberOf?.(place) ?? this.arrived + place
        const sampleOf = (id: string) => this.sampleIn(batch, this.engine.nodes.get(id) as LiveNode)
        this.fit.checkBatch(input.id, tensor.data, { numberOf, sampleOf, place: this.place })
      }
      feed.tensor = tensor
    }
    if (!isAhead) this.arrived += batch.size
    return feeds
  }

  /** The shape of the samples of a batch. */
  private sampleIn(batch: Batch, input: LiveNode): Shape {
    const sample = sampleOf(input)
    if (!isOpen(input)) return sample as Shape
    const given = batch.shapeOf?.(input.id) ?? entryOf(this.source.shapes ?? {}, input.id)
    if (given && fitsShape(given, sample)) return given
    throw new GradstreamError('DATA_MISMATCH', {
      place: `${this.place}, column "${input.id}"`,
      expected: `samples of shape ${showSample(sample)}`,
      got: given ? showSample(given) : 'a batch that does not tell their shape',
      hint: given
        ? 'Match the samples to the shape of the input.'
        : 'Give the batch a function shapeOf(column).',
    })
  }
}

/** The first batches of a pass. */
function firstOf(cursor: BatchCursor, count: number): BatchCursor {
  let left = count
  const counted = (batch: Batch | undefined) => {
    left--
    return batch
  }
  return {
    next() {
      if (left === 0) return undefined
      const batch = cursor.next()
      return batch instanceof Promise ? batch.then(counted) : counted(batch)
    },
    release: () => cursor.release?.(),
    close: () => cursor.close(),
  }
}

const sampleOf = (input: LiveNode): PortShape => (input.outputs[0] as LiveOutput).shape.slice(1)

const isOpen = (input: LiveNode): boolean => sampleOf(input).includes(null)
