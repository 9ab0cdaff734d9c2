/** Waits for the first visitor of a bridge. */
import type { Bridge } from 'gradstream'
import { filter, firstValueFrom, interval } from 'rxjs'

/** Resolves when a page, or another client, is connected. */
export const firstVisitor = (bridge: Bridge): Promise<unknown> =>
  firstValueFrom(interval(100).pipe(filter(() => bridge.clients.length > 0)))
