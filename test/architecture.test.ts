/**
 * Who may import whom: core <- kernels, nodes <- runtime <- examples, dashboard; inside runtime data <- engine <- training
 * <- bridge. And no circle between files, so that each can be read alone.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as rxjs from 'rxjs'
import { describe, expect, test } from 'vitest'
import { sides } from './support/doors.ts'
import {
  circlesIn,
  doors,
  graphOf,
  importsOf,
  isRelative,
  sidesOf,
  targetOf,
  UNREADABLE,
} from './support/imports.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as Record<string, object>
const shipped = Object.keys({
  ...manifest.dependencies,
  ...manifest.peerDependencies,
  ...manifest.optionalDependencies,
})
const installed = [...shipped, ...Object.keys({ ...manifest.devDependencies })]

interface Room {
  /** The rooms, or single files, that it may import from besides itself. */
  readonly from: readonly string[]
  readonly packages: readonly string[]
  /** Whether it may use modules of Node, and so runs there alone. */
  readonly node: boolean
  /** Whether it may import gradstream as its users do. */
  readonly doors: boolean
}

const bare: Room = { from: [], packages: [], node: false, doors: false }

/** A room inside runtime, and those of its neighbours there that it may import from. */
const inRuntime = (...from: string[]): Room => ({
  ...bare,
  from: ['core', 'kernels', 'nodes', ...from.map(place => `runtime/${place}`)],
  packages: shipped,
  node: true,
})

/** What the two ends of the bridge share. */
const wire = [
  'bridge/protocol.ts',
  'bridge/frame.ts',
  'bridge/json.ts',
  'bridge/packed.ts',
  'bridge/proof.ts',
]

/** By their paths; of two that a file is in, the inner one counts. */
const rooms: Record<string, Room> = {
  core: { ...bare, packages: ['rxjs', 'immer'] },
  kernels: { ...bare, from: ['core'] },
  nodes: { ...bare, from: ['core'] },
  'runtime/data': inRuntime(),
  'runtime/engine': inRuntime('data'),
  'runtime/checkpoint': inRuntime('data', 'engine'),
  'runtime/training': inRuntime('data', 'engine', 'checkpoint'),
  'runtime/runs': inRuntime('data', 'engine', 'training'),
  'runtime/bridge': inRuntime('data', 'engine', 'training'),
  'runtime/bridge/server': inRuntime('data', 'engine', 'training', 'runs', ...wire),
  'runtime/bridge/client': inRuntime('training', ...wire),
  // It shows what a run tells of itself, as the bridge does.
  'runtime/terminal': inRuntime('training'),
  // It tries nodes and optimizers alone, without a run.
  'runtime/testing': inRuntime('engine'),
  // Its server admits people, and gives the files of the page, as the bridge does.
  'runtime/runs-page': inRuntime('training', 'runs', 'bridge/server'),
  // An assistant is a client of the bridge as any other.
  'runtime/cli': inRuntime('terminal', 'training', 'runs', 'runs-page', 'bridge/client', ...wire),
  dashboard: {
    ...bare,
    from: ['runtime/bridge/protocol.ts', 'runtime/runs-page/answers.ts', 'client.ts', 'core/duration.ts'],
    // It is built into files, so what it stands on is installed by nobody else.
    packages: installed.filter(name => name !== 'ws'),
  },
  examples: { ...bare, packages: installed, node: true, doors: true },
  'index.ts': { ...bare, from: ['core', 'nodes', 'runtime'] },
  'client.ts': { ...bare, from: ['core', 'runtime/bridge', 'runtime/training'] },
  'testing.ts': { ...bare, from: ['core', 'nodes', 'runtime'] },
  'terminal.ts': { ...bare, from: ['core', 'nodes', 'runtime'] },
  'terminal.browser.ts': { ...bare, from: ['core', 'terminal.ts'] },
  'cli.ts': { ...bare, from: ['runtime'], packages: shipped, node: true },
  'bundle.ts': bare,
}

