/** Without Node there are no folders to record runs in. */
import { needsNode } from '../../core/index.ts'

const noFolders = () =>
  needsNode('recordRun, readRun, listRuns', 'Subscribe to trainer.milestones$, and keep what it emits.')

export class RunFolder {
  readonly path = ''
  readonly events = new AppendedFile()
  readonly series = new AppendedFile()

  constructor() {
    throw noFolders()
  }

  describe(): void {}

  name(): void {}

  summarize(): void {}

  file(): AppendedFile {
    throw noFolders()
  }

  close(): void {}
}

export class AppendedFile {
  readonly size = 0
  readonly covered = { bytes: 0, check: 0 }

  append(): void {}

  rewrite(): void {}

  content(): Uint8Array {
    throw noFolders()
  }
}

export function removeOldest(): void {
  throw noFolders()
}

export const thisProcess = (): { id: number; host: string } => ({ id: 0, host: '' })

export const isAlive = (): boolean | undefined => undefined

export function sealed(): Uint8Array {
  throw noFolders()
}

export function recordsIn(): Float64Array {
  throw noFolders()
}

export function checksum(): number {
  throw noFolders()
}

export async function filesIn(_path: string): Promise<Map<string, Uint8Array>> {
  throw noFolders()
}

export async function smallFile(): Promise<Uint8Array | undefined> {
  throw noFolders()
}

export async function behind(): Promise<Uint8Array | undefined> {
  throw noFolders()
}

export async function otherRunAt(): Promise<undefined> {
  throw noFolders()
}

export async function otherRunsIn(): Promise<never> {
  throw noFolders()
}

export async function contentOf(): Promise<never> {
  throw noFolders()
}

export async function runFoldersIn(_directory: string): Promise<string[]> {
  throw noFolders()
}
