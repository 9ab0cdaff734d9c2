/** Has a language model write texts, one after another, each in parts as the run has time for them. */
import type { WriteQuery, Written } from '../../client.ts'

/** How long a text becomes, in tokens, and the most that is asked for at once. */
const TOKENS = 300
const PART = 32
/** How many earlier texts to keep. */
const KEPT = 5

/** What a text begins with, and how it goes on. */
export interface Begun {
  /** Undefined for the beginning of the data. */
  readonly prompt: string | undefined
  readonly temperature: number
  readonly seed: number
}

export interface Text {
  readonly prompt: string
  readonly text: string
  readonly tokens: number
  /** The step at which it was begun. */
  readonly step: number
}

interface Asked {
  write(query: WriteQuery): Promise<Written>
}

export class Typist {
  /** The text that is being written; undefined before its first part. */
  present: Text | undefined
  /** Those that are complete, the latest first. */
  earlier: readonly Text[] = []
  private readonly client: Asked
  private begun: Begun

  constructor(client: Asked, begun: Begun) {
    this.client = client
    this.begun = begun
  }

  get isComplete(): boolean {
    return this.present !== undefined && this.present.tokens >= TOKENS
  }

  /** Begins anew, from something else. */
  begin(begun: Begun): void {
    this.begun = begun
    this.present = undefined
  }

  /** Begins the next text, of the model as it is then. */
  again(): void {
    if (this.present) this.earlier = [this.present, ...this.earlier].slice(0, KEPT)
    this.present = undefined
  }

  /** Adds the next part. */
  async next(): Promise<void> {
    const { begun, present } = this
    const { prompt, temperature, seed } = begun
    const text = present ? present.prompt + present.text : prompt
    const left = TOKENS - (present?.tokens ?? 0)
    const part = await this.client.write({
      ...(text !== undefined && { text }),
      count: Math.min(PART, left),
      temperature,
      seed,
    })
    // An answer to what is no longer asked.
    if (begun !== this.begun || present !== this.present) return
    this.present = {
      prompt: present?.prompt ?? part.prompt,
      text: (present?.text ?? '') + part.text,
      tokens: (present?.tokens ?? 0) + part.tokens,
      step: present?.step ?? part.step,
    }
  }
}