/** What builds the package, or the kernels in WebAssembly, and does not run with them. */
const tools: Record<string, readonly string[]> = {
  'bundle.ts': ['node:fs', 'node:fs/promises', 'node:path', 'node:url', 'esbuild'],
  'kernels/wasm/build.ts': ['node:crypto', 'node:fs/promises', 'node:module', 'node:os', 'node:path'],
  'kernels/wasm/compile.ts': ['node:child_process', 'node:module', 'node:util'],
}

/** Single files that may import more: the sides of the kernels that are for Node alone, curves that definitions compute, and tools. */
const exceptions: Record<string, readonly string[]> = {
  'kernels/native/host.ts': ['node:os', 'node:worker_threads'],
  'kernels/blas/library.ts': ['node:module', 'koffi'],
  'dashboard/curves.ts': [
    '../core/index.ts',
    '../kernels/reference/reference-kernels.ts',
    '../nodes/activations/index.ts',
  ],
  ...tools,
}

/** What is wrong with the imports of a file, given by its path from the root. */
function violations(file: string, source: string): string[] {
  const [own = ''] = Object.keys(rooms)
    .filter(place => isIn(place, file))
    .sort((a, b) => b.length - a.length)
  const room = rooms[own]
  if (!room) return [`${file} is in no room`]
  return importsOf(file, source)
    .filter(name => !isAllowed(name, file, own, room) && !exceptions[file]?.includes(name))
    .map(name => `${file} imports ${name}`)
}

const isIn = (place: string, file: string) => file === place || file.startsWith(`${place}/`)

function isAllowed(name: string, file: string, own: string, room: Room): boolean {
  if (name === UNREADABLE) return false
  const within = (target: string) => [own, ...room.from].some(place => isIn(place, target))
  if (isRelative(name)) return within(targetOf(name, file))
  if (sides.has(name)) return sidesOf(name).every(within)
  if (isBuiltin(name)) return room.node && name.startsWith('node:')
  if (name.startsWith('gradstream')) return room.doors && doors.has(name)
  return room.packages.some(allowed => name === allowed || name.startsWith(`${allowed}/`))
}

const isSource = (path: string) => /\.[cm]?[jt]sx?$/.test(path)

function sourcesIn(folder: string): string[] {
  return readdirSync(`${root}/${folder}`, { withFileTypes: true }).flatMap(entry => {
    const path = posix.join(folder, entry.name)
    // Not packages that are installed there, nor what tests leave in hidden folders.
    if (entry.isDirectory()) return /^(node_modules|\.)/.test(entry.name) ? [] : sourcesIn(path)
    return isSource(path) ? [path] : []
  })
}

const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8')

/** The source files at the root and in the rooms, by their paths from the root; and those that are in no room. */
const atRoot = readdirSync(root, { withFileTypes: true }).filter(entry => !entry.isDirectory())
const folders = new Set(Object.keys(rooms).map(place => place.split('/')[0] as string))
const inside = [
  ...atRoot.map(entry => entry.name).filter(isSource),
  ...[...folders].filter(folder => !isSource(folder)).flatMap(sourcesIn),
]
const outside = ['bench', 'docs', 'test'].flatMap(sourcesIn)
// The settings of tools are no part of any room.
const sources = inside.filter(file => !/\bvite(st)?\.config\.ts$/.test(file))

describe('the rooms', () => {
  test('are all there, each with what its files import', () => {
    for (const room of ['core', 'kernels', 'nodes', 'runtime', 'examples']) {
      expect(sources.some(file => file.startsWith(`${room}/`))).toBe(true)
    }
    expect(sources).toEqual(expect.arrayContaining(['index.ts', 'client.ts', 'testing.ts', 'terminal.ts']))
    // Of another room, of a type, and while it runs.
    const parquet = importsOf('runtime/data/parquet.ts', read('runtime/data/parquet.ts'))
    expect(parquet).toEqual(expect.arrayContaining(['../../core/index.ts', './dataset.ts', 'hyparquet']))
    expect(importsOf('runtime/data/files.ts', read('runtime/data/files.ts'))).toContain('node:fs/promises')
    expect(importsOf('runtime/data/tables/dialect.ts', read('runtime/data/tables/dialect.ts'))).toContain(
      'papaparse',
    )
    const bytes = importsOf('runtime/data/tables/bytes.ts', read('runtime/data/tables/bytes.ts'))
    expect(bytes).toContain('#files')
  })

  test.each(sources)('%s imports along the arrows only', file => {
    expect(violations(file, read(file))).toEqual([])
  })
})

