/** Text that a language model writes: it continues a text token by token, each drawn from what the model gives it. */
import { attempt, GradstreamError, RandomKey, show, type Tensor } from '../../../core/index.ts'
import { Dataset } from '../../data/dataset.ts'
import { engineOf } from '../../engine/model.ts'
import type { Trainer } from '../../training/trainer.ts'
import { encode } from '../json.ts'
import type { WriteQuery, Written } from '../protocol.ts'

/** How text becomes tokens, and tokens become text. */
export interface TextCodec {
  /** The tokens of a text: whole numbers from 0, as the model takes them. */
  readonly encode: (text: string) => ArrayLike<number>
  /** The text of tokens. */
  readonly decode: (tokens: readonly number[]) => string
}

/** The most tokens of an answer, and the default. */
const TOKENS = 256
const FEW = 32
/** The most characters of the text to continue, and the most of its last tokens that the model reads. */
const CHARACTERS = 4096
const READ = 512
/** After this many milliseconds an answer ends, with one token at least: the next one continues it. */
const LONG = 8
/** How many tokens of the data to begin with. */
const BEGINNING = 16

/** Losses of the next token. */
const LOSSES = ['sparseCategoricalCrossentropy', 'categoricalCrossentropy']

/** Where a language model reads and where it says what comes next. */
interface Places {
  readonly input: string
  /** How many tokens it takes; `null` for any number. */
  readonly length: number | null
  readonly vocabulary: number
  readonly node: string
  readonly output: string
  readonly fromLogits: boolean
}

export class Writer {
  private readonly trainer: Trainer
  private readonly codec: TextCodec | undefined
  private readonly now: () => number
  private places: Places | undefined

  constructor(trainer: Trainer, codec: TextCodec | undefined, now: () => number) {
    this.trainer = trainer
    this.codec = codec
    this.now = now
  }

  /**
   * Continues a text, as JSON.
   *
   * @throws GradstreamError `NOT_AVAILABLE` for a bridge without `text`, or a model that does not write; `FORBIDDEN`, `INVALID_MESSAGE`, and
   *   what `model.predict` throws
   */
  answer(query: WriteQuery): string {
    const { count = FEW, temperature = 1, seed = 0 } = query
    if (count < 1 || count > TOKENS) throw forbidden(`a count from 1 to ${TOKENS}`, String(count))
    if (!(temperature >= 0 && temperature < Number.POSITIVE_INFINITY))
      throw invalid('a finite temperature of 0 or more', show(temperature))
    const codec = this.demandCodec()
    this.places ??= placesIn(this.trainer)
    const { vocabulary } = this.places
    const prompt = query.text ?? this.beginning(codec, this.places)
    if (prompt.length > CHARACTERS)
      throw forbidden(`a text of at most ${CHARACTERS} characters`, String(prompt.length))
    const known = tokensOf(codec, prompt, vocabulary)
    const key = RandomKey.of(seed)
    const end = this.now() + LONG
    const written: number[] = []
    this.reading(this.places, read => {
      do {
        const scores = read([...known, ...written])
        // By the place in the text, so that it does not matter in how many parts it is written.
        const [luck = 0] = key.child(known.length + written.length).uniform(1)
        written.push(drawn(scores, temperature, luck))
      } while (written.length < count && this.now() < end)
    })
    const text = attempt(() => codec.decode(written))
    if (typeof text !== 'string') throw ofCodec('decode to give a text', show(text))
    const answer: Written = { prompt, text, tokens: written.length, step: engineOf(this.trainer.model).step }
    return encode(answer)
  }

  private demandCodec(): TextCodec {
    if (this.codec) return this.codec
    throw new GradstreamError('NOT_AVAILABLE', {
      place: 'write',
      expected: 'a bridge that knows how text becomes tokens',
      got: 'one that does not',
      hint: 'Say so when you open it: openBridge(trainer, { text: { encode, decode } }).',
    })
  }

