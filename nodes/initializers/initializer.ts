/** The initializers that take options, under one name: `initializer.randomNormal({ deviation: 0.02 })`. */
export {
  constant,
  identity,
  orthogonal,
  randomNormal,
  randomUniform,
  truncatedNormal,
  varianceScaling,
} from './index.ts'
