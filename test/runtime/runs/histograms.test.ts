/** Histograms of the parameters of a run and of their gradients: what is counted, how often, and what it leaves alone. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunHistogram, readRun, recordRun, Tensor } from 'gradstream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createKernels } from '../../../kernels/index.ts'
import {
  HistogramFile,
  HistogramMeter,
  histogramOf,
  type RunHistograms,
} from '../../../runtime/runs/histograms.ts'
import { QuickDice } from '../../support/dice.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { finish, rejectionOf, samples, trial } from '../support.ts'

let root: string
beforeEach(async () => {
  root = await scratchFolder('histograms')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const total = ({ counts }: RunHistogram) => counts.reduce((sum, count) => sum + count, 0)

test('a histogram counts each entry in its part, as counting by a second way does', () => {
  const kernels = createKernels({ kernels: 'reference' })
  const dice = new QuickDice(2)
  for (const count of [1, 2, 33, 1000]) {
    const data = Float32Array.from({ length: count }, () => dice.below(10_000) / 100 - 50)
    const { minimum, maximum, counts } = histogramOf(new Tensor([count], data), kernels)
    expect([minimum, maximum]).toEqual([Math.min(...data), Math.max(...data)])
    const width = (maximum - minimum) / 32 || 1
    const expected = counts.map((_, part) => {
      const [from, to] = [minimum + part * width, minimum + (part + 1) * width]
      return data.filter(
        value =>
          Math.min(Math.floor((value - minimum) / width), 31) === part &&
          value >= from - 1e-4 &&
          value <= to + 1e-4,
      ).length
    })
    expect(counts).toEqual(expected)
  }
})

test('a run has them of its parameters at the beginning and at the end, and of its gradients in a step', async () => {
  const { trainer, scheduler, model } = trial({ validation: samples(5, 2) })
  const before = model.node('dense1').parameters.kernel?.value.clone()
  const gradients: Tensor[] = []
  model.node('dense1').parameters.kernel?.gradient$.subscribe(({ tensor }) => gradients.push(tensor.clone()))
  const { folder } = recordRun(trainer, root)
  await finish(trainer, scheduler)
  const { histograms } = await readRun(folder)
  expect(histograms.map(({ step }) => step)).toEqual([0, 2, 9])
  const [first, second, last] = histograms as [RunHistograms, RunHistograms, RunHistograms]
  const names = ['dense1.bias', 'dense1.kernel', 'dense2.bias', 'dense2.kernel']
  for (const { values } of histograms) expect(Object.keys(values).sort()).toEqual(names)
  expect(Object.keys(second.gradients).sort()).toEqual(names)
  expect([first.gradients, last.gradients]).toEqual([{}, {}])
  const range = (tensor: Tensor | undefined) => {
    const data = tensor?.data as Float32Array
    return { minimum: Math.min(...data), maximum: Math.max(...data) }
  }
  expect(first.values['dense1.kernel']).toMatchObject(range(before))
  expect(last.values['dense1.kernel']).toMatchObject(range(model.node('dense1').parameters.kernel?.value))
  expect(second.gradients['dense1.kernel']).toMatchObject(range(gradients[1]))
  for (const { values } of histograms) expect(total(values['dense1.kernel'] as RunHistogram)).toBe(8)
})

test('looking at them changes no weight, and leaves no tap behind', async () => {
  const outcomes = [true, false].map(async isRecorded => {
    const { trainer, scheduler, model } = trial({ epochs: 8 })
    if (isRecorded) recordRun(trainer, root)
    for (let i = 0; i < 6; i++) {
      // Long enough after the last look.
      scheduler.schedule(() => undefined, 6000)
      const stepped = trainer.step(4)
      scheduler.flush()
      await stepped
    }
    return Object.entries(model.state()).map(([name, { data }]) => [name, [...data]])
  })
  const [recorded, other] = await Promise.all(outcomes)
  expect(recorded).toEqual(other)
  const [folder = ''] = [join(root, 'trial')]
  const { histograms } = await readRun(folder)
  expect(histograms.filter(({ gradients }) => Object.keys(gradients).length > 0).length).toBeGreaterThan(3)
})

test('entries that are not finite are counted apart', async () => {
  const { trainer, scheduler, model } = trial()
  model.node('dense1').parameters.kernel?.assign([
    [Number.NaN, 1, 2, 3],
    [Number.POSITIVE_INFINITY, 1, 2, 3],
  ])
  const { folder } = recordRun(trainer, root)
  await finish(trainer, scheduler).catch(() => undefined)
  const [first] = (await readRun(folder)).histograms
  expect(first?.values['dense1.kernel']).toMatchObject({ nonFinite: 2, minimum: 1, maximum: 3 })
})

test('a model whose memory has been given back is not looked at', async () => {
  const { trainer, scheduler, model } = trial()
  const recording = recordRun(trainer, root)
  const stepped = trainer.step(5)
  scheduler.flush()
  await stepped
  model.dispose()
  recording.unsubscribe()
  expect((await readRun(recording.folder)).histograms.map(({ step }) => step)).toEqual([0, 2])
})

test('they are bounded in number: every other one goes, and they come more rarely', () => {
  let rarer = 1
  const bytes: Uint8Array[] = []
  let rewrites = 0
  const file = {
    append: (own: Uint8Array) => bytes.push(own),
    rewrite(own: Uint8Array) {
      rewrites++
      bytes.splice(0, bytes.length, own)
    },
  }
  const kept = new HistogramFile(file as never, () => {
    rarer *= 2
  })
  const lines = () => Buffer.concat(bytes).toString().split('\n').slice(0, -1)
  for (let step = 0; step < 2000; step += rarer) {
    kept.add({ time: step, epoch: 0, step, values: {}, gradients: {} })
    if (step % 3 === 0) kept.write()
  }
  kept.write()
  expect(rewrites).toBeGreaterThan(3)
  expect(lines().length).toBeLessThan(128)
  const steps = lines().map(line => JSON.parse(line).step as number)
  expect(steps[0]).toBe(0)
  const gaps = steps.slice(1).map((step, i) => step - (steps[i] as number))
  expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * rarer)
})

test('a large network is looked at so rarely that it costs little', () => {
  const { trainer } = trial()
  const moments: number[] = []
  const meter = new HistogramMeter(trainer, ({ step }) => moments.push(step))
  meter.still(0, 0)
  meter.step(1, 0)
  meter.step(2, 1)
  for (let step = 3; step < 2000; step++) meter.step(step, step * 10)
  meter.close()
  // A moment each five seconds at most, of twenty.
  expect(moments.slice(0, 2)).toEqual([0, 2])
  expect(moments.length).toBeLessThanOrEqual(6)
})

test('a line that was being written is left out, and one that is damaged is refused', async () => {
  const { trainer, scheduler } = trial()
  const { folder } = recordRun(trainer, root)
  await finish(trainer, scheduler)
  const path = join(folder, 'histograms.jsonl')
  const bytes = readFileSync(path)
  const count = (await readRun(folder)).histograms.length
  for (const length of [0, 10, bytes.length - 1]) {
    writeFileSync(path, bytes.subarray(0, length))
    expect((await readRun(folder)).histograms.length).toBe(length === bytes.length - 1 ? count - 1 : 0)
  }
  const line = bytes.toString().split('\n')[0] as string
  for (const wrong of [
    'hello',
    '[]',
    '{}',
    line.replace('"counts":[', '"counts":[-1,'),
    line.replace('"step":0', '"step":0.5'),
  ]) {
    writeFileSync(path, `${wrong}\n`)
    expect(await rejectionOf(readRun(folder))).toMatchObject({ code: 'BAD_FILE' })
  }
  rmSync(path)
  expect((await readRun(folder)).histograms).toEqual([])
  expect(statSync(folder).isDirectory()).toBe(true)
})
