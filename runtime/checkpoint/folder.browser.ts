/** Without Node, a folder is on a server, and is only read. */
import { needsNode } from '../../core/index.ts'
import { allBytes } from '../data/tables/bytes.ts'
import type { Content } from './manifest.ts'

export async function commitFolder(_path: string | URL): Promise<void> {
  throw needsNode('saveModel', 'Leave the path out: saveModel(model) gives a Blob.')
}

/** A file of a folder. The path is a URL, relative to the page. */
export async function readFromFolder(path: string | URL, name: string): Promise<Content> {
  return allBytes(`${String(path).replace(/\/?$/, '/')}${name}`, 'folder')
}

const noRuns = () => needsNode('checkpoints', 'Save the model: saveModel(model) gives a Blob.')

export function foldersIn(_path: string): string[] {
  throw noRuns()
}

export async function moveFolder(_from: string, _to: string): Promise<void> {
  throw noRuns()
}

export async function removeFolder(_path: string): Promise<void> {
  throw noRuns()
}

export const machine = (): string => 'a browser'
