/** Names of Keras and PyTorch are answered with what to write here. */
import { describe, expect, test } from 'vitest'
import { usualCall } from '../../core/factory.ts'
import { didYouMean, didYouMeanName } from '../../core/index.ts'
import {
  catalogue,
  conv2d,
  dense,
  dropout,
  embedding,
  lstm,
  maxPooling2d,
  multiHeadAttention,
} from '../../nodes/index.ts'
import { errorOf } from './support.ts'

const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
const calls = catalogue.map(factory => ({
  type: factory.definition.type,
  factory: factory as unknown as (options?: object) => unknown,
  definition: factory.definition,
}))

test('the usual call of each node is one that it takes', () => {
  for (const { definition, factory } of calls) {
    const [, written = '{}'] = usualCall(definition).match(/\((.*)\)$/) ?? []
    const options = Function(`return ${written === '' ? '{}' : written}`)()
    expect(() => factory(options), usualCall(definition)).not.toThrow()
  }
})

test('an option in snake_case is answered with its name, for each option of each node', () => {
  for (const { definition, factory } of calls) {
    const example = { ...('examples' in definition && definition.examples[0]?.config) }
    const config = definition.config(example as never) as object
    for (const option of Object.keys(config).filter(name => snakeCase(name) !== name)) {
      const { [option]: value = 1, ...others } = example as Record<string, unknown>
      const { hint } = errorOf(() => factory({ ...others, [snakeCase(option)]: value }))
      expect(hint, `${definition.type}: ${option}`).toContain(`Did you mean "${option}"?`)
    }
  }
})

describe('an option of another framework', () => {
  const loose = {
    conv2d,
    dense,
    dropout,
    embedding,
    lstm,
    maxPooling2d,
    multiHeadAttention,
  } as unknown as Record<string, (options: object) => unknown>
  test.each([
    ['dense', { in_features: 3, out_features: 4 }, 'You wrote "out_features". Did you mean "units"?'],
    ['dense', { units: 4, bias: false }, 'Did you mean "useBias"?'],
    ['dense', { units: 4, in_features: 3 }, 'a layer reads it off its input'],
    ['dense', { units: 4, kernel_regularizer: 'l2' }, 'l2Regularization()'],
    ['dense', { units: 4, kernelInitializer: 'xavier_uniform' }, 'Did you mean "glorotUniform"?'],
    ['dense', { units: 4, kernelInitializer: 'kaiming_normal' }, 'Did you mean "heNormal"?'],
    ['conv2d', { out_channels: 4, kernel_size: 3 }, 'Did you mean "filters"?'],
    ['conv2d', { filters: 4, kernelSize: 3, data_format: 'channels_first' }, 'the channels come last'],
    ['dropout', { p: 0.5 }, 'Did you mean "rate"?'],
    ['embedding', { num_embeddings: 5, embedding_dim: 3 }, 'Did you mean "inputDim"?'],
    ['embedding', { inputDim: 5, embedding_dim: 3 }, 'Did you mean "outputDim"?'],
    ['lstm', { hidden_size: 5 }, 'Did you mean "units"?'],
    ['lstm', { units: 5, batch_first: true }, 'the batch always comes first'],
    ['maxPooling2d', { kernel_size: 2 }, 'Did you mean "poolSize"?'],
    ['multiHeadAttention', { numHeads: 2, keyDim: 2, causal: true }, 'Did you mean "useCausalMask"?'],
  ])('%s(%j)', (type, options, hint) => {
    expect(errorOf(() => loose[type]?.(options)).hint).toContain(hint)
  })
})

describe('"Did you mean" gives', () => {
  const names = ['validation', 'validationSplitter', 'minimumDelta', 'restoreBest', 'seed']
  test.each([
    ['a name that is spelled another way', 'Restore-Best', { hint: 'Did you mean "restoreBest"?' }],
    ['what stands for it here', 'random_state', { hint: 'Did you mean "seed"?' }],
    [
      'the line to write, where there is no such name',
      'verbose',
      { hint: expect.stringContaining('showProgress(trainer)') },
    ],
    ['the closest name', 'sead', { hint: 'Did you mean "seed"?' }],
    ['the only name that contains it', 'delta', { hint: 'Did you mean "minimumDelta"?' }],
    ['nothing where several do', 'idation', {}],
    ['nothing for what is no text', 3, {}],
  ])('%s', (_, given, expected) => {
    expect(didYouMean(given, names)).toEqual(expected)
  })

  test('no advice of other frameworks about the names of users', () => {
    expect(didYouMeanName('dropout', ['dropout1', 'dense1'])).toEqual({ hint: 'Did you mean "dropout1"?' })
    expect(didYouMeanName('label', ['target'])).toEqual({})
  })
})
