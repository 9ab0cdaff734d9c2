/** What was published of a state: numbered, and kept for a while, so that who has an older one gets what it lacks. */
import type { RunState } from '../../training/run-state.ts'
import { encode } from '../json.ts'
import type { ServerMessage } from '../protocol.ts'
import { difference } from './difference.ts'

/** How many publications are kept, and how many characters their differences may have in all. */
const KEPT = 512
const CHARACTERS = 4 * 1024 * 1024
/** How many clients that have each another version may share the text that is made for one of them. */
const TEXTS = 16

interface Publication {
  readonly version: number
  readonly state: RunState
  readonly time: number
  /** How much more it is than the one before. */
  readonly weight: number
}

/** A message, and the version that it brings a client to. */
export interface Update {
  readonly text: string
  readonly version: number
}

/**
 * Kept are the states themselves, which share what has not changed between them, so the way from any of them to the
 * latest is found when it is asked for, and is as short as if it were a single step.
 */
export class Publications {
  private readonly kept: Publication[]
  private weight = 0
  /** By the version that a client has; undefined for those that need all of it. */
  private readonly texts = new Map<number | undefined, string>()

  constructor(state: RunState, time: number) {
    this.kept = [{ version: 1, state, time, weight: 0 }]
  }

  get version(): number {
    return this.latest.version
  }

  private get latest(): Publication {
    return this.kept.at(-1) as Publication
  }

  /** Publishes a state, if it is another than the latest. */
  add(state: RunState, time: number): void {
    const { kept, texts, latest } = this
    if (state === latest.state) return
    const version = latest.version + 1
    texts.clear()
    const text = patchText(latest, { version, state, time })
    texts.set(latest.version, text)
    kept.push({ version, state, time, weight: text.length })
    this.weight += text.length
    while (kept.length > KEPT || (kept.length > 1 && this.weight > CHARACTERS)) {
      kept.shift()
      // To come to the oldest that is left, nobody is there any more.
      this.weight -= (kept[0] as Publication).weight
    }
  }

  /** What a client with that version lacks: a patch, or a snapshot where its version is none that is kept. */
  since(version: number | undefined): Update | undefined {
    const { kept, latest, texts } = this
    if (version === latest.version) return undefined
    // Their versions count by one. What is no version is no place in a list either.
    const has = version === undefined ? undefined : kept[version - (kept[0] as Publication).version]
    const known = texts.get(has?.version)
    if (known !== undefined) return { text: known, version: latest.version }
    const text = has ? patchText(has, latest) : snapshotText(latest)
    if (texts.size >= TEXTS) texts.delete(texts.keys().next().value)
    texts.set(has?.version, text)
    return { text, version: latest.version }
  }
}

type Published = Omit<Publication, 'weight'>

function patchText(from: Published, { version, state, time }: Published): string {
  const patches = difference(from.state, state)
  return textOf({ type: 'patch', from: from.version, to: version, time, patches })
}

const snapshotText = ({ version, state, time }: Published) =>
  textOf({ type: 'snapshot', version, time, state })

const textOf = (message: ServerMessage) => encode(message)
