/**
 * How a contestant is spoken to: a process that reads a question a line and writes an answer a line, both JSON.
 *
 * It begins with a `Hello`. Lines that are no JSON object, such as a library's greeting, are passed over.
 */
import { createInterface } from 'node:readline'
import { NETS, type Net, type NetName } from './nets.ts'

export interface Hello {
  /** What runs, by name: versions, kernels, the core that a BLAS was chosen for. */
  readonly versions?: Readonly<Record<string, string>>
  /** Why it cannot take part. */
  readonly unavailable?: string
}

export interface Question {
  readonly net: NetName
  /** How long to train, at least. */
  readonly milliseconds: number
}

export interface Answer {
  /** The time of the whole training by its steps. */
  readonly microseconds: number
  readonly steps: number
  /** The most memory that the process has had in RAM so far, in MiB. */
  readonly peakMemory: number
}

/** Trains that many steps. */
export type Train = (steps: number) => unknown

export interface Entrant {
  readonly versions: Readonly<Record<string, string>>
  prepare(net: Net): Train
}

/** How long a network is trained before its first measurement: compilers and caches have settled by then. */
const WARM_UP = 700

/** By this the time of a measurement is divided to give that of the steps before it, which are not counted. */
const LEAD_IN = 4

/** Takes part: says hello, then answers until the input ends. */
export async function serve(enter: () => Promise<Entrant>): Promise<void> {
  const say = (line: Hello | Answer) => process.stdout.write(`${JSON.stringify(line)}\n`)
  let entrant: Entrant
  try {
    entrant = await enter()
  } catch (error) {
    say({ unavailable: (error as Error).message.split('\n')[0] as string })
    process.exit()
  }
  say({ versions: entrant.versions })
  const known = new Map<NetName, { train: Train; pace: number }>()
  for await (const line of createInterface({ input: process.stdin })) {
    const { net, milliseconds }: Question = JSON.parse(line)
    let trained = known.get(net)
    if (!trained) {
      const train = entrant.prepare(NETS[net])
      // The first step is left out of the pace: it compiles and allocates.
      await train(1)
      trained = { train, pace: await paceOf(train, WARM_UP, 0.1) }
      known.set(net, trained)
    }
    // While others had their turn, the caches of the processor were theirs.
    if (trained.pace < milliseconds) await timeOf(trained.train, milliseconds / LEAD_IN, trained.pace)
    const measured = await timeOf(trained.train, milliseconds, trained.pace)
    trained.pace = measured.elapsed / measured.steps
    say({
      microseconds: (measured.elapsed / measured.steps) * 1000,
      steps: measured.steps,
      peakMemory: process.resourceUsage().maxRSS / 1024,
    })
  }
  process.exit()
}

/** The milliseconds of a step, found by training ever longer. */
async function paceOf(train: Train, milliseconds: number, guess: number): Promise<number> {
  let pace = guess
  for (let total = 0; total < milliseconds; ) {
    const { elapsed, steps } = await timeOf(train, Math.min(milliseconds / 4, 20 * pace), pace)
    total += elapsed
    pace = elapsed / steps
  }
  return pace
}

/** Trains for some milliseconds, in four pieces or so, at least a step. */
async function timeOf(train: Train, milliseconds: number, pace: number) {
  const piece = Math.max(1, Math.round(milliseconds / 4 / pace))
  const start = performance.now()
  for (let steps = 0; ; ) {
    await train(piece)
    steps += piece
    const elapsed = performance.now() - start
    if (elapsed >= milliseconds) return { elapsed, steps }
  }
}
