/** The names that the public doors offer at run time, listed by hand. To change a list is to change what others rely on. */
import * as gradstream from 'gradstream'
import * as client from 'gradstream/client'
import * as terminal from 'gradstream/terminal'
import * as testing from 'gradstream/testing'
import { expect, test } from 'vitest'
import * as door from '../index.ts'
import * as testingDoor from '../testing.ts'

test("'gradstream' offers these names, and no others", () => {
  expect(Object.keys(gradstream).sort()).toEqual([
    'GradstreamError',
    'RandomKey',
    'Tensor',
    'adam',
    'adamW',
    'add',
    'arrayOf',
    'batchNormalization',
    'binaryCrossentropy',
    'categoricalCrossentropy',
    'check',
    'compile',
    'concatenate',
    'connectBridge',
    'createTrainer',
    'csv',
    'defineLoss',
    'defineNode',
    'defineOptimizer',
    'dense',
    'dropout',
    'elu',
    'evaluate',
    'fromArrays',
    'fromIterable',
    'fromObservable',
    'gelu',
    'graph',
    'graphFromJson',
    'graphToJson',
    'huber',
    'idx',
    'input',
    'layerNormalization',
    'leakyRelu',
    'linear',
    'mapTensors',
    'meanSquaredError',
    'memoryTransport',
    'multiply',
    'npy',
    'oneHot',
    'openBridge',
    'parquet',
    'parseCsv',
    'relu',
    'sgd',
    'sigmoid',
    'silu',
    'softmax',
    'softplus',
    'subtract',
    'tanh',
    'tensor',
    'validate',
  ])
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
