/** All pictures of the documentation, by file. */
import { activationPicture, activations } from './activation.ts'
import { classifier, graphPicture } from './graph.ts'

export { activations }

export const pictures = (): ReadonlyMap<string, string> =>
  new Map([
    ...activations.map(activation => [`${activation.type}.svg`, activationPicture(activation)] as const),
    ['graph.svg', graphPicture(classifier())],
  ])
