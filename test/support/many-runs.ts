/** Many recorded runs in little time: nothing is trained. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Model, RandomKey, recordRun } from 'gradstream'
import type { RunDescription } from '../../runtime/runs/format.ts'
import { RunFolder } from '../../runtime/runs/run-folder.ts'
import { RunRecorder } from '../../runtime/runs/run-recorder.ts'
import { recordedTrainer } from './recorded-run.ts'

/** Milliseconds of a step, and the steps of an epoch. */
const STEP = 1
const EPOCH = 1000

export interface Kind {
  readonly learningRate: number
  readonly units: number
  readonly batchSize: number
}

/** What the run with a number is. */
export function kindOf(number: number): Kind {
  const dice = RandomKey.of(number).child('kind').uniform(3, 0, 1)
  const pick = <T>(i: number, list: readonly T[]) => list[Math.floor((dice[i] as number) * list.length)] as T
  return {
    learningRate: pick(0, [0.3, 0.1, 0.03, 0.01, 0.003, 0.001]),
    units: pick(1, [4, 8, 16, 32, 64]),
    batchSize: pick(2, [16, 32, 64, 128]),
  }
}

/** So many runs of so many steps; the folders are `run-000` and so on. Their recorder is the real one, with a clock of its own. */
export function writeRuns(directory: string, count: number, steps: number): void {
  const { description, model } = pattern(directory)
  for (let number = 0; number < count; number++) {
    const kind = kindOf(number)
    const started = Date.UTC(2026, 10, 1) + number * 3_600_000
    const described = {
      ...describedAs(description, kind),
      runId: `run-${number}`,
      name: `rate ${kind.learningRate}, ${kind.units} units`,
      author: ['Ada', 'Grace', 'Emmy'][number % 3],
      started,
      seed: number,
    }
    const bytes = new TextEncoder().encode(JSON.stringify(described))
    const folder = new RunFolder(directory, `run-${String(number).padStart(3, '0')}`, bytes)
    record(folder, described as never, { model, kind, number, steps })
  }
}

type Described = Record<string, unknown> & {
  readonly graph: { readonly nodes: { readonly id: string; readonly config: object }[] }
  readonly settings: object
}

/** A run of a trainer, to have all fields as they are. */
function pattern(directory: string): { description: Described; model: Model } {
  const trainer = recordedTrainer({ metrics: ['r2'] })
  const { folder } = recordRun(trainer, directory)
  const description = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Described
  trainer.dispose()
  rmSync(folder, { recursive: true })
  return { description, model: trainer.model }
}

function describedAs({ graph, ...rest }: Described, { learningRate, units, batchSize }: Kind): object {
  const nodes = graph.nodes.map(node =>
    node.id === 'dense1' ? { ...node, config: { ...node.config, units } } : node,
  )
  const hyperparameters = { sgd1: { learningRate, momentum: 0, nesterov: false }, batchSize }
  return {
    ...rest,
    graph: { ...graph, nodes },
    hyperparameters,
    settings: { ...rest.settings, batchSize, epochs: 1000 },
  }
}

function record(
  folder: RunFolder,
  description: RunDescription,
  { model, kind, number, steps }: { model: Model; kind: Kind; number: number; steps: number },
): void {
  const { learningRate, units } = kind
  const { started: start } = description
  let now = start
  const scheduler = { now: () => now, schedule: () => undefined }
  const state = { revision: 0, status: 'idle', epoch: 0, step: 0, metrics: {}, reason: null, error: null }
  const recorder = new RunRecorder({ scheduler, state, model } as never, folder, description)
  // Better with more units, and with a learning rate near 0.03.
  const floor = 0.05 + 0.3 / units + 0.06 * Math.abs(Math.log10(learningRate / 0.03))
  const speed = 3e-5 * Math.sqrt(learningRate)
  let random = number * 2654435761 + 1
  const noise = () => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0
    return random / 2 ** 32 - 0.5
  }
  recorder.event({ type: 'started', time: now, epoch: 0, step: 0 })
  for (let step = 1; step <= steps; step++) {
    now += STEP
    const loss = floor + 0.7 * Math.exp(-speed * step) + 0.12 * noise()
    recorder.loss(step, loss)
    if (step % EPOCH !== 0) continue
    const overfit = (0.1 * step * units) / (64 * steps)
    const metrics = {
      loss,
      validationLoss: loss + overfit + 0.01 * noise(),
      validationAccuracy: 1 - loss / 2,
    }
    const samplesPerSecond = 32_000 + 900 * noise()
    recorder.event({
      type: 'epoch',
      time: now,
      step,
      epoch: step / EPOCH,
      metrics,
      seconds: 1,
      samplesPerSecond,
    })
  }
  recorder.event({ type: 'finished', time: now, epoch: Math.floor(steps / EPOCH), step: steps, metrics: {} })
  recorder.close()
}
