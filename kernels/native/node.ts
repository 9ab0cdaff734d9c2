/**
 * Modules of Node where there is Node. They are asked for at run time, so that the same files load in a browser, and
 * no bundler looks for them.
 */
import type * as Module from 'node:module'
import type * as OperatingSystem from 'node:os'
import type * as WorkerThreads from 'node:worker_threads'

interface Modules {
  'node:module': typeof Module
  'node:os': typeof OperatingSystem
  'node:worker_threads': typeof WorkerThreads
}

export function nodeModule<Name extends keyof Modules>(name: Name): Modules[Name] | undefined {
  const modules = globalThis.process?.getBuiltinModule as ((name: Name) => Modules[Name]) | undefined
  return modules?.(name)
}

/** How many threads this machine runs at once. */
export function parallelism(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } }
  return nodeModule('node:os')?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1
}
