/** A model is saved and loaded as a whole, or not at all. */
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  adam,
  batchNormalization,
  categoricalCrossentropy,
  compile,
  createTrainer,
  csv,
  defineNode,
  dense,
  dropout,
  fromArrays,
  GradstreamError,
  graph,
  input,
  loadModel,
  type Model,
  meanSquaredError,
  type NodeDef,
  parseCsv,
  readSafetensors,
  saveModel,
  schedule,
  sgd,
  softmax,
  writeSafetensors,
} from 'gradstream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commitFolder, type Disk } from '../../../runtime/checkpoint/folder.ts'
import { type Files, MANIFEST, sealed } from '../../../runtime/checkpoint/manifest.ts'
import { filesOf } from '../../../runtime/checkpoint/save-model.ts'
import { MODEL, packed, unpacked } from '../../../runtime/checkpoint/saved-model.ts'
import { countOf } from '../../support/counts.ts'
import { QuickDice } from '../../support/dice.ts'
import { regression, rejectionOf, samples } from '../support.ts'

let root: string
let folders = 0
beforeAll(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'gradstream-saved-'))
})
afterAll(() => fs.rm(root, { recursive: true, force: true }))
const newFolder = () => join(root, `model${folders++}`)

const stateOf = (model: Model) => JSON.stringify(model.state())
const packedFrom = async (model: Model) => new Uint8Array(await (await saveModel(model)).arrayBuffer())

/** Text and numbers, missing cells, a class to predict, dropout, moving averages and slots. */
async function classes() {
  const table = await csv(new URL('../../../examples/data/iris.csv', import.meta.url), { target: 'species' })
  const x = input({ name: 'x', shape: [4] })
  const target = input({ name: 'target', shape: [3] })
  const prediction = x.pipe(
    dense({ units: 8 }),
    batchNormalization(),
    dropout({ rate: 0.1 }),
    dense({ units: 3 }),
    softmax(),
  )
  const loss = categoricalCrossentropy()(prediction, target)
  const net = graph({
    prediction,
    loss,
    update: loss.pipe(adam({ learningRate: schedule.cosine({ initial: 0.01, steps: 99 }) })),
  })
  const model = compile(net, { seed: 3 })
  const data = table.standardize()
  await createTrainer(model, { data, epochs: 3 }).run()
  return { model, data, rows: [{ sepal_length: 5.1, sepal_width: 3.4, petal_length: 1.5, petal_width: 0.2 }] }
}

/** A price in its own unit, from a town and a size. */
async function prices() {
  const text =
    'town,size,price\n' +
    Array.from({ length: 30 }, (_, i) => `${['Oslo', 'Rome'][i % 2]},${i},${1000 + 70 * i}`).join('\n')
  const data = parseCsv(text, { target: 'price', categorical: ['town'] }).standardize({
    columns: ['x', 'target'],
  })
  const [width = 0] = data.shapes?.x ?? []
  const prediction = input({ name: 'x', shape: [width] }).pipe(dense({ units: 1 }))
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
  const model = compile(
    graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1, momentum: 0.5 })) }),
    { seed: 3 },
  )
  await createTrainer(model, { data, epochs: 20 }).run()
  return { model, data, rows: [{ town: 'Rome', size: 12 }] }
}

describe.each(Object.entries({ classes, prices }))('a model of %s', (_, made) => {
  test('predicts from raw rows as before, from a folder, an address and a file, and goes on training', async () => {
    const { model, data, rows } = await made()
    const folder = newFolder()
    await saveModel(model, `${folder}/`)
    const sources = [
      folder,
      `${folder}/`,
      pathToFileURL(folder),
      await saveModel(model),
      await packedFrom(model),
    ]
    const loaded = await Promise.all(sources.map(source => loadModel(source)))
    for (const each of loaded) {
      expect(each.predict({ rows })).toEqual(model.predict({ rows }))
      expect(stateOf(each)).toBe(stateOf(model))
      expect(each.graph).toEqual(model.graph)
      expect(each.encoder).toEqual(model.encoder)
      expect(each.scalings).toEqual(model.scalings)
    }
    const train = (each: Model) => createTrainer(each, { data, epochs: 3, seed: 4 }).run()
    const [again] = loaded as [Model]
    await Promise.all([train(model), train(again)])
    expect(stateOf(again)).toBe(stateOf(model))
  })
})

