/** Whether several threads pay for a product: found by trial, where it is used. */

/** Rounds of a trial. Of each way the fastest time counts, since what disturbs only adds to it. */
const ROUNDS = 6
/** Threads have to save a tenth at least: they take from what else the machine has to do. */
const WORTH = 0.9

/**
 * The trial of one product, by its first calls: they take turns between one thread and all, and are timed. How long it
 * takes to share out a product depends on the library, the processor and what else runs there, so no size says it for all.
 *
 * The numbers must not depend on the clock. So the first call whose result tells something is computed both ways; where a
 * single number differs, all threads are used from then on, whatever they cost, as they are before.
 */
export class ThreadTrial {
  /** Settled: how many threads this product gets. */
  threads: number | undefined
  private readonly all: number
  private readonly fastest = { one: Number.POSITIVE_INFINITY, all: Number.POSITIVE_INFINITY }
  private calls = 0

  constructor(all: number) {
    this.all = all
  }

  /** Computes the product; `result` reads what it has computed. */
  run(multiply: (threads: number) => void, result: () => Float32Array): void {
    const { all, fastest } = this
    if (this.calls === 0) {
      multiply(all)
      if (!tellsMuch(result())) return
      const together = result().slice()
      multiply(1)
      if (!sameNumbers(together, result())) {
        this.threads = all
        result().set(together)
      }
      this.calls = 1
      return
    }
    const call = this.calls++
    const way = call % 2 === 0 ? 'one' : 'all'
    const start = performance.now()
    multiply(way === 'one' ? 1 : all)
    fastest[way] = Math.min(fastest[way], performance.now() - start)
    if (call === 2 * ROUNDS) this.threads = fastest.all < WORTH * fastest.one ? all : 1
  }
}

/** Zeros are the same in whatever order they are added up, and so is what is not finite. */
function tellsMuch(numbers: Float32Array): boolean {
  let telling = 0
  for (const x of numbers) if (x !== 0 && Number.isFinite(x)) telling++
  return telling > numbers.length / 2
}

function sameNumbers(a: Float32Array, b: Float32Array): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false
  return true
}
