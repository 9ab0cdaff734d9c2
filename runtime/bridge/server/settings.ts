/** The options of `openBridge`, checked. */
import { asyncScheduler, type SchedulerLike } from 'rxjs'
import {
  attempt,
  check,
  checkedAt,
  demandThing,
  entriesOf,
  GradstreamError,
  show,
} from '../../../core/index.ts'
import { Trainer } from '../../training/trainer.ts'
import { turns } from '../../training/turns.ts'
import type { Tokens } from './bridge.ts'
import { isLoopback, randomToken, TOKEN } from './guard.ts'

export interface BridgeOptions {
  /** 8080 by default, or one that is free where that is taken; 0 takes one that is free. 65,535 at most. */
  readonly port?: number
  /**
   * The address to listen at; `'127.0.0.1'`, which only this machine reaches, by default. Any other needs `tokens`;
   * `'0.0.0.0'` is all that this machine has.
   */
  readonly host?: string
  /** Random ones by default. At least 16 characters each, of those that an address takes as they are. */
  readonly tokens?: Partial<Tokens>
  /** How often a second the state is published at most; 20 by default. 1,000 at most. */
  readonly rate?: number
  /** How many clients there may be at a time; 100 by default. Where no controller is among them, one more may come. */
  readonly connections?: number
  /** The share of the time of a busy run that may go into what clients watch and ask; 0.02 by default. 1 at most. */
  readonly share?: number
  /** Further values of the Host header to answer to, such as `'gpu1.example:8080'` behind a proxy; none by default. */
  readonly hosts?: readonly string[]
  /** Further origins whose pages may connect, such as `'https://dash.example'`; none by default. */
  readonly origins?: readonly string[]
  /** Prints the address, once; `console.log` by default. */
  readonly print?: (line: string) => void
  /** The clock of publications, by default the system's; inject one in tests. */
  readonly scheduler?: SchedulerLike
}

/** Timers of the system, and a clock that does not jump when somebody sets the one on the wall. */
const steady: SchedulerLike = {
  now: () => turns.now(),
  schedule: asyncScheduler.schedule.bind(asyncScheduler) as SchedulerLike['schedule'],
}

const DEFAULTS: Required<BridgeOptions> = {
  port: 8080,
  host: '127.0.0.1',
  tokens: {},
  rate: 20,
  connections: 100,
  share: 0.02,
  hosts: [],
  origins: [],
  print: (line: string) => console.log(line),
  scheduler: steady,
}

/** Publications a second. */
const FASTEST = 1000

export type BridgeSettings = Required<BridgeOptions> & { readonly tokens: Tokens }

/**
 * All options, with random tokens where none are given.
 *
 * @throws GradstreamError `INVALID_OPTION`, `TOKEN_REQUIRED`
 */
export function settingsOf(trainer: Trainer, options: BridgeOptions): BridgeSettings {
  const own = checkedAt('openBridge', 'INVALID_OPTION', () => {
    demandThing(
      { trainer },
      'trainer',
      'a trainer made by createTrainer()',
      given => given instanceof Trainer,
    )
    return check.options(options, Object.keys(DEFAULTS))
  })
  const settings = { ...DEFAULTS, ...own }
  const { host, port, rate, connections, share, print, scheduler } = settings
  checkedAt('openBridge', 'INVALID_OPTION', () => {
    check.text({ host })
    check.integer({ port })
    check.positiveNumber({ rate })
    check.positiveInteger({ connections })
    check.positiveNumber({ share })
    check.texts({ hosts: settings.hosts })
    check.texts({ origins: settings.origins })
    check.callable({ print })
    check.scheduler({ scheduler })
  })
  if (rate > FASTEST) throw invalid(`rate to be at most ${FASTEST}`, show(rate))
  if (port < 0 || port > 65_535) throw invalid('port to be from 0 to 65535', show(port))
  if (share > 1) throw invalid('share to be at most 1', show(share))
  // What it throws concerns nobody else.
  const printSafely = (line: string) => void attempt(() => print(line))
  return { ...settings, print: printSafely, tokens: tokensOf(settings) }
}

/** What is wrong with a token is said without it. */
function tokensOf({ host, tokens }: Required<BridgeOptions>): Tokens {
  const entries = entriesOf<string | undefined>(tokens)
  if (entries === undefined) throw invalid('tokens by role', typeof tokens)
  const own: Partial<Tokens> = Object.fromEntries(entries.filter(([, token]) => token !== undefined))
  const roles = ['controller', 'viewer']
  if (Object.keys(own).some(role => !roles.includes(role)))
    throw invalid('tokens of "controller" and "viewer"', 'another role')
  for (const [role, token] of Object.entries(own)) {
    if (typeof token === 'string' && TOKEN.test(token)) continue
    throw required(
      `a token of 16 to 256 letters, digits or - . _ ~ for the ${role}`,
      'one that is too easy to guess, or cannot be sent',
    )
  }
  if (own.controller !== undefined && own.controller === own.viewer)
    throw required('different tokens for viewer and controller', 'the same')
  if (!isLoopback(host) && own.controller === undefined)
    throw required(`tokens: { controller } to open the run at ${host}`, 'none')
  return { controller: randomToken(), viewer: randomToken(), ...own }
}

const invalid = (expected: string, got: string) =>
  new GradstreamError('INVALID_OPTION', { place: 'openBridge', expected, got })

const required = (expected: string, got: string) =>
  new GradstreamError('TOKEN_REQUIRED', { place: 'openBridge', expected, got })
