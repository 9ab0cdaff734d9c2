/** Names of other frameworks, chiefly Keras and PyTorch, and what to write here instead. */

/** A name as people remember it: `kernel_size` and `KernelSize` are `kernelSize`. */
export const remembered = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

const byMemory = <T>(entries: Readonly<Record<string, T>>): ReadonlyMap<string, T> =>
  new Map(Object.entries(entries).map(([name, value]) => [remembered(name), value]))

/** Names here that other names stand for; the first that an option list has is meant. */
const ALIASES = byMemory({
  acc: ['accuracy'],
  batchNum: ['batchSize'],
  betas: ['beta1'],
  bias: ['useBias'],
  causal: ['useCausalMask'],
  classWeight: ['classWeights'],
  decaySteps: ['steps'],
  depth: ['outputDim'],
  dilation: ['dilationRate'],
  dModel: ['outputDim'],
  dropRate: ['rate'],
  embedDim: ['outputDim'],
  embeddingDim: ['outputDim'],
  epsilonValue: ['epsilon'],
  call: ['forward'],
  grad: ['backward'],
  gradient: ['backward'],
  hiddenSize: ['units'],
  hiddenUnits: ['units'],
  initialLearningRate: ['initial'],
  initialValue: ['initial'],
  isCausal: ['useCausalMask'],
  kaiming: ['heNormal'],
  kaimingNormal: ['heNormal'],
  kaimingUniform: ['heUniform'],
  kernelSize: ['poolSize'],
  label: ['target'],
  labelColumn: ['target'],
  lr: ['learningRate'],
  mae: ['meanAbsoluteError'],
  manualSeed: ['seed'],
  mape: ['meanAbsolutePercentageError'],
  maxEpochs: ['epochs'],
  maxLength: ['sequenceLength'],
  mcc: ['matthews'],
  minDelta: ['minimumDelta'],
  minLr: ['minimum'],
  mse: ['meanSquaredError'],
  msle: ['meanSquaredLogarithmicError'],
  naValues: ['missingValues'],
  nEpochs: ['epochs'],
  normal: ['randomNormal'],
  numClasses: ['units', 'inputDim'],
  numEmbeddings: ['inputDim'],
  numEpochs: ['epochs'],
  outChannels: ['filters'],
  outFeatures: ['units'],
  outputSize: ['units'],
  p: ['rate'],
  params: ['parameters'],
  path: ['directory'],
  prob: ['rate'],
  randomSeed: ['seed'],
  randomState: ['seed'],
  rmse: ['rootMeanSquaredError'],
  saveBestOnly: ['best'],
  shape: ['targetShape', 'shapes'],
  size: ['poolSize', 'kernelSize'],
  uniform: ['randomUniform'],
  valData: ['validation'],
  valAccuracy: ['validationAccuracy'],
  validationData: ['validation'],
  validationSet: ['validation'],
  valLoss: ['validationLoss'],
  vocabSize: ['inputDim'],
  weights: ['parameters'],
  weight: ['classWeights'],
  xavier: ['glorotUniform'],
  xavierNormal: ['glorotNormal'],
  xavierUniform: ['glorotUniform'],
  y: ['target'],
})

const CLIPPING =
  'A link before the optimizer clips gradients: loss.pipe(clipByGlobalNorm({ norm: 1 }), adam()).'
const CONSTRAINT =
  "A constraint stands behind the optimizer: loss.pipe(sgd(), maxNorm({ parameters: ['dense1.kernel'] }))."
const PENALTY = 'Add the penalty to the loss: add()(loss, h.pipe(parameter(), l2Regularization())).'
const READ_OFF = 'Leave it out: a layer reads it off its input.'
const VALIDATION = 'Divide the data first: const { train, validation } = data.split({ validation: 0.2 }).'

