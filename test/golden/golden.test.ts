/** Reference vectors that PyTorch computed in float64, for every node of the catalogue; `more.py` writes those of `more.json`. */
import { readFileSync } from 'node:fs'
import { evaluateNode, evaluateOptimizer, type NodeArguments, type TensorsJson } from 'gradstream/testing'
import { describe, expect, test } from 'vitest'
import type { TensorJson } from '../../index.ts'
import { findBlas } from '../../kernels/blas/library.ts'
import { catalogue } from '../../nodes/index.ts'
import { isFull } from '../support/counts.ts'

interface NodeCase extends NodeArguments {
  node: string
  config: Record<string, unknown>
  output: TensorJson
  inputGradients: TensorsJson
  parameterGradients: TensorsJson
  stateAfter?: TensorsJson
  tolerance: number
  note?: string
}

interface OptimizerCase {
  node: string
  config: Record<string, unknown>
  initial: TensorJson
  gradients: TensorJson[]
  trajectory: TensorJson[]
  tolerance: number
}

const types = new Set(
  catalogue.flatMap(({ definition }) =>
    // Links have vectors of their own, and what reads a parameter of another node has no values of its own.
    'gradients' in definition || 'reads' in definition || definition.role === 'weights'
      ? []
      : definition.type,
  ),
)
const load = <Case extends { node: string }>(...files: string[]): Case[] =>
  files
    .flatMap(file => JSON.parse(readFileSync(new URL(`${file}.json`, import.meta.url), 'utf8')) as Case[])
    .filter(({ node }) => types.has(node))

const files = [
  'activations',
  'convolution',
  'recurrent',
  'attention',
  'layers',
  'losses',
  'merge',
  'normalization',
  'optimizers',
  'more',
  'weights',
]
const isOfOptimizer = (known: object) => 'trajectory' in known
const nodeCases = load<NodeCase>(...files).filter(known => !isOfOptimizer(known))
const optimizerCases = load<OptimizerCase>(...files).filter(isOfOptimizer)

/** The files hold float32 numbers in 9 digits, which tell them apart; this gives all their digits back. */
const exactly = (json: TensorJson): TensorJson => ({ ...json, data: json.data.map(Math.fround) })
const allExactly = (tensors: TensorsJson = {}): TensorsJson =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, exactly(tensor)]))

/**
 * Compares with an expected tensor, relative to its largest entry. Expected numbers were rounded to 9 digits, so
 * half a unit of the ninth digit of each is granted beyond the tolerance.
 */
function expectTensor(got: TensorJson | undefined, expected: TensorJson, tolerance: number): void {
  expect(got?.shape).toEqual(expected.shape)
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  expected.data.forEach((value, i) => {
    const digits = value === 0 ? 0 : 0.5 * 10 ** (Math.floor(Math.log10(Math.abs(value))) - 8)
    const off = Math.abs((got?.data[i] as number) - value)
    expect(off, `entry ${i}: ${got?.data[i]}, expected ${value}`).toBeLessThanOrEqual(
      tolerance * largest + digits,
    )
  })
}

const toleranceIn = {
  float64: () => 1e-9,
  float32: (known: { tolerance: number }) => known.tolerance,
}

describe.each([
  { kernels: 'reference', precision: 'float64' },
  ...(isFull ? [{ kernels: 'reference', precision: 'float32' } as const] : []),
  { kernels: 'wasm', precision: 'float32' },
  ...(isFull && findBlas().library ? [{ kernels: 'blas', precision: 'float32' } as const] : []),
] as const)('golden vectors on $kernels kernels in $precision', ({ kernels, precision }) => {
  const toleranceOf = toleranceIn[precision]

  test.each(nodeCases)('$node $config $note', known => {
    const { node: type, config, inputs, parameters, state, mode, outputGradient } = known
    const result = evaluateNode(
      { type, config },
      {
        inputs: allExactly(inputs),
        parameters: allExactly(parameters),
        state: allExactly(state),
        ...(mode && { mode }),
        ...(outputGradient && { outputGradient: exactly(outputGradient) }),
      },
      { kernels, precision },
    )
    const tolerance = toleranceOf(known)
    for (const [name, expected] of Object.entries(known.stateAfter ?? {}))
      expectTensor(result.stateAfter[name], expected, tolerance)
    expectTensor(result.output, known.output, tolerance)
    expect(Object.keys(result.inputGradients)).toEqual(Object.keys(known.inputGradients))
    expect(Object.keys(result.parameterGradients)).toEqual(Object.keys(known.parameterGradients))
    for (const [name, expected] of Object.entries(known.inputGradients)) {
      expectTensor(result.inputGradients[name], expected, tolerance)
    }
    for (const [name, expected] of Object.entries(known.parameterGradients)) {
      expectTensor(result.parameterGradients[name], expected, tolerance)
    }
  })

  test.each(optimizerCases)('$node $config', known => {
    const { node: type, config, initial, gradients, trajectory } = known
    const got = evaluateOptimizer(
      { type, config },
      { initial: exactly(initial), gradients: gradients.map(exactly) },
      { kernels, precision },
    )
    expect(got).toHaveLength(trajectory.length)
    trajectory.forEach((expected, step) => {
      expectTensor(got[step], expected, toleranceOf(known))
    })
  })
})

test('there are vectors for every node that computes something', () => {
  const covered = new Set([...nodeCases, ...optimizerCases].map(({ node }) => node))
  // What is random has laws in tests of its own.
  const random = ['alphaDropout', 'dropout', 'gaussianDropout', 'gaussianNoise', 'spatialDropout']
  expect([...types].filter(type => !covered.has(type)).sort()).toEqual([...random, 'input'].sort())
})
