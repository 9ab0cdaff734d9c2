/** A run that is told what to be, state by state. */
import type { RunState } from 'gradstream'
import { BehaviorSubject } from 'rxjs'

const IDLE: RunState = {
  runId: 'fake',
  status: 'idle',
  epoch: 0,
  step: 0,
  epochs: 3,
  stepsPerEpoch: 10,
  elapsed: 0,
  data: { source: 'arrays', samples: 320 },
  validation: null,
  seeds: { model: 0, order: 0 },
  kernels: { name: 'reference', precision: 'float32', description: 'plain JavaScript' },
  hyperparameters: {},
  follows: {},
  limits: {},
  revision: 0,
  metrics: {},
  history: [],
  best: null,
  nodes: {},
  parameters: 0,
  graph: { format: 'gradstream-graph', version: 1, nodes: [], outputs: {} },
  throughput: 0,
  stepsPerSecond: null,
  checkpoints: null,
  error: null,
  reason: null,
  notes: [],
}

export class FakeRun {
  readonly state$: BehaviorSubject<RunState>

  constructor(changes: Partial<RunState> = {}) {
    this.state$ = new BehaviorSubject({ ...IDLE, ...changes })
  }

  become(changes: Partial<RunState>): void {
    this.state$.next({ ...this.state$.value, ...changes })
  }

  /** Ends an epoch, at the given step. */
  endEpoch(epoch: number, step: number, metrics: RunState['metrics']): void {
    const { history } = this.state$.value
    this.become({ epoch, step, metrics, history: [...history, { epoch, step, metrics }] })
  }
}