describe('the files', () => {
  const all = new Map([...inside, ...outside].map(file => [file, read(file)] as const))
  const graph = graphOf(all)
  /** What is there only when something has been built. */
  const built = ['kernels/wasm/binaries.ts', 'dist']

  test('import in no circle', () => {
    expect(circlesIn(graph), 'circles between files').toEqual([])
  })

  test('import files that are there, so that no arrow is overlooked', () => {
    const lost = [...graph].flatMap(([file, imports]) =>
      imports
        .filter(target => !all.has(target) && !built.some(place => isIn(place, target)))
        .filter(target => !(/\.(css|json)$/.test(target) && existsSync(`${root}/${target}`)))
        .map(target => `${file} imports ${target}, which is not there`),
    )
    expect(lost).toEqual([])
  })

  test('are joined by imports of every kind', () => {
    expect(graph.get('kernels/wasm/assembly/reductions.ts')).toContain('kernels/wasm/assembly/vector.ts')
    expect(graph.get('examples/iris.ts')).toContain('index.ts')
    expect(graph.get('index.ts')).toContain('core/index.ts')
  })
})

describe('a small project with a circle and an arrow in the wrong direction', () => {
  const project = new Map([
    ['runtime/data/table.ts', "import type { Model } from '../engine/model.ts'\nexport interface Table {}"],
    ['runtime/engine/model.ts', "import { queue } from './queue.ts'\nexport interface Model {}"],
    ['runtime/engine/queue.ts', "import { type Table } from '../data/table.ts'"],
    ['runtime/engine/compile.ts', "export * from './model.ts'"],
  ])
  const circle = 'runtime/data/table.ts -> runtime/engine/model.ts -> runtime/engine/queue.ts'

  test('is told its circle', () => {
    expect(circlesIn(graphOf(project))).toEqual([`${circle} -> runtime/data/table.ts`])
  })

  test('is told its wrong arrow, and no other', () => {
    const wrong = [...project].flatMap(([file, source]) => violations(file, source))
    expect(wrong).toEqual(['runtime/data/table.ts imports ../engine/model.ts'])
  })

  test('is told each circle once, the shortest way round', () => {
    const graph = new Map([
      ['a.ts', ['b.ts', 'd.ts']],
      ['b.ts', ['c.ts']],
      ['c.ts', ['d.ts', 'b.ts']],
      ['d.ts', ['a.ts', 'd.ts', 'elsewhere.ts']],
    ])
    expect(circlesIn(graph)).toEqual(['a.ts -> d.ts -> a.ts', 'b.ts -> c.ts -> b.ts', 'd.ts -> d.ts'])
  })

  test.each([
    "import { a } from './a.ts'",
    "import './a.ts'",
    "import type { A } from './a.ts'",
    "import { type A } from './a.ts'",
    "import * as a from './a.ts'",
    "export { a } from './a.ts'",
    "export type { A } from './a.ts'",
    "export * from './a.ts'",
    "const later = import('./a.ts')",
    "type A = import('./a.ts').A",
    "type A = typeof import('./a.ts')",
    'const text = `$' + '{b ? `$' + "{(await import('./a.ts')).a}` : ''}`",
    "const quote = /['\"`]/\nconst later = import('./a.ts')",
    "import { b } from './b.ts'",
    "import './a'",
    "import itself from '../core/b.ts'",
  ])('is told a circle through: %s', source => {
    const files = new Map([
      ['core/a.ts', "import type { B } from './b.ts'"],
      ['core/b.ts', source],
    ])
    expect(circlesIn(graphOf(files))).toHaveLength(1)
  })

  test.each([
    "// import './a.ts'",
    'const text = "import \'./a.ts\'"',
    "import { of } from 'rxjs'",
    "const list = Array.from('./a.ts')",
    "import './c.ts'",
  ])('is told none through: %s', source => {
    const files = new Map([
      ['core/a.ts', "import type { B } from './b.ts'"],
      ['core/b.ts', source],
      ['core/c.ts', ''],
    ])
    expect(circlesIn(graphOf(files))).toEqual([])
  })
})

