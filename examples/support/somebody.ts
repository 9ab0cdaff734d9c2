/** Waits for a client. */
import type { Bridge } from 'gradstream'
import { filter, firstValueFrom, interval } from 'rxjs'

/** Resolves when a page or another client connects. */
export const somebodyLooks = (bridge: Bridge): Promise<unknown> =>
  firstValueFrom(interval(100).pipe(filter(() => bridge.clients.length > 0)))
