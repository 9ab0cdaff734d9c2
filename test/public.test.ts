/** The names that the public doors offer at run time, listed by hand. To change a list is to change what others rely on. */
import { readFileSync } from 'node:fs'
import * as gradstream from 'gradstream'
import * as client from 'gradstream/client'
import * as terminal from 'gradstream/terminal'
import * as testing from 'gradstream/testing'
import { expect, test } from 'vitest'
import * as door from '../index.ts'
import { catalogue } from '../nodes/index.ts'
import * as testingDoor from '../testing.ts'

test("'gradstream' offers these names and the nodes, and no others", () => {
  const nodes = catalogue.map(({ definition }) => definition.type)
  expect(
    Object.keys(gradstream)
      .filter(name => !nodes.includes(name))
      .sort(),
  ).toEqual([
    'GradstreamError',
    'RandomKey',
    'Tensor',
    'arrayOf',
    'bidirectional',
    'block',
    'check',
    'compile',
    'connectBridge',
    'createTrainer',
    'csv',
    'csvLog',
    'defineLink',
    'defineLoss',
    'defineMetric',
    'defineNode',
    'defineOptimizer',
    'defineRecurrent',
    'defineWeightLink',
    'dryRun',
    'earlyStopping',
    'evaluate',
    'findBatchSize',
    'findLearningRate',
    'fromArrays',
    'fromIterable',
    'fromObservable',
    'graph',
    'graphFromJson',
    'graphToJson',
    'hasCheckpoint',
    'idx',
    'initializer',
    'jsonLog',
    'listRuns',
    'loadModel',
    'mapTensors',
    'memoryTransport',
    'metric',
    'moments',
    'notify',
    'npy',
    'oneHot',
    'openBridge',
    'parquet',
    'parseCsv',
    'readRun',
    'readSafetensors',
    'recordRun',
    'repeat',
    'resume',
    'saveModel',
    'schedule',
    'splitAll',
    'tensor',
    'timeDistributed',
    'timeLimit',
    'validate',
    'watchTraining',
    'writeSafetensors',
  ])
})

test("'gradstream' offers every node of the catalogue, under the name of its type", () => {
  for (const { definition } of catalogue)
    expect(gradstream).toHaveProperty([definition.type, 'definition'], definition)
})

test("'gradstream/client' offers these names, and no others", () => {
  expect(Object.keys(client).sort()).toEqual(['GradstreamError', 'Tensor', 'connectBridge'])
})

test("'gradstream/testing' offers these names, and no others", () => {
  expect(Object.keys(testing).sort()).toEqual(['checkNode', 'evaluateNode', 'evaluateOptimizer'])
})

test("'gradstream/terminal' offers these names, and no others", () => {
  expect(Object.keys(terminal).sort()).toEqual(['confusionMatrix', 'lossCurve', 'showProgress'])
})

test('the doors are those of the source tree', () => {
  expect(gradstream.compile).toBe(door.compile)
  expect(testing.checkNode).toBe(testingDoor.checkNode)
})

test('the types of the doors name no module that an application may lack', () => {
  const built = new URL('../dist/', import.meta.url)
  const reached = new Set(
    ['index', 'client', 'testing', 'terminal'].map(door => new URL(`${door}.d.ts`, built).href),
  )
  const others = new Set<string>()
  // A set yields what is added to it on the way.
  for (const file of reached)
    for (const name of importsOf(readFileSync(new URL(file), 'utf8'))) {
      if (name.startsWith('.')) reached.add(new URL(name.replace(/\.ts$/, '.d.ts'), file).href)
      else others.add(name)
    }
  expect(reached.size).toBeGreaterThan(50)
  expect([...others].sort()).toEqual(['immer', 'rxjs'])
})

/** The modules that a file of types imports, or exports from. */
const importsOf = (types: string): string[] =>
  [...types.matchAll(/^(?:[^/ ].* )?from '(.+)';$|\bimport\(["'](.+?)["']\)/gm)].map(
    ([, at = '', within]) => within ?? at,
  )
