/** The schedules, under one name: `schedule.cosine({ initial: 0.01, steps: 1000 })`. */
export {
  constant,
  cosine,
  cosineRestarts,
  cyclic,
  exponential,
  inverseTime,
  oneCycle,
  piecewise,
  polynomial,
  reduceOnPlateau,
  warmUp,
} from './schedules.ts'