test('another process predicts from raw rows, with the names of the classes', async () => {
  const { model, rows } = await classes()
  const folder = newFolder()
  await saveModel(model, folder)
  const built = new URL('../../../dist/index.js', import.meta.url).href
  const program = `import { loadModel } from ${JSON.stringify(built)}
    const model = await loadModel(${JSON.stringify(folder)})
    console.log(JSON.stringify(model.predict({ rows: ${JSON.stringify(rows)} })))`
  const args = ['--input-type=module', '-e', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(model.predict({ rows }))))
})

test('a server that has the folder gives the model to whoever asks for its address', async () => {
  const { model, rows } = await prices()
  const folder = newFolder()
  await saveModel(model, folder)
  const server = createServer(async ({ url }, response) => {
    const file = await fs.readFile(join(root, url as string)).catch(() => undefined)
    response.writeHead(file ? 200 : 404).end(file)
  }).listen(0)
  try {
    const address = `http://localhost:${(server.address() as AddressInfo).port}`
    const path = `${address}/${folder.split('/').at(-1)}`
    for (const source of [path, `${path}/`, new URL(path)])
      expect((await loadModel(source)).predict({ rows })).toEqual(model.predict({ rows }))
    expect(await rejectionOf(loadModel(`${address}/nothing`))).toMatchObject({
      code: 'FILE_NOT_READ',
      got: '404 Not Found',
    })
  } finally {
    server.close()
  }
})

describe('what was set by hand', () => {
  test('is saved: hyper-parameters, what is frozen, the seed and the precision', async () => {
    const model = compile(regression(), { seed: 7, kernels: 'reference', precision: 'float64' })
    const trainer = createTrainer(model, { data: samples(20), epochs: 2 })
    await trainer.run()
    trainer.set('sgd1', { learningRate: 0.003 })
    await trainer.run()
    model.freeze(['dense1'])
    const loaded = await loadModel(await saveModel(model))
    expect(loaded.node('sgd1').config).toMatchObject({ learningRate: 0.003 })
    expect(loaded.node('dense1').parameters.kernel.trainable).toBe(false)
    expect(loaded.node('dense2').parameters.kernel.trainable).toBe(true)
    expect(loaded.kernels.precision).toBe('float64')
    expect(stateOf(loaded)).toBe(stateOf(model))
    const rounded = await loadModel(await saveModel(model), { precision: 'float32' })
    expect(rounded.kernels.precision).toBe('float32')
    const [a, b] = [model, rounded].map(
      each => each.predict({ x: [[1, 2]] }).prediction?.item() as number,
    ) as [number, number]
    expect(a).toBeCloseTo(b, 5)
  })
})

describe('custom nodes', () => {
  const doubled = (units: number, type = 'doubled'): NodeDef & (() => never) =>
    defineNode({
      type,
      inputs: ['x'],
      outputs: ['y'],
      shapes: ({ x }) => ({ y: x }),
      parameters: () => ({ factor: { shape: [units], initializer: 'ones' } }),
      forward: ({ x, factor }, _, { kernels: k }) => ({ y: k.mul(x, factor) }),
    }) as never
  const modelOf = (node: NodeDef & (() => never)) => {
    const x = input({ name: 'x', shape: [2] })
    return compile(graph({ y: x.pipe(node() as never) }), { nodes: [node] })
  }

  test('are passed again', async () => {
    const node = doubled(2)
    const file = await saveModel(modelOf(node))
    const loaded = await loadModel(file, { nodes: [node] })
    expect(loaded.predict({ x: [[1, 2]] }).y?.toNested()).toEqual([[1, 2]])
    expect(await rejectionOf(loadModel(file))).toMatchObject({
      code: 'UNKNOWN_TYPE',
      message: expect.stringMatching(/doubled.*loadModel\('model\/', \{ nodes: \[\w+\] \}\)/),
    })
  })

  test('that are other ones by now are refused, with the differences', async () => {
    const file = await saveModel(modelOf(doubled(2)))
    expect(await rejectionOf(loadModel(file, { nodes: [doubled(1)] }))).toMatchObject({
      code: 'WEIGHTS_MISMATCH',
      message: expect.stringContaining('doubled1.factor [2] and not [1]'),
    })
  })
})

