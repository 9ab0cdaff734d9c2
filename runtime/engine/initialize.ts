/** First values of parameters and state. */
import type { ParameterSpec, RandomKey } from '../../core/index.ts'
import { initializerOf } from '../../nodes/index.ts'
import type { Initial } from './versioned.ts'

/** Initial values; each tensor has a key of its own, by node and name. */
export function initialValues(
  key: RandomKey,
  id: string,
  specs: Readonly<Record<string, ParameterSpec>>,
): Initial[] {
  return Object.entries(specs).map(([name, { shape, initializer = 'glorotUniform' }]) => {
    const place = `${id}.${name}`
    const values = initializerOf(initializer, place)(shape, key.child('initial').child(place))
    return { name, shape, values }
  })
}
