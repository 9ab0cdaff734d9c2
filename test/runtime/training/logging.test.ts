/** Logs of runs in files: nothing is lost by a process that dies, a disk that is full, or a wrong name. */
import * as fs from 'node:fs'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { csvLog, jsonLog, parseCsv, type TrainerEvent } from 'gradstream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Disk, LineFile } from '../../../runtime/training/logging/line-file.ts'
import { errorOf, finish, logSpread, samples, trial } from '../support.ts'

let folder: string
const at = (name: string) => join(folder, name)
const linesIn = (name: string) => readFileSync(at(name), 'utf8').split('\n')

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'logs-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('csvLog', () => {
  test('has a row for each epoch, with the figures that the run has', async () => {
    const { trainer, scheduler } = trial({ validation: samples(5, 2), metrics: ['r2'], epochs: 4 })
    csvLog(trainer, at('deep/log.csv'))
    const { history } = await finish(trainer, scheduler)
    const [header, ...rows] = linesIn('deep/log.csv')
    expect(header).toBe('run,time,epoch,step,seconds,samplesPerSecond,loss,r2,validationLoss,validationR2')
    expect(rows.pop()).toBe('')
    expect(rows.map(row => row.split(',').slice(6).map(Number))).toEqual(
      history.map(({ metrics }) => Object.values(metrics)),
    )
    expect(rows.map(row => row.split(',').slice(2, 4))).toEqual([
      ['1', '3'],
      ['2', '6'],
      ['3', '9'],
      ['4', '12'],
    ])
    expect(rows[0]).toMatch(/^trial,1970-01-01T00:00:00\.\d+Z,/)
  })

  test('is read again as a table, whatever the names of run and figures hold', async () => {
    const { trainer, scheduler } = trial({
      runId: 'a, "b"\nc',
      metrics: [{ metric: 'r2', name: 'so,"good"' }],
    })
    csvLog(trainer, at('log.csv'))
    await finish(trainer, scheduler)
    const table = parseCsv(readFileSync(at('log.csv'), 'utf8'), {
      target: 'so,"good"',
      features: ['run', 'epoch', 'loss'],
      categorical: ['run'],
    })
    expect(table.size).toBe(3)
    expect(JSON.stringify(table.encoder)).toContain('so,\\"good\\"')
  })

  test('goes on behind what is there, and begins anew when it is asked to', async () => {
    const counts: number[] = []
    for (const append of [true, true, false]) {
      const { trainer, scheduler } = trial({ epochs: 2 })
      csvLog(trainer, at('log.csv'), { append })
      await finish(trainer, scheduler)
      counts.push(linesIn('log.csv').length)
    }
    // The header, the rows, and what follows the last end of a line.
    expect(counts).toEqual([4, 6, 4])
  })

  test('refuses the file of somebody else, and leaves it alone', () => {
    for (const content of [
      'hello',
      'a,b\n1,2\n',
      'run,time,epoch,step,seconds,samplesPerSecond,accuracy\n',
    ]) {
      writeFileSync(at('other.csv'), content)
      const { trainer } = trial()
      expect(errorOf(() => csvLog(trainer, at('other.csv')))).toMatchObject({ code: 'FILE_NOT_WRITTEN' })
      expect(readFileSync(at('other.csv'), 'utf8')).toBe(content)
      expect(errorOf(() => jsonLog(trainer, at('other.csv')))).toMatchObject({ code: 'FILE_NOT_WRITTEN' })
      expect(readFileSync(at('other.csv'), 'utf8')).toBe(content)
    }
    expect(errorOf(() => csvLog(trial().trainer, folder))).toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  })
})

