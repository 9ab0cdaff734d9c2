/** Looks at what a step computed, now and then. */
import { Subscription } from 'rxjs'
import type { Trainer } from '../trainer.ts'

/**
 * Calls `look` after the 1st, 2nd, 4th, 8th ... step, and from `everySteps` on after as many. Most of what goes wrong does so early, and a look
 * at every step would take longer than some steps.
 */
export function eachLook(trainer: Trainer, everySteps: number, look: (step: number) => void): Subscription {
  let steps = 0
  const isDue = () => (steps < everySteps ? (steps & (steps - 1)) === 0 : steps % everySteps === 0)
  const release = trainer.eachLoss(step => {
    steps++
    if (isDue()) look(step)
  })
  return new Subscription(release)
}
