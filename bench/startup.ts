/** Cold start: fresh processes, from the import of the package to the end of the first training step of S. */
import { execFile } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { fastKernels } from './gradstream.ts'
import { runnable, type Section, type Settings } from './report.ts'
import { median, quartiles } from './statistics.ts'

const execute = promisify(execFile)
const ROOT = fileURLToPath(new URL('..', import.meta.url))

interface Start {
  readonly importing: number
  readonly training: number
  readonly all: number
  readonly process: number
}

export async function startup({ quick }: Settings): Promise<Section> {
  const runs = quick ? 3 : 15
  const rows: string[][] = []
  for (const kernels of ['auto', ...fastKernels()]) {
    const starts: Start[] = []
    // The first start reads the files from disk.
    for (let run = -1; run < runs; run++) {
      const { stdout } = await execute(process.execPath, ['bench/first-step.js', kernels], { cwd: ROOT })
      if (run >= 0) starts.push(JSON.parse(stdout) as Start)
    }
    const time = (part: keyof Start) => {
      const times = starts.map(start => start[part])
      return `${median(times).toFixed(1)} ms (${quartiles(times, value => value.toFixed(1))})`
    }
    rows.push([kernels, time('importing'), time('training'), time('all'), time('process')])
  }
  return {
    title: 'Cold start',
    head: ['kernels', 'import', 'compile and first step', 'both', 'from the start of the process'],
    rows,
    notes: [`Median and quartiles of ${runs} fresh processes of Node, without tsx.`, await installedSize()],
  }
}

/** The size of an installation of the package, packed and installed as users do. */
async function installedSize(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'gradstream-size-'))
  const npm = (cwd: string, ...args: string[]) => execute('npm', [...args, '--ignore-scripts'], { cwd })
  try {
    await npm(ROOT, 'pack', '--pack-destination', folder)
    const [archive = ''] = readdirSync(folder)
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'size', private: true }))
    await npm(folder, 'install', '--omit=optional', '--no-audit', '--no-fund', join(folder, archive))
    const modules = join(folder, 'node_modules')
    const [all, own] = [sizeOf(modules), sizeOf(join(modules, 'gradstream'))]
    const rest = `${megabytes(all.disk - own.disk)} on disk (${megabytes(all.bytes - own.bytes)} of content)`
    return `Installed without optional dependencies: ${rest} of runtime dependencies, and ${megabytes(own.disk)} (${megabytes(own.bytes)}) of gradstream itself.`
  } catch (error) {
    const [line] = (error as Error).message.split('\n')
    return `The installed size could not be measured: ${line?.replaceAll(ROOT, '').replaceAll(folder, '')}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`

/** The bytes of all files below a path, and of the disk blocks they occupy. */
function sizeOf(path: string): { bytes: number; disk: number } {
  const { size, blocks } = lstatSync(path)
  const total = { bytes: lstatSync(path).isDirectory() ? 0 : size, disk: blocks * 512 }
  if (!lstatSync(path).isDirectory()) return total
  for (const name of readdirSync(path)) {
    const { bytes, disk } = sizeOf(join(path, name))
    total.bytes += bytes
    total.disk += disk
  }
  return total
}

await runnable(import.meta.url, startup)
