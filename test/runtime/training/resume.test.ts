/** A run that is interrupted and resumed ends with the same bytes as one that never was. */
import { readFileSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  categoricalCrossentropy,
  compile,
  createTrainer,
  dense,
  evaluate,
  fromArrays,
  graph,
  input,
  loadModel,
  metric,
  resume,
  sgd,
  softmax,
  type Trainer,
} from 'gradstream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { VERSION } from '../../../core/version.ts'
import {
  begun,
  lossesOf,
  networkOf,
  outcomeOf,
  resumed,
  rowsOf,
  sources,
} from '../../support/interrupted-run.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { logSpread, regression, rejectionOf, samples } from '../support.ts'

let root: string
beforeEach(async () => {
  root = await scratchFolder('resume')
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(root, { recursive: true, force: true })
})

const end = (trainer: Trainer) => {
  trainer.dispose()
  trainer.model.dispose()
}
const names = async (directory = root) => (await readdir(directory)).sort()
/** What a trainer warns of, without a word on the console. */
async function warned(resuming: Promise<Trainer>) {
  const silent = vi.spyOn(console, 'warn').mockReturnValue(undefined)
  const trainer = await resuming
  const warnings: { code: string; message: string }[] = []
  trainer.warnings$.subscribe(warning => warnings.push(warning))
  silent.mockRestore()
  return { trainer, warnings }
}

describe.each(Object.keys(sources))('a run on samples %s ends with the same bytes', source => {
  let expected: ReturnType<typeof outcomeOf>
  const losses = new Map<number, string>()
  const pieces = () => join(root, 'pieces')

  beforeEach(async () => {
    losses.clear()
    const whole = begun({ source, checkpoints: { directory: pieces(), keep: 100 } })
    lossesOf(whole, losses)
    const written: Promise<string>[] = []
    // After each batch, also those of the validation.
    whole.model.node('meanSquaredError1').forward$.subscribe(() => written.push(whole.checkpoint()))
    await whole.run()
    await Promise.all(written)
    expected = outcomeOf(whole)
    end(whole)
  })

  test('interrupted after every step, one after the other', async () => {
    const known = new Map<number, string>()
    const checkpoints = { directory: join(root, 'steps') }
    let trainer = begun({ source, checkpoints })
    for (let step = 0; step < 12; step++) {
      lossesOf(trainer, known)
      await trainer.step()
      await trainer.checkpoint()
      end(trainer)
      trainer = await resumed({ source, checkpoints })
    }
    await trainer.run()
    expect(known).toEqual(losses)
    expect(outcomeOf(trainer)).toEqual(expected)
    expect(await names(checkpoints.directory)).toHaveLength(3)
    end(trainer)
  })

  test('from each checkpoint, those in the middle of a validation among them', async () => {
    const all = await names(pieces())
    for (const [i, name] of all.entries()) {
      const checkpoints = { directory: join(root, `from${i}`) }
      await mkdir(checkpoints.directory)
      await cp(join(pieces(), name), join(checkpoints.directory, name), { recursive: true })
      const trainer = await resumed({ source, checkpoints })
      const known = new Map<number, string>()
      lossesOf(trainer, known)
      const { step } = trainer.state
      await trainer.run()
      expect(known, name).toEqual(new Map([...losses].filter(([own]) => own > step)))
      expect(outcomeOf(trainer), name).toEqual(expected)
      end(trainer)
    }
  })
})

test('a hyper-parameter that was set by hand stays, and the resumed run says so', async () => {
  const trainer = createTrainer(compile(regression(), { seed: 1 }), {
    data: samples(20),
    epochs: 2,
    checkpoints: { directory: root },
  })
  await trainer.set('sgd1', { learningRate: 0.003 })
  await trainer.run()
  // The second time as well.
  for (let i = 0; i < 2; i++) {
    const again = await warned(resume(root, { data: samples(20), graph: regression() }))
    expect(again.trainer.state.hyperparameters.sgd1).toMatchObject({ learningRate: 0.003 })
    expect(again.trainer.state.revision).toBe(1)
    expect(again.warnings).toMatchObject([
      { code: 'SET_BY_HAND', message: expect.stringContaining('sgd1 with learningRate 0.003 and not 0.1') },
    ])
    await again.trainer.checkpoint()
  }
})

