/** The options of `openBridge`, checked. */
import { asyncScheduler, type SchedulerLike } from 'rxjs'
import {
  attempt,
  check,
  checkedAt,
  demandThing,
  didYouMeanName,
  entriesOf,
  GradstreamError,
  show,
} from '../../../core/index.ts'
import { checkedRecordOptions, RECORD_OPTIONS, type RecordOptions } from '../../runs/record-run.ts'
import { Trainer } from '../../training/trainer.ts'
import { turns } from '../../training/turns.ts'
import type { Tokens } from './bridge.ts'
import type { EditGraph } from './editing.ts'
import { isLoopback, randomToken, TOKEN } from './guard.ts'
import { type Address, NAME, remembered } from './remembered.ts'
import type { TextCodec } from './writer.ts'

export interface BridgeOptions {
  /** The port; by default 8080, or a free one if that is taken. 0 picks a free one. At most 65,535. */
  readonly port?: number
  /**
   * The address to listen at; `'127.0.0.1'` by default, which only this machine can reach. Any other needs
   * `tokens`; `'0.0.0.0'` stands for all addresses of this machine.
   */
  readonly host?: string
  /** Random by default. Each has at least 16 characters that need no escaping in a URL. */
  readonly tokens?: Partial<Tokens>
  /**
   * A name such as `'spirals'` under which the port and the tokens are kept for the next run, so that a bookmark and an open page find it; none by
   * default. They are in a file in the settings of the user (`~/.config/gradstream/addresses/`) that nobody else can read. If the kept port is in
   * use, this run takes a free one. `port` and `tokens` go before what is kept, and are kept from then on.
   */
  readonly remember?: string
  /** Whether to replace the kept tokens by new ones, so that the old addresses are worthless; false by default. */
  readonly newTokens?: boolean
  /** The most publications of the state per second; 20 by default, at most 1,000. */
  readonly rate?: number
  /** The most clients at a time; 100 by default. If none of them is a controller, there is room for one more. */
  readonly connections?: number
  /** The share of a busy run's time that watches and questions of clients may take; 0.02 by default, at most 1. */
  readonly share?: number
  /** More accepted values of the Host header, such as `'gpu1.example:8080'` behind a proxy; none by default. */
  readonly hosts?: readonly string[]
  /** More origins whose pages may connect, such as `'https://dash.example'`; none by default. */
  readonly origins?: readonly string[]
  /** A directory in which the run is recorded until the bridge is closed, as by `recordRun`, or also its options; none by default. */
  readonly runs?: string | BridgeRuns
  /**
   * How text becomes tokens and tokens become text, for a language model: the page then shows what it writes. None
   * by default. In a vocabulary of letters: `{ encode: text => Array.from(text, letter => letters.indexOf(letter)),
   * decode: tokens => tokens.map(token => letters[token]).join('') }`.
   */
  readonly text?: TextCodec
  /**
   * Lets controllers edit the graph: makes a trainer of an edited one, as the program made the first. The run so far, which is the second
   * argument, is then stopped and disposed of, and the new one begins at the same address, with new parameters unless this function takes them
   * over. It may return a promise. None by default: the graph stays as it is.
   *
   * @example openBridge(trainer, { edit: graph => createTrainer(compile(graph, { seed: 7 }), { data }) })
   */
  readonly edit?: EditGraph
  /** Prints the address, and where the run is recorded, once; `console.log` by default. */
  readonly print?: (line: string) => void
  /** The clock of publications, by default the system's; pass one in tests. */
  readonly scheduler?: SchedulerLike
}

/** Where a bridge records its run, and how. */
export interface BridgeRuns extends RecordOptions {
  readonly directory: string
}

type Settled = Required<Omit<BridgeOptions, 'runs' | 'remember' | 'text' | 'edit'>> & {
  readonly runs: string | BridgeRuns | undefined
  readonly remember: string | undefined
  readonly text: TextCodec | undefined
  readonly edit: EditGraph | undefined
}

/** System timers, and a monotonic clock that ignores changes of the wall clock. */
const steady: SchedulerLike = {
  now: () => turns.now(),
  schedule: asyncScheduler.schedule.bind(asyncScheduler) as SchedulerLike['schedule'],
}

const DEFAULTS: Settled = {
  port: 8080,
  host: '127.0.0.1',
  tokens: {},
  remember: undefined,
  newTokens: false,
  rate: 20,
  connections: 100,
  share: 0.02,
  hosts: [],
  origins: [],
  runs: undefined,
  text: undefined,
  edit: undefined,
  print: (line: string) => console.log(line),
  scheduler: steady,
}

/** The most publications per second. */
const FASTEST = 1000