  /** Calls `work` with a function from tokens to the scores of the next one, as logarithms. */
  private reading(places: Places, work: (read: (tokens: readonly number[]) => Float64Array) => void): void {
    const { model } = this.trainer
    const { input, length, node, output, fromLogits, vocabulary } = places
    let said: Tensor | undefined
    const tap = model.node(node).outputs[output]?.forward$.subscribe(({ tensor }) => {
      said = tensor.clone()
    })
    try {
      work(tokens => {
        const last = tokens.slice(-(length ?? READ))
        // What comes after the last token has no influence on what the model says at it.
        const padded = length === null ? last : [...last, ...new Array<number>(length - last.length).fill(0)]
        model.predict({ [input]: { shape: [1, padded.length], data: padded } })
        const { data } = said as Tensor
        const from = (last.length - 1) * vocabulary
        return Float64Array.from(data.subarray(from, from + vocabulary), score =>
          fromLogits ? score : Math.log(Math.max(score, 1e-30)),
        )
      })
    } finally {
      tap?.unsubscribe()
    }
  }

  /** The beginning of the first sample, or the first token of all. */
  private beginning({ decode }: TextCodec, { input }: Places): string {
    const { data } = this.trainer
    const isThere = data instanceof Dataset && Object.hasOwn(data.columns, input)
    const tokens = isThere ? [...data.column(input, [0]).data.subarray(0, BEGINNING)] : [0]
    const text = attempt(() => decode(tokens))
    if (typeof text !== 'string') throw ofCodec('decode to give a text', show(text))
    return text
  }
}

/** @throws GradstreamError `NOT_AVAILABLE` if the model is none that writes */
function placesIn({ model }: Trainer): Places {
  const { nodes } = engineOf(model)
  for (const { resolved } of nodes.values()) {
    if (!LOSSES.includes(resolved.entry.type)) continue
    const [prediction] = resolved.inputs
    if (!prediction) continue
    const { producer, output } = prediction
    const shape = producer.shapes[output] ?? []
    const behind = new Set([producer.id])
    for (const id of behind)
      for (const input of nodes.get(id)?.resolved.inputs ?? []) behind.add(input.producer.id)
    const inputs = [...nodes.values()].filter(node => node.definition.role === 'input' && behind.has(node.id))
    const [{ id: input, outputs } = { id: '', outputs: [] }, ...others] = inputs
    const read = outputs[0]?.shape ?? []
    const vocabulary = shape[2]
    if (shape.length !== 3 || read.length !== 2 || others.length > 0 || typeof vocabulary !== 'number')
      continue
    const fromLogits = resolved.config.fromLogits === true
    return { input, length: read[1] ?? null, vocabulary, node: producer.id, output, fromLogits }
  }
  throw new GradstreamError('NOT_AVAILABLE', {
    place: 'write',
    expected: 'a model that reads [batch, tokens] and predicts [batch, tokens, vocabulary]',
    got: 'another one',
  })
}

/** @throws GradstreamError `INVALID_MESSAGE` for a text of no tokens, or with others than the model knows */
function tokensOf(codec: TextCodec, text: string, vocabulary: number): number[] {
  const tokens = attempt(() => Array.from(codec.encode(text)))
  if (tokens === undefined) throw ofCodec('encode to give tokens', 'an error')
  if (tokens.length === 0) throw invalid('a text of at least one token', show(text))
  const isKnown = (token: number) => Number.isInteger(token) && token >= 0 && token < vocabulary
  const unknown = tokens.find(token => !isKnown(token))
  if (unknown === undefined) return tokens
  throw new GradstreamError('INVALID_MESSAGE', {
    place: 'write',
    expected: `tokens from 0 to ${vocabulary - 1}`,
    got: show(unknown),
    hint: 'The text has something in it that the vocabulary lacks.',
  })
}

/** A token from the softmax of scores / temperature; with temperature 0, the likeliest one. */
export function drawn(scores: Float64Array, temperature: number, luck: number): number {
  const most = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY)
  if (temperature === 0 || !Number.isFinite(most)) return Math.max(scores.indexOf(most), 0)
  const shares = scores.map(score => Math.exp((score - most) / temperature))
  let rest = luck * shares.reduce((sum, share) => sum + share, 0)
  for (let i = 0; i < shares.length; i++) {
    rest -= shares[i] as number
    if (rest < 0) return i
  }
  return shares.findLastIndex(share => share > 0)
}

const invalid = (expected: string, got: string) =>
  new GradstreamError('INVALID_MESSAGE', { place: 'write', expected, got })

const forbidden = (expected: string, got: string) =>
  new GradstreamError('FORBIDDEN', { place: 'write', expected, got })

const ofCodec = (expected: string, got: string) =>
  new GradstreamError('INVALID_OPTION', { place: 'openBridge: text', expected, got })
