/**
 * Published states: numbered, and kept for a while, so that a client with an older one receives only the
 * difference.
 */
import type { RunState } from '../../training/run-state.ts'
import { encode } from '../json.ts'
import type { ServerMessage } from '../protocol.ts'
import { difference } from './difference.ts'

/** How many publications to keep, and the most characters of their differences in total. */
const KEPT = 512
const CHARACTERS = 4 * 1024 * 1024
/** How many texts to keep, each for clients with a different version. */
const TEXTS = 16

interface Publication {
  readonly version: number
  readonly state: RunState
  readonly time: number
  /** The size of its difference from the one before. */
  readonly weight: number
}

/** A message, and the version that a client has after it. */
export interface Update {
  readonly text: string
  readonly version: number
}

/**
 * Keeps the states themselves, which share unchanged parts. The difference from any of them to the latest is
 * computed on request, and is as short as a single step.
 */
export class Publications {
  private readonly kept: Publication[]
  private weight = 0
  /** By the version of a client; undefined for clients that need the full state. */
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

  /** Publishes a state, if it differs from the latest. */
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
      // No client needs the step to the oldest remaining state any more.
      this.weight -= (kept[0] as Publication).weight
    }
  }

  /** The update for a client with that version: a patch, or a snapshot if its version is no longer kept. */
  since(version: number | undefined): Update | undefined {
    const { kept, latest, texts } = this
    if (version === latest.version) return undefined
    // Versions are consecutive, so they index the list; invalid ones find nothing.
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
