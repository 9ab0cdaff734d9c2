/** A checkpoint that is damaged is never loaded, nor a part of it: the one before it is, and the damaged one is moved aside. */
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compile, createTrainer, GradstreamError, resume } from 'gradstream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { latestIn, moveAside } from '../../../runtime/training/latest-checkpoint.ts'
import { countOf } from '../../support/counts.ts'
import { QuickDice } from '../../support/dice.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { regression, rejectionOf, samples } from '../support.ts'

const [OLDER, LATEST] = ['checkpoint-000001', 'checkpoint-000002'] as const
const FILES = ['manifest.json', 'model.json', 'model.safetensors', 'run.json']

let root: string
const files = new Map<string, Uint8Array>()
const whole = (name: string) => files.get(name) as Uint8Array
const inLatest = (name: string) => join(root, LATEST, name)

beforeAll(async () => {
  root = await scratchFolder('broken')
  const options = { data: samples(20), epochs: 2, checkpoints: { directory: root } }
  await createTrainer(compile(regression(), { seed: 1 }), options).run()
  for (const name of FILES) files.set(name, new Uint8Array(await readFile(inLatest(name))))
})
afterAll(() => rm(root, { recursive: true }))

/** Makes the latest checkpoint whole again. */
async function restore() {
  for (const name of await readdir(root)) if (name !== OLDER) await rm(join(root, name), { recursive: true })
  await mkdir(join(root, LATEST))
  for (const [name, bytes] of files) await writeFile(inLatest(name), bytes)
}

/** What is damaged in a file: it ends early, or a bit has flipped. */
async function expectMovedAside(name: string, damaged: Uint8Array, what: string) {
  await writeFile(inLatest(name), damaged)
  const latest = await latestIn(root)
  expect(latest.path, what).toBe(join(root, OLDER))
  expect(latest.record.loop.epoch, what).toBe(1)
  expect(latest.broken, what).toHaveLength(1)
  // Where the name of a file has changed in the manifest, there is none of that name.
  expect(['BAD_FILE', 'FILE_NOT_READ'], what).toContain(latest.broken[0]?.error.code)
  const [news] = await moveAside(latest)
  expect(news, what).toBeInstanceOf(GradstreamError)
  expect((await readdir(root)).sort(), what).toEqual([OLDER, `${LATEST}.broken`])
  // It is still there as it was.
  expect(Buffer.compare(await readFile(join(root, `${LATEST}.broken`, name)), damaged), what).toBe(0)
  await rename(join(root, `${LATEST}.broken`), join(root, LATEST))
  await writeFile(inLatest(name), whole(name))
}

const dice = new QuickDice(7)
/** All of them with full counts, else so many. */
function some<T>(all: readonly T[], few: number, usual: number): readonly T[] {
  const count = countOf({ few, usual, full: all.length })
  return count >= all.length ? all : Array.from({ length: count }, () => all[dice.below(all.length)] as T)
}
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)
const flipped = (bytes: Uint8Array, bit: number) =>
  bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)))

describe('the older checkpoint is taken', () => {
  beforeEach(restore)

  test('where a file of the latest ends early, at every byte', async () => {
    for (const name of FILES)
      for (const length of some(upTo(whole(name).length), 5, 15))
        await expectMovedAside(name, whole(name).slice(0, length), `${name} of ${length} bytes`)
  })

  test('where a bit of its headers has flipped: each of the manifest, and of the header of the tensors', async () => {
    const { buffer } = whole('model.safetensors')
    const header = 8 + Number(new DataView(buffer).getBigUint64(0, true))
    const places = [
      ...upTo(8 * whole('manifest.json').length).map(bit => ['manifest.json', bit] as const),
      ...upTo(8 * header).map(bit => ['model.safetensors', bit] as const),
    ]
    for (const [name, bit] of some(places, 10, 60))
      await expectMovedAside(name, flipped(whole(name), bit), `bit ${bit} of ${name}`)
  })

  test('where any bit of the rest has flipped', async () => {
    const places = upTo(countOf({ few: 10, usual: 60, full: 10_000 })).map(() => {
      const name = FILES[1 + dice.below(FILES.length - 1)] as string
      return [name, dice.below(8 * whole(name).length)] as const
    })
    for (const [name, bit] of places)
      await expectMovedAside(name, flipped(whole(name), bit), `bit ${bit} of ${name}`)
  })

  test('where a file of it is missing, or all', async () => {
    for (const missing of [...FILES.map(name => [name]), FILES]) {
      await restore()
      for (const name of missing) await rm(inLatest(name))
      const latest = await latestIn(root)
      expect(latest.path, String(missing)).toBe(join(root, OLDER))
      expect(latest.broken.map(({ path }) => path)).toEqual([join(root, LATEST)])
    }
  })
})

describe('a run', () => {
  afterEach(() => vi.restoreAllMocks())

  test('continues from the older one, says so, and writes further ones under new names', async () => {
    await restore()
    await truncate(inLatest('run.json'), 50)
    vi.spyOn(console, 'warn').mockReturnValue(undefined)
    const trainer = await resume(root, { data: samples(20), checkpoints: { keep: 5 } })
    const warnings: string[] = []
    trainer.warnings$.subscribe(({ code, message }) => warnings.push(`${code} ${message}`))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(
      /^BAD_FILE .*2: run\.json: expected \d+ bytes, got 50\. The run continues from .*1\. This one is now .*2\.broken\. /,
    )
    const state = await trainer.run()
    const straight = createTrainer(compile(regression(), { seed: 1 }), { data: samples(20), epochs: 2 })
    expect(state.history).toEqual((await straight.run()).history)
    expect((await readdir(root)).sort()).toEqual([OLDER, `${LATEST}.broken`, 'checkpoint-000003'])
  })

  test('is refused where no checkpoint is whole, and none is moved', async () => {
    await restore()
    const older = await readFile(join(root, OLDER, 'model.json'))
    await truncate(join(root, OLDER, 'model.json'), 5)
    await truncate(inLatest('model.json'), 5)
    expect(await rejectionOf(resume(root, { data: samples(20) }))).toMatchObject({
      code: 'BAD_FILE',
      place: expect.stringContaining(LATEST),
    })
    expect((await readdir(root)).sort()).toEqual([OLDER, LATEST])
    await writeFile(join(root, OLDER, 'model.json'), older)
  })
})
