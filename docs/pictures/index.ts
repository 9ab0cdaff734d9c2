/** All pictures of the documentation, by file. */
import { activationPicture, activations } from './activation.ts'
import { classifier, graphPicture } from './graph.ts'
import { explanationOf, programPicture } from './program.ts'
import { schedulePicture, schedules } from './schedule.ts'

export { activations, schedules }

export const pictures = async (): Promise<ReadonlyMap<string, string>> =>
  new Map([
    ...activations.map(activation => [`${activation.type}.svg`, activationPicture(activation)] as const),
    ...Object.entries(schedules).map(
      ([name, schedule]) => [`schedule-${name}.svg`, schedulePicture(schedule)] as const,
    ),
    ['graph.svg', graphPicture(classifier())],
    ['program.svg', programPicture(await explanationOf(classifier()))],
  ])
