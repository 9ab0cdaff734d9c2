/** Stopwatches on methods of live objects, to time the parts of a step. */

export class Stopwatch {
  /** Milliseconds, without the cost of the stopwatch itself. */
  time = 0
  calls = 0
  private running = false

  /** Times every call of a method of this one object. A nested timed call counts as part of the outer one. */
  wrap(object: object, method: string): void {
    const target = object as Record<string, (...args: unknown[]) => unknown>
    const plain = target[method] as (...args: unknown[]) => unknown
    target[method] = (...args) => {
      if (this.running) return plain.apply(target, args)
      this.running = true
      const start = performance.now()
      const result = plain.apply(target, args)
      this.time += performance.now() - start - CLOCK
      this.calls++
      this.running = false
      return result
    }
  }

  reset(): void {
    this.time = 0
    this.calls = 0
  }
}

/** The time between two consecutive clock readings. */
const CLOCK = (() => {
  const count = 200_000
  let sum = 0
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    sum += performance.now() - start
  }
  return sum / count
})()

/** Times the matrix products of kernels, with or without fused operations. */
export function productWatch(kernels: object): Stopwatch {
  const watch = new Stopwatch()
  for (const name of methodsOf(kernels)) if (/^(matMul|affine)/.test(name)) watch.wrap(kernels, name)
  return watch
}

function methodsOf(object: object): Set<string> {
  const names = new Set<string>()
  for (let each = object; each && each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(each))) {
      if (typeof value === 'function') names.add(name)
    }
  }
  return names
}
