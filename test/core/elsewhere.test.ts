/** Names of Keras and PyTorch are answered with what to write here. */
import { describe, expect, test } from 'vitest'
import { usualCall } from '../../core/factory.ts'
import { didYouMean, didYouMeanName, isUpdating } from '../../core/index.ts'
import * as schedule from '../../core/schedule.ts'
import {
  catalogue,
  conv2d,
  dense,
  dropout,
  embedding,
  lstm,
  maxPooling2d,
  multiHeadAttention,
  sgd,
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

describe('an option of the schedules of other frameworks', () => {
  const loose = schedule as unknown as Record<string, (options: object) => unknown>
  const meant = (option: string) => `Did you mean "${option}"?`
  test.each([
    // tf.keras.optimizers.schedules
    ['exponential', { initial_learning_rate: 0.1, decay_steps: 9, decay_rate: 0.9 }, meant('initial')],
    ['exponential', { initial: 0.1, decay_steps: 9, rate: 0.9 }, meant('steps')],
    ['exponential', { initial: 0.1, steps: 9, decay_rate: 0.9 }, meant('rate')],
    ['exponential', { initial: 0.1, steps: 9, rate: 0.9, decay_rate: 0.9 }, meant('rate')],
    ['inverseTime', { initial: 0.1, decay_steps: 9, rate: 1 }, meant('steps')],
    ['polynomial', { initial: 0.1, steps: 9, end_learning_rate: 0 }, meant('end')],
    ['cosine', { initial: 0.1, steps: 9, warmup_steps: 3 }, 'schedule.warmUp({'],
    ['cosineRestarts', { initial: 0.1, first_decay_steps: 9 }, meant('steps')],
    ['cosineRestarts', { initial: 0.1, steps: 9, t_mul: 2 }, meant('factor')],
    ['cosineRestarts', { initial: 0.1, steps: 9, m_mul: 0.5 }, meant('decay')],
    // torch.optim.lr_scheduler
    ['exponential', { initial: 0.1, steps: 1, gamma: 0.9 }, meant('rate')],
    ['exponential', { initial: 0.1, rate: 0.1, step_size: 30 }, meant('steps')],
    ['exponential', { initial: 0.1, rate: 0.1, steps: 3, last_epoch: -1 }, 'a model counts its own steps'],
    ['piecewise', { milestones: [30, 80], gamma: 0.1 }, meant('boundaries')],
    ['cosine', { lr: 0.1, T_max: 50 }, meant('initial')],
    ['cosine', { initial: 0.1, T_max: 50 }, meant('steps')],
    ['cosine', { initial: 0.1, steps: 50, eta_min: 0.01 }, 'Write alpha'],
    ['cosineRestarts', { initial: 0.1, T_0: 10 }, meant('steps')],
    ['cosineRestarts', { initial: 0.1, steps: 10, T_mult: 2 }, meant('factor')],
    ['oneCycle', { max_lr: 0.1, total_steps: 100 }, meant('maximum')],
    ['oneCycle', { maximum: 0.1, total_steps: 100 }, meant('steps')],
    ['oneCycle', { maximum: 0.1, steps: 100, pct_start: 0.3 }, meant('rising')],
    ['oneCycle', { maximum: 0.1, steps: 100, div_factor: 25 }, meant('divisor')],
    ['oneCycle', { maximum: 0.1, steps: 100, final_div_factor: 25 }, meant('finalDivisor')],
    ['cyclic', { base_lr: 0.1, maximum: 1, steps: 9 }, meant('minimum')],
    ['cyclic', { minimum: 0.1, maximum: 1, step_size_up: 9 }, meant('steps')],
    ['cyclic', { minimum: 0.1, maximum: 1, steps: 9, mode: 'exp_range' }, meant('exponential')],
    ['reduceOnPlateau', { initial: 0.1, min_lr: 0.01 }, meant('minimum')],
    ['reduceOnPlateau', { initial: 0.1, min_delta: 0.01 }, meant('threshold')],
    ['warmUp', { warmup_steps: 9, to: 0.1 }, meant('steps')],
    ['warmUp', { steps: 9, after: 0.1 }, meant('to')],
    ['warmUp', { steps: 9, to: 0.1, start_factor: 0.1 }, meant('from')],
    ['constant', { learning_rate: 0.1 }, meant('value')],
  ])('%s(%j)', (name, options, hint) => {
    const error = errorOf(() => loose[name]?.(options))
    expect([error.code, error.place]).toEqual(['INVALID_OPTION', `schedule.${name}`])
    expect(error.hint).toContain(hint)
  })

  test.each([
    ['cosineDecay', 'cosine'],
    ['CosineAnnealingLR', 'cosine'],
    ['ExponentialLR', 'exponential'],
    ['MultiStepLR', 'piecewise'],
    ['ReduceLROnPlateau', 'reduceOnPlateau'],
    ['one_cycle', 'oneCycle'],
  ])('the schedule %s of a graph in JSON is %s', (name, here) => {
    expect(errorOf(() => sgd({ learningRate: { schedule: name, initial: 1, steps: 2 } })).hint).toBe(
      meant(here),
    )
  })

  test('a schedule under a name that is no option is not lost', () => {
    const following = schedule.cosine({ initial: 0.1, steps: 9 })
    for (const { definition, factory } of calls.filter(({ definition }) => isUpdating(definition))) {
      const example = { ...('examples' in definition && definition.examples[0]?.config) }
      const { code, got } = errorOf(() => factory({ ...example, odd: following }))
      expect([definition.type, code, got]).toEqual([definition.type, 'INVALID_CONFIG', '"odd"'])
    }
    for (const name of ['lr', 'schedule', 'learning_rate_schedule', 'lr_scheduler'])
      expect(errorOf(() => (sgd as unknown as (o: object) => unknown)({ [name]: following })).hint).toBe(
        meant('learningRate'),
      )
  })

  test('a function in place of a schedule is answered with one', () => {
    for (const learningRate of [(step: number) => 1 / step, schedule.cosine])
      expect(errorOf(() => sgd({ learningRate: learningRate as never })).hint).toContain(
        'learningRate: schedule.exponential({',
      )
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
