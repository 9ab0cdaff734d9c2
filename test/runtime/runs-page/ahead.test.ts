/** Runs are read before anybody asks, so that who asks finds them; and no longer than that. */
import { rmSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { RunIndex } from '../../../runtime/runs-page/run-index.ts'
import { writeRuns } from '../../support/many-runs.ts'
import { scratchFolder } from '../../support/scratch.ts'

async function folderOf(runs: number): Promise<string> {
  const directory = await scratchFolder('ahead')
  onTestFinished(() => rmSync(directory, { recursive: true }))
  writeRuns(directory, runs, 200)
  return directory
}

test('the first answer has them all', async () => {
  const index = new RunIndex(await folderOf(12))
  await index.begin()
  await index.readAhead()
  const { answer } = await index.list(0)
  expect([answer.runs.length, answer.unread]).toEqual([12, 0])
})

test('who asks in the middle is answered, and what is left is read with the next answers', async () => {
  const index = new RunIndex(await folderOf(12))
  await index.begin()
  const reading = index.readAhead()
  const first = (await index.list(0)).answer
  await reading
  expect(first.runs.length + first.unread).toBe(12)
  let { answer } = await index.list(0)
  for (let i = 0; i < 12 && answer.unread > 0; i++) answer = (await index.list(0)).answer
  expect([answer.runs.length, answer.unread]).toEqual([12, 0])
})

test('an index that is closed reads no further, and a folder that is gone is told to those who ask', async () => {
  const closed = new RunIndex(await folderOf(8))
  await closed.begin()
  closed.close()
  await closed.readAhead()
  expect((await closed.list(0)).answer.unread).toBeGreaterThan(0)
  const directory = await scratchFolder('ahead')
  writeRuns(directory, 3, 200)
  const index = new RunIndex(directory)
  await index.begin()
  rmSync(directory, { recursive: true })
  await index.readAhead()
  await expect(index.list(0)).rejects.toMatchObject({ code: 'FILE_NOT_READ' })
})