test('notes stay, and their ids are not used again', async () => {
  const trainer = createTrainer(compile(regression(), { seed: 1 }), {
    data: samples(20),
    epochs: 2,
    checkpoints: { directory: root },
  })
  for (const text of ['first', 'second']) await trainer.send({ type: 'note', text }, 'Ada')
  await trainer.run()
  const { notes } = trainer.state
  const again = await resume(root, { data: samples(20) })
  expect(again.state.notes).toEqual(notes)
  await again.send({ type: 'note', text: 'third', step: 1 }, 'Grace')
  expect(again.state.notes.slice(2)).toMatchObject([{ id: 3, text: 'third', author: 'Grace', step: 1 }])
})

test('so does a number of a link', async () => {
  const trainer = begun({ epochs: 1, checkpoints: { directory: root } })
  await trainer.set('clipByGlobalNorm1', { norm: 0.5 })
  await trainer.run()
  const again = await warned(resumed({ checkpoints: { directory: root } }))
  expect(again.trainer.state.hyperparameters.clipByGlobalNorm1).toMatchObject({ norm: 0.5 })
  expect(again.warnings).toMatchObject([
    { code: 'SET_BY_HAND', message: expect.stringContaining('clipByGlobalNorm1 with norm 0.5') },
  ])
})

test('a run that was over stays so, and another call trains more', async () => {
  const options = { data: samples(20), epochs: 2, checkpoints: { directory: root } }
  const trainer = createTrainer(compile(regression(), { seed: 1 }), options)
  const state = await trainer.run()
  const again = await resume(root, { data: samples(20) })
  expect(await again.run()).toMatchObject({ epoch: 2, metrics: state.metrics, history: state.history })
  await Promise.all([trainer.run(), again.run()])
  expect(outcomeOf(again)).toEqual(outcomeOf(trainer))
})

test('what it says of the version is so', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  expect(VERSION).toBe(version)
})

test('elsewhere a warning takes the word back', async () => {
  const options = { data: samples(20), epochs: 2, checkpoints: { directory: root } }
  await createTrainer(compile(regression(), { seed: 1, kernels: 'wasm' }), options).run()
  const { warnings } = await warned(resume(root, { data: samples(20), kernels: 'reference' }))
  expect(warnings).toMatchObject([{ code: 'NOT_EXACT', message: expect.stringContaining('reference') }])
})

describe.each(['min', 'max'] as const)('the latest checkpoints are kept, and the best: %s', mode => {
  test('also in a run that was resumed', async () => {
    const checkpoints = { directory: root, keep: 2, best: 'validationLoss', mode }
    const first = begun({ epochs: 6, checkpoints })
    await first.step(10)
    await first.checkpoint()
    end(first)
    const trainer = await resumed({ checkpoints })
    const { history } = await trainer.run()
    const losses = history.map(({ metrics }) => metrics.validationLoss as number)
    const best = mode === 'min' ? Math.min(...losses) : Math.max(...losses)
    const kept = await names()
    const latest = kept.slice(-2)
    const bests = kept.filter(name => name.endsWith('-best'))
    expect(new Set(kept)).toEqual(new Set([...latest, ...bests.slice(-1)]))
    const record = JSON.parse(await readFile(join(root, bests.at(-1) as string, 'run.json'), 'utf8'))
    const epoch = losses.indexOf(best) + 1
    expect(record.best).toEqual({ monitor: 'validationLoss', epoch, figure: best })
    // It is a saved model as well.
    const model = await loadModel(join(root, bests.at(-1) as string))
    expect((await evaluate(model, fromArrays(rowsOf(10, 2)))).loss).toBeCloseTo(best, 6)
  })
})

