/** Addresses that stay: the port and the tokens of a bridge, each under a name in a small file of the user's. */
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { attempt, GradstreamError } from '../../../core/index.ts'
import type { Tokens } from './bridge.ts'
import { TOKEN } from './guard.ts'

export interface Address {
  readonly port: number
  readonly tokens: Tokens
}

/** A name is part of the name of a file. */
export const NAME = /^[a-z\d][\w.-]{0,63}$/i

/** The most bytes of a file, and the most files: of more, the ones that were not written for longest go. */
const LARGEST = 4096
const MOST = 64

const isWindows = process.platform === 'win32'

/** In the folder where the system keeps a user's settings. */
function folder(): string {
  const own = isWindows ? process.env.APPDATA : process.env.XDG_CONFIG_HOME
  return join(own || join(homedir(), '.config'), 'gradstream', 'addresses')
}

export const fileOf = (name: string): string => join(folder(), `${name}.json`)

/**
 * The address under a name; undefined if there is none yet. A file that others could have read or written is refused, since they may know
 * its tokens.
 *
 * @throws GradstreamError `FILE_NOT_READ`
 */
export function remembered(name: string): Address | undefined {
  const path = fileOf(name)
  const text = contentOf(path)
  if (text === undefined) return undefined
  const { port, tokens } = attempt(() => JSON.parse(text) as Partial<Address>) ?? {}
  const { controller, viewer } = tokens ?? {}
  const isPort = Number.isInteger(port) && (port as number) > 0 && (port as number) <= 65_535
  const areTokens = [controller, viewer].every(token => typeof token === 'string' && TOKEN.test(token))
  if (!isPort || !areTokens || controller === viewer)
    throw refused(path, '{ port, tokens: { controller, viewer } }', 'something else')
  return { port, tokens: { controller, viewer } } as Address
}

function contentOf(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw refused(path, 'a readable file', code === 'ELOOP' ? 'a link' : `the error ${code}`)
  }
  try {
    const status = fstatSync(file)
    if (!status.isFile()) throw refused(path, 'a file', 'something else')
    if (status.size > LARGEST) throw refused(path, `at most ${LARGEST} bytes`, `${status.size}`)
    if (!isWindows && ((status.mode & 0o077) !== 0 || status.uid !== process.getuid?.()))
      throw refused(path, 'a file that is yours and that only you can read', 'one that others can')
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

const refused = (path: string, expected: string, got: string) =>
  new GradstreamError('FILE_NOT_READ', {
    place: `openBridge: ${path}`,
    expected,
    got,
    hint: 'Delete it; the next run makes a new one, with new tokens.',
  })

/** Keeps an address under a name, in one piece and readable for its owner alone. Throws what the disk throws. */
export function remember(name: string, address: Address): void {
  const path = fileOf(name)
  mkdirSync(folder(), { recursive: true, mode: 0o700 })
  const beside = `${path}.${process.pid}`
  try {
    rmSync(beside, { force: true })
    writeFileSync(beside, `${JSON.stringify(address, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(beside, path)
  } catch (error) {
    attempt(() => rmSync(beside, { force: true }))
    throw error
  }
  // What could not be cleared away does no harm.
  attempt(forgetOldest)
}

function forgetOldest(): void {
  const files = readdirSync(folder()).map(file => join(folder(), file))
  if (files.length <= MOST) return
  const byAge = files.map(path => ({ path, time: statSync(path).mtimeMs })).sort((a, b) => b.time - a.time)
  for (const { path } of byAge.slice(MOST)) rmSync(path, { force: true })
}
