/** First values of parameters and state. */
import { type ParameterSpec, type RandomKey, sizeOf } from '../../core/index.ts'
import { initializerOf } from '../../nodes/index.ts'
import type { Initial } from './versioned.ts'

/** Initial values; each tensor has a key of its own, by node and name. Without a key they are 0: others are given next. */
export function initialValues(
  key: RandomKey | undefined,
  id: string,
  specs: Readonly<Record<string, ParameterSpec>>,
): Initial[] {
  return Object.entries(specs).map(([name, { shape, initializer = 'glorotUniform' }]) => {
    if (!key) return { name, shape, values: new Float32Array(sizeOf(shape)) }
    const place = `${id}.${name}`
    const values = initializerOf(initializer, place)(shape, key.child('initial').child(place))
    return { name, shape, values }
  })
}
