/** Tools that read a run. Whatever grows is given in parts. */
import { firstValueFrom, takeUntil, timer } from 'rxjs'
import { CheckFailed, check, entryOf, type GraphDef, listOf, show } from '../../../core/index.ts'
import type { RunState } from '../../training/run-state.ts'
import type { Run, Tool } from './tool.ts'

/** The most points, epochs, events and nodes of one answer. */
const MOST = { points: 500, epochs: 200, events: 100, nodes: 100 } as const

/** How long to wait for statistics of a run that may have no time for them, in milliseconds. */
const PATIENCE = 1500

const summary: Tool = {
  name: 'summary',
  description:
    'How the run stands: status, progress, losses and metrics, hyper-parameters with the numbers that they accept, and the names of its series.',
  properties: {},
  call({ diary }) {
    const { nodes: _, graph, history, follows, ...state } = diary.state
    return {
      ...state,
      ...(Object.values(follows).some(each => Object.keys(each).length > 0) && { follows }),
      nodes: graph.nodes.length,
      pastEpochs: history.length,
      series: seriesOf(diary.state),
      you: { role: diary.role, author: diary.author },
      ...(diary.edits !== undefined && { editsToTakeBack: diary.edits, editsToMakeAgain: diary.takenBack }),
      ...(diary.interruption !== undefined && { outdated: diary.interruption }),
    }
  },
}

/** The names of the series that a run has by now. */
function seriesOf({ metrics, hyperparameters }: RunState): string[] {
  const numbers = Object.entries(hyperparameters).flatMap(([node, config]) =>
    typeof config === 'number'
      ? []
      : Object.keys(config)
          .filter(name => typeof config[name] === 'number')
          .map(name => `${node}.${name}`),
  )
  return ['loss', 'throughput', 'elapsed', ...Object.keys(metrics).map(name => `metrics.${name}`), ...numbers]
}

const series: Tool = {
  name: 'series',
  description:
    'The points of a figure over the steps of the run, thinned without losing its extremes. "summary" lists the names; "loss" is the loss of each batch.',
  properties: {
    name: { type: 'string', description: 'such as "loss", "metrics.validationLoss" or "sgd1.learningRate"' },
    from: { type: 'integer', minimum: 0, description: 'the first step; 0 by default' },
    to: { type: 'integer', minimum: 0, description: 'the last step; the latest by default' },
    points: {
      type: 'integer',
      minimum: 1,
      maximum: MOST.points,
      description: `the most points; 100 by default, at most ${MOST.points}`,
    },
  },
  required: ['name'],
  call({ client }, given) {
    const {
      name,
      from,
      to,
      points = 100,
    } = given as { name: string; from?: number; to?: number; points?: number }
    check.text({ name })
    if (from !== undefined) check.nonNegativeInteger({ from })
    if (to !== undefined) check.nonNegativeInteger({ to })
    atMost({ points }, MOST.points)
    return client.series(name, {
      points,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    })
  },
}

const epochs: Tool = {
  name: 'epochs',
  description: 'Losses and metrics of the latest past epochs, oldest first.',
  properties: {
    count: {
      type: 'integer',
      minimum: 1,
      maximum: MOST.epochs,
      description: `how many; 20 by default, at most ${MOST.epochs}`,
    },
  },
  call({ diary }, { count = 20 }) {
    return diary.state.history.slice(-atMost({ count }, MOST.epochs))
  },
}

const health: Tool = {
  name: 'health',
  description:
    'What is wrong with the run, if anything: its error with the way out, its alarms (overfitting, exploding gradients, numbers that are not finite), and what it costs: CPU, memory, the time of a step, the share of waiting for data.',
  properties: {},
  call({ diary }) {
    const { status, error, reason, epoch, step } = diary.state
    return {
      status,
      epoch,
      step,
      error,
      reason,
      alarms: diary.events.filter(({ type }) => type === 'alarm').slice(-MOST.events),
      system: diary.system ?? null,
      connection: diary.interruption ?? 'open',
    }
  },
}

