/** Folders for tests that write many small files. */
import { accessSync, constants } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder in memory where the machine has one, since to bring each file to a busy disk may take long. */
export function scratchFolder(name: string): Promise<string> {
  return mkdtemp(join(inMemory() ?? tmpdir(), `gradstream-${name}-`))
}

function inMemory(): string | undefined {
  const path = '/dev/shm'
  try {
    accessSync(path, constants.W_OK)
    return path
  } catch {
    return undefined
  }
}