describe('a damaged model', () => {
  let files: Files
  let whole: Uint8Array
  beforeAll(async () => {
    const model = compile(regression(), { seed: 1 })
    await createTrainer(model, { data: samples(20), epochs: 1 }).run()
    whole = await packedFrom(model)
    files = unpacked(whole, 'test')
  })
  const withFile = (name: string, bytes: Uint8Array | undefined) => {
    const others = [...files].filter(([other]) => other !== name)
    return packed(new Map(bytes ? [...others, [name, bytes]] : others))
  }
  const codeOf = async (bytes: Uint8Array) => {
    try {
      await loadModel(bytes)
    } catch (error) {
      if (error instanceof GradstreamError) return error.code
      throw error
    }
    return 'loaded'
  }

  test('is loaded where nothing is damaged', async () => {
    expect(await codeOf(whole)).toBe('loaded')
    expect([...files.keys()].sort()).toEqual(['manifest.json', 'model.json', 'model.safetensors'])
  })

  test('is refused where it ends too early, at every byte', async () => {
    const ends = Array.from({ length: whole.length }, (_, i) => i)
    const codes = await Promise.all(ends.map(end => codeOf(whole.slice(0, end))))
    expect(new Set(codes)).toEqual(new Set(['BAD_FILE']))
    for (const [name, bytes] of files) {
      const own = Array.from({ length: bytes.length }, (_, end) =>
        codeOf(withFile(name, bytes.slice(0, end))),
      )
      expect(new Set(await Promise.all(own)), name).toEqual(new Set(['BAD_FILE']))
    }
  })

  test('is refused where a bit has flipped: each of its headers and its manifest, and many of the rest', async () => {
    const dice = new QuickDice(8)
    const flipped = (bytes: Uint8Array, bit: number) =>
      bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)))
    const header = 8 * (8 + Number(new DataView(whole.buffer).getBigUint64(0, true)))
    const bits = Array.from({ length: header }, (_, bit) => bit)
    for (let i = countOf({ few: 100, usual: 2000, full: 10_000 }); i > 0; i--)
      bits.push(dice.below(8 * whole.length))
    const codes = new Set<string>()
    for (const bit of bits) codes.add(await codeOf(flipped(whole, bit)))
    const manifest = files.get(MANIFEST) as Uint8Array
    for (let bit = 0; bit < 8 * manifest.length; bit++)
      codes.add(await codeOf(withFile(MANIFEST, flipped(manifest, bit))))
    expect(codes).toEqual(new Set(['BAD_FILE']))
  })

  test('is refused where a file is missing', async () => {
    for (const name of files.keys()) expect(await codeOf(withFile(name, undefined)), name).toBe('BAD_FILE')
  })

  test('is refused where its manifest leads to other folders', async () => {
    for (const name of ['../model.json', '/etc/passwd', 'a/b', '..', '.hidden', MANIFEST, '__proto__/x']) {
      const others = await sealed(MODEL, new Map([[name, new Uint8Array(1)]]))
      expect(await codeOf(withFile(MANIFEST, others.get(MANIFEST))), name).toBe('BAD_FILE')
    }
  })

  test('is not taken for one of another kind, or of a newer version', async () => {
    const others = [...files].filter(([name]) => name !== MANIFEST)
    const other = await sealed({ format: 'gradstream-other', version: 1 }, new Map(others))
    expect(await rejectionOf(loadModel(packed(other)))).toMatchObject({
      code: 'BAD_FILE',
      got: '"gradstream-other"',
    })
    const newer = await sealed({ ...MODEL, version: 2 }, new Map(others))
    expect(await rejectionOf(loadModel(packed(newer)))).toMatchObject({
      code: 'BAD_FILE',
      expected: 'version 1 or older',
      hint: expect.stringContaining('newer one'),
    })
    const tensors = writeSafetensors({ 'dense1.kernel': [1] })
    expect(await rejectionOf(loadModel(tensors))).toMatchObject({
      code: 'BAD_FILE',
      hint: expect.stringContaining('model.load(readSafetensors(bytes).tensors)'),
    })
  })

  test('is not loaded in part where its files do not belong together, though each is whole', async () => {
    const other = filesOf(compile(regression(), { seed: 1 }))
    const smaller = writeSafetensors(
      Object.fromEntries(
        Object.entries(readSafetensors(other.get('model.safetensors') as Uint8Array).tensors).slice(1),
      ),
    )
    const mixed = await sealed(MODEL, new Map([...other, ['model.safetensors', smaller]]))
    expect(await rejectionOf(loadModel(packed(mixed)))).toMatchObject({ code: 'WEIGHTS_MISMATCH' })
    const graphless = await sealed(MODEL, new Map([...other, ['model.json', new TextEncoder().encode('{}')]]))
    expect(await rejectionOf(loadModel(packed(graphless)))).toMatchObject({ code: 'BAD_FILE' })
  })
})