describe('a page', () => {
  /** What is loaded from a file on, at whatever time, with the sides for browsers: files and packages. */
  function loaded(first: string): { files: string[]; packages: string[] } {
    const files = new Set([first])
    const packages = new Set<string>()
    for (const file of files) {
      for (const name of importsOf(file, read(file), 'values')) {
        const target = isRelative(name) ? targetOf(name, file) : sides.get(name)?.browser
        if (target !== undefined) files.add(target)
        else packages.add(name)
      }
    }
    return { files: [...files], packages: [...packages].sort() }
  }

  test.each([
    ['index.ts', ['hyparquet', 'hyparquet-compressors', 'immer', 'papaparse', 'rxjs']],
    ['client.ts', ['immer', 'rxjs']],
    ['testing.ts', ['immer', 'rxjs']],
    ['terminal.browser.ts', ['immer', 'rxjs']],
  ])('that imports %s loads nothing of Node, and of packages %j', (door, packages) => {
    expect(loaded(door).packages).toEqual(packages)
  })

  test('loads the sides that are for browsers', () => {
    const { files } = loaded('index.ts')
    for (const { browser, node } of sides.values()) {
      expect(files).toContain(browser)
      expect(files).not.toContain(node)
    }
  })
})

test('each name with a hash leads to a file for Node, and to one for browsers beside it', () => {
  expect(sides.size).toBeGreaterThan(5)
  const files = [...sides.values()].flatMap(({ browser, node }) => [browser, node])
  expect(files.filter(file => !existsSync(`${root}/${file}`))).toEqual([])
})

test('what Node loads of RxJS is what the sources import, the same as in the whole of it', async () => {
  const parts = await import('../core/rxjs.ts')
  const built = sources.filter(file => /^(core|kernels|nodes|runtime)\/|^[\w.]+$/.test(file))
  const named = built.flatMap(file => [...read(file).matchAll(/^import \{([^}]*)\} from 'rxjs'/gm)])
  const values = named
    .flatMap(([, names]) => (names as string).split(','))
    .map(name => name.trim())
    .filter(name => !name.startsWith('type '))
  expect(Object.keys(parts).sort()).toEqual([...new Set(values)].sort())
  expect(rxjs).toMatchObject(parts)
})

describe('the client, which runs in browsers,', () => {
  const own = sources.filter(file => file.startsWith('runtime/bridge/client/'))
  /** Where the platform has no WebSocket. */
  const late: Record<string, readonly string[]> = { 'runtime/bridge/client/open-socket.ts': ['ws'] }

  /** What it imports but for types, at whatever time, besides itself and what runs everywhere. */
  function foreign(file: string, source: string): string[] {
    const allowed =
      /^\.\/|^\.\.\/(protocol|frame|json|packed|proof)\.ts$|^(\.\.\/)+core\/index\.ts$|^#open-socket$|^(rxjs|immer)$/
    return importsOf(file, source, 'values').filter(
      name => !allowed.test(name) && !late[file]?.includes(name),
    )
  }

  test.each(own)('%s imports nothing else of the runtime but types, and nothing of Node', file => {
    expect(foreign(file, read(file))).toEqual([])
  })

  test.each([
    "import { randomBytes } from 'node:crypto'",
    "import {\n  a,\n  b,\n} from '../server/bridge-server.ts'",
    "export * from '../server/bridge-server.ts'",
    "async function later() {\n  return (await import('ws')).WebSocket\n}",
    "const socket = import('node:net')",
    "import type { A } from './a.ts'\nimport { b } from '../../training/trainer.ts'",
  ])('would be caught at: %s', source => {
    expect(foreign('runtime/bridge/client/link.ts', source)).toHaveLength(1)
  })

  test('takes ws at run time, in one file', () => {
    const file = 'runtime/bridge/client/open-socket.ts'
    expect(importsOf(file, read(file))).toContain('ws')
    expect(foreign(file, "import type { A } from '../../training/trainer.ts'")).toEqual([])
  })
})

