/** The check that an argument is a trainer. */
import { checkedAt, demandThing } from '../../core/index.ts'
import { Trainer } from './trainer.ts'

/** Refuses what is no trainer, and says what to write. */
export function demandTrainer(place: string, trainer: unknown): asserts trainer is Trainer {
  checkedAt(place, 'INVALID_OPTION', () =>
    demandThing(
      { trainer },
      'trainer',
      'a trainer made by createTrainer()',
      given => given instanceof Trainer,
      place,
    ),
  )
}