test('what a process left that was killed while it wrote is taken away', async () => {
  const left = join(root, `.checkpoint-000009-best.gradstream-new-${2 ** 22 + 1}-0`)
  await mkdir(left)
  await begun({ checkpoints: { directory: root } }).run()
  expect((await names()).filter(name => name.startsWith('.'))).toEqual([])
  expect(await names()).toContain('checkpoint-000003')
})

test('metrics with options that are not given are the same again, given anew or not', async () => {
  const x = input({ name: 'x', shape: [2] })
  const prediction = x.pipe(dense({ units: 2 }), softmax())
  const loss = categoricalCrossentropy()(prediction, input({ name: 'target', shape: [2] }))
  const net = graph({ prediction, loss, update: loss.pipe(sgd()) })
  const data = fromArrays({
    x: rowsOf(8, 1).x,
    target: rowsOf(8, 1).x.map(([a = 0]) => (a < 0 ? [0, 1] : [1, 0])),
  })
  const metrics = ['f1', 'auc', metric.fBeta({ beta: 2 })] as const
  const options = { data, epochs: 1, metrics, checkpoints: { directory: root } }
  const { history } = await createTrainer(compile(net, { seed: 1 }), options).run()
  for (const again of [{ data }, { data, metrics }])
    expect((await resume(root, again)).state.history).toEqual(history)
})

describe('refused, with what differs:', () => {
  const options = () => ({ data: samples(20), epochs: 1, checkpoints: { directory: root } })
  const made = () => createTrainer(compile(regression(), { seed: 1 }), options()).run()

  test('a directory without a checkpoint', async () => {
    expect(await rejectionOf(resume(root, { data: samples(20) }))).toMatchObject({ code: 'FILE_NOT_READ' })
    expect(await rejectionOf(resume(join(root, 'no'), { data: samples(20) }))).toMatchObject({
      code: 'FILE_NOT_READ',
    })
  })

  test('a directory with the checkpoints of another run', async () => {
    await made()
    expect(() => createTrainer(compile(regression()), options())).toThrow('with those of another run')
  })

  test('other data', async () => {
    await made()
    expect(await rejectionOf(resume(root, { data: samples(19) }))).toMatchObject({
      code: 'DATA_MISMATCH',
      expected: expect.stringContaining('20 samples'),
      got: expect.stringContaining('19 samples'),
    })
    const validation = samples(6)
    expect(await rejectionOf(resume(root, { data: samples(20), validation }))).toMatchObject({
      code: 'DATA_MISMATCH',
      place: 'resume: validation',
      expected: 'none',
    })
  })

  test('another graph', async () => {
    await made()
    const data = samples(20)
    const refused = (graph: ReturnType<typeof regression>) => rejectionOf(resume(root, { data, graph }))
    expect(await refused(regression({ momentum: 0.9 }))).toMatchObject({
      code: 'GRAPH_MISMATCH',
      got: 'sgd1 with momentum 0.9 and not 0.5',
    })
    expect((await refused(networkOf() as never)).got).toBe(
      'no tanh1 of type tanh, no sgd1 of type sgd, batchNormalization1 of type batchNormalization, which is new, ' +
        'dropout1 of type dropout, which is new, dense2 fed by other nodes, 5 more',
    )
    const trainer = await resume(root, { data, graph: regression() })
    end(trainer)
  })

  test('other metrics, and custom ones that are missing', async () => {
    const model = compile(regression(), { seed: 1 })
    const metrics = ['r2', logSpread(), metric.rootMeanSquaredError({ name: 'rmse' })] as const
    await createTrainer(model, { ...options(), metrics }).run()
    const data = samples(20)
    expect(await rejectionOf(resume(root, { data, metrics: ['r2'] }))).toMatchObject({
      code: 'METRIC_MISMATCH',
      expected: 'those of the run: r2, logSpread, rootMeanSquaredError {"name":"rmse"}',
      got: 'r2',
    })
    expect(await rejectionOf(resume(root, { data }))).toMatchObject({
      code: 'UNKNOWN_NAME',
      hint: expect.stringContaining('resume(directory, { data, metrics })'),
    })
    end(await resume(root, { data, metrics }))
  })
})
