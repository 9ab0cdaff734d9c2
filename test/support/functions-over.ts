/** The functions that nodes are written with, over an arithmetic of one's own. */
import { type Arithmetic, Functions, KEY_NUMBERS, type Shaped } from '../../core/index.ts'

export function functionsOver<T extends Shaped>(arithmetic: Arithmetic<T>): Functions<T> {
  return new (class extends Functions<T> {
    readonly arithmetic = arithmetic

    protected keyNumbers(): T {
      return this.fill([KEY_NUMBERS], 0)
    }
  })()
}
