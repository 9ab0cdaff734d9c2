/** The tests of nodes, run in this process on sources of which one file is replaced, in memory alone. */
import { createVitest, type Vitest } from 'vitest/node'

export interface Failure {
  readonly name: string
  readonly message: string
}

export interface Suite {
  /** What fails with `source` in the place of a file; without one, with the sources as they are. */
  run(file?: string, source?: string): Promise<readonly Failure[]>
  close(): Promise<void>
}

export async function openSuite(root: string, folders: readonly string[]): Promise<Suite> {
  let replaced: { file: string; source: string; served: boolean } | undefined

  const vitest: Vitest = await createVitest(
    'test',
    // One failure is enough. The tests of one process run one after the other, in a worker that starts fast.
    { root, watch: false, reporters: [{}], bail: 1, pool: 'threads', isolate: false, maxWorkers: 1 },
    {
      plugins: [
        {
          name: 'mutation',
          enforce: 'pre',
          transform(_, id) {
            if (replaced?.file !== id) return undefined
            replaced.served = true
            return { code: replaced.source, map: null }
          },
        },
      ],
    },
  )
  await vitest.standalone()
  const specifications = await vitest.globTestSpecifications([...folders])

  return {
    async run(file, source = '') {
      if (replaced) vitest.invalidateFile(replaced.file)
      replaced = file === undefined ? undefined : { file, source, served: false }
      if (file !== undefined) vitest.invalidateFile(file)
      const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications)
      if (replaced && !replaced.served)
        throw new Error(`${file} was not asked for: its mutant was not tested`)
      const broken = [...unhandledErrors, ...testModules.flatMap(module => module.errors())]
      if (broken.length > 0) throw new Error(`the tests do not run: ${show(broken[0])}`)
      const tests = testModules.flatMap(module => [...module.children.allTests()])
      if (tests.length === 0) throw new Error('no test ran')
      return tests
        .filter(test => test.result().state === 'failed')
        .map(test => ({ name: test.fullName, message: show(test.result().errors?.[0]) }))
    },
    close: () => vitest.close(),
  }
}

function show(error: unknown): string {
  const { name = '', message = String(error) } = (error ?? {}) as { name?: string; message?: string }
  return `${name}: ${message}`
}