describe('a folder', () => {
  const model = (seed: number) => compile(regression(), { seed })
  const wide = (units: number) =>
    graph({ prediction: input({ name: 'x', shape: [units] }).pipe(dense({ units })) })

  test('that is none is refused, with what to pass', async () => {
    expect(await rejectionOf(loadModel(join(root, 'nothing')))).toMatchObject({
      code: 'FILE_NOT_READ',
      expected: expect.stringContaining('manifest.json'),
      hint: expect.stringContaining("saveModel(model, 'model/')"),
    })
    for (const source of ['', 7, {}, null, undefined])
      expect(await rejectionOf(loadModel(source as never))).toMatchObject({ code: 'INVALID_OPTION' })
    for (const path of ['', 7, {}, null])
      expect(await rejectionOf(saveModel(model(1), path as never))).toMatchObject({ code: 'INVALID_OPTION' })
    expect(await rejectionOf(saveModel({} as never))).toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('is made with those above it, and replaced by the next model', async () => {
    const folder = join(newFolder(), 'deep', 'inside')
    for (const seed of [1, 2]) {
      await saveModel(model(seed), folder)
      expect(stateOf(await loadModel(folder))).toBe(stateOf(model(seed)))
    }
    expect(await fs.readdir(join(folder, '..'))).toEqual(['inside'])
    expect((await fs.readdir(folder)).sort()).toEqual(['manifest.json', 'model.json', 'model.safetensors'])
  })

  test('that a link leads to is replaced where it is', async () => {
    const [folder, link] = [newFolder(), newFolder()]
    await saveModel(model(1), folder)
    await fs.symlink(folder, link)
    await saveModel(model(2), link)
    expect((await fs.lstat(link)).isSymbolicLink()).toBe(true)
    expect(stateOf(await loadModel(folder))).toBe(stateOf(model(2)))
  })

  test('with anything else in it is not touched', async () => {
    const folder = newFolder()
    await saveModel(model(1), folder)
    await fs.writeFile(join(folder, 'notes.txt'), 'mine')
    const file = join(root, `file${folders++}`)
    await fs.writeFile(file, 'mine')
    const own = newFolder()
    await fs.mkdir(own)
    await fs.writeFile(join(own, 'model.json'), '{}')
    for (const path of [folder, own, file, root])
      expect(await rejectionOf(saveModel(model(2), path))).toMatchObject({ code: 'FILE_NOT_WRITTEN' })
    expect(stateOf(await loadModel(folder))).toBe(stateOf(model(1)))
    expect(await fs.readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine')
    expect(await fs.readFile(file, 'utf8')).toBe('mine')
    expect(await fs.readdir(own)).toEqual(['model.json'])
  })

  test('is written by several at once one after the other, in the order of their calls', async () => {
    const folder = newFolder()
    // The first ones take longest to hash.
    const models = [400, 200, 20, 2].map(units => compile(wide(units)))
    await Promise.all(models.map(each => saveModel(each, folder)))
    expect(stateOf(await loadModel(folder))).toBe(stateOf(models[3] as Model))
    await saveModel(model(5), newFolder())
    expect((await fs.readdir(root)).filter(name => name.startsWith('.'))).toEqual([])
  })

  /** A disk on which the call of that number fails, and with `crash` each one after it as well. */
  function failing(at: number, crash: boolean) {
    let calls = 0
    const guarded = <T extends (...args: never[]) => Promise<unknown>>(call: T): T =>
      (async (...args: never[]) => {
        calls++
        if (calls === at || (crash && calls > at))
          throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
        return call(...args)
      }) as unknown as T
    const disk = {
      mkdir: guarded(fs.mkdir),
      rename: guarded(fs.rename),
      rm: guarded(fs.rm),
      async open(...args: Parameters<typeof fs.open>) {
        const file = await guarded(fs.open)(...args)
        return {
          // A part of it is there first.
          write: guarded((bytes: Uint8Array, start: number, length: number) =>
            file.write(bytes, start, Math.ceil(length / 2)),
          ),
          sync: guarded(async () => undefined),
          close: () => file.close(),
        }
      },
    } as unknown as Disk
    return { disk, count: () => calls }
  }

  const quick = () => failing(Number.POSITIVE_INFINITY, false).disk

  test.each([false, true])(
    'is the old one or the new one, whatever call fails (and nothing works after that: %s)',
    async crash => {
      const [old, next] = [1, 2].map(seed => filesOf(model(seed))) as [Files, Files]
      const known = [1, 2].map(seed => stateOf(model(seed)))
      for (const first of [true, false]) {
        const whole = failing(Number.POSITIVE_INFINITY, crash)
        const started = newFolder()
        if (!first) await commitFolder(started, MODEL, old)
        await commitFolder(started, MODEL, next, whole.disk)
        for (let at = 1; at <= whole.count(); at++) {
          const folder = newFolder()
          if (!first) await commitFolder(folder, MODEL, old, quick())
          const { disk } = failing(at, crash)
          const outcome = await commitFolder(folder, MODEL, next, disk).then(
            () => 'written',
            error => (error as GradstreamError).code,
          )
          const loaded = await loadModel(folder, { kernels: 'reference' }).then(
            stateOf,
            error => (error as GradstreamError).code,
          )
          // The last call only takes the old one away.
          if (outcome === 'written') expect(loaded).toBe(known[1])
          else {
            expect(outcome).toBe('FILE_NOT_WRITTEN')
            expect([first ? 'FILE_NOT_READ' : known[0], ...(crash ? [known[1]] : [])]).toContain(loaded)
          }
          await commitFolder(folder, MODEL, next, quick())
          expect(stateOf(await loadModel(folder, { kernels: 'reference' }))).toBe(known[1])
        }
      }
      // What a process leaves behind that was killed is taken away by the next one.
      const folder = newFolder()
      const left = `${join(root, `.${folder.split('/').at(-1)}.gradstream-new-`)}${2 ** 22 + 1}-0`
      await fs.mkdir(left)
      await commitFolder(folder, MODEL, next)
      await expect(fs.stat(left)).rejects.toThrow('ENOENT')
    },
  )
})

test('what no table was is saved with its standardization', async () => {
  const data = fromArrays({
    x: [
      [1, 200],
      [2, 100],
      [4, 300],
    ],
    target: [[1], [2], [3]],
  }).standardize()
  const model = compile(regression(), { seed: 1 })
  await createTrainer(model, { data, epochs: 2 }).run()
  const loaded = await loadModel(await saveModel(model))
  expect(loaded.scalings).toEqual(data.scalings)
  expect(loaded.predict({ x: [[3, 150]] })).toEqual(model.predict({ x: [[3, 150]] }))
})
