/** The contestants of the comparison of training steps, and how to start them. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Variant } from './child.ts'

export interface Contestant {
  readonly name: string
  /** Whether it is gradstream. */
  readonly ours: boolean
  /** The ways to start it. A short trial picks the fastest for each net. */
  readonly variants: readonly Variant[]
  /** Why there is none. */
  readonly unavailable?: string
}

const execute = promisify(execFile)
const here = { command: process.execPath, options: ['--import', 'tsx'] }

type Runtime = typeof here

/** A contestant from a file in `peers/`. */
function inNode(
  name: string,
  file: string,
  args: readonly (string | number)[],
  runtime?: Runtime,
): Contestant {
  const ours = file === 'gradstream.ts'
  if (!runtime) return { name, ours, variants: [], unavailable: 'npx -y node@26 does not start' }
  const all = [...runtime.options, `bench/peers/${file}`, ...args.map(String)]
  return { name, ours, variants: [{ label: name, command: runtime.command, args: all }] }
}

/** PyTorch with several thread settings: its own threads, and those of its OpenBLAS. */
function inPython(
  name: string,
  python: string | undefined,
  settings: readonly [number, number][],
): Contestant {
  if (!python) {
    const unavailable = 'no python3 with torch here (Debian: apt-get install python3-torch)'
    return { name, ours: false, variants: [], unavailable }
  }
  const variants = settings.map(([own, blas]) => ({
    label: `${own} of its own, ${blas} of OpenBLAS`,
    command: python,
    args: ['bench/peers/pytorch.py', String(own)],
    // torch.set_num_threads does not limit an OpenBLAS with its own threads.
    env: { OPENBLAS_NUM_THREADS: String(blas), OMP_NUM_THREADS: String(own) },
  }))
  return { name, ours: false, variants }
}

/** All contestants, the peers last. */
export async function contestants(): Promise<Contestant[]> {
  const [python, newest] = await Promise.all([pythonWithTorch(), newestNode()])
  return [
    inNode('gradstream blas', 'gradstream.ts', ['blas', 1], here),
    inNode('gradstream blas, 2 threads', 'gradstream.ts', ['blas', 2], here),
    inNode('gradstream wasm', 'gradstream.ts', ['wasm', 1], here),
    inNode('gradstream wasm, 2 threads', 'gradstream.ts', ['wasm', 2], here),
    inNode('gradstream wasm, Node 26', 'gradstream.ts', ['wasm', 1], newest),
    inNode('gradstream wasm, Node 26, 2 threads', 'gradstream.ts', ['wasm', 2], newest),
    inNode('gradstream reference', 'gradstream.ts', ['reference', 1], here),
    inPython('PyTorch', python, [[1, 1]]),
    inPython('PyTorch, best threads', python, [
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
    ]),
    inNode('jax-js', 'jax.ts', [], here),
    inNode('jax-js, Node 26', 'jax.ts', [], newest),
    inNode('TensorFlow.js wasm', 'tensorflow.ts', ['wasm'], here),
    inNode('TensorFlow.js cpu', 'tensorflow.ts', ['cpu'], here),
  ]
}

export async function pythonWithTorch(): Promise<string | undefined> {
  for (const python of ['python3', '/usr/bin/python3']) {
    const works = await execute(python, ['-c', 'import torch']).then(
      () => true,
      () => false,
    )
    if (works) return python
  }
  return undefined
}

/** The newest Node, which strips types itself; npm fetches it on first use. */
async function newestNode(): Promise<Runtime | undefined> {
  try {
    const { stdout } = await execute('npx', ['-y', 'node@26', '-p', 'process.execPath'], { timeout: 300_000 })
    return { command: stdout.trim(), options: [] }
  } catch {
    return undefined
  }
}
