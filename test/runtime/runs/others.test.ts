/** Runs of other programs: event files of TensorBoard and tables. Whatever else is there, is refused in words and hides nothing. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { csvLog, GradstreamError, listRuns, readRun, recordRun, type StoredRun } from 'gradstream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { viewed } from '../../../runtime/cli/view.ts'
import { scalarRecord, versionRecord } from '../../../runtime/runs/tensorboard/event-file.ts'
import { countOf } from '../../support/counts.ts'
import { QuickDice } from '../../support/dice.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { finish, rejectionOf, samples, trial } from '../support.ts'

type Point = readonly [step: number, time: number, value: number]

const golden: { readonly file: string; readonly series: Readonly<Record<string, readonly Point[]>> } =
  JSON.parse(readFileSync(new URL('../../golden/event-files.json', import.meta.url), 'utf8'))

let root: string
beforeEach(async () => {
  root = await scratchFolder('others')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Writes a file, with the folders on the way. */
function put(name: string, content: string | Uint8Array): string {
  const path = join(root, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

const pointsOf = ({ series }: StoredRun) =>
  Object.fromEntries(
    Array.from(series, ([name, { steps, times, values }]) => [
      name,
      Array.from(steps, (step, i) => [step, times[i], values[i]]),
    ]),
  )
const valuesOf = ({ series }: StoredRun) =>
  Object.fromEntries(
    Array.from(series, ([name, { steps, values }]) => [
      name,
      Array.from(steps, (step, i) => [step, values[i]]),
    ]),
  )

describe('event files', () => {
  test('give the numbers over the steps that TensorFlow and PyTorch write, in order', async () => {
    const path = put('logs/events.out.tfevents.1700000000.host', Buffer.from(golden.file, 'base64'))
    const run = await readRun(join(root, 'logs'))
    expect(pointsOf(run)).toEqual(golden.series)
    expect(run).toMatchObject({
      source: 'tensorboard',
      runId: 'logs',
      status: 'unknown',
      started: 1700000001000,
      updated: 1700000004000,
      step: 7,
      metrics: { epoch_loss: 0.25, a: 1, int: -7 },
      extremes: { epoch_loss: { lowest: { step: 2, value: 0.25 }, highest: { step: 0, value: 0.75 } } },
      graph: null,
      settings: null,
    })
    expect(pointsOf(await readRun(path))).toEqual(golden.series)
  })

  test('of a program that was started again are one run', async () => {
    const file = (values: readonly number[], first: number) =>
      Buffer.concat([
        versionRecord(1),
        ...values.map((value, i) => scalarRecord('loss', first + i, 1000 * (first + i), value)),
      ])
    put('events.out.tfevents.1.a', file([3, 2, 1], 1))
    put('events.out.tfevents.2.a', file([9, 8], 4))
    expect(valuesOf(await readRun(root))).toEqual({
      loss: [
        [1, 3],
        [2, 2],
        [3, 1],
        [4, 9],
        [5, 8],
      ],
    })
  })

  test('that are cut at any byte give the records before it, and a damaged byte is found', async () => {
    const bytes = Buffer.concat([
      versionRecord(1),
      ...[1, 2, 3, 4].map(step => scalarRecord('loss', step, step, 1 / step)),
    ])
    const lengths = [0, versionRecord(1).length]
    for (let step = 1; step <= 4; step++)
      lengths.push((lengths.at(-1) as number) + scalarRecord('loss', step, step, 1).length)
    for (let length = 0; length <= bytes.length; length++) {
      const path = put('events.out.tfevents.1', bytes.subarray(0, length))
      const whole = lengths.filter(end => end > (lengths[1] as number) && end <= length).length
      expect((await readRun(path)).series.get('loss')?.steps.length ?? 0, `cut at ${length}`).toBe(whole)
    }
    const dice = new QuickDice(3)
    for (let i = 0; i < countOf({ few: 20, usual: 100, full: 3000 }); i++) {
      const damaged = Buffer.from(bytes)
      const at = dice.below(bytes.length)
      damaged[at] = (damaged[at] as number) ^ (1 << dice.below(8))
      const error = await rejectionOf(readRun(put('events.out.tfevents.1', damaged)))
      expect(error, `byte ${at}`).toMatchObject({ code: 'BAD_FILE' })
      expect(error.message).toMatch(/a record of an event file at byte \d+/)
    }
  })

  test('with any content in whole records are read or refused', async () => {
    const dice = new QuickDice(8)
    const whole = scalarRecord('loss', 5, 5, 0.5)
    const { maskedCrc32c } = await import('../../../runtime/runs/tensorboard/crc32c.ts')
    for (let i = 0; i < countOf({ few: 50, usual: 300, full: 20_000 }); i++) {
      const record = Buffer.from(whole)
      for (let k = 0; k < 3; k++) record[12 + dice.below(record.length - 16)] = dice.below(256)
      record.writeUInt32LE(maskedCrc32c(record.subarray(12, -4)), record.length - 4)
      const outcome = await readRun(put('events.out.tfevents.1', record)).catch(error => error as unknown)
      if (outcome instanceof GradstreamError) expect(outcome.code).toBe('BAD_FILE')
      else expect(outcome).toHaveProperty('series')
    }
  })

  test('of very many steps are thinned, and the extremes stay', async () => {
    const records = [versionRecord(1)]
    for (let step = 1; step <= 20_000; step++)
      records.push(
        scalarRecord('loss', step, step, step === 13_456 ? 99 : step === 7_345 ? -99 : Math.sin(step)),
      )
    const run = await readRun(put('events.out.tfevents.1', Buffer.concat(records)))
    expect(run.series.get('loss')?.steps.length).toBeLessThan(8300)
    expect(run.extremes.loss).toEqual({
      lowest: { step: 7_345, value: -99 },
      highest: { step: 13_456, value: 99 },
    })
  })
})

describe('tables', () => {
  test("of Keras' CSVLogger count epochs", async () => {
    const path = put(
      'training.csv',
      'epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,0.7,0.4,0.8\n1,0.75,0.5,nan,inf\n',
    )
    const run = await readRun(path)
    expect(valuesOf(run)).toEqual({
      epoch: [
        [0, 0],
        [1, 1],
      ],
      accuracy: [
        [0, 0.5],
        [1, 0.75],
      ],
      loss: [
        [0, 0.7],
        [1, 0.5],
      ],
      val_accuracy: [
        [0, 0.4],
        [1, Number.NaN],
      ],
      val_loss: [
        [0, 0.8],
        [1, Infinity],
      ],
    })
    expect(run).toMatchObject({
      source: 'csv',
      folder: path,
      runId: 'training.csv',
      step: 1,
      epoch: 1,
      metrics: { loss: 0.5 },
    })
    expect(run.figures).toEqual(['accuracy', 'loss', 'val_accuracy', 'val_loss'])
  })

  test.each<[string, string, object]>([
    [
      'an export of Weights & Biases, with empty cells',
      '"Step","calm-sea-3 - loss","calm-sea-3 - loss__MIN"\n"0","0.9","0.9"\n"10","","0.5"\n"20","0.25","0.2"\n',
      {
        'calm-sea-3 - loss': [
          [0, 0.9],
          [20, 0.25],
        ],
        'calm-sea-3 - loss__MIN': [
          [0, 0.9],
          [10, 0.5],
          [20, 0.2],
        ],
      },
    ],
    [
      'its history, with times and words',
      '_step,_timestamp,_runtime,loss,phase\n1,1700000000.5,0.5,2,warm\n2,1700000001,1,1,cool\n',
      {
        _runtime: [
          [1, 0.5],
          [2, 1],
        ],
        loss: [
          [1, 2],
          [2, 1],
        ],
      },
    ],
    [
      'what TensorBoard saves',
      'Wall time,Step,Value\n1700000000.25,5,0.5\n1700000001.25,6,0.25\n',
      {
        Value: [
          [5, 0.5],
          [6, 0.25],
        ],
      },
    ],
    [
      'that of PyTorch Lightning, where rows have some of the figures',
      'epoch,step,train_loss,val_loss\n0,9,0.5,\n0,9,,0.75\n1,19,0.25,\n',
      {
        epoch: [
          [9, 0],
          [19, 1],
        ],
        train_loss: [
          [9, 0.5],
          [19, 0.25],
        ],
        val_loss: [[9, 0.75]],
      },
    ],
    [
      'times alone, which rows count',
      'time,loss\n2026-11-27T12:00:00Z,3\n2026-11-27T12:00:01Z,2\n',
      {
        loss: [
          [0, 3],
          [1, 2],
        ],
      },
    ],
    [
      'other separators, with words beside',
      'step;loss;of\n1;0.5;the first\n2;0.25;\n',
      {
        loss: [
          [1, 0.5],
          [2, 0.25],
        ],
      },
    ],
    [
      'steps in another order',
      'step,loss\n3,1\n1,3\n2,2\n',
      {
        loss: [
          [1, 3],
          [2, 2],
          [3, 1],
        ],
      },
    ],
    [
      'carriage returns, a byte order mark and no end of line',
      '\ufeffstep,loss\r\n1,2\r\n2,1',
      {
        loss: [
          [1, 2],
          [2, 1],
        ],
      },
    ],
  ])('are read: %s', async (_, content, expected) => {
    const run = await readRun(put('table.csv', content))
    expect(valuesOf(run)).toEqual(expected)
    expect((await listRuns(root)).runs).toMatchObject([{ source: 'csv', step: run.step }])
  })

  test('have their times in milliseconds', async () => {
    const started = async (cell: string) =>
      (await readRun(put('table.csv', `time,loss\n${cell},1\n`))).started
    expect(await started('1700000000.5')).toBe(1700000000500)
    expect(await started('1700000000500')).toBe(1700000000500)
    expect(await started('2023-11-14T22:13:20.500Z')).toBe(1700000000500)
  })

  test('of several runs are as many runs, each by its name', async () => {
    const path = join(root, 'log.csv')
    for (const runId of ['first', 'second']) {
      const { trainer, scheduler } = trial({ runId, validation: samples(5, 2) })
      csvLog(trainer, path)
      await finish(trainer, scheduler)
    }
    const { runs } = await listRuns(root)
    expect(runs.map(({ folder }) => folder).sort()).toEqual([`${path}#first`, `${path}#second`])
    expect(await readRun(`${path}#second`)).toMatchObject({ runId: 'second', epoch: 3, step: 9 })
    expect(await rejectionOf(readRun(path))).toMatchObject({ code: 'BAD_FILE', got: '"first", "second"' })
    expect(await rejectionOf(readRun(`${path}#third`))).toMatchObject({ code: 'BAD_FILE' })
    // One that is recorded as well is listed once.
    const { trainer, scheduler } = trial({ runId: 'second' })
    recordRun(trainer, root)
    await finish(trainer, scheduler)
    const again = (await listRuns(root)).runs
    expect(again.map(({ runId, source }) => `${runId} ${source}`).sort()).toEqual([
      'first csv',
      'second gradstream',
    ])
  })

  test.each<[string, string | Uint8Array, RegExp]>([
    ['nothing', '', /header/],
    [
      'no column that counts',
      'loss,accuracy\n1,2\n',
      /a column of "step", "epoch" or "time", got "loss", "accuracy"/,
    ],
    ['a row that is short', 'step,loss\n1,2\n3\n', /line 3/],
    ['a step that is none', 'step,loss\nfirst,2\n', /line 2.*"first"/],
    ['a time that is none', 'time,loss\nyesterday evening,2\n', /line 2/],
    ['a number that is none', 'step,loss\n1,2\n2,3x\n', /line 3.*a number in column "loss".*"3x"/],
    [
      'decimals behind a comma',
      'step;loss\n1;0,5\n2;0,4\n',
      /with a point before their decimals, got words in "loss"/,
    ],
    ['columns of one name', 'step,loss,loss\n1,2,3\n', /different names of columns.*"loss"/],
    ['a quote that never closes', `step,loss\n1,"2\n${'x'.repeat(100)}`, /line 2|quote/],
    ['bytes', Uint8Array.from({ length: 300 }, (_, i) => (i * 7) % 256), /table\.csv/],
  ])('that have %s are refused', async (_, content, words) => {
    const error = await rejectionOf(readRun(put('table.csv', content)))
    expect(error).toBeInstanceOf(GradstreamError)
    expect(error.message).toMatch(words)
  })
})

test('files with more figures than anybody looks at are refused', async () => {
  const records = [versionRecord(1)]
  for (let i = 0; i < 16_385; i++) records.push(scalarRecord(`figure ${i}`, 1, 1, 1))
  put('many/events.out.tfevents.1', Buffer.concat(records))
  put('wide.csv', `step,${Array.from({ length: 20_000 }, (_, i) => `c${i}`).join(',')}\n`)
  put('long.csv', `run,step,loss\n${Array.from({ length: 20_000 }, (_, i) => `r${i},1,1`).join('\n')}\n`)
  const { runs, broken } = await listRuns(root)
  expect(runs).toEqual([])
  expect(broken).toHaveLength(3)
  for (const { error } of broken)
    expect(error).toMatchObject({ code: 'BAD_FILE', expected: 'at most 16384 figures' })
})

test('a directory of all kinds is listed, folders below it too; what is damaged or large is left out by name', async () => {
  const { trainer, scheduler } = trial({ runId: 'own' })
  recordRun(trainer, root, { tensorboard: true })
  await finish(trainer, scheduler)
  const events = Buffer.from(golden.file, 'base64')
  put('keras/train/events.out.tfevents.1.v2', events)
  put('keras/validation/events.out.tfevents.1.v2', events)
  put(
    'damaged/events.out.tfevents.1',
    events.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
  )
  put('training.csv', 'epoch,loss\n0,1\n1,0.5\n')
  put('bad.csv', 'epoch,loss\n0,1,2\n')
  put('iris.csv', 'width,height\n1,2\n')
  put('notes.txt', 'mine')
  put('.hidden/events.out.tfevents.1', events)
  truncateSync(put('large/events.out.tfevents.1', ''), 2 ** 30)
  if (process.platform !== 'win32') execFileSync('mkfifo', [join(root, 'pipe.csv')])
  const { runs, broken } = await listRuns(root)
  expect(runs.map(({ source, name, runId }) => `${source} ${name ?? runId}`).sort()).toEqual([
    'csv training.csv',
    'gradstream own',
    'tensorboard keras/train',
    'tensorboard keras/validation',
  ])
  expect(broken.map(({ folder }) => folder.slice(root.length + 1)).sort()).toEqual([
    'bad.csv',
    'damaged',
    'large',
  ])
  expect(broken.find(({ folder }) => folder.endsWith('large'))?.error.message).toMatch(/1 GiB/)
  const table = await viewed(root)
  expect(table).toMatch(/│ keras\/train +│ unknown +│ +0 │ 0\.2500 │ 0\.2500 +│ +2 │ epoch_loss/)
  expect(table).toMatch(/│ training\.csv +│ unknown +│ +1 │ 0\.5000 │.*│ loss +│ +– │/)
  expect(table).toMatch(/Left out: .*bad\.csv/)
})
