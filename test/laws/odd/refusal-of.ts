/** What a public function says to its arguments. */
import { firstValueFrom, isObservable } from 'rxjs'
import type { Call } from './surface.ts'

/** What a call throws, also later; undefined where it goes well. */
export async function refusalOf(call: Call, args: readonly unknown[]): Promise<unknown> {
  try {
    const result = call.call(args)
    await (isObservable(result) ? firstValueFrom(result) : result)
  } catch (error) {
    return error
  }
  return undefined
}
