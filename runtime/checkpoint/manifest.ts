/** The manifest: says what belongs together, and proves that it is whole. */
import { attempt, GradstreamError, isRecord, show } from '../../core/index.ts'

/** The files of a folder, by their names. */
export type Files = ReadonlyMap<string, Uint8Array>

export const MANIFEST = 'manifest.json'

/** A file that was read, with its hash where that is known already. */
export interface Content {
  readonly bytes: Uint8Array
  readonly sha256?: string
}

export interface Listed {
  readonly bytes: number
  readonly sha256: string
}

interface Manifest {
  readonly format: string
  readonly version: number
  readonly files: Readonly<Record<string, Listed>>
}

/** What the files are together, and the newest version of that which is known. */
export interface Format {
  readonly format: string
  readonly version: number
}

/** The files with a manifest that lists them. */
export async function sealed(format: Format, files: Files): Promise<Files> {
  const listed = await Promise.all(
    Array.from(files, async ([name, bytes]): Promise<[string, Listed]> => {
      return [name, { bytes: bytes.length, sha256: await hashOf(bytes) }]
    }),
  )
  return new Map([...files, [MANIFEST, manifestOf(format, listed)]])
}

/** The bytes of a manifest. */
export function manifestOf(
  { format, version }: Format,
  listed: readonly [name: string, Listed][],
): Uint8Array {
  return new TextEncoder().encode(textOf({ format, version, files: Object.fromEntries(listed) }))
}

/** Written in one way alone, so that no byte of it can change unseen. */
const textOf = (manifest: Manifest) => `${JSON.stringify(manifest, null, 2)}\n`

/**
 * Reads the manifest and the files that it lists, and makes sure that each is whole.
 *
 * @param read gives a file by its name
 * @param isWanted which of the files; all of them by default
 * @throws GradstreamError `BAD_FILE`, and whatever `read` throws
 */
export async function readSealed(
  wanted: Format,
  place: string,
  read: (name: string) => Promise<Content>,
  isWanted: (name: string) => boolean = () => true,
): Promise<Files> {
  const { files } = manifestFrom((await read(MANIFEST)).bytes, wanted, place)
  const listed = Object.entries(files).filter(([name]) => isWanted(name))
  const entries = listed.map(async ([name, { bytes, sha256 }]) => {
    const { bytes: content, sha256: known } = await read(name)
    const failed = (expected: string, got: string) =>
      new GradstreamError('BAD_FILE', { place: `${place}: ${name}`, expected, got })
    if (content.length !== bytes) throw failed(`${bytes} bytes`, String(content.length))
    if ((known ?? (await hashOf(content))) !== sha256)
      throw failed('the bytes that were written', 'others, by their SHA-256')
    return [name, content] as const
  })
  return new Map(await Promise.all(entries))
}

function manifestFrom(bytes: Uint8Array, wanted: Format, place: string): Manifest {
  const text = attempt(() => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  const manifest = attempt(() => JSON.parse(text as string)) as Manifest | undefined
  const own = `${place}: ${MANIFEST}`
  const { format, version } = isRecord(manifest) ? manifest : ({} as Partial<Manifest>)
  if (format !== wanted.format) {
    // Many servers answer with their start page where there is no file.
    const isPage = text?.trimStart().startsWith('<') === true
    const got = isPage ? 'a page in HTML' : manifest === undefined ? 'a damaged one' : show(format)
    const hint = 'Check the address: there is no such folder, and the server gives a page in its place.'
    const details = { place: own, expected: `a manifest of a ${wanted.format}`, got, ...(isPage && { hint }) }
    throw new GradstreamError('BAD_FILE', details)
  }
  if (Number.isSafeInteger(version) && (version as number) > wanted.version) {
    throw new GradstreamError('BAD_FILE', {
      place: own,
      expected: `version ${wanted.version} or older`,
      got: show(version),
      hint: 'Load it with the version of gradstream that wrote it, or a newer one.',
    })
  }
  const known = attempt(() => textOf(normalized(manifest as Manifest)))
  if (version !== wanted.version || known === undefined || known !== text)
    throw new GradstreamError('BAD_FILE', {
      place: own,
      expected: 'a manifest as it was written',
      got: 'a changed one',
    })
  return manifest as Manifest
}

/** What a manifest consists of, and nothing else. A name is that of a file beside it, and leads nowhere else. */
function normalized({ format, version, files }: Manifest): Manifest {
  const listed = Object.entries(files).map(([name, { bytes, sha256 }]): [string, Listed] => {
    if (!/^\w[\w.-]*$/.test(name) || name === MANIFEST) throw new Error('no name of a file')
    return [name, { bytes, sha256 }]
  })
  return { format, version, files: Object.fromEntries(listed) }
}

async function hashOf(bytes: Uint8Array): Promise<string> {
  const subtle = attempt(() => globalThis.crypto.subtle)
  if (!subtle) {
    throw new GradstreamError('NOT_AVAILABLE', {
      place: 'SHA-256',
      expected: 'a page from https:// or from this machine, where browsers compute it',
      got: 'one from http://',
      hint: 'Serve the page over https.',
    })
  }
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
}
