/** First values of parameters and state. */
import type { Kernels, ParameterSpec, RandomKey, Tensor } from '../../core/index.ts'
import { initializerOf } from '../../nodes/index.ts'

/** Kept tensors with their initial values; each has a key of its own, by node and name. */
export function initialTensors(
  kernels: Kernels,
  key: RandomKey,
  id: string,
  specs: Readonly<Record<string, ParameterSpec>>,
): [name: string, tensor: Tensor][] {
  return Object.entries(specs).map(([name, { shape, initializer = 'glorotUniform' }]) => {
    const place = `${id}.${name}`
    const values = initializerOf(initializer, place)(shape, key.child('initial').child(place))
    return [name, kernels.tensor(shape, values)]
  })
}