describe('the rule', () => {
  test.each([
    ['core/tensor.ts', "import { add } from '../kernels/index.ts'"],
    ['core/tensor.ts', "import { compile } from '../runtime/engine/compile.ts'"],
    ['core/tensor.ts', "import { csv } from 'papaparse'"],
    ['core/tensor.ts', "import { readFileSync } from 'node:fs'"],
    ['core/tensor.ts', "import { compile } from '../index.ts'"],
    ['core/tensor.ts', "import { compile } from 'gradstream'"],
    ['core/tensor.ts', "export * from '../nodes/index.ts'"],
    ['core/tensor.ts', "import type { Model } from '../runtime/engine/model.ts'"],
    ['core/tensor.ts', "type Model = import('../runtime/engine/model.ts').Model"],
    ['core/tensor.ts', "const { compile } = await import('../runtime/engine/compile.ts')"],
    ['core/tensor.ts', "import '../runtime/engine/compile.ts'"],
    ['core/tensor.ts', "import {\n  a,\n  b,\n} from '../nodes/index.ts'"],
    ['core/tensor.ts', 'import a from "../nodes/index.ts"'],
    ['core/tensor.ts', "const fs = require('node:fs')"],
    ['core/tensor.ts', "import { anything } from 'rxjs-etc'"],
    ['core/deep/inside.ts', "import '../../kernels/index.ts'"],
    ['kernels/wasm/memory.ts', "import { relu } from '../../nodes/index.ts'"],
    ['kernels/wasm/memory.ts', "import { of } from 'rxjs'"],
    ['kernels/wasm/memory.ts', "import { cpus } from 'node:os'"],
    ['kernels/wasm/memory.ts', "import { cpus } from 'os'"],
    ['kernels/wasm/memory.ts', "import { serve } from '#serve'"],
    ['kernels/native/host.browser.ts', "import { cpus } from 'node:os'"],
    ['nodes/layers/dense.ts', "import { Subject } from 'rxjs'"],
    ['nodes/layers/dense.ts', "import { map } from 'rxjs/operators'"],
    ['nodes/layers/dense.ts', "import { ReferenceKernels } from '../../kernels/index.ts'"],
    ['nodes/layers/dense.ts', "import { Engine } from '../../runtime/engine/engine.ts'"],
    ['runtime/engine/engine.ts', "import { compile } from '../../index.ts'"],
    ['runtime/engine/engine.ts', "import '../../examples/iris.ts'"],
    ['runtime/engine/engine.ts', "import { near } from '../../test/support/near.ts'"],
    ['runtime/engine/engine.ts', "import { describe } from 'vitest'"],
    ['runtime/engine/engine.ts', "import { readFileSync } from 'fs'"],
    ['runtime/engine/engine.ts', 'const kernels = await import(name)'],
    ['runtime/engine/engine.ts', 'const kernels = await import(`../../examples/$' + '{name}.ts`)'],
    ['runtime/engine/engine.ts', "import '../../../elsewhere.ts'"],
    ['runtime/data/csv.ts', "import type { Model } from '../engine/model.ts'"],
    ['runtime/data/csv.ts', "type Trainer = import('../training/trainer.ts').Trainer"],
    ['runtime/engine/model.ts', "import { type Trainer } from '../training/trainer.ts'"],
    ['runtime/engine/model.ts', "import '../bridge/protocol.ts'"],
    ['runtime/training/trainer.ts', "export type { Query } from '../bridge/protocol.ts'"],
    ['runtime/training/trainer.ts', "import '../terminal/text.ts'"],
    ['runtime/bridge/protocol.ts', "import '../terminal/text.ts'"],
    ['runtime/bridge/server/bridge-server.ts', "import '../client/link.ts'"],
    ['runtime/bridge/client/link.ts', "import type { BridgeServer } from '../server/bridge-server.ts'"],
    ['runtime/bridge/client/link.ts', "import type { Model } from '../../engine/model.ts'"],
    ['runtime/terminal/text.ts', "import type { Query } from '../bridge/protocol.ts'"],
    ['runtime/testing/rig.ts', "import type { Trainer } from '../training/trainer.ts'"],
    ['runtime/engine/engine.ts', "import '../testing/rig.ts'"],
    ['runtime/cli/doctor.ts', "import '../engine/model.ts'"],
    ['runtime/other/new.ts', ''],
    ['runtime/loose.ts', ''],
    ['dashboard/page.ts', "import { Engine } from '../runtime/engine/engine.ts'"],
    ['dashboard/page.ts', "import { tensor } from '../core/index.ts'"],
    ['dashboard/page.ts', "import { WebSocket } from 'ws'"],
    ['client.ts', "import { compile } from './runtime/engine/compile.ts'"],
    ['examples/iris.ts', "import { Engine } from '../runtime/engine/engine.ts'"],
    ['examples/iris.ts', "import { relu } from '../nodes/index.ts'"],
    ['examples/iris.ts', "import { compile } from '../index.ts'"],
    ['examples/iris.ts', "import { inner } from 'gradstream/runtime/engine'"],
    ['examples/iris.ts', "import { chalk } from 'never-installed'"],
    ['index.ts', "import { readFileSync } from 'node:fs'"],
    ['index.ts', "export * from './examples/iris.ts'"],
    ['index.ts', "export { Subject } from 'rxjs'"],
    ['misc/other.ts', ''],
  ])('catches in %s: %s', (file, source) => {
    expect(violations(file, source)).toHaveLength(1)
  })

  test.each([
    [
      'core/tensor.ts',
      "import { Observable } from 'rxjs'\nimport { produce } from 'immer'\nimport './shape.ts'",
    ],
    ['kernels/wasm/memory.ts', "import type { Kernels } from '../../core/index.ts'\nimport '../index.ts'"],
    ['kernels/wasm/memory.ts', "import { maySleep } from '#host'"],
    [
      'nodes/layers/dense.ts',
      "import { check } from '../../core/index.ts'\nimport '../initializers/index.ts'",
    ],
    ['runtime/bridge/server.ts', "import { createServer } from 'node:http'\nimport '../training/trainer.ts'"],
    ['runtime/engine/compile.ts', "import '../../nodes/index.ts'\nimport '../../kernels/index.ts'"],
    ['dashboard/page.ts', "import { connectBridge } from '../client.ts'\nimport './chart.ts'"],
    [
      'examples/iris.ts',
      "import { csv } from 'gradstream'\nimport { cac } from 'cac'\nimport { map } from 'rxjs'",
    ],
    ['examples/iris.ts', "import { checkNode } from 'gradstream/testing'\nimport 'gradstream/terminal'"],
    ['index.ts', "export { tensor } from './core/index.ts'"],
    ['core/tensor.ts', "/** @example import { csv } from 'gradstream' */\n// import 'node:fs'"],
    ['core/tensor.ts', "const text = \"import 'node:fs'\" + `from 'node:fs'` + 'from \"node:fs\"'"],
    ['core/tensor.ts', "const list = Array.from('abc'); source.import('node:fs'); import.meta.url"],
  ])('lets pass in %s: %s', (file, source) => {
    expect(violations(file, source)).toEqual([])
  })
})
