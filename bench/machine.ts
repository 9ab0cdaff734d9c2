/** The environment of a run: the machine and the versions. */
import { execFileSync } from 'node:child_process'
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os'

/** Lines for the top of a report. */
export function machine(): string[] {
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`
  const load = (loadavg()[0] as number).toFixed(2)
  return [
    `Processor: ${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${memory} of memory, load ${load} before`,
    `System: ${platform()} ${release()}, ${arch()}, Node ${process.version}`,
    ...commit(),
  ]
}

function commit(): string[] {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe' }).trim()
  try {
    const changed = git('status', '--porcelain', '--', ':!bench/RESULTS.md') === '' ? '' : ', with changes'
    return [`Commit: ${git('rev-parse', '--short', 'HEAD')}${changed}`]
  } catch {
    return []
  }
}
