/** Tests that run in this process, on sources of which one file is replaced, in memory alone. */
import { createVitest, type Vitest } from 'vitest/node'
import { doors } from '../support/doors.ts'
import type { Replacement } from './mutants.ts'

export interface Failure {
  readonly name: string
  readonly message: string
}

export interface Suite {
  /** What fails with a file replaced, or with the sources as they are: of all tests, or of those whose names fit. */
  run(replacement?: Replacement, names?: string): Promise<readonly Failure[]>
  close(): Promise<void>
}

/** Opens the tests in some files or folders: all, or those whose names fit a pattern. */
export async function openSuite(root: string, tests: readonly string[], pattern = ''): Promise<Suite> {
  let replaced: { file: string; source: string; served: boolean } | undefined

  const vitest: Vitest = await createVitest(
    'test',
    {
      root,
      config: false,
      include: ['test/**/*.test.ts'],
      testTimeout: 60_000,
      watch: false,
      reporters: [{}],
      env: { TEST_COUNTS: 'few' },
      // One failure is enough. The tests of one process run one after the other, in a worker that starts fast.
      bail: 1,
      pool: 'threads',
      isolate: false,
      maxWorkers: 1,
    },
    {
      resolve: { alias: doors },
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
  const specifications = await vitest.globTestSpecifications([...tests])

  return {
    async run(replacement, names = pattern) {
      vitest.setGlobalTestNamePattern(names)
      if (replaced) vitest.invalidateFile(replaced.file)
      replaced = replacement && { ...replacement, file: root + replacement.file, served: false }
      if (replaced) vitest.invalidateFile(replaced.file)
      const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications)
      if (replaced && !replaced.served)
        throw new Error(`${replaced.file} was not asked for: its mutant was not tested`)
      const broken = [...unhandledErrors, ...testModules.flatMap(module => module.errors())]
      if (broken.length > 0) throw new Error(`the tests do not run: ${show(broken[0])}`)
      const ran = testModules
        .flatMap(module => [...module.children.allTests()])
        .filter(test => test.result().state !== 'skipped')
      if (ran.length === 0) throw new Error('no test ran')
      return ran
        .filter(test => test.result().state === 'failed')
        .map(test => ({ name: test.fullName, message: show(test.result().errors?.[0]) }))
    },
    close: () => vitest.close(),
  }
}

/** A pattern for the full name of a test, whose parts are joined in one way when told, and in another when compared. */
export const literally = (name: string): string =>
  `^${name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll(' > ', '( > | )')}$`

function show(error: unknown): string {
  const { name = '', message = String(error) } = (error ?? {}) as { name?: string; message?: string }
  return `${name}: ${message}`
}