/** What is said in another way here. */
const ANSWERS = byMemory({
  activation: 'An activation is a separate node: x.pipe(dense({ units: 3 }), relu()).',
  activityRegularizer: 'Add the penalty to the loss: add()(loss, activityRegularization({ l2: 0.01 })(h)).',
  averagePrecision: "Write { metric: 'auc', curve: 'pr' }.",
  balancedAccuracy: "Write 'recall': its mean over the classes is the balanced accuracy.",
  batchSize: 'The trainer takes it: createTrainer(model, { data, batchSize: 32 }).',
  batchFirst: 'Leave it out: the batch always comes first, [batch, time, features].',
  biasConstraint: CONSTRAINT,
  biasRegularizer: PENALTY,
  callbacks: 'Each is a function of the trainer: earlyStopping(trainer, { patience: 5 }).',
  categoricalAccuracy: "Write 'accuracy'.",
  clipnorm: CLIPPING,
  clipvalue: CLIPPING,
  dataFormat: 'Leave it out: the channels come last, [batch, height, width, channels].',
  device: "Kernels compute a model: compile(net, { kernels: 'wasm' }).",
  drop: 'Leave columns out with columns: { city: false }.',
  dropout: 'A dropout is a separate node: x.pipe(lstm({ units: 16 }), dropout({ rate: 0.2 })).',
  dtype: "A model has one precision: compile(net, { precision: 'float64' }), with the reference kernels.",
  embeddingsConstraint: CONSTRAINT,
  embeddingsRegularizer: PENALTY,
  epochs:
    'A trainer takes it when it is made, and a run that is resumed keeps it: once it has ended, another run() adds as many.',
  f1Score: "Write 'f1'.",
  fbetaScore: "Write { metric: 'fBeta', beta: 2 }.",
  globalClipnorm: CLIPPING,
  ignoreIndex: 'Give what is to be ignored the weight 0: loss(prediction, target, weight).',
  inChannels: READ_OFF,
  inFeatures: READ_OFF,
  inputLength: READ_OFF,
  inputShape: "The shape belongs to the input: input({ name: 'x', shape: [30] }).",
  inputSize: READ_OFF,
  jaccard: "Write 'meanIoU'.",
  kernelConstraint: CONSTRAINT,
  kernelRegularizer: PENALTY,
  learningRate: 'The optimizer takes it: loss.pipe(sgd({ learningRate: 0.1 })).',
  loss: 'A loss is a node of the graph: meanSquaredError()(prediction, target).',
  lr: 'Write learningRate: sgd({ learningRate: 0.1 }).',
  metrics: "The trainer takes them: createTrainer(model, { data, metrics: ['accuracy'] }).",
  momentum: 'The optimizer takes it: loss.pipe(sgd({ momentum: 0.9 })).',
  numLayers:
    'Write the layers one after the other: x.pipe(lstm({ units: 16, returnSequences: true }), lstm({ units: 16 })).',
  optimizer: 'An optimizer is a node of the graph: graph({ prediction, loss, update: loss.pipe(sgd()) }).',
  posWeight: 'Weigh the classes: classWeights: { 1: 5 }.',
  recurrentConstraint: CONSTRAINT,
  recurrentRegularizer: PENALTY,
  rocAuc: "Write 'auc'.",
  sampleWeight:
    'The loss takes a weight for each sample as its third port: loss(prediction, target, weight).',
  sep: "Write delimiter: csv(path, { delimiter: ';' }).",
  sparseCategoricalAccuracy: "Write 'accuracy'.",
  stepsPerEpoch: 'Write limitBatches, which ends each epoch after as many batches.',
  test: 'Write validation: split({ validation: 0.2 }).',
  testSize: 'Write validation: split({ validation: 0.2 }).',
  topKCategoricalAccuracy: "Write { metric: 'topKAccuracy', k: 5 }.",
  trainSize: 'Write validation: split({ validation: 0.2 }).',
  useEma: 'An average stands behind the optimizer: loss.pipe(sgd(), exponentialMovingAverage()).',
  validationSplit: VALIDATION,
  verbose: "A run is shown by showProgress(trainer) of 'gradstream/terminal'.",
  weightDecay: 'Another optimizer has it: adamW({ weightDecay: 0.01 }).',
})

/** Which of these names a name of another framework stands for. */
export const aliased = (given: string, names: readonly string[]): string | undefined =>
  ALIASES.get(remembered(given))?.find(name => names.includes(name))

/** What to write instead of something of another framework that has no name here. */
export const answered = (given: string): string | undefined => ANSWERS.get(remembered(given))
