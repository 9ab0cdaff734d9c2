/** Tools that change a run. Each is a command of the bridge, which checks it, carries it out and writes down its author. */
import { filter, firstValueFrom, takeUntil, timer } from 'rxjs'
import { check } from '../../../core/index.ts'
import type { Command } from '../../training/commands.ts'
import type { Run, Tool } from './tool.ts'

/** How long an answer waits for steps to be done, in milliseconds. */
const PATIENCE = 10_000

/** Sends a command, and tells how the run stands after it. */
async function sent({ client, diary }: Run, command: Command) {
  const done = await client.send(command)
  const { status, epoch, metrics } = diary.state
  return { ...done, status, epoch, metrics }
}

const plain = (type: 'start' | 'pause' | 'resume' | 'stop' | 'checkpoint', description: string): Tool => ({
  name: type,
  description,
  properties: {},
  isSteering: true,
  call: run => sent(run, { type }),
})

const step: Tool = {
  name: 'step',
  description:
    'Runs a number of training steps, then pauses. The answer comes when they are done, or after 10 seconds.',
  properties: { count: { type: 'integer', minimum: 1, description: 'how many steps; 1 by default' } },
  isSteering: true,
  call(run, given) {
    const { count = 1 } = given as { count?: number }
    check.positiveInteger({ count })
    return stepped(run, count)
  },
}

async function stepped(run: Run, count: number) {
  const began = await sent(run, { type: 'step', count })
  const rest$ = run.client.state$.pipe(
    filter(({ status }) => status !== 'running'),
    takeUntil(timer(PATIENCE)),
  )
  const rest = await firstValueFrom(rest$, { defaultValue: undefined })
  if (rest === undefined) return began
  const { status, step, epoch, metrics } = rest
  return { ...began, status, step, epoch, metrics }
}

const set: Tool = {
  name: 'set_hyperparameter',
  description:
    'Changes a hyper-parameter of an optimizer or link, such as a learning rate, from the next step on. "summary" lists them, with the numbers that they accept. A new number ends a schedule.',
  properties: {
    node: { type: 'string', description: 'the id of the optimizer or link, such as "sgd1"' },
    name: { type: 'string', description: 'such as "learningRate"' },
    value: { type: 'number' },
    revision: {
      type: 'integer',
      minimum: 0,
      description:
        'the revision of the summary that you read: the change is refused if somebody has changed the value since',
    },
  },
  required: ['node', 'name', 'value'],
  isSteering: true,
  call(run, given) {
    const { node, name, value, revision } = given as {
      node: string
      name: string
      value: number
      revision?: number
    }
    check.text({ node })
    check.text({ name })
    check.finiteNumber({ value })
    if (revision !== undefined) check.nonNegativeInteger({ revision })
    // A name such as "__proto__" is a key as any other.
    const values = Object.fromEntries([[name, value]])
    return sent(run, { type: 'set', node, values, ...(revision !== undefined && { revision }) })
  },
}

export const STEERING: readonly Tool[] = [
  plain('start', 'Starts the run; after its end, runs the same number of epochs again.'),
  plain('pause', 'Pauses the run between two steps.'),
  plain('resume', 'Resumes a paused run.'),
  step,
  { ...plain('stop', 'Ends the run and skips the rest of the epoch.'), isFinal: true },
  set,
  plain('checkpoint', 'Writes a checkpoint now, of a run that keeps some.'),
]
