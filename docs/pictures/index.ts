/** All pictures of the documentation, by file. */
import { activationPicture, activations } from './activation.ts'
import { classifier, graphPicture } from './graph.ts'
import { explanationOf, programPicture } from './program.ts'

export { activations }

export const pictures = async (): Promise<ReadonlyMap<string, string>> =>
  new Map([
    ...activations.map(activation => [`${activation.type}.svg`, activationPicture(activation)] as const),
    ['graph.svg', graphPicture(classifier())],
    ['program.svg', programPicture(await explanationOf(classifier()))],
  ])
