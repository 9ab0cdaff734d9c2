/** The figures of a run for a Prometheus server. */
import { validated } from '../../training/meter.ts'
import type { RunState, RunStatus } from '../../training/run-state.ts'
import type { BridgeServer } from './bridge-server.ts'
import type { Family, Sample } from './exposition.ts'
import { cpuTime } from './system-meter.ts'

const STATUSES: readonly RunStatus[] = ['idle', 'running', 'paused', 'stopped', 'finished', 'failed']

/** All families of a run. Reading them costs no step anything. */
export function figuresOf(server: BridgeServer): Family[] {
  const { trainer, run, spent, system, tallies, clientInfos } = server
  const { state } = trainer
  const { status, epoch, epochs, stepsPerEpoch, revision, throughput } = state
  const { stepTime } = system.read()
  const { rss, heapUsed } = process.memoryUsage()
  return [
    gauge('gradstream_run_info', 'Identifies the run.', [{ value: 1, labels: { run, run_id: state.runId } }]),
    gauge(
      'gradstream_run_status',
      'Whether the run has this status: 1 or 0.',
      STATUSES.map(each => ({ value: each === status ? 1 : 0, labels: { status: each } })),
    ),
    counter('gradstream_steps_total', 'Training steps done.', spent.steps),
    gauge('gradstream_epoch', 'The current epoch, from 1; 0 before the first.', epoch),
    gauge('gradstream_planned_epochs', 'Epochs planned in total.', epochs),
    gauge('gradstream_epoch_steps', 'Steps of an epoch, once known.', stepsPerEpoch ?? []),
    gauge('gradstream_batch_loss', 'Loss of the last training batch.', trainer.lastLoss),
    gauge(
      'gradstream_metric',
      'Losses and metrics: of the training data in the epoch so far, and of the last validation.',
      metricsOf(state),
    ),
    gauge(
      'gradstream_hyperparameter',
      'Numbers that the run is trained with, by optimizer or link.',
      hyperparametersOf(state),
    ),
    counter('gradstream_hyperparameter_changes_total', 'Changes of hyper-parameters.', revision),
    gauge('gradstream_throughput_samples_per_second', 'Samples per second, recently.', throughput),
    gauge(
      'gradstream_step_time_seconds',
      'Mean time of a step, recently.',
      stepTime === null ? [] : stepTime / 1000,
    ),
    counter(
      'gradstream_training_seconds_total',
      'Time of steps and everything around them.',
      spent.training / 1000,
    ),
    counter(
      'gradstream_watching_seconds_total',
      'Time of publications, watches and answers.',
      spent.watching / 1000,
    ),
    counter('gradstream_data_wait_seconds_total', 'Time of waiting for batches.', spent.waiting / 1000),
    gauge(
      'gradstream_clients',
      'Connected clients.',
      (['controller', 'viewer'] as const).map(role => ({
        value: clientInfos.filter(client => client.role === role).length,
        labels: { role },
      })),
    ),
    counter(
      'gradstream_alarms_total',
      'Alarms since the bridge was opened.',
      by('code', tallies.alarms.counts),
    ),
    counter(
      'gradstream_commands_total',
      'Commands since the bridge was opened.',
      by('outcome', tallies.commands.counts),
    ),
    counter(
      'gradstream_checkpoints_total',
      'Checkpoints written since the bridge was opened.',
      tallies.checkpoints.counts.get('written') ?? 0,
    ),
    // The usual names of figures of a process, so that dashboards for other programs fit.
    counter('process_cpu_seconds_total', 'CPU time of the process.', cpuTime() / 1000),
    gauge('process_resident_memory_bytes', 'Memory that the process holds.', rss),
    gauge(
      'process_start_time_seconds',
      'When the process started, since 1970.',
      performance.timeOrigin / 1000,
    ),
    gauge('nodejs_heap_size_used_bytes', 'JavaScript objects in memory.', heapUsed),
  ]
}

/** The figures of an epoch: those of validation data have the name of the others behind a prefix. */
function metricsOf({ metrics }: RunState): Sample[] {
  const plain = new Map(Object.keys(metrics).map(name => [validated(name), name]))
  return Object.entries(metrics).map(([name, value]) => {
    const own = plain.get(name)
    return { value, labels: { name: own ?? name, data: own === undefined ? 'training' : 'validation' } }
  })
}

function hyperparametersOf({ hyperparameters }: RunState): Sample[] {
  return Object.entries(hyperparameters).flatMap(([node, config]) => {
    if (typeof config === 'number') return [{ value: config, labels: { name: node } }]
    return Object.entries(config).flatMap(([name, value]) =>
      typeof value === 'number' ? [{ value, labels: { node, name } }] : [],
    )
  })
}

const by = (label: string, counts: ReadonlyMap<string, number>): Sample[] =>
  Array.from(counts, ([key, value]) => ({ value, labels: { [label]: key } }))

type Values = number | readonly Sample[]

const family =
  (type: Family['type']) =>
  (name: string, help: string, values: Values): Family => {
    return { name, type, help, samples: typeof values === 'number' ? [{ value: values }] : values }
  }

const [gauge, counter] = [family('gauge'), family('counter')]