export type BridgeSettings = Omit<Settled, 'runs'> & {
  readonly tokens: Tokens
  readonly runs: BridgeRuns | undefined
  /** The address under the name that it is kept by, if there is one yet. */
  readonly kept: Address | undefined
}

/**
 * All options, with random tokens by default.
 *
 * @throws GradstreamError `INVALID_OPTION`, `TOKEN_REQUIRED`, `FILE_NOT_READ`
 */
export function settingsOf(trainer: Trainer, options: BridgeOptions): BridgeSettings {
  const own = checkedAt('openBridge', 'INVALID_OPTION', () => {
    demandThing(
      { trainer },
      'trainer',
      'a trainer made by createTrainer()',
      given => given instanceof Trainer,
      'openBridge',
    )
    return check.options(options, Object.keys(DEFAULTS))
  })
  const settings = { ...DEFAULTS, ...own }
  let runs: BridgeRuns | undefined
  const { host, port, rate, connections, share, print, scheduler } = settings
  checkedAt('openBridge', 'INVALID_OPTION', () => {
    check.text({ host })
    check.integer({ port })
    check.positiveNumber({ rate })
    check.positiveInteger({ connections })
    check.positiveNumber({ share })
    check.texts({ hosts: settings.hosts })
    check.texts({ origins: settings.origins })
    runs = settings.runs === undefined ? undefined : checkedRuns(settings.runs)
    if (settings.remember !== undefined) check.text({ remember: settings.remember })
    check.boolean({ newTokens: settings.newTokens })
    if (settings.text !== undefined) {
      const { encode, decode } = check.options(settings.text, ['encode', 'decode'])
      check.callable({ encode })
      check.callable({ decode })
    }
    if (settings.edit !== undefined) check.callable({ edit: settings.edit })
    check.callable({ print })
    check.scheduler({ scheduler })
  })
  if (rate > FASTEST) throw invalid(`rate to be at most ${FASTEST}`, show(rate))
  if (port < 0 || port > 65_535) throw invalid('port to be from 0 to 65535', show(port))
  if (share > 1) throw invalid('share to be at most 1', show(share))
  const { remember, newTokens } = settings
  if (remember !== undefined && !NAME.test(remember))
    throw invalid('remember to be a name of 1 to 64 letters, digits or - . _', show(remember))
  const kept = remember === undefined ? undefined : remembered(remember)
  // Ignore what it throws.
  const printSafely = (line: string) => void attempt(() => print(line))
  return {
    ...settings,
    runs,
    port: own.port ?? kept?.port ?? port,
    print: printSafely,
    tokens: tokensOf(settings, newTokens ? undefined : kept?.tokens),
    kept,
  }
}

/** @throws CheckFailed */
function checkedRuns(runs: string | BridgeRuns): BridgeRuns {
  if (typeof runs === 'string') {
    check.text({ runs })
    return { directory: runs }
  }
  const own = check.options(runs, ['directory', ...RECORD_OPTIONS])
  const { directory, ...options } = own
  check.text({ directory })
  checkedRecordOptions(options)
  return own
}

/** Errors about tokens do not repeat the token. */
function tokensOf({ host, tokens }: Settled, kept: Tokens | undefined): Tokens {
  const entries = entriesOf<string | undefined>(tokens)
  if (entries === undefined) throw invalid('tokens by role', typeof tokens)
  const own: Partial<Tokens> = Object.fromEntries(entries.filter(([, token]) => token !== undefined))
  const roles = ['controller', 'viewer']
  const other = Object.keys(own).find(role => !roles.includes(role))
  if (other !== undefined)
    throw invalid('tokens of "controller" and "viewer"', 'another role', didYouMeanName(other, roles).hint)
  for (const [role, token] of Object.entries(own)) {
    if (typeof token === 'string' && TOKEN.test(token)) continue
    throw required(
      `a token of 16 to 256 letters, digits or - . _ ~ for the ${role}`,
      'one that is too easy to guess or that a URL cannot hold',
    )
  }
  if (!isLoopback(host) && own.controller === undefined)
    throw required(`tokens: { controller } to open the run at ${host}`, 'none')
  const all = { controller: randomToken(), viewer: randomToken(), ...kept, ...own }
  if (all.controller === all.viewer) throw required('different tokens for viewer and controller', 'the same')
  return all
}

const invalid = (expected: string, got: string, hint?: string) =>
  new GradstreamError('INVALID_OPTION', {
    place: 'openBridge',
    expected,
    got,
    ...(hint !== undefined && { hint }),
  })

const required = (expected: string, got: string) =>
  new GradstreamError('TOKEN_REQUIRED', { place: 'openBridge', expected, got })
