/** Who may import whom: core <- kernels, nodes <- runtime <- examples, dashboard. */
import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as Record<string, object>
const shipped = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
const installed = [...shipped, ...Object.keys({ ...manifest.devDependencies })]
const doors = ['gradstream', 'gradstream/client', 'gradstream/testing', 'gradstream/terminal']

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

const rooms: Record<string, Room> = {
  core: { ...bare, packages: ['rxjs', 'immer'] },
  kernels: { ...bare, from: ['core'] },
  nodes: { ...bare, from: ['core'] },
  runtime: { ...bare, from: ['core', 'kernels', 'nodes'], packages: shipped, node: true },
  dashboard: {
    ...bare,
    from: ['runtime/bridge/protocol.ts', 'client.ts'],
    // It is built into files, so what it stands on is installed by nobody else.
    packages: installed.filter(name => name !== 'ws'),
  },
  examples: { ...bare, packages: installed, node: true, doors: true },
  'index.ts': { ...bare, from: ['core', 'nodes', 'runtime'] },
  'client.ts': { ...bare, from: ['core', 'runtime/bridge', 'runtime/training'] },
  'testing.ts': { ...bare, from: ['core', 'nodes', 'runtime'] },
  'terminal.ts': { ...bare, from: ['core', 'nodes', 'runtime'] },
  'cli.ts': { ...bare, from: ['runtime'], packages: shipped, node: true },
}

/** Single files that may import more: the types of what the kernels ask Node for at run time, and a tool. */
const exceptions: Record<string, readonly string[]> = {
  'kernels/native/node.ts': ['node:module', 'node:os', 'node:worker_threads'],
  'kernels/wasm/helper.ts': ['node:worker_threads'],
  'kernels/blas/library.ts': ['koffi'],
  'kernels/wasm/build.ts': ['node:fs/promises', 'assemblyscript/asc'],
}

const UNREADABLE = '(a name that is computed)'

/** What a source file imports, statically, dynamically and for types; comments and texts are passed over. */
function importsOf(source: string): string[] {
  const comment = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/.source
  const named = /(?<![.\w])(?:from|import|(?:import|require)\s*\()\s*(?<quote>['"])(?<name>.*?)\k<quote>/
    .source
  const computed = /(?<![.\w])(?<computed>(?:import|require)\s*\()/.source
  const text = /`(?:\\[\s\S]|[^`\\])*`|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/.source
  const tokens = source.matchAll(new RegExp([comment, named, computed, text].join('|'), 'g'))
  return [...tokens].flatMap(({ groups }) => groups?.name ?? (groups?.computed ? UNREADABLE : []))
}

/** What is wrong with the imports of a file, given by its path from the root. */
function violations(file: string, source: string): string[] {
  const [own = ''] = file.split('/')
  const room = rooms[own]
  if (!room) return [`${file} is in no room`]
  return importsOf(source)
    .filter(name => !isAllowed(name, file, own, room) && !exceptions[file]?.includes(name))
    .map(name => `${file} imports ${name}`)
}

function isAllowed(name: string, file: string, own: string, room: Room): boolean {
  if (name === UNREADABLE) return false
  if (name.startsWith('.')) {
    const target = posix.join(posix.dirname(file), name)
    return [own, ...room.from].some(place => target === place || target.startsWith(`${place}/`))
  }
  if (isBuiltin(name)) return room.node && name.startsWith('node:')
  if (name.startsWith('gradstream')) return room.doors && doors.includes(name)
  return room.packages.some(allowed => name === allowed || name.startsWith(`${allowed}/`))
}

/** All source files of the rooms, by their paths from the root. */
const files = readdirSync(root, { withFileTypes: true }).flatMap(entry => {
  if (!entry.isDirectory()) return /\.[cm]?[jt]sx?$/.test(entry.name) ? [entry.name] : []
  if (!(entry.name in rooms)) return []
  const inside = readdirSync(`${root}/${entry.name}`, { recursive: true, encoding: 'utf8' })
  return inside.map(path => posix.join(entry.name, path)).filter(path => /\.[cm]?[jt]sx?$/.test(path))
})
// The settings of tools are no part of any room.
const sources = files.filter(file => !/\bvite(st)?\.config\.ts$/.test(file))

describe('the rooms', () => {
  test('are all there, each with what its files import', () => {
    for (const room of ['core', 'kernels', 'nodes', 'runtime', 'examples']) {
      expect(sources.some(file => file.startsWith(`${room}/`))).toBe(true)
    }
    expect(sources).toEqual(expect.arrayContaining(['index.ts', 'client.ts', 'testing.ts', 'terminal.ts']))
    const csv = importsOf(readFileSync(`${root}/runtime/data/csv.ts`, 'utf8'))
    expect(csv).toEqual(
      expect.arrayContaining(['papaparse', '../../core/index.ts', './dataset.ts', 'node:fs/promises']),
    )
  })

  test.each(sources)('%s imports along the arrows only', file => {
    expect(violations(file, readFileSync(`${root}/${file}`, 'utf8'))).toEqual([])
  })
})

test('the kernels load without Node: of its modules they import types alone', () => {
  for (const file of Object.keys(exceptions).filter(file => file !== 'kernels/wasm/build.ts')) {
    const source = readFileSync(`${root}/${file}`, 'utf8')
    const lines = source
      .split('\n')
      .filter(line => /['"](node:[\w/]+|koffi)['"]/.test(line) && /\bimport\b(?!\.)/.test(line))
    expect(lines.filter(line => !/^import type |typeof import\(/.test(line))).toEqual([])
  }
})

describe('the client, which runs in browsers,', () => {
  const own = sources.filter(file => file.startsWith('runtime/bridge/client/'))
  /** Where the platform has no WebSocket. */
  const late: Record<string, readonly string[]> = { 'runtime/bridge/client/web-socket.ts': ['ws'] }

  /** What it imports but for types, at whatever time, besides itself and what runs everywhere. */
  function foreign(file: string, source: string): string[] {
    const withoutTypes = source.replace(/^(import|export) type\b[^'"]*['"][^'"]*['"]/gm, '')
    const allowed = /^\.\/|^\.\.\/(protocol|frame|json)\.ts$|^(\.\.\/)+core\/index\.ts$|^(rxjs|immer)$/
    return importsOf(withoutTypes).filter(name => !allowed.test(name) && !late[file]?.includes(name))
  }

  test.each(own)('%s imports nothing else of the runtime but types, and nothing of Node', file => {
    expect(foreign(file, readFileSync(`${root}/${file}`, 'utf8'))).toEqual([])
  })

  test.each([
    "import { randomBytes } from 'node:crypto'",
    "import {\n  a,\n  b,\n} from '../server/hub.ts'",
    "export * from '../server/hub.ts'",
    "async function later() {\n  return (await import('ws')).WebSocket\n}",
    "const socket = import('node:net')",
    "import type { A } from './a.ts'\nimport { b } from '../../training/trainer.ts'",
  ])('would be caught at: %s', source => {
    expect(foreign('runtime/bridge/client/link.ts', source)).toHaveLength(1)
  })

  test('takes ws at run time, in one file', () => {
    const file = 'runtime/bridge/client/web-socket.ts'
    expect(importsOf(readFileSync(`${root}/${file}`, 'utf8'))).toContain('ws')
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