const events: Tool = {
  name: 'events',
  description:
    'The latest events of the run, oldest first: commands with their authors, alarms, checkpoints, pauses. Ends of epochs are in "epochs".',
  properties: {
    count: {
      type: 'integer',
      minimum: 1,
      maximum: MOST.events,
      description: `how many; 20 by default, at most ${MOST.events}`,
    },
  },
  call({ diary }, { count = 20 }) {
    return diary.events.slice(-atMost({ count }, MOST.events))
  },
}

const graph: Tool = {
  name: 'graph',
  description:
    'The nodes of the network, optimizers and links included: id, type, what feeds each, shape (null is the batch axis), and how many parameters it has.',
  properties: {
    from: { type: 'integer', minimum: 0, description: 'how many nodes to leave out; 0 by default' },
    count: {
      type: 'integer',
      minimum: 1,
      maximum: MOST.nodes,
      description: `how many nodes; by default and at most ${MOST.nodes}`,
    },
  },
  call({ diary }, given) {
    const { from = 0, count = MOST.nodes } = given as { from?: number; count?: number }
    check.nonNegativeInteger({ from })
    const { graph, nodes } = diary.state
    const part = graph.nodes.slice(from, from + atMost({ count }, MOST.nodes))
    return {
      total: graph.nodes.length,
      from,
      nodes: part.map(({ id, type, inputs }) => {
        const { shape, parameters } = entryOf(nodes, id) ?? {}
        return { id, type, inputs, shape, parameters }
      }),
    }
  },
}

const explain: Tool = {
  name: 'explain',
  description:
    'Everything about one node: its options, what feeds it, its weights, statistics of its values and gradients in the running step, the numbers that its hyper-parameters accept and what they follow, and alarms about it.',
  properties: { node: { type: 'string', description: 'the id of a node, as "graph" lists it' } },
  required: ['node'],
  call(run, given) {
    const { node } = given as { node: string }
    check.text({ node })
    const { nodes } = run.diary.state.graph
    const entry = nodes.find(({ id }) => id === node)
    if (entry === undefined) throw new CheckFailed(`a node: ${listOf(nodes.map(({ id }) => id))}`, show(node))
    return explained(run, entry)
  },
}

async function explained(run: Run, { id, type, inputs, config }: GraphDef['nodes'][number]) {
  const { nodes, hyperparameters, limits, follows, status } = run.diary.state
  const info = entryOf(nodes, id)
  const statistics = async (side: 'forward' | 'backward') =>
    (status === 'running' ? await statisticsOf(run, id, side) : info?.[side]) ?? null
  const [forward, backward] = await Promise.all([statistics('forward'), statistics('backward')])
  const tuned = entryOf(hyperparameters, id)
  return {
    id,
    type,
    inputs,
    config,
    // Optimizers and links have no values of their own.
    ...(info !== undefined && { ...info, inputs, forward, backward }),
    ...(tuned !== undefined && {
      hyperparameters: tuned,
      limits: entryOf(limits, id),
      follows: entryOf(follows, id),
    }),
    alarms: run.diary.events.filter(event => event.type === 'alarm' && event.node === id),
  }
}

/** Statistics of the present step; undefined where there are none, or not in time. */
async function statisticsOf({ client }: Run, node: string, side: 'forward' | 'backward') {
  const stats$ = client.watch({ node, of: side, what: 'stats' })
  const inTime$ = stats$.pipe(takeUntil(timer(PATIENCE)))
  const result = await firstValueFrom(inTime$, { defaultValue: undefined }).catch(() => undefined)
  return result && { ...result.value, step: result.step }
}

function atMost(given: Readonly<Record<string, unknown>>, most: number): number {
  const [[name, value] = ['', 0]] = Object.entries(given)
  check.positiveInteger({ [name]: value as number })
  if ((value as number) > most) throw new CheckFailed(`${name} to be at most ${most}`, show(value))
  return value as number
}

export const READING: readonly Tool[] = [summary, health, series, epochs, events, graph, explain]
