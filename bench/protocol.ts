/**
 * The protocol of contestants: a process that reads one question per line and writes one answer per line,
 * both as JSON.
 *
 * It begins with a `Hello`. Lines that are not JSON objects, such as a library's greeting, are skipped.
 */
import { createInterface } from 'node:readline'
import type { LayeredName } from './layered.ts'
import type { NetName } from './nets.ts'

export interface Hello {
  /** What runs, by name: versions, kernels, the core that the BLAS chose. */
  readonly versions?: Readonly<Record<string, string>>
  /** Why it cannot take part. */
  readonly unavailable?: string
}

export type AnyNet = NetName | LayeredName

export interface Question {
  readonly net: AnyNet
  /** The shortest time to train. */
  readonly milliseconds: number
}

export interface Answer {
  /** The time of the whole training divided by its steps. */
  readonly microseconds: number
  readonly steps: number
  /** The peak resident memory of the process so far, in MiB. */
  readonly peakMemory: number
}

/** Trains that many steps. */
export type Train = (steps: number) => unknown

export interface Entrant {
  readonly versions: Readonly<Record<string, string>>
  /** @throws Error if it does not have that network */
  prepare(net: AnyNet): Train
}

/** How long to train a network before its first measurement, so that compilers and caches settle. */
const WARM_UP = 700

/** The uncounted steps before a measurement take one part in this many of its time. */
const LEAD_IN = 4

/** Runs a contestant: says hello, then answers until the input ends. */
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
  const known = new Map<AnyNet, { train: Train; pace: number }>()
  for await (const line of createInterface({ input: process.stdin })) {
    const { net, milliseconds }: Question = JSON.parse(line)
    let trained = known.get(net)
    if (!trained) {
      const train = entrant.prepare(net)
      // Exclude the first step from the pace: it compiles and allocates.
      await train(1)
      trained = { train, pace: await paceOf(train, WARM_UP, 0.1) }
      known.set(net, trained)
    }
    // The other contestants have filled the processor's caches meanwhile.
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

/** The milliseconds of a step, measured by training longer and longer. */
async function paceOf(train: Train, milliseconds: number, guess: number): Promise<number> {
  let pace = guess
  for (let total = 0; total < milliseconds; ) {
    const { elapsed, steps } = await timeOf(train, Math.min(milliseconds / 4, 20 * pace), pace)
    total += elapsed
    pace = elapsed / steps
  }
  return pace
}

/** Trains for some milliseconds in about four pieces of at least one step. */
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
