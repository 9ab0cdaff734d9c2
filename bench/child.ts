/** A contestant's process, seen from the side that asks. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Answer, Hello, Question } from './protocol.ts'

/** How to start a contestant. */
export interface Variant {
  readonly label: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The longest time for an answer: a few steps of a large net on a slow contestant. */
const PATIENCE = 180_000

export class Child {
  readonly label: string
  private readonly process: ChildProcessWithoutNullStreams
  private readonly lines: AsyncIterator<string>
  private complaints = ''

  private constructor({ label, command, args, env = {} }: Variant) {
    this.label = label
    // Only the variant sets threads.
    const { OPENBLAS_NUM_THREADS: _, OMP_NUM_THREADS: __, ...inherited } = process.env
    this.process = spawn(command, args, { cwd: ROOT, env: { ...inherited, ...env }, stdio: 'pipe' })
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
    this.process.stderr.on('data', text => {
      this.complaints = (this.complaints + text).slice(-10_000)
    })
    this.process.stdin.on('error', () => undefined)
    this.process.on('error', error => {
      this.complaints += `\nError: ${error.message}`
    })
  }

  /** @throws Error with the reason why it cannot take part */
  static async start(variant: Variant): Promise<{ child: Child; hello: Hello }> {
    const child = new Child(variant)
    const hello = await child.read<Hello>()
    if (hello.unavailable === undefined) return { child, hello }
    await child.end()
    throw new Error(hello.unavailable.replaceAll(ROOT, ''))
  }

  ask(question: Question): Promise<Answer> {
    this.process.stdin.write(`${JSON.stringify(question)}\n`)
    return this.read<Answer>()
  }

  /** Resolves when the process has ended, so that the next one has the machine to itself. */
  async end(): Promise<void> {
    const { pid, exitCode, signalCode } = this.process
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    const gone = once(this.process, 'exit')
    this.process.kill('SIGKILL')
    await gone
  }

  private async read<T>(): Promise<T> {
    const timer = setTimeout(() => {
      this.complaints += `\nError: no answer in ${PATIENCE / 1000} s`
      void this.end()
    }, PATIENCE)
    try {
      for (;;) {
        const { done, value } = await this.lines.next()
        if (done) throw new Error(this.reason)
        if (value.startsWith('{')) return JSON.parse(value) as T
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** The line of its error output that names an error, without the paths of this machine. */
  private get reason(): string {
    const lines = this.complaints.trim().split('\n')
    const line = lines.findLast(text => /Error\b/.test(text)) ?? lines.at(-1)
    return line?.replaceAll(ROOT, '').trim() || 'it ended without a message'
  }
}