describe('jsonLog', () => {
  test('has a line for each event but steps, or also for them', async () => {
    for (const steps of [false, true]) {
      const { trainer, scheduler } = trial()
      const seen: TrainerEvent[] = []
      ;(steps ? trainer.events$ : trainer.milestones$).subscribe(event => seen.push(event))
      jsonLog(trainer, at('log.jsonl'), { steps, append: false })
      await finish(trainer, scheduler)
      const lines = linesIn('log.jsonl')
      expect(lines.pop()).toBe('')
      expect(lines.map(line => JSON.parse(line))).toEqual(seen.map(event => ({ run: 'trial', ...event })))
      expect(lines.length).toBe(steps ? 14 : 5)
    }
  })

  test('has null for numbers that JSON does not have', async () => {
    const { trainer, scheduler } = trial({
      batchSize: 1,
      data: samples(1),
      metrics: [logSpread()],
      epochs: 1,
    })
    jsonLog(trainer, at('log.jsonl'))
    await finish(trainer, scheduler)
    const epoch = linesIn('log.jsonl').find(line => line.includes('"type":"epoch"')) as string
    expect(JSON.parse(epoch).metrics.logSpread).toBeNull()
  })

  test('is written at once, and closed when the run ends or the log is given up', async () => {
    const open = () =>
      fs.readdirSync('/proc/self/fd').map(fd => {
        try {
          return fs.readlinkSync(`/proc/self/fd/${fd}`)
        } catch {
          return ''
        }
      })
    const { trainer, scheduler } = trial()
    const log = jsonLog(trainer, at('log.jsonl'))
    const sizes: number[] = []
    trainer.milestones$.subscribe(() => sizes.push(statSync(at('log.jsonl')).size))
    await finish(trainer, scheduler)
    expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b))
    if (process.platform === 'linux') expect(open()).not.toContain(at('log.jsonl'))
    await finish(trainer, scheduler)
    expect(linesIn('log.jsonl')).toHaveLength(11)
    log.unsubscribe()
    await finish(trainer, scheduler)
    expect(linesIn('log.jsonl')).toHaveLength(11)
  })
})

describe('the file of a log', () => {
  const expected = { words: 'anything', accepts: () => true }

  test.each([0, 1, 2, 3, 65_534, 65_535, 65_536, 65_537, 200_000])(
    'loses what a process that was killed had written of a line: %d bytes',
    length => {
      for (const lines of ['', 'one\n', `${'long'.repeat(20_000)}\ntwo\n`]) {
        writeFileSync(at('a'), lines + 'x'.repeat(length))
        const file = new LineFile(at('a'), true, expected)
        expect(file.isNew).toBe(lines === '')
        file.write('next')
        file.close()
        expect(readFileSync(at('a'), 'utf8')).toBe(`${lines}next\n`)
      }
    },
  )

  /** A disk that takes so many bytes, and then none. */
  function small(room: number) {
    const state = { room }
    const disk: Disk = {
      ...fs,
      writeSync: ((fd: number, bytes: Buffer) => {
        const taken = Math.min(state.room, bytes.length)
        if (taken === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
        state.room -= taken
        return fs.writeSync(fd, bytes, 0, taken)
      }) as Disk['writeSync'],
    }
    return { state, disk }
  }

  test('waits for room on a full disk, and then has every line once, as a whole', () => {
    for (let room = 0; room < 30; room++) {
      const { state, disk } = small(room)
      const file = new LineFile(at('a'), false, expected, disk)
      const lines = Array.from({ length: 10 }, (_, i) => `line ${i}`)
      let failures = 0
      for (const line of lines) {
        if (failures === 3) state.room = 1000
        try {
          file.write(line)
        } catch {
          failures++
        }
      }
      file.close()
      expect(readFileSync(at('a'), 'utf8')).toBe(`${lines.join('\n')}\n`)
      expect(failures).toBe(3)
    }
  })

  test('keeps no more than a MiB for a disk that stays full, and whole lines at that', () => {
    const { state, disk } = small(10)
    const file = new LineFile(at('a'), false, expected, disk)
    const line = 'x'.repeat(100_000)
    for (let i = 0; i < 40; i++) expect(() => file.write(line)).toThrow()
    expect(file.leftOut).toBe(30)
    state.room = Number.POSITIVE_INFINITY
    file.write('last')
    file.close()
    expect(readFileSync(at('a'), 'utf8')).toBe(`${line}\n`.repeat(10).concat('last\n'))
  })

  test('that cannot be written raises one alarm, and the run goes on', async () => {
    if (!fs.existsSync('/dev/full')) return
    const { trainer, scheduler } = trial()
    const alarms: unknown[] = []
    trainer.milestones$.subscribe(event => event.type === 'alarm' && alarms.push(event.code))
    jsonLog(trainer, '/dev/full', { append: false })
    expect((await finish(trainer, scheduler)).status).toBe('finished')
    expect(alarms).toEqual(['LOG_NOT_WRITTEN'])
  })
})
