/** Loads the page again when a program of another version has taken the place of the one that served it: the two need not fit together. */
import { distinctUntilChanged, filter, map } from 'rxjs'
import type { BridgeClient } from '../client.ts'

/** Scripts are named by their content. */
const scriptIn = (page: Document) => page.querySelector('script[type="module"][src]')?.getAttribute('src')

/** Whether the server has another page now. Where it does not answer, this one stays. */
export async function isReplaced(): Promise<boolean> {
  const response = await fetch(location.pathname, { cache: 'no-store' }).catch(() => undefined)
  if (!response?.ok) return false
  const now = scriptIn(new DOMParser().parseFromString(await response.text(), 'text/html'))
  return now != null && now !== scriptIn(document)
}

/** Looks when it is connected again: the client has made sure by then that it is a bridge that knows the token. */
export function reloadWhenReplaced({ connection$ }: Pick<BridgeClient, 'connection$'>): void {
  connection$
    .pipe(
      map(({ status, connections }) => (status === 'open' ? connections : 0)),
      distinctUntilChanged(),
      filter(connections => connections > 1),
    )
    .subscribe(async () => {
      if (await isReplaced()) location.reload()
    })
}
