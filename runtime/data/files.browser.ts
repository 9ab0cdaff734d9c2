/** Without Node, a path is a URL. */
import { fetched } from './tables/fetched.ts'
import type { OpenSource } from './tables/open-source.ts'

/** @throws GradstreamError (as a rejection) `FILE_NOT_READ` */
export const openFile = (path: string | URL): Promise<OpenSource> =>
  fetched(path, 'Check the path. In a browser it is a URL, relative to the page.')
